"""A tenant whose time is that of a sandbox vendor, and whose jobs run here as soon as time is due.

The hub's scheduler, jobs and edge are the real ones on real stores; only the queue between them is
one of this process, so that nothing happens but by the clock.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from pydantic import SecretStr

from hub import connections, consents, endpoints, jobs, scheduler, tenants
from hub.bootstrap import Hub
from hub.queue import Doorbell
from hub.sandbox import Sandbox
from hub.sandbox.vendor import Vendor
from hub.store.client import Doc
from hub.store.control import new_token
from hub.subscriptions import asking

USER = "usr_proof"
ALLOW = re.compile(r'<a id=allow href="([^"]+)"')
ROUNDS = 200
"""Rounds of work within one moment, beyond which something goes round and round."""
SENT_S = 60.0


class Bells(Doorbell):
    """A queue in this process: one job of a kind waits at a time, for our own tenants only."""

    def __init__(self, redis: Any) -> None:
        super().__init__(redis)
        self.tenants: set[str] = set()
        self._waiting: dict[tuple[str, ...], None] = {}
        self._lock = threading.Lock()

    def take(self) -> tuple[str, ...] | None:
        """The job that has waited longest, with its arguments."""
        with self._lock:
            first = next(iter(self._waiting), None)
            if first is not None:
                del self._waiting[first]
        return first

    def _ring(self, queue: str, job: str, *args: str) -> bool:
        if args[0] in self.tenants:
            with self._lock:
                self._waiting.setdefault((job.rsplit(".", 1)[1], *args))
        return True


class Life:
    """Tenants that live in the time of one sandbox vendor."""

    def __init__(self, hub: Hub, sandbox: Sandbox, vendor: str) -> None:
        self.hub, self.sandbox, self.name = hub, sandbox, vendor
        self.vendor: Vendor = sandbox[vendor]
        self.bells = hub.bell = Bells(hub.redis)
        self.jobs = 0
        jobs.use(hub)
        told = self.vendor.credentials().get("operator", {})
        app = {key: SecretStr(value) for key, value in told.items()}
        known = {"apps": {vendor: app}, "sandbox_ca": str(self.vendor.ca or "")}
        hub.settings = hub.settings.model_copy(update=known)
        for key in hub.redis.scan_iter("hub:budget:*"):
            hub.redis.delete(key)

    def tenant(self) -> str:
        """A new tenant that lives now."""
        control = self.hub.catalogue.control
        made: str = control.add_tenant("Proof", self.hub.now(), sandbox=True)["_id"]
        self.bells.tenants.add(made)
        self._set_clocks()
        return made

    def forget(self, tenant_id: str) -> None:
        tenants.remove(self.hub, tenant_id)
        self.bells.tenants.discard(tenant_id)

    def pass_time(self, seconds: float) -> None:
        """The vendor's and the tenants' clocks go on together, and what is due then is done."""
        self.sandbox.clock.advance(seconds)
        self._set_clocks()

    def work(self, between: Callable[[], None] = lambda: None) -> None:
        """Do all that is due now, and all that comes of it; `between` two jobs something happens.

        Raises AssertionError when it never ends.
        """
        for _ in range(ROUNDS):
            assert self.vendor.settle(SENT_S), f"{self.name} still sends"
            scheduler.tick(self.hub)
            before = self.jobs
            while (job := self.bells.take()) is not None:
                getattr(jobs, job[0])(*job[1:])
                self.jobs += 1
                between()
            if self.jobs == before:
                return
        raise AssertionError(f"{self.name}: work without end, last {job or before}")

    def _set_clocks(self) -> None:
        offset = {"$set": {"clock_offset_s": self.sandbox.clock.offset.total_seconds()}}
        mine = {"_id": {"$in": sorted(self.bells.tenants)}}
        self.hub.catalogue.control.tenants.update_many(mine, offset)
        self.hub.forget_offsets()

    # Connecting

    def connect(self, tenant_id: str) -> Doc:
        """By consent in the browser where the vendor has it, else by its own credentials."""
        given = self.vendor.credentials()
        if self.hub.plugins.connector(self.name).oauth is None:
            settings, secrets = given["settings"], given["secrets"]
            return connections.add(self.hub, tenant_id, self.name, settings, secrets)
        return self._granted(tenant_id, given["settings"])

    def _granted(self, tenant_id: str, settings: dict[str, str]) -> Doc:
        connector = self.hub.plugins.connector(self.name)
        wanted = consents.ask(self.hub, tenant_id, USER, connector, settings)
        code = self._allow(wanted["url"])
        found = consents.answered(self.hub, tenant_id, USER, wanted["state"], code)
        if not found.choices:
            return consents.finish(self.hub, found)
        key = consents.hold(self.hub, found)
        return consents.pick(self.hub, tenant_id, USER, key, found.choices[0].id)

    def _allow(self, url: str) -> str:
        """The code of an admin who allows it."""
        trust: Any = self.vendor.ca or True
        page = requests.get(url, timeout=10, verify=trust)
        page.raise_for_status()
        button = ALLOW.search(page.text)
        assert button is not None, "a consent page without a way to allow it"
        where = urljoin(url, unescape(button[1]))
        answer = requests.get(where, allow_redirects=False, timeout=10, verify=trust)
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]

    def subscribe(self, tenant_id: str, connection: Doc) -> None:
        """By the vendor's API where it takes webhooks, else by hand at both sides, as an admin.

        An app's own webhooks belong to no tenant and go by the real clock, so they are not taken.
        """
        results = asking.subscribe(self.hub, tenant_id, connection["_id"])
        failed = [result for result in results if result["state"] != "waiting"]
        assert not failed, f"{self.name}: {failed}"
        if results:
            return
        shown = endpoints.describe(self.hub, tenant_id, connection)
        own = next(e for e in shown if e["state"] != "app" and not e["registers"])
        secret = new_token()
        endpoints.set_secret(self.hub, tenant_id, own["id"], secret)
        self.vendor.subscribe(own["url"], secret, (), {"webhook": own["webhook"]})
