"""A tenant with sandbox vendors on real stores, and the jobs run in this process, one by one.

What is here is the hub's own code on real MongoDB and Redis, and the vendors' own clients over
real HTTP; only the order in which jobs run is the test's.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import requests
from redis.exceptions import RedisError
from werkzeug.serving import WSGIRequestHandler, make_server

from hub import bootstrap, connections, endpoints
from hub.bootstrap import Hub
from hub.embedded import Services
from hub.engine import apply
from hub.prove.picture import picture, unlike
from hub.sandbox import Sandbox
from hub.settings import Settings
from hub.store import migrate
from hub.store.client import Doc
from webhooks.edge import Edge

__all__ = ["Quiet", "Stage", "build_hub", "picture", "serving", "unlike"]

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
        self.forget_limits()

    def forget_limits(self) -> None:
        """Other tests' sandboxes are the same vendor accounts, and may have been at their limit."""
        with suppress(RedisError):
            for key in self.hub.redis.scan_iter("hub:budget:*"):
                self.hub.redis.delete(key)

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
        trusted = str(vendor.ca) if vendor.ca else True
        url = f"{vendor.url}/_sandbox/subscriptions"
        requests.post(url, json=wish, timeout=10, verify=trusted).raise_for_status()
        return endpoint
