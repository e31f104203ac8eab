"""Calling out over plain HTTP on the loopback address, fast: one keep-alive socket per host.

The standard library's client spends most of its time on header objects; a burst of 50,000 webhooks
needs several thousand calls a second from one process, and only the status and body are wanted.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

TIMEOUT_S = 10.0


def require_loopback(url: str) -> None:
    """Raise ValueError unless `url` is plain HTTP to this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        near = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        near = False
    if parts.scheme != "http" or not near:
        raise ValueError(f"the sandbox sends only to http:// on this machine, not to {url!r}")


class Caller:
    """Keep-alive connections of one thread."""

    def __init__(self) -> None:
        self._sockets: dict[tuple[str, int], socket.socket] = {}

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], method: str = "POST"
    ) -> tuple[int, bytes]:
        """Send one request; returns status and body. Raises OSError when no whole answer comes."""
        status, _, answer = self.exchange(url, body, headers, method)
        return status, answer

    def exchange(
        self, url: str, body: bytes, headers: Mapping[str, str], method: str = "POST"
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request; returns status, lower-case headers and body. Raises OSError."""
        parts = urlsplit(url)
        place = (parts.hostname or "", parts.port or 80)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}"]
        lines += [f"{k}: {v}" for k, v in headers.items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        message = "\r\n".join(lines).encode("utf-8") + body
        reused = place in self._sockets
        try:
            return self._talk(place, message)
        except OSError as error:
            self._drop(place)
            if not reused or isinstance(error, TimeoutError):
                raise
            # A kept connection may have been closed while idle: that says nothing of the receiver.
            try:
                return self._talk(place, message)
            except OSError:
                self._drop(place)
                raise

    def close(self) -> None:
        """Close every connection."""
        for place in list(self._sockets):
            self._drop(place)

    def _talk(self, place: tuple[str, int], message: bytes) -> tuple[int, dict[str, str], bytes]:
        if place not in self._sockets:
            connection = socket.create_connection(place, timeout=TIMEOUT_S)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets[place] = connection
        connection = self._sockets[place]
        connection.sendall(message)
        head, rest = _until(connection, b"", b"\r\n\r\n")
        status, headers = _parse(head)
        body = _body(connection, status, headers, rest)
        if headers.get("connection", "").lower() == "close":
            self._drop(place)
        return status, headers, body

    def _drop(self, place: tuple[str, int]) -> None:
        connection = self._sockets.pop(place, None)
        if connection:
            connection.close()


def _parse(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) < 2 or not words[1].isdigit():
        raise OSError("not an HTTP answer")
    pairs = (line.partition(":") for line in lines)
    return int(words[1]), {k.strip().lower(): v.strip() for k, _, v in pairs}


def _body(connection: socket.socket, status: int, headers: Mapping[str, str], rest: bytes) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return _chunked(connection, rest)
    if "content-length" in headers:
        return _exactly(connection, rest, int(headers["content-length"]))[0]
    if status == 204 or status < 200:
        return b""
    if headers.get("connection", "").lower() != "close":
        return b""
    while piece := connection.recv(65536):
        rest += piece
    return rest


def _chunked(connection: socket.socket, rest: bytes) -> bytes:
    whole = b""
    while True:
        line, rest = _until(connection, rest, b"\r\n")
        size = int(line.split(b";")[0], 16)
        piece, rest = _exactly(connection, rest, size + 2)
        if size == 0:
            return whole
        whole += piece[:-2]


def _until(connection: socket.socket, data: bytes, mark: bytes) -> tuple[bytes, bytes]:
    while mark not in data:
        data += _receive(connection)
    head, _, rest = data.partition(mark)
    return head, rest


def _exactly(connection: socket.socket, data: bytes, size: int) -> tuple[bytes, bytes]:
    while len(data) < size:
        data += _receive(connection)
    return data[:size], data[size:]


def _receive(connection: socket.socket) -> bytes:
    piece = connection.recv(65536)
    if not piece:
        raise ConnectionResetError("the connection was closed before the answer ended")
    return piece
