"""Pulls one stream: pages in, records written, and only then the cursor.

A page's records and its cursor are one transaction conditional on the lease, so that a crash
repeats at most one page. A cursor that does not move is an error, not a loop.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any

import structlog

from hub.api import Page, Stream
from hub.drift import look
from hub.engine import listings
from hub.engine.incoming import Incoming, Source, body, digest, from_record
from hub.engine.reading import from_change
from hub.engine.record import record
from hub.errors import GiveUp
from hub.faultpoints import point
from hub.privacy.guard import RULE as SUPPRESSED
from hub.store import leases
from hub.store.client import Doc
from hub.store.leases import Lease
from hub.store.tenant import TenantStore
from hub.subscriptions import missed
from hub.subscriptions.missed import Announced

log = structlog.get_logger(__name__)

LEASE_S = 120
"""Longer than the longest call of a vendor, or nobody would get through while it hangs."""
CHUNK = 500
STORED = ("applied", "duplicate", "stale", "quarantined")
SETTLE_AFTER, SETTLE_AFTER_S = 400, 0.5
"""Pages settle together once they brought so many records, or after so many seconds: an account
is then written once for all of them."""


@dataclass(slots=True)
class Sync:
    """One slice of one run of one stream."""

    store: TenantStore
    source: Source
    stream: Stream
    client: Any
    run: Doc
    lease: Lease
    now: Callable[[], datetime]
    settle: Callable[[], None]
    _sampled: deque[str] = field(init=False, default_factory=lambda: deque(maxlen=look.SAMPLE))
    announced: Sequence[Announced] = ()
    _marked: float = field(init=False, default_factory=monotonic)

    def pull(self, deadline: float) -> bool:
        """Pull until the stream ends (True) or `deadline` (monotonic) passes (False)."""
        ended = self._pull(deadline)
        look.keep_sample(self.store, self.source, self.stream.object, self._sampled)
        return ended

    def _pull(self, deadline: float) -> bool:
        fields = self.source.mappings[self.stream.object].source_fields if self._maps() else ()
        asked, before = self.now(), self.run.get("cursor")
        seen = Counter([digest(body({"cursor": before}))] if before is not None else [])
        waiting, settled = 0, monotonic()
        for page in self.stream.pages(self.client, before, fields):
            self._refuse_loop(page, seen)
            waiting += self._apply(page, asked)
            over = monotonic() > deadline
            if waiting and (over or _is_enough(waiting, settled)):
                self.settle()
                waiting, settled = 0, monotonic()
            if over:
                return False
            asked = self.now()
        if waiting:
            self.settle()
        return True

    def _maps(self) -> bool:
        return self.stream.object in self.source.mappings

    def _refuse_loop(self, page: Page, seen: Counter[str]) -> None:
        """The last page of a run may repeat the cursor before it, once, if it brought nothing."""
        mark = digest(body({"cursor": page.cursor}))
        allowed = 0 if page.records or page.changes else 1
        if seen[mark] > allowed and page.cursor is not None:
            raise GiveUp(
                f"{self.source.connector.title} answered {self.stream.name} with a cursor that it "
                "had given before.",
                reason="cursor_loop",
            )
        seen[mark] += 1

    def _apply(self, page: Page, asked: datetime) -> int:
        """Record a page; returns how many of its records moved."""
        items = list(self._arrivals(page, asked))
        for start in range(0, max(len(items), 1), CHUNK):
            chunk = items[start : start + CHUNK]
            last = start + CHUNK >= len(items)
            self.store.transact(partial(self._write, page=page, chunk=chunk, last=last))
        self._marked = monotonic()
        self._note(items)
        point("page-applied")
        return sum(item.fate == "applied" for item in items)

    def _note(self, items: list[Incoming]) -> None:
        """Which records came last, of those that are stored here: nobody who is suppressed."""
        self._sampled.extend(
            self.source.key(item.object, item.native_id)
            for item in items[-look.SAMPLE :]
            if item.fate in STORED and item.object == self.stream.object
        )

    def _arrivals(self, page: Page, asked: datetime) -> Iterable[Incoming]:
        origin = {"kind": "run", "id": self.run["_id"]}
        for one in page.records if self._maps() else ():
            yield from_record(self.source, self.stream.object, one, asked, origin)
        for change in page.changes:
            yield from from_change(self.source, change, asked, origin)

    def _write(self, store: TenantStore, page: Page, chunk: list[Incoming], last: bool) -> None:
        leases.check(store, self.lease, LEASE_S)
        now = self.now()
        done = record(store, self.source, chunk, now)
        if not self.run["full"]:
            missed.note(store, self.source, self.stream, done, self.announced, now)
        counts: Doc = {f"counts.{i.fate}": 0 for i in done}
        for item in done:
            counts[f"counts.{item.fate}"] += 1
        change: Doc = {"$inc": {"counts.read": len(chunk), **counts}, "$set": {"moved_at": now}}
        if page.total is not None:
            change["$set"]["total"] = page.total
        if last:
            change["$inc"]["spent_s"] = monotonic() - self._marked
            change["$set"]["cursor"] = page.cursor
            self.run["cursor"] = page.cursor
        store.runs.update({"_id": self.run["_id"]}, change)
        if self.run["full"] and self.stream.deletes == "listing":
            shown = [i for i in chunk if i.object == self.stream.object and _is_here(i)]
            listings.add(store, self.run, [i.native_id for i in shown])
        if last and not self.run["full"]:
            store.streams.update({"_id": self.run["stream_id"]}, {"$set": {"cursor": page.cursor}})


def _is_enough(waiting: int, settled: float) -> bool:
    return waiting >= SETTLE_AFTER or monotonic() - settled > SETTLE_AFTER_S


def _is_here(item: Incoming) -> bool:
    """Not deleted; and of the suppressed not even a mark is kept that they were there."""
    return item.rule != SUPPRESSED and not (item.life is not None and item.life.deleted)


def next_time(stream: Stream, now: datetime, failures: int) -> datetime:
    """When the stream is due again: its interval, stretched up to 4 h while it keeps failing."""
    wait = min(stream.interval_s * 2 ** min(failures, 10), 4 * 3600)
    return now + timedelta(seconds=max(wait, stream.interval_s))
