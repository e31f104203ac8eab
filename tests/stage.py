"""A tenant with sandbox vendors on real stores, and the jobs run in this process, one by one.

What is here is the hub's own code on real MongoDB and Redis, and the vendors' own clients over
real HTTP; only the order in which jobs run is the test's.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import requests
from werkzeug.serving import WSGIRequestHandler, make_server

from hub import bootstrap, connections, endpoints
from hub.bootstrap import Hub
from hub.embedded import Services
from hub.engine import apply
from hub.sandbox import Sandbox
from hub.settings import Settings
from hub.store import migrate
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from webhooks.edge import Edge

MASTER_KEY = "QUFB" * 32
"""96 bytes in base64, for tests alone."""


def build_hub(services: Services, **settings: Any) -> Hub:
    """A hub on these stores, migrated."""
    given: dict[str, Any] = {
        "mongodb_uri": services.mongodb_uri,
        "redis_url": services.redis_url,
        "master_key": MASTER_KEY,
        "public_url": "http://127.0.0.1:1",
        "disk_free_min": 0,
    }
    hub = bootstrap.build(Settings(**(given | settings)))
    migrate.run(hub.catalogue)
    return hub


class Quiet(WSGIRequestHandler):
    """No line on standard error for each request."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None: ...


@contextmanager
def serving(hub: Hub) -> Iterator[str]:
    """The webhook edge on a loopback port; the hub's public URL is set to it."""

    def nothing(environ: Any, start: Any) -> list[bytes]:
        start("404 Not Found", [("Content-Length", "0")])
        return []

    server = make_server("127.0.0.1", 0, Edge(hub, nothing), threaded=True, request_handler=Quiet)
    url = f"http://127.0.0.1:{server.server_port}"
    hub.settings = hub.settings.model_copy(update={"public_url": url})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Stage:
    """One tenant of its own, so that tests on the same stores do not meet."""

    def __init__(self, hub: Hub, sandbox: Sandbox | None = None) -> None:
        self.hub = hub
        self.sandbox = sandbox
        self.tenant_id: str = hub.catalogue.control.add_tenant("Test", hub.now())["_id"]
        self.store = hub.store(self.tenant_id)

    def connect(self, vendor: str, **settings: str) -> Doc:
        """Connect to the sandbox vendor with its own credentials."""
        assert self.sandbox is not None
        given = self.sandbox[vendor].credentials()
        ca = self.sandbox[vendor].ca
        if ca:
            self.hub.settings = self.hub.settings.model_copy(update={"sandbox_ca": str(ca)})
        return connections.add(
            self.hub, self.tenant_id, vendor, given["settings"] | settings, given["secrets"]
        )

    def sync(self, connection: Doc, streams: Sequence[str] = (), full: bool = False) -> None:
        """Pull these streams (or all) to their end."""
        names = streams or [s.name for s in self.hub.connector_of(connection).streams]
        for name in names:
            if full:
                mine = {"_id": f"{connection['_id']}:{name}"}
                self.store.streams.update(mine, {"$set": {"full_due": True}})
            while not apply.sync(self.hub, self.tenant_id, connection["_id"], name):
                pass
        self.settle()

    def run_of(self, connection: Doc, stream: str) -> Doc:
        """The stream's latest run."""
        mine = {"connection_id": connection["_id"], "stream": stream}
        found = self.store.runs.find_one(mine, sort=[("started_at", -1)])
        assert found is not None
        return found

    def drain(self, connection: Doc) -> None:
        while not apply.drain(self.hub, self.tenant_id, connection["_id"]):
            pass
        self.settle()

    def settle(self) -> None:
        while not apply.settle(self.hub, self.tenant_id):
            pass

    def endpoint(self, connection: Doc, webhook: str = "") -> Doc:
        """What the admin sees of an endpoint, with its secret ("" where none is set)."""
        shown = endpoints.describe(self.hub, self.tenant_id, connection)
        found = next(e for e in shown if e["state"] != "app" and webhook in ("", e["webhook"]))
        stored = self.hub.catalogue.control.endpoint(self.tenant_id, found["id"])
        secrets = endpoints.hidden(self.hub, stored).get("secrets", [])
        return {**found, "secret": secrets[0] if secrets else ""}

    def listen(self, connection: Doc, webhook: str = "") -> Doc:
        """Set the vendor's webhook up by hand, as an admin would; returns the endpoint."""
        endpoint = self.endpoint(connection, webhook)
        if not endpoint["secret"]:
            endpoints.set_secret(self.hub, self.tenant_id, endpoint["id"], "s3cret-of-the-vendor")
            endpoint["secret"] = "s3cret-of-the-vendor"
        assert self.sandbox is not None
        vendor = self.sandbox[connection["connector"]]
        wish = {
            "url": self.endpoint(connection, webhook)["url"],
            "secret": endpoint["secret"],
            "extra": {"webhook": endpoint["webhook"]},
        }
        requests.post(
            f"{vendor.url}/_sandbox/subscriptions", json=wish, timeout=10, verify=vendor.ca or True
        ).raise_for_status()
        return endpoint


def picture(store: TenantStore) -> dict[str, Any]:
    """What must be the same however the changes came: partition, profile values, raw scores.

    Accounts and contacts are named by their living records, so that ids do not matter, and records
    that are gone leave no trace: a clean full sync has never seen them.
    """
    names, accounts = {}, {}
    for doc in store.accounts.find({"merged_into": None}):
        if name := _living(doc):
            names[doc["_id"]] = name
            accounts[name] = {
                "flat": doc["flat"],
                "raw": round(doc["health"]["raw"], 9),
                "open_tickets": doc["rollup"]["open_tickets"],
                "contacts": doc["rollup"]["contacts"],
                "state": _bare_state(doc["state"]),
            }
    contacts = {
        name: (doc["flat"], names.get(doc["account_id"]))
        for doc in store.contacts.find({"merged_into": None})
        if (name := _living(doc))
    }
    homes = {
        _bare(doc["_id"]): names.get(doc.get("account_id"))
        for doc in store.records.find({"life.deleted": False})
    }
    return {"accounts": accounts, "contacts": contacts, "homes": homes}


def _living(doc: Doc) -> tuple[str, ...]:
    return tuple(sorted(_bare(m["key"]) for m in doc["members"] if not m["deleted"]))


def _bare(key: str) -> str:
    """A record key without the connection's minted id."""
    return key.split(":", 1)[1]


def _bare_state(state: Doc) -> Doc:
    """The health state without minted ids: who was touched is counted, not named."""
    counters = state.get("counters", {})
    totals = state.get("totals", {})
    return {
        "items": {
            name: {_bare(key): item for key, item in found.items()}
            for name, found in state.get("items", {}).items()
        },
        "counters": {n: days for n, days in counters.items() if not n.startswith("touch|")},
        "touched": sorted(sorted(d.items()) for n, d in counters.items() if n[:6] == "touch|"),
        "totals": sorted((n.partition("|con_")[0], count) for n, count in totals.items()),
    }


def unlike(a: Any, b: Any, path: str = "") -> Iterator[str]:
    """Where two pictures differ, a line each; empty when they are the same."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted({*a, *b}, key=str):
            if key not in a or key not in b:
                side = "left" if key in a else "right"
                yield f"{path}/{key}: only {side}: {a.get(key, b.get(key))}"
            else:
                yield from unlike(a[key], b[key], f"{path}/{key}")
    elif isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        for place, (one, other) in enumerate(zip(a, b, strict=True)):
            yield from unlike(one, other, f"{path}[{place}]")
    elif a != b:
        yield f"{path}: {a!r} != {b!r}"
