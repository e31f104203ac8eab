"""Sends events to a hub as a program without an SDK would, and reads back what was stored."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import requests
from werkzeug.serving import make_server

from hub import connections, write_keys
from hub.bootstrap import Hub
from hub.store import usage_intake
from hub.store.client import Doc
from tests.stage import Quiet, Stage
from webhooks.usage_edge import UsageEdge


@contextmanager
def taking(hub: Hub) -> Iterator[str]:
    """The edge for events on a loopback port; the hub's public URL is set to it."""

    def nothing(environ: Any, start: Any) -> list[bytes]:
        start("404 Not Found", [("Content-Length", "6"), ("X-Behind", "yes")])
        return [b"behind"]

    app = UsageEdge(hub, nothing)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
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


class Sender(Stage):
    """A tenant with one usage source and its key."""

    def __init__(self, hub: Hub, url: str, **key: Any) -> None:
        super().__init__(hub)
        self.url = url
        self.source = connections.add(
            hub, self.tenant_id, "product_usage", {"source": "Web app"}, {}
        )
        self.key_doc, self.key = self.another_key(**key)

    def another_key(self, **key: Any) -> tuple[Doc, str]:
        return write_keys.create(self.hub, self.tenant_id, self.source["_id"], "Tests", **key)

    def post(self, path: str, body: Any, key: str | None = None, **more: Any) -> requests.Response:
        """JSON (or bytes as they are), with the key as Basic user unless told otherwise."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **more.pop("headers", {})}
        who = (self.key if key is None else key, "")
        if who[0] and "Authorization" not in headers:
            more.setdefault("auth", who)
        return requests.post(self.url + path, data=data, headers=headers, timeout=30, **more)

    def events(self, body: Any, **more: Any) -> requests.Response:
        """To our own API."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return self.post("/api/v1/events", body, headers=headers, **more)

    def rows(self) -> list[Doc]:
        """What is stored, in the order of its ids."""
        return list(self.store.usage_events.find({}).sort("_id", 1))

    def row(self) -> Doc:
        [row] = self.rows()
        return row

    def book(self) -> Doc:
        return usage_intake.book(self.store, self.source["_id"])


def track(**more: Any) -> dict[str, Any]:
    """A track call as the SDKs write it."""
    return {
        "type": "track",
        "event": "Report Exported",
        "userId": "u-81",
        "messageId": "m-1",
        "properties": {"format": "csv"},
        **more,
    }


def ours(**more: Any) -> dict[str, Any]:
    """An event in the words of our own API."""
    return {"event_id": "e-1", "name": "Report Exported", "user_id": "u-81", **more}


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
