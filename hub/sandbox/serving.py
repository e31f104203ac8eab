"""HTTP for the vendor servers: requests, responses, routes, and one threaded keep-alive server."""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

Handler = Callable[..., object]
F = TypeVar("F", bound=Handler)
LOOPBACK = "127.0.0.1"


@dataclass(slots=True)
class Request:
    """One call. Header names are lower case; `query` holds the first value of each parameter."""

    method: str
    url: str
    path: str
    queries: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    params: dict[str, str] = field(default_factory=dict)

    @property
    def query(self) -> dict[str, str]:
        """First value of each query parameter."""
        return {k: v[0] for k, v in self.queries.items()}

    @property
    def json(self) -> Any:
        """The body as JSON; None when empty. Raises Refused(400) when it is not JSON."""
        try:
            return json.loads(self.body) if self.body else None
        except ValueError:
            raise Refused(Response({"message": "the body is not JSON"}, 400)) from None

    @property
    def form(self) -> dict[str, str]:
        """The body as a URL-encoded form, first values."""
        parsed = parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return {k: v[0] for k, v in parsed.items()}


@dataclass(slots=True)
class Response:
    """One answer; a dict or list is sent as JSON, a str as text. `broken` sends half of it."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    broken: bool = False

    def encoded(self) -> tuple[bytes, str]:
        """The bytes to send and their content type."""
        if self.body is None:
            return b"", "text/plain"
        if isinstance(self.body, bytes):
            return self.body, "application/octet-stream"
        if isinstance(self.body, str):
            return self.body.encode(), "text/plain; charset=utf-8"
        return json.dumps(self.body, ensure_ascii=False).encode(), "application/json"


class Refused(Exception):
    """Raised by a handler to answer at once."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"answered {response.status}")
        self.response = response


class HangUp(Exception):
    """Close the connection without an answer."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a handler listens."""

    method: str
    pattern: re.Pattern[str]
    handler: str
    public: bool
    locked: bool


def route(method: str, path: str, *, public: bool = False, locked: bool = True) -> Callable[[F], F]:
    """Declare a method of a Vendor as the handler of `path`, e.g. `/api/v2/tickets/<id>`.

    `public` skips authorise; `locked=False` runs outside the vendor's lock, for handlers that call
    out. `<path:name>` also matches slashes.
    """

    def mark(function: F) -> F:
        declared = getattr(function, "sandbox_routes", [])
        found = Route(method.upper(), _compiled(path), function.__name__, public, locked)
        function.sandbox_routes = [*declared, found]  # type: ignore[attr-defined]
        return function

    return mark


def _compiled(path: str) -> re.Pattern[str]:
    parts = re.split(r"(<(?:path:)?\w+>)", path)
    return re.compile("".join(_part(p) for p in parts) + r"/?\Z")


def _part(text: str) -> str:
    if not text.startswith("<"):
        return re.escape(text)
    name = text[1:-1]
    if name.startswith("path:"):
        return f"(?P<{name[5:]}>.+)"
    return f"(?P<{name}>[^/]+)"


def routes_of(owner: type) -> list[Route]:
    """Every route declared in a class and its bases, subclasses first."""
    found: dict[str, list[Route]] = {}
    for cls in owner.__mro__:
        for name, member in vars(cls).items():
            found.setdefault(name, getattr(member, "sandbox_routes", []))
    return [r for routes in found.values() for r in routes]


class Server:
    """One vendor's listening socket on the loopback address."""

    def __init__(self, answer: Callable[[Request], Response], context: ssl.SSLContext | None):
        self._answer = answer
        self._context = context
        self._server: _Listener | None = None

    def start(self, port: int) -> int:
        """Listen on `port`, or on a free one when 0 or taken; returns the port."""
        try:
            self._server = _Listener((LOOPBACK, port), _handler(self._answer), self._context)
        except OSError:
            if port == 0:
                raise
            self._server = _Listener((LOOPBACK, 0), _handler(self._answer), self._context)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return int(self._server.server_address[1])

    def stop(self) -> None:
        """Stop listening and drop every open connection."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server.drop_all()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: Any, tls: ssl.SSLContext | None) -> None:
        self._tls = tls
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self._tls:
                request.settimeout(10)
                request = self._tls.wrap_socket(request, server_side=True)
            self._open.add(request)
            super().finish_request(request, client_address)
        except OSError:
            return
        finally:
            self._open.discard(request)
            if self._tls:
                request.close()

    def drop_all(self) -> None:
        """Close the connections that clients keep open."""
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


def _handler(answer: Callable[[Request], Response]) -> type[BaseHTTPRequestHandler]:
    class Exchange(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        timeout = 120

        def do_ANY(self) -> None:
            try:
                self._send(answer(_read(self)))
            except HangUp:
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_ANY

        def _send(self, response: Response) -> None:
            body, content_type = response.encoded()
            self.send_response_only(response.status)
            headers = {"Content-Type": content_type, "Content-Length": str(len(body))}
            headers["Date"] = self.date_time_string()
            lower = {k.lower() for k in response.headers}
            headers = {k: v for k, v in headers.items() if k.lower() not in lower}
            for key, value in {**headers, **response.headers}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body[: len(body) // 2] if response.broken else body)
            self.wfile.flush()
            self.close_connection = self.close_connection or response.broken

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: the control API tells what was asked."""

    return Exchange


def _read(exchange: BaseHTTPRequestHandler) -> Request:
    parts = urlsplit(exchange.path)
    headers = {k.lower(): v for k, v in exchange.headers.items()}
    length = int(headers.get("content-length") or 0)
    body = exchange.rfile.read(length) if length else _chunks(exchange, headers)
    return Request(
        method=exchange.command,
        url=exchange.path,
        path=unquote(parts.path),
        queries=parse_qs(parts.query, keep_blank_values=True),
        headers=headers,
        body=body,
    )


def _chunks(exchange: BaseHTTPRequestHandler, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return b""
    whole = b""
    while size := int(exchange.rfile.readline().split(b";")[0], 16):
        whole += exchange.rfile.read(size)
        exchange.rfile.readline()
    exchange.rfile.readline()
    return whole
