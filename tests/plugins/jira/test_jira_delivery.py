"""The sandbox's webhooks, received over HTTP: signed, retried, and read as changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hub.api import Change, Delivery, Registration
from plugins.jira import JIRA
from plugins.jira.sandbox import JiraSandbox

WEBHOOK = JIRA.webhooks[0]
SECRET = "a secret of 32 characters or more"


class Receiver:
    """Keeps what it is sent; answers with `statuses` in turn, then with 200."""

    def __init__(self) -> None:
        self.got: list[Delivery] = []
        self.statuses: list[int] = []
        kept = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                kept.take(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks/jira/key"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.got.append(Delivery("POST", self.url, headers, body, datetime.now(UTC)))
        request.send_response(self.statuses.pop(0) if self.statuses else 200)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver(vendor: JiraSandbox) -> Iterator[Receiver]:
    found = Receiver()
    vendor.subscribe(found.url, secret=SECRET)
    yield found
    found.close()


def arrived(vendor: JiraSandbox, receiver: Receiver) -> list[Delivery]:
    assert vendor.settle(timeout=20)
    for delivery in receiver.got:
        WEBHOOK.verify(delivery, Registration("e1", receiver.url, (SECRET,)))
    return receiver.got


def desk_issue(vendor: JiraSandbox) -> str:
    desk = [
        issue["id"]
        for issue in vendor.table("issues").all()
        if issue["fields"]["project"]["key"] == "SUP"
    ]
    return str(min(desk))


def what(changes: list[Change]) -> list[tuple[str, str, str]]:
    return [(change.object, change.native_id, change.kind) for change in changes]


def test_a_move_a_comment_and_a_deletion(vendor: JiraSandbox, receiver: Receiver) -> None:
    id = desk_issue(vendor)
    reporter = (vendor.table("issues").get(id) or {})["fields"]["reporter"]
    vendor.move(id, "10003")
    assert vendor.settle(timeout=20)
    vendor.comment(id, reporter)
    assert vendor.settle(timeout=20)
    vendor.table("issues").delete(id)
    changes = [list(WEBHOOK.parse(delivery)) for delivery in arrived(vendor, receiver)]
    assert [what(found) for found in changes] == [
        [("request", id, "upsert")],
        [("request", id, "upsert")],
        [("request", id, "delete")],
    ]
    assert all(change.record is None for found in changes for change in found)
    times = [found[0].occurred_at for found in changes]
    assert times == sorted(times)


def test_a_retry_has_the_key_of_the_first_attempt(vendor: JiraSandbox, receiver: Receiver) -> None:
    receiver.statuses = [503]
    vendor.move(desk_issue(vendor), "10003")
    first, second = arrived(vendor, receiver)
    assert WEBHOOK.delivery_key(first) == WEBHOOK.delivery_key(second)
    assert "x-atlassian-webhook-retry" not in first.headers
    assert second.headers["x-atlassian-webhook-retry"] == "1"
    assert first.body == second.body


def test_two_edits_of_one_issue_have_two_keys(vendor: JiraSandbox, receiver: Receiver) -> None:
    id = desk_issue(vendor)
    vendor.move(id, "10003")
    vendor.move(id, "10001")
    first, second = arrived(vendor, receiver)
    assert WEBHOOK.delivery_key(first) != WEBHOOK.delivery_key(second)


def test_every_event_of_a_busy_day_can_be_read(vendor: JiraSandbox, receiver: Receiver) -> None:
    vendor.stir_many(60)
    known = {"issue", "request"}
    for delivery in arrived(vendor, receiver):
        for change in WEBHOOK.parse(delivery):
            assert change.object in known
            assert change.native_id in vendor.table("issues")
            assert change.rule is None
