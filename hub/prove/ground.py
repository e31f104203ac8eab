"""A whole hub as real processes beside sandbox vendors in this one, to be hurt and looked into."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import requests

from hub import bootstrap, connections, endpoints
from hub.bootstrap import Hub
from hub.child import Child
from hub.embedded import free_port
from hub.prove.picture import picture, unlike
from hub.sandbox import Sandbox
from hub.sandbox.vendor import Vendor
from hub.settings import ROOT, load_settings
from hub.stack import Stack
from hub.store.client import Doc
from hub.store.control import new_token
from hub.store.errors import StoreError
from hub.waiting import wait_until

RETRY_S, RETRY_SCALE = 600.0, 1 / 300
"""Vendors wait minutes before they send again; here two seconds."""
VENDORS = ("hubspot", "jira")
CONNECTORS = ROOT / "hub" / "bench" / "connectors"


class Ground:
    """The stack in `folder` and two sandbox vendors; `stop` and `start` keep the stored data.

    HubSpot has the customers, and Jira, whose books are kept, the work that is done for them.

    `said` holds what the supervisor said, such as which process ended.
    """

    def __init__(
        self,
        folder: Path,
        *,
        accounts: int,
        workers: int = 1,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.sandbox = Sandbox(VENDORS, accounts=accounts, retry_scale=RETRY_SCALE, senders=8)
        self.said: list[str] = []
        self._folder, self._workers = folder, workers
        self._env = env
        self._port = free_port()

    def __enter__(self) -> Ground:
        self.sandbox.start()
        for vendor in self.sandbox.vendors.values():
            vendor.retry_delay = _patiently  # type: ignore[method-assign]
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.sandbox.stop()

    def start(self) -> None:
        settings = load_settings(
            join=False,
            data_dir=self._folder,
            port=self._port,
            workers=self._workers,
            web_workers=1,
            disk_free_min=0,
            connectors_path=str(CONNECTORS),
            apps={n: v.credentials().get("operator", {}) for n, v in self.sandbox.vendors.items()},
            sandbox_ca=next((str(v.ca) for v in self.sandbox.vendors.values() if v.ca), ""),
        )
        self.stack = Stack(settings, env=self._env, say=self.said.append)
        self.stack.start()
        self.hub = bootstrap.build(self.stack.settings)

    def stop(self) -> float:
        """Returns how many seconds the stack took to stop."""
        self.hub.close()
        before = monotonic()
        self.stack.stop()
        return monotonic() - before

    @property
    def vendor(self) -> Vendor:
        return self.sandbox["jira"]

    def tenant(self) -> Tenant:
        """A new tenant without connections."""
        return Tenant(self.hub, self.hub.catalogue.control.add_tenant("Proof", self.hub.now()))

    def connecting(self) -> Tenant:
        """A new tenant, connected to the vendors; the workers have to sync it yet."""
        tenant = self.tenant()
        for name, vendor in self.sandbox.vendors.items():
            given = vendor.credentials()
            tenant.connect(name, given["settings"], given["secrets"])
        return tenant

    def connected(self) -> Tenant:
        """The same, fully synced."""
        tenant = self.connecting()
        tenant.await_calm()
        return tenant

    def listening(self) -> Tenant:
        """The same, and the vendors send their webhooks."""
        tenant = self.connected()
        for name, vendor in self.sandbox.vendors.items():
            tenant.listen(name, vendor)
        return tenant

    def deafen(self, tenant: Tenant) -> None:
        """Let the vendors send no more to this tenant."""
        for vendor in self.sandbox.vendors.values():
            for subscription in vendor.subscriptions():
                if subscription.url in tenant.urls.values():
                    vendor.unsubscribe(subscription.id)

    def await_calm(self, tenant: Tenant, within_s: float = 60) -> None:
        """Wait until the vendors have nothing to send and the hub nothing to do."""
        self.await_sent(within_s)
        tenant.await_calm(within_s)

    def await_sent(self, within_s: float = 60) -> None:
        for vendor in self.sandbox.vendors.values():
            if not vendor.settle(within_s):
                raise AssertionError(f"{vendor.name} still sends: {vendor.sent()}")

    def unlike_clean_sync(self, tenant: Tenant) -> list[str]:
        """Where the tenant's state differs from that of a new tenant after one full sync."""
        clean = self.connected()
        found = list(unlike(picture(tenant.store), picture(clean.store)))
        if not clean.store.accounts.count({"listed": True}):
            raise AssertionError("a clean sync brought no accounts to compare")
        for connection in clean.connections.values():
            connections.pause(self.hub, clean.tenant_id, connection["_id"])
        return found

    def met_again(self, tenant: Tenant) -> Tenant:
        """A tenant of before a `stop`, after the next `start`."""
        again = Tenant(self.hub, {"_id": tenant.tenant_id})
        again.connections, again.urls = tenant.connections, tenant.urls
        return again

    @contextmanager
    def another_worker(self, **env: str) -> Iterator[Child]:
        """One more worker process, which the supervisor does not know and does not start again."""
        settings = self.stack.settings
        worker = Child(
            "extra",
            (sys.executable, str(ROOT / "worker.py")),
            log=self._folder / "logs" / "extra.log",
            pid_file=self._folder / "run" / "extra.pid",
            env={**os.environ, **settings.environment(), **env},
            cwd=ROOT,
        )
        worker.start()
        try:
            yield worker
        finally:
            worker.stop()

    @contextmanager
    def sending(self, events: int) -> Iterator[None]:
        """Let Jira, and HubSpot less, send at full speed meanwhile; all is answered at the end."""
        self.send(events)
        yield
        self.await_sent(120)

    def send(self, events: int) -> None:
        """Make so many webhooks of Jira, and for every tenth an event of HubSpot."""
        self.vendor.burst(events, wait=0)
        self.sandbox["hubspot"].burst(events // 10, wait=0)


def _patiently(attempt: int) -> float:
    """A vendor that never gives up, so that whatever is missing in the end is our fault."""
    return RETRY_S


class Tenant:
    """A tenant of the running hub, seen from outside its processes.

    `connections` and `urls` (where webhooks go) are by connector.
    """

    def __init__(self, hub: Hub, tenant: Doc) -> None:
        self.hub = hub
        self.tenant_id: str = tenant["_id"]
        self.store = hub.store(self.tenant_id)
        self.connections: dict[str, Doc] = {}
        self.urls: dict[str, str] = {}

    def connect(self, connector: str, settings: dict[str, str], secrets: dict[str, str]) -> None:
        made = connections.add(self.hub, self.tenant_id, connector, settings, secrets)
        self.connections[connector] = made

    def listen(self, name: str, vendor: Vendor) -> None:
        """Set the webhook up by hand at both sides, as an admin would."""
        shown = endpoints.describe(self.hub, self.tenant_id, self.connections[name])
        endpoint = next(one for one in shown if one["state"] != "app")
        self.urls[name], secret = endpoint["url"], new_token()
        endpoints.set_secret(self.hub, self.tenant_id, endpoint["id"], secret)
        wish = {
            "url": self.urls[name],
            "secret": secret,
            "extra": {"webhook": endpoint["webhook"]},
        }
        url = f"{vendor.url}/_sandbox/subscriptions"
        trust = str(vendor.ca) if vendor.ca else True
        requests.post(url, json=wish, timeout=10, verify=trust).raise_for_status()

    def await_calm(self, within_s: float = 60) -> None:
        """Wait until nothing is left to do; raises AssertionError naming what is."""
        if not wait_until(lambda: not self._busy(), within_s=within_s, every_s=0.1):
            raise AssertionError(f"still to do after {within_s} s: {self._busy()}")

    def _busy(self) -> list[str]:
        try:
            return [what for what, found in self._waiting() if found is not None]
        except StoreError as error:
            return [type(error).__name__]

    def _waiting(self) -> Iterator[tuple[str, Any]]:
        store = self.store
        yield "inbox", store.inbox.find_one({"state": "pending"})
        yield "fetch", store.fetches.find_one({})
        unfinished = {"$or": [{"fresh_at": {"$exists": False}}, {"run": {"$ne": None}}]}
        yield "stream", store.streams.find_one(unfinished)
        yield "due stream", store.streams.find_one({"next_sync_at": {"$lte": self.hub.now()}})
        yield "rescore", store.streams.find_one({"rescore": True})
        yield "record", store.records.find_one({"due": {"$gte": 1}})
        yield "score", store.accounts.find_one({"score_due": True})
        yield "outbox", store.outbox.find_one({})
