"""All five vendors at once: pushed twice and out of order, their state is that of a clean sync."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from hub import endpoints
from hub.embedded import Services
from hub.engine import apply
from hub.sandbox import Sandbox
from hub.store import inbox
from hub.store.client import Doc
from hub.subscriptions import asking
from hub.waiting import wait_until
from tests.stage import Stage, build_hub, picture, serving, unlike

VENDORS = ("salesforce", "hubspot", "freshdesk", "jira", "asana")
ROUNDS = 2
EDITS = 8


@pytest.fixture
def stage(services: Services) -> Iterator[Stage]:
    hub = build_hub(services)
    with Sandbox(VENDORS, seed=11, accounts=6) as sandbox, serving(hub):
        yield Stage(hub, sandbox)
    hub.close()


def ask(stage: Stage, vendor: str, path: str, body: Doc) -> Doc:
    """The control API of a sandbox vendor."""
    server = stage.sandbox[vendor]
    answer = requests.post(
        f"{server.url}/_sandbox/{path}", json=body, timeout=30, verify=server.ca or True
    )
    answer.raise_for_status()
    return answer.json()


def subscribe(stage: Stage, connection: Doc) -> None:
    """By the vendor's API where it has one, else by hand."""
    results = asking.subscribe(stage.hub, stage.tenant_id, connection["_id"])
    assert all(result["state"] == "waiting" for result in results), results
    for endpoint in endpoints.describe(stage.hub, stage.tenant_id, connection):
        if endpoint["state"] == "waiting" and not endpoint["registers"]:
            stage.listen(connection, endpoint["webhook"])


@pytest.mark.long
def test_edits_pushed_twice_and_out_of_order_end_as_one_clean_full_sync(stage: Stage) -> None:
    connections = {vendor: stage.connect(vendor) for vendor in VENDORS}
    for connection in connections.values():
        stage.sync(connection)
        subscribe(stage, connection)
    for vendor in VENDORS:
        ask(stage, vendor, "faults", {"kind": "duplicate", "probability": 0.3})
        ask(stage, vendor, "faults", {"kind": "reorder", "probability": 0.3})

    for _ in range(ROUNDS):
        for vendor in VENDORS:
            ask(stage, vendor, "stir", {"n": EDITS})
        for vendor, connection in connections.items():
            wait_for(stage, vendor)
            stage.drain(connection)
    finish(stage, connections)

    clean = Stage(stage.hub, stage.sandbox)
    for vendor in VENDORS:
        clean.sync(clean.connect(vendor))
    found = list(unlike(picture(stage.store), picture(clean.store)))
    assert not found, "\n".join(found)
    for connection in connections.values():
        book = inbox.ledger(stage.store, connection["_id"])["deliveries"]
        assert book["received"] == book["done"] + book["duplicate"] > 0, connection["connector"]


def wait_for(stage: Stage, vendor: str) -> None:
    server = stage.sandbox[vendor]
    assert wait_until(lambda: not server.queued(), within_s=60), f"{vendor} still sends"


def finish(stage: Stage, connections: dict[str, Doc]) -> None:
    """What webhooks do not tell, the incremental sync brings; silent deletes the second listing."""
    for vendor, connection in connections.items():
        wait_for(stage, vendor)
        stage.drain(connection)
        while stage.store.fetches.find_one({"connection_id": connection["_id"]}):
            stage.store.fetches.update_many(
                {"connection_id": connection["_id"]}, {"$set": {"due_at": stage.hub.now()}}
            )
            apply.drain(stage.hub, stage.tenant_id, connection["_id"])
        stage.sync(connection)
        stage.sync(connection, full=True)
        stage.sync(connection, full=True)
