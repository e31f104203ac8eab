"""A vendor of seven rows behind every way of paging, served over HTTP, and its client."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.api.rest import Answers, Rest, bearer
from hub.http import VendorHttp

ROWS = [{"id": n, "at": f"2026-03-0{n}T10:00:00Z"} for n in range(1, 8)]
SIZE = 3


class Vendor(ThreadingHTTPServer):
    """Seven rows behind every way of paging, three on a page; `answers` come first."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.keys: list[str | None] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.base = f"http://127.0.0.1:{self.server_port}/api"


class Handler(BaseHTTPRequestHandler):
    server: Vendor

    def log_message(self, *_: object) -> None:
        """Tests say what matters."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.keys.append(self.headers["Authorization"])
        if self.server.answers:
            return self.answer(*self.server.answers.pop(0))
        parts = urlsplit(self.path)
        given = {k: v[0] for k, v in parse_qs(parts.query).items()}
        body, headers = getattr(self, "by_" + parts.path.rsplit("/", 1)[1])(given)
        return self.answer(200, headers, json.dumps(body).encode())

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def by_cursor(self, given: dict[str, str]) -> tuple[Any, dict[str, str]]:
        first = int(given.get("after", "c0")[1:])
        more = first + SIZE < len(ROWS)
        meta = {"next": f"c{first + SIZE}", "more": more}
        return {"data": {"rows": ROWS[first : first + SIZE]}, "meta": meta, "count": 7}, {}

    def by_offset(self, given: dict[str, str]) -> tuple[Any, dict[str, str]]:
        first = int(given.get("offset", 0))
        return {"rows": ROWS[first : first + SIZE]}, {}

    def by_page(self, given: dict[str, str]) -> tuple[Any, dict[str, str]]:
        first = (int(given.get("page", 1)) - 1) * SIZE
        return ROWS[first : first + SIZE], {}

    def by_link(self, given: dict[str, str]) -> tuple[Any, dict[str, str]]:
        first = int(given.get("from", 0))
        url = f"{self.server.base}/link?from={first + SIZE}"
        more = first + SIZE < len(ROWS)
        link = {"Link": f'<{self.server.base}/x>; rel="prev", <{url}>; rel="next"'} if more else {}
        return ROWS[first : first + SIZE], link

    def by_next(self, given: dict[str, str]) -> tuple[Any, dict[str, str]]:
        first = int(given.get("from", 0))
        url = f"{self.server.base}/next?from={first + SIZE}"
        return {"rows": ROWS[first : first + SIZE], "next": url if first + SIZE < 7 else None}, {}

    def by_7(self, given: dict[str, str]) -> tuple[Any, dict[str, str]]:
        return {"row": ROWS[6]}, {}

    def by_circle(self, given: dict[str, str]) -> tuple[Any, dict[str, str]]:
        here = given.get("after", "c0")
        there = {"c0": "c1", "c1": "c2", "c2": "c1"}[here]
        return {"rows": [{"id": here}], "next": there, "ended": False}, {}

    def by_export(self, given: dict[str, str]) -> tuple[Any, dict[str, str]]:
        first = int(given.get("after", "c0")[1:])
        last = min(first + SIZE, len(ROWS))
        return {"rows": ROWS[first:last], "next": f"c{last}", "ended": last == len(ROWS)}, {}

    def by_stuck(self, given: dict[str, str]) -> tuple[Any, dict[str, str]]:
        return {"rows": ROWS[:SIZE], "next": "c1"}, {}

    def by_abroad(self, given: dict[str, str]) -> tuple[Any, dict[str, str]]:
        return {"rows": ROWS[:SIZE], "next": "http://127.0.0.1:9/api/next"}, {}


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def client(vendor: Vendor) -> Rest:
    return Rest(VendorHttp(None, "x"), vendor.base, Answers("Acme"), bearer("key"))
