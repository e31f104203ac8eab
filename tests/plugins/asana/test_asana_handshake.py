"""The whole flow over HTTP: the hub asks, Asana calls back while it is asked, signs, and tells."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from hub.api import BadSignature, Change, Delivery, GiveUp, Registration
from plugins.asana import ASANA
from plugins.asana.client import AsanaClient
from plugins.asana.sandbox import AsanaSandbox
from plugins.asana.sandbox_records import OLD_PROJECT

WEBHOOK = ASANA.webhooks[0]


class Edge:
    """Answers as the hub's edge does: a handshake while pending, then only what is signed."""

    def __init__(self) -> None:
        self.state: Any = "pending"
        self.secrets: tuple[str, ...] = ()
        self.changes: list[Change] = []
        self.heartbeats = 0
        self.bodies: list[bytes] = []
        self.greetings = 0
        self.statuses: list[int] = []
        self.mute = False
        kept = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                status, headers = kept.answer(self)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": "0"}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks/asana/key"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def registration(self) -> Registration:
        return Registration("e1", self.url, self.secrets, self.state)

    def answer(self, request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str]]:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in request.headers.items()}
        return self.take(Delivery("POST", self.url, headers, body, datetime.now(UTC)))

    def take(self, delivery: Delivery) -> tuple[int, dict[str, str]]:
        assert WEBHOOK.greet is not None
        try:
            reply = WEBHOOK.greet(delivery, self.registration)
            if reply is not None:
                self.greetings += 1
                self.secrets = (reply.store_secret or "",)
                return (200, {}) if self.mute else (reply.status, dict(reply.headers))
            WEBHOOK.verify(delivery, self.registration)
        except BadSignature:
            return 401, {}
        if self.statuses:
            return self.statuses.pop(0), {}
        found = list(WEBHOOK.parse(delivery))
        self.heartbeats += not found
        self.changes += found
        self.bodies.append(delivery.body)
        return WEBHOOK.ack.status, {}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def edge() -> Iterator[Edge]:
    """The hub's side of one webhook."""
    found = Edge()
    yield found
    found.close()


def home(vendor: AsanaSandbox) -> str:
    """A project with several tasks."""
    return str(
        next(
            t["memberships"][0]["project"]["gid"]
            for t in vendor.table("tasks").all()[20:]
            if t["memberships"]
        )
    )


def inside(vendor: AsanaSandbox, project: str) -> list[str]:
    return [
        str(task["gid"])
        for task in vendor.table("tasks").all()
        if any(m["project"]["gid"] == project for m in task["memberships"])
    ]


def registered(client: AsanaClient, edge: Edge, project: str) -> Any:
    assert WEBHOOK.register is not None
    found = WEBHOOK.register(client, edge.url, project, None)
    edge.state = "waiting"
    return found


def told(vendor: AsanaSandbox, edge: Edge) -> list[tuple[str, str]]:
    assert vendor.settle(timeout=20)
    return [(change.native_id, change.kind) for change in edge.changes]


def test_targets_are_the_projects_that_are_not_archived(
    vendor: AsanaSandbox, client: AsanaClient
) -> None:
    assert WEBHOOK.targets is not None
    expected = {project["gid"] for project in vendor.table("projects").all()} - {OLD_PROJECT}
    assert set(WEBHOOK.targets(client)) == expected


def test_the_whole_flow(vendor: AsanaSandbox, client: AsanaClient, edge: Edge) -> None:
    project = home(vendor)
    found = registered(client, edge, project)
    assert edge.greetings == 1
    assert edge.secrets == (found.secret,)
    assert len(found.secret) == 64
    assert [s.id for s in vendor.subscriptions()] == [found.vendor_id]
    assert told(vendor, edge) == []
    assert (edge.heartbeats, edge.bodies) == (1, [b'{"events":[]}'])
    one, other, *_ = inside(vendor, project)
    table = vendor.table("tasks")
    table.patch(one, {"completed": True, "due_on": "2026-05-01"})
    assert told(vendor, edge) == [(one, "upsert"), (one, "upsert")]
    table.delete(other)
    table.restore(other)
    assert told(vendor, edge)[2:] == [(other, "delete"), (other, "restore")]
    assert WEBHOOK.unregister is not None
    WEBHOOK.unregister(client, found.vendor_id)
    WEBHOOK.unregister(client, found.vendor_id)
    table.patch(one, {"name": "Nobody hears"})
    assert len(told(vendor, edge)) == 4


