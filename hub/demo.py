"""The demo tenant: connected to every sandbox vendor, synced once, then fed by webhooks.

Run again it finds its tenant, mends what moved (a vendor on another port) and goes on.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any

import requests
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from hub import bootstrap, connections, endpoints, write_keys
from hub.bootstrap import Hub
from hub.errors import HubError, TryAgainSoon
from hub.fields import check_fields
from hub.sandbox.journal import replace_file
from hub.sandbox.usage import ADDRESS_FILE
from hub.settings import Settings
from hub.store.client import Doc
from hub.store.control import new_token
from hub.subscriptions import asking
from hub.waiting import wait_until

TENANT, EMAIL = "Demo", "demo@hub.example"
SYNC_WITHIN_S = 120.0
LOOK_WITHIN_S = 30.0
LIFE_EVERY_S = 2.0
ORDER = ("salesforce", "hubspot", "freshdesk", "jira", "asana")
"""Customers first: what hangs on them then finds its account at once."""
USAGE = "product_usage"


def run(settings: Settings, vendors: Path, console: Console) -> str:
    """Bring the demo tenant up and return the link that opens signed in.

    `vendors` is the sandbox's own file: {vendor: {url, settings, secrets}}.
    """
    hub = bootstrap.build(settings)
    try:
        described = json.loads(vendors.read_text())
        tenant_id = _tenant(hub)
        made = _connect(hub, tenant_id, described, console)
        _first_sync(hub, tenant_id, console)
        for name, connection in made.items():
            _listen(hub, tenant_id, name, connection, described[name]["url"], console)
        _let_speak(hub, tenant_id, vendors.parent / ADDRESS_FILE)
        return sign_in_link(hub, tenant_id)
    finally:
        hub.close()


def sign_in_link(hub: Hub, tenant_id: str) -> str:
    """A one-time link for the demo's person, made anew at every start."""
    control = hub.catalogue.control
    user = control.users.find_one({"tenant_id": tenant_id, "email": EMAIL}) or control.add_user(
        tenant_id, EMAIL, "Demo admin", hub.now()
    )
    token = control.add_link(user["_id"], tenant_id, hub.now())
    return f"{endpoints.base(hub)}/sign-in/{token}"


def _tenant(hub: Hub) -> str:
    found = hub.catalogue.control.tenants.find_one({"name": TENANT, "sandbox": True})
    tenant = found or hub.catalogue.control.add_tenant(TENANT, hub.now(), sandbox=True)
    return str(tenant["_id"])


def _connect(
    hub: Hub, tenant_id: str, described: Mapping[str, Any], console: Console
) -> dict[str, Doc]:
    """Connect what is not connected; a vendor that moved is reconnected."""
    store = hub.store(tenant_id)
    made: dict[str, Doc] = {}
    for name in sorted(described, key=lambda n: ORDER.index(n) if n in ORDER else len(ORDER)):
        given = described[name]
        known = store.connections.find_one({"connector": name})
        try:
            if known is None:
                made[name] = connections.add(
                    hub, tenant_id, name, given["settings"], given["secrets"]
                )
            elif (
                known["settings"]
                != check_fields(hub.plugins.connector(name), given["settings"], given["secrets"])[0]
            ):
                made[name] = connections.reconnect(
                    hub, tenant_id, known["_id"], given["settings"], given["secrets"]
                )
            else:
                made[name] = known
        except HubError as error:
            console.print(f"[red]{name} could not be connected:[/] {error.sentence}")
    return made


def _first_sync(hub: Hub, tenant_id: str, console: Console) -> None:
    """Show the first full listing of every stream until each has ended."""
    store = hub.store(tenant_id)
    total = store.streams.count({})
    shown = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*shown, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("First sync, streams", total=total)

        def done() -> bool:
            ended = store.streams.count(
                {"$or": [{"fresh_at": {"$exists": True}}, {"failures": {"$gt": 0}}]}
            )
            records = store.records.count({})
            progress.update(
                task, completed=ended, description=f"First sync, streams ({records} records)"
            )
            return ended >= total and store.records.find_one({"due": {"$gte": 1}}) is None

        started = monotonic()
        if not wait_until(done, within_s=SYNC_WITHIN_S):
            console.print(f"[yellow]Still syncing after {monotonic() - started:.0f} s.[/]")


def _listen(
    hub: Hub, tenant_id: str, name: str, connection: Doc, vendor_url: str, console: Console
) -> None:
    """Let the sandbox vendor push: by its API where it has one, else as its admin would by hand."""
    for result in _subscribe(hub, tenant_id, connection["_id"]):
        if result["state"] == "failed":
            console.print(f"[red]{name} webhook failed:[/] {result['reason']}")
    for endpoint in endpoints.describe(hub, tenant_id, connection):
        if endpoint["state"] == "app" or endpoint["registers"]:
            continue
        if endpoint["state"] == "waiting" and not endpoint["last_delivery_at"]:
            _subscribe_by_hand(hub, tenant_id, endpoint, vendor_url)


def _subscribe(hub: Hub, tenant_id: str, connection_id: str) -> list[Doc]:
    """Waits for a worker that looks after the same webhooks just now. Raises TryAgainSoon."""
    results: list[list[Doc]] = []

    def ask() -> bool:
        with contextlib.suppress(TryAgainSoon):
            results.append(asking.subscribe(hub, tenant_id, connection_id))
        return bool(results)

    wait_until(ask, within_s=LOOK_WITHIN_S, every_s=0.2)
    return results[0] if results else asking.subscribe(hub, tenant_id, connection_id)


def _let_speak(hub: Hub, tenant_id: str, file: Path) -> None:
    """A source for the sandbox's product, whose own process then sends its history and its life."""
    store = hub.store(tenant_id)
    known = store.connections.find_one({"connector": USAGE})
    given = json.loads(file.read_text()) if known and file.exists() else {}
    if not given:
        made = known or connections.add(hub, tenant_id, USAGE, {"source": "Web app"}, {})
        _, given["key"] = write_keys.create(hub, tenant_id, made["_id"], "The sandbox's product")
    replace_file(file, json.dumps({**given, "address": endpoints.base(hub)}))


def _subscribe_by_hand(hub: Hub, tenant_id: str, endpoint: Doc, vendor_url: str) -> None:
    stored = hub.catalogue.control.endpoint(tenant_id, endpoint["id"])
    secrets = endpoints.hidden(hub, stored).get("secrets", [])
    if not secrets:
        secrets = [new_token()]
        endpoints.set_secret(hub, tenant_id, endpoint["id"], secrets[0])
    wish = {
        "url": endpoint["url"],
        "secret": secrets[0],
        "extra": {"webhook": endpoint["webhook"]},
    }
    control = f"{vendor_url}/_sandbox/subscriptions"
    requests.post(
        control, json=wish, timeout=10, verify=hub.settings.sandbox_ca or True
    ).raise_for_status()
