"""Where a sandbox vendor pushes to while it is checked: keeps deliveries, greets where asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from hub.api import Delivery, Reply

Answer = Callable[[Delivery], Reply]
MOST = 8 * 1024 * 1024


class Sink:
    """A loopback receiver; `answer` decides, every delivery is kept in `got` with its `moment`."""

    def __init__(self, answer: Answer, moment: Callable[[], datetime], port: int = 0) -> None:
        self._moment = moment
        self.got: list[Delivery] = []
        self._answer = answer
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks/checked"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    def __enter__(self) -> Sink:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _take(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        url = self.url.rpartition("/webhooks")[0] + path
        delivery = Delivery(method, url, headers, body, self._moment())
        self.got.append(delivery)
        return self._answer(delivery)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Exchange(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def do_POST(self) -> None:
                size = min(int(self.headers.get("Content-Length") or 0), MOST)
                headers = {key.lower(): value for key, value in self.headers.items()}
                reply = sink._take(self.command, self.path, headers, self.rfile.read(size))
                self.send_response(reply.status)
                for name, value in {"Content-Type": reply.content_type, **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, format: str, *args: object) -> None:
                """What came is in `got`."""

        return Exchange