def test_only_its_own_project_is_told_of(
    vendor: AsanaSandbox, client: AsanaClient, edge: Edge
) -> None:
    project = home(vendor)
    registered(client, edge, project)
    mine = set(inside(vendor, project))
    stranger = next(
        t["gid"] for t in vendor.table("tasks").all() if t["gid"] not in mine and t["memberships"]
    )
    vendor.table("tasks").patch(stranger, {"name": "Elsewhere"})
    assert told(vendor, edge) == []


def test_a_subtask_is_told_at_the_project_above(
    vendor: AsanaSandbox, client: AsanaClient, edge: Edge
) -> None:
    table = vendor.table("tasks")
    child = next(t for t in table.all() if t["parent"])
    parent = table.get(child["parent"]["gid"]) or {}
    registered(client, edge, parent["memberships"][0]["project"]["gid"])
    table.patch(child["gid"], {"name": "Below"})
    assert told(vendor, edge) == [(child["gid"], "upsert")]


def test_a_task_that_leaves_is_told_where_it_was(
    vendor: AsanaSandbox, client: AsanaClient, edge: Edge
) -> None:
    project = home(vendor)
    registered(client, edge, project)
    one = inside(vendor, project)[0]
    vendor.table("tasks").patch(one, {"memberships": []})
    assert told(vendor, edge) == [(one, "upsert")]
    assert any(b'"action":"removed"' in body for body in edge.bodies)


def test_a_deleted_project_has_its_tasks_listed_again(
    vendor: AsanaSandbox, client: AsanaClient, edge: Edge
) -> None:
    project = home(vendor)
    registered(client, edge, project)
    vendor.table("projects").delete(project)
    assert told(vendor, edge) == [("", "gap")]


def test_a_failed_delivery_comes_again_as_it_was(
    vendor: AsanaSandbox, client: AsanaClient, edge: Edge
) -> None:
    project = home(vendor)
    registered(client, edge, project)
    told(vendor, edge)
    edge.statuses = [503, 500]
    one = inside(vendor, project)[0]
    vendor.table("tasks").patch(one, {"name": "Again"})
    assert told(vendor, edge) == [(one, "upsert")]
    assert vendor.sent()["refused"] == 2


def test_without_an_echo_there_is_no_webhook(
    vendor: AsanaSandbox, client: AsanaClient, edge: Edge
) -> None:
    edge.mute = True
    with pytest.raises(GiveUp) as caught:
        registered(client, edge, home(vendor))
    assert caught.value.reason == "handshake"
    assert vendor.subscriptions() == []


def test_nobody_at_the_address_is_told(vendor: AsanaSandbox, client: AsanaClient) -> None:
    assert WEBHOOK.register is not None
    with pytest.raises(GiveUp) as caught:
        WEBHOOK.register(client, "http://127.0.0.1:9/webhooks/asana/key", home(vendor), None)
    assert caught.value.reason == "handshake"


def test_the_same_webhook_twice_is_refused(
    vendor: AsanaSandbox, client: AsanaClient, edge: Edge
) -> None:
    registered(client, edge, home(vendor))
    with pytest.raises(GiveUp):
        registered(client, edge, home(vendor))
    assert len(vendor.subscriptions()) == 1


def test_a_stranger_cannot_put_a_secret_in_its_place(
    vendor: AsanaSandbox, client: AsanaClient, edge: Edge
) -> None:
    registered(client, edge, home(vendor))
    before = edge.secrets
    status, headers, _ = vendor.post(edge.url, b"", {"X-Hook-Secret": "a" * 32})
    assert (status, headers.get("x-hook-secret")) == (401, None)
    assert edge.secrets == before


def test_what_is_not_signed_by_this_secret_is_refused(
    vendor: AsanaSandbox, client: AsanaClient, edge: Edge
) -> None:
    registered(client, edge, home(vendor))
    told(vendor, edge)
    body = json.dumps({"events": []}).encode()
    assert vendor.post(edge.url, body, {})[0] == 401
    assert vendor.post(edge.url, body, {"X-Hook-Signature": "0" * 64})[0] == 401
    assert edge.heartbeats == 1


def test_what_stirs_is_told_by_some_project(
    vendor: AsanaSandbox, client: AsanaClient, edge: Edge
) -> None:
    assert WEBHOOK.targets is not None
    edges = []
    for project in WEBHOOK.targets(client):
        one = Edge()
        edges.append(one)
        registered(client, one, project)
    before = {t["gid"]: t for t in vendor.table("tasks").all()}
    vendor.stir_many(40)
    assert vendor.settle(timeout=20)
    changed = {t["gid"] for t in vendor.table("tasks").all() if t != before.get(t["gid"])}
    heard = {change.native_id for one in edges for change in one.changes}
    for one in edges:
        one.close()
    assert changed <= heard
    assert len(changed) > 20
