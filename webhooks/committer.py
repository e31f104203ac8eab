"""Group commit at the edge: what arrives while one write is under way goes into the next.

No added wait: with few requests a commit holds one row, with many it holds many. Two writes may be
in flight, so that a slow disk does not stand still between them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, TypeVar

import structlog

from hub.errors import TryAgainSoon
from hub.store.errors import StoreError

log = structlog.get_logger(__name__)

Row = TypeVar("Row")
FLIGHTS = 2
MOST = 500
"""Rows in one commit: enough for the rate, few enough for a short write."""


@dataclass(slots=True)
class Waiting(Generic[Row]):
    """One request's rows and the request that waits for them."""

    arrivals: Sequence[Row]
    since: float
    done: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None


class Committer(Generic[Row]):
    """Takes rows from request handlers; returns to each when its rows are durable."""

    def __init__(self, write: Callable[[Sequence[Row]], None], most: int = MOST) -> None:
        self._write = write
        self._most = most
        self._queue: deque[Waiting[Row]] = deque()
        self._wake = threading.Semaphore(0)
        self._started = False

    def queued(self) -> tuple[int, float]:
        """(requests waiting, seconds that the oldest has waited)."""
        try:
            return len(self._queue), monotonic() - self._queue[0].since
        except IndexError:
            return 0, 0.0

    def commit(self, arrivals: Sequence[Row], timeout_s: float) -> None:
        """Returns once the rows are durable. Raises TryAgainSoon; a retry is then harmless."""
        self._start()
        waiting = Waiting(arrivals, monotonic())
        self._queue.append(waiting)
        self._wake.release()
        if not waiting.done.wait(timeout_s):
            raise TryAgainSoon("The store did not answer in time.", reason="store_slow")
        if waiting.error is not None:
            raise TryAgainSoon("The store is not available.", reason="store") from waiting.error

    def _start(self) -> None:
        """Threads are started by the first request, after the server has forked."""
        if not self._started:
            self._started = True
            for _ in range(FLIGHTS):
                threading.Thread(target=self._run, name="committer", daemon=True).start()

    def _run(self) -> None:
        while True:
            self._wake.acquire()
            batch = self._take()
            if batch:
                self._commit(batch)

    def _take(self) -> list[Waiting[Row]]:
        batch: list[Waiting[Row]] = []
        rows = 0
        while self._queue and rows < self._most:
            try:
                waiting = self._queue.popleft()
            except IndexError:
                break
            batch.append(waiting)
            rows += len(waiting.arrivals)
        return batch

    def _commit(self, batch: list[Waiting[Row]]) -> None:
        error: Exception | None = None
        try:
            self._write([arrival for waiting in batch for arrival in waiting.arrivals])
        except StoreError as failure:
            log.warning("commit_failed", rows=len(batch), error=type(failure).__name__)
            error = failure
        except Exception as failure:
            log.exception("commit_failed")
            error = failure
        for waiting in batch:
            waiting.error = error
            waiting.done.set()
