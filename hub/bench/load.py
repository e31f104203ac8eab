"""The load as a process: `python -m hub.bench.load` reads a job as JSON, sends it, prints a result.

Raw sockets on one epoll: Python's HTTP clients would cost more than what they measure. Open loop
sends at random times of a Poisson process and counts latency from the time at which a request was
due; closed loop keeps every connection busy.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import re
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from hub.bench.world import World

LINGER_S = 30.0
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


@dataclass(frozen=True, slots=True)
class Job:
    """What to send. `rate` a second (0: closed loop); ends after `count` requests.

    targets: [path, secret] of each endpoint, taken in turn. `start` is a time.monotonic() that all
    processes of this machine share. Refused requests (429, 503) are sent again when `again` is set.
    """

    port: int
    targets: Sequence[Sequence[str]]
    world: str
    accounts: int
    tickets: int
    count: int
    rate: float = 0.0
    connections: int = 64
    start: float = 0.0
    seed: int = 1
    first: int = 0
    again: bool = False


@dataclass(slots=True)
class Result:
    """What came of it: answers by status, latencies in ms, seconds from first send to last."""

    statuses: dict[str, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    lost: int = 0


def schedule(count: int, rate: float, seed: int) -> list[float]:
    """Seconds after the start at which each request is due; all zero in a closed loop."""
    if not rate:
        return [0.0] * count
    chance, at, due = random.Random(seed), 0.0, []
    for _ in range(count):
        at += chance.expovariate(rate)
        due.append(at)
    return due


def request(job: Job, world: World, number: int) -> bytes:
    """One signed webhook: the `number`th ticket of the world, updated now."""
    path, secret = job.targets[number % len(job.targets)]
    at = datetime.now(UTC)
    record = world.ticket(number % world.tickets, at)
    body = f'{{"event": "ticket.updated", "record": {record}}}'.encode()
    signature = hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Delivery: {job.seed}-{number}\r\nX-Signature: {signature}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Sender:
    """Sends one job over its connections."""

    def __init__(self, job: Job, make: Callable[[int], bytes]) -> None:
        self._job, self._make = job, make
        self._due = schedule(job.count, job.rate, job.seed)
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._busy: dict[int, tuple[int, float]] = {}
        self._free: deque[int] = deque()
        self._parts: dict[int, bytes] = {}
        self._again: deque[tuple[float, int]] = deque()
        self.result = Result()

    def run(self) -> Result:
        for _ in range(self._job.connections):
            self._free.append(self._connect())
        start = max(self._job.start, time.monotonic())
        while time.monotonic() < start:
            time.sleep(min(0.01, max(0.0, start - time.monotonic())))
        last, sent = start, 0
        while sent < self._job.count or self._busy or self._again:
            sent += self._send_due(start, sent)
            if self._collect(self._pause(start, sent)):
                last = time.monotonic()
            elif time.monotonic() - last > LINGER_S:
                break
        self.result.lost = self._job.count - len(self.result.latencies)
        self.result.seconds = last - start
        return self.result

    def _connect(self) -> int:
        made = socket.create_connection(("127.0.0.1", self._job.port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sockets[made.fileno()] = made
        self._poll.register(made.fileno(), select.EPOLLIN)
        return made.fileno()

    def _send_due(self, start: float, sent: int) -> int:
        """Send what is due and has a free connection; returns how many new ones."""
        before, now = sent, time.monotonic()
        while self._free and self._again and self._again[0][0] <= now:
            self._send(self._again.popleft()[1], now)
        while self._free and sent < self._job.count:
            due = start + self._due[sent] if self._job.rate else time.monotonic()
            if due > time.monotonic():
                break
            self._send(sent, due)
            sent += 1
        return sent - before

    def _send(self, place: int, due: float) -> None:
        at = self._free.popleft()
        self._busy[at] = (place, due)
        self._sockets[at].sendall(self._make(self._job.first + place))

    def _pause(self, start: float, sent: int) -> float:
        if self._free and sent < self._job.count and self._job.rate:
            return min(0.05, max(0.0, start + self._due[sent] - time.monotonic()))
        return 0.05

    def _collect(self, timeout: float) -> int:
        """Take the answers that have come."""
        ready = self._poll.poll(timeout)
        for at, _ in ready:
            part = self._parts.pop(at, b"") + self._sockets[at].recv(65536)
            if not part:
                self._dropped(at)
            elif not _is_whole(part):
                self._parts[at] = part
            else:
                self._answered(at, part[9:12].decode())
        return len(ready)

    def _answered(self, at: int, status: str) -> None:
        place, due = self._busy.pop(at)
        self._free.append(at)
        self.result.statuses[status] = self.result.statuses.get(status, 0) + 1
        if status in ("429", "503") and self._job.again:
            self._again.append((time.monotonic() + 1.0, place))
        else:
            self.result.latencies.append((time.monotonic() - due) * 1000)

    def _dropped(self, at: int) -> None:
        """The server closed the connection: open another and send the request again."""
        self._poll.unregister(at)
        self._sockets.pop(at).close()
        if at in self._busy:
            self._again.append((time.monotonic() + 0.1, self._busy.pop(at)[0]))
        if at in self._free:
            self._free.remove(at)
        self._free.append(self._connect())


def _is_whole(answer: bytes) -> bool:
    """Whether the head has come, and as much body as it announces."""
    head, blank, body = answer.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return bool(blank) and len(body) >= (int(length.group(1)) if length else 0)


def main() -> None:
    given: dict[str, Any] = json.loads(sys.stdin.readline())
    job = Job(**given)
    world = World(job.world, job.accounts, job.tickets, datetime(2026, 6, 1, tzinfo=UTC))
    result = Sender(job, lambda number: request(job, world, number)).run()
    print(json.dumps(asdict(result)), flush=True)


if __name__ == "__main__":
    main()
