"""Freshdesk's sandbox, served over HTTP, clients that talk to it, and a receiver of webhooks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hub.api import Delivery
from plugins.freshdesk import FRESHDESK
from plugins.freshdesk.client import FreshdeskClient
from plugins.freshdesk.sandbox import FreshdeskSandbox
from tests.plugins.served import attempts, opener, served

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _one_attempt() -> Iterator[None]:
    """The host's short retries are its own; here each call is made once."""
    with attempts(1):
        yield


@pytest.fixture
def companies() -> int:
    """How many there are in the vendor's world; who reads many pages asks for more."""
    return 20


@pytest.fixture
def vendor(companies: int) -> Iterator[FreshdeskSandbox]:
    """Freshdesk over a world of so many companies."""
    with served(FreshdeskSandbox, accounts=companies, now=NOW) as found:
        yield found


@pytest.fixture
def connect(vendor: FreshdeskSandbox) -> Callable[..., FreshdeskClient]:
    """Opens a client; named values take the place of the sandbox's credentials."""
    return opener(FRESHDESK, vendor, FreshdeskClient)


@pytest.fixture
def client(connect: Callable[..., FreshdeskClient]) -> FreshdeskClient:
    """A client with the right credentials."""
    return connect()


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten to a page, so that a small world has many."""
    monkeypatch.setattr("plugins.freshdesk.client.PAGE", 10)


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
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks/freshdesk/key"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.got.append(Delivery("POST", self.url, headers, body, NOW))
        request.send_response(self.statuses.pop(0) if self.statuses else 200)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Something that listens for webhooks."""
    found = Receiver()
    yield found
    found.close()
