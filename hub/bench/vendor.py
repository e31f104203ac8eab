"""The loopback vendor as a process: `python -m hub.bench.vendor WORLD ACCOUNTS TICKETS UNTIL`.

Prints its port. `GET /<world>/<stream>?from=N` answers a page of PAGE records and where the next
begins; `GET /asked` how many pages were asked for so far.
"""

from __future__ import annotations

import itertools
import json
import sys
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from hub.bench.world import STREAMS, World

PAGE = 100


def main() -> None:
    name, accounts, tickets, until = sys.argv[1:]
    world = World(name, int(accounts), int(tickets), datetime.fromisoformat(until))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(world))
    print(server.server_port, flush=True)
    server.serve_forever()


def page_of(world: World, stream: str, first: int) -> bytes:
    """The answer to one request, as JSON bytes."""
    records = list(world.page(stream, first, PAGE))
    total, end = world.count(stream), first + len(records)
    after = f'"{end}"' if end < total else '"end"'
    text = ",".join(records)
    return f'{{"records": [{text}], "next": {after}, "total": {total}}}'.encode()


def _handler(world: World) -> type[BaseHTTPRequestHandler]:
    asked = itertools.count()
    latest = [0]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            target = urlsplit(self.path)
            stream = target.path.strip("/").rpartition("/")[2]
            if stream == "asked":
                self._answer(json.dumps(latest[0]).encode())
            elif stream in STREAMS:
                latest[0] = next(asked) + 1
                first = int(parse_qs(target.query).get("from", ["0"])[0])
                self._answer(page_of(world, stream, first))
            else:
                self.send_error(404)

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None: ...

    return Handler


if __name__ == "__main__":
    main()
