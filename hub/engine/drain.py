"""Drains one connection's inbox: parse, read what is thin, record, close the rows, settle.

A batch's records and the closing of its rows are one transaction, conditional on the lease. What
cannot be done now becomes a due time on the row; a worker never sleeps on it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import structlog

from hub.engine import plan as planning
from hub.engine import refetch
from hub.engine.incoming import Source
from hub.engine.plan import Plan, RowPlan
from hub.engine.reading import Read, read, unread
from hub.engine.record import record
from hub.engine.registers import Fate
from hub.errors import LeaseLost, Reconnect, RetryLater
from hub.faultpoints import point
from hub.privacy import guard as guarding
from hub.privacy.guard import Guard
from hub.queue import JobTimeout
from hub.store import inbox, leases
from hub.store.client import Doc
from hub.store.errors import StoreError, StoreLost
from hub.store.leases import Lease
from hub.store.tenant import TenantStore
from hub.subscriptions import missed

log = structlog.get_logger(__name__)

BATCH = 400
LEASE_S = 120
"""Longer than the longest call of a vendor, or nobody would get through while it hangs."""
BACKOFF_S, BACKOFF_MAX_S, ATTEMPTS = 5.0, 900.0, 300
"""Some two days, so that a vendor that is down for one fails no delivery."""


@dataclass(slots=True)
class Drain:
    """One drain of one connection: what it reads from, writes to and holds."""

    store: TenantStore
    source: Source
    account: str
    open_client: Callable[[], Any]
    now: Callable[[], datetime]
    settle: Callable[[], None]
    reconnect: Callable[[str], None]
    lease: Lease

    def run(self, deadline: float, lower: Callable[[], None]) -> int:
        """Work until the inbox is empty or `deadline` (monotonic); returns rows closed."""
        closed = 0
        while monotonic() < deadline:
            lower()
            rows = inbox.due(self.store, self.source.connection_id, self.now(), BATCH)
            again = refetch.due(self.store, self.source.connection_id, self.now())
            if not rows and not again:
                break
            closed += self._work(rows, again)
            self.settle()
        return closed

    def _work(self, rows: list[Doc], again: list[Doc]) -> int:
        """One batch; if its transaction fails for a reason of its own, halve down to the poison."""
        try:
            return self._batch(rows, again)
        except (LeaseLost, JobTimeout, StoreLost):
            raise
        except Exception as error:
            if isinstance(error, StoreError) and error.timeout:
                raise
            if rows and again:
                return self._work(rows, []) + self._work([], again)
            if len(rows) + len(again) > 1:
                half = (len(rows) + len(again)) // 2
                return self._work(rows[:half], again[:half]) + self._work(rows[half:], again[half:])
            if again:
                log.exception("read_failed", record=again[0]["_id"])
                return refetch.put_off(self.store, again[0], self.now())
            log.exception("delivery_failed", delivery=rows[0]["_id"])
            return self._fail(rows[0], f"{type(error).__name__}: {str(error)[:300]}")

    def _batch(self, rows: list[Doc], again: list[Doc]) -> int:
        webhooks = {w.name: w for w in self.source.connector.webhooks}
        batch = planning.plan(rows, self.source, webhooks, self.account)
        refetch.add(batch, again)
        guard = self._guard(self.store)
        if guard is not None:
            guard.thin(batch)
        answer = self._read(batch)
        for item in batch.rows:
            _conclude(item, answer)
        point("mid-batch")
        self.store.transact(lambda store: self._close(store, batch, answer))
        point("recorded")
        if answer.reconnect is not None:
            self.reconnect(answer.reconnect.sentence)
        return len(rows)

    def _read(self, batch: Plan) -> Read:
        if not batch.wanted:
            return Read()
        origin = {"kind": "fetch", "id": batch.rows[0].row["_id"] if batch.rows else ""}
        try:
            client = self.open_client()
        except (Reconnect, RetryLater) as error:
            return unread(batch.wanted, error)
        return read(self.source, client, batch.wanted, self.now, origin, self._hold_on)

    def _guard(self, store: TenantStore) -> Guard | None:
        return guarding.of(self.source.suppressed(store), self.source)

    def _hold_on(self) -> None:
        """A slow vendor must not cost us the lease, or no worker would ever get through."""
        leases.check(self.store, self.lease, LEASE_S)

    def _close(self, store: TenantStore, batch: Plan, answer: Read) -> None:
        """Record and close in one transaction; raises LeaseLost if another worker took over."""
        leases.check(store, self.lease, LEASE_S)
        now = self.now()
        ready = [item for item in batch.rows if item.ready]
        # A held row waits for its unknown object only: what is known of it counts now.
        at_hand = [item for item in batch.rows if item.ready or item.held]
        items = [o.incoming for row in at_hand for o in row.outcomes if o.incoming]
        record(store, self.source, [*items, *answer.found.values()], now)
        guard = self._guard(store)
        for item in ready:
            _adopt(item, answer)
            if guard is not None:
                item.stripped = guard.strip(item, now) or {}
        refetch.note(store, self.source, batch, answer, now)
        missed.told(store, self.source, batch)
        for object in batch.gaps:
            _read_stream_again(store, self.source, object, now)
        _close_rows(store, batch.rows, now)
        before, after = Counter[str](), Counter[str]()
        for item in ready:
            before.update(item.row.get("fates") or {})
            after.update(item.fates())
        inbox.count_changes(store, self.source.connection_id, before, after)

    def _fail(self, row: Doc, reason: str) -> int:
        item = RowPlan(row, error=reason)

        def close(store: TenantStore) -> None:
            leases.check(store, self.lease, LEASE_S)
            store.inbox.bulk([_closing(store, item, self.now())])

        self.store.transact(close)
        return 1


def _conclude(item: RowPlan, answer: Read) -> None:
    """Decide, before the transaction, whether the row can be closed now."""
    for outcome in item.outcomes:
        for end in outcome.wants:
            if end in answer.later:
                later = answer.later[end]
                item.waits = later.reason == "budget" and (item.waits or item.delay_s is None)
                item.delay_s = max(item.delay_s or 0, later.retry_after or 0)
            elif end in answer.refused:
                outcome.fate, outcome.rule = "failed", answer.refused[end].sentence
            elif end in answer.missing and outcome.incoming is None:
                outcome.fate, outcome.rule = "ignored", "not_found"


def _adopt(item: RowPlan, answer: Read) -> None:
    """A change takes the fate of its own evidence, else of the record that was read for it."""
    for outcome in item.outcomes:
        if outcome.fate is None:
            sources = [outcome.incoming, *(answer.found.get(end) for end in outcome.wants)]
            fates = {s.fate for s in sources if s is not None}
            outcome.fate = next((fate for fate in ORDER if fate in fates), "duplicate")
            if outcome.fate == "ignored":
                outcome.rule = next((s.rule for s in sources if s and s.rule), "")


ORDER: tuple[Fate, ...] = (
    "failed",
    "quarantined",
    "applied",
    "duplicate",
    "stale",
    "ignored",
)


def _close_rows(store: TenantStore, rows: list[RowPlan], now: datetime) -> None:
    """Most rows of a batch end alike, and those are one write."""
    alike: dict[str, tuple[Doc, list[str]]] = {}
    for item in rows:
        change = _row_change(item, now)
        alike.setdefault(repr(change), (change, []))[1].append(item.row["_id"])
    for change, ids in alike.values():
        store.inbox.update_many({"_id": {"$in": ids}}, change)


def _closing(store: TenantStore, item: RowPlan, now: datetime) -> Any:
    return store.inbox.updating({"_id": item.row["_id"]}, _row_change(item, now))


def _row_change(item: RowPlan, now: datetime) -> Doc:
    if item.held:
        return {"$set": {"state": "held", "held_reason": item.held}}
    if item.delay_s is not None:
        return _delayed(item, now)
    if item.error:
        return {"$set": {"state": "failed", "error": item.error, "closed_at": now}}
    failed = [o.rule for o in item.outcomes if o.fate == "failed"]
    rules = sorted({o.rule for o in item.outcomes if o.rule})
    fields = {
        "state": "failed" if failed else "done",
        "fates": item.fates(),
        "rules": rules,
        "closed_at": now,
        **item.stripped,
    }
    return {"$set": fields | ({"error": failed[0]} if failed else {})}


def _delayed(item: RowPlan, now: datetime) -> Doc:
    if item.waits:
        return {"$set": {"due_at": now + timedelta(seconds=item.delay_s or 1)}}
    attempts = item.row.get("attempts", 0) + 1
    if attempts >= ATTEMPTS:
        sentence = f"the vendor did not answer in {ATTEMPTS} attempts"
        return {"$set": {"state": "failed", "error": sentence, "closed_at": now}}
    backoff = min(BACKOFF_S * 2 ** (attempts - 1), BACKOFF_MAX_S) * random.uniform(0.5, 1.0)
    wait = max(item.delay_s or 0, backoff)
    return {"$set": {"due_at": now + timedelta(seconds=wait), "attempts": attempts}}


def _read_stream_again(store: TenantStore, source: Source, object: str, now: datetime) -> None:
    """A gap: something was missed, so the whole stream is listed once more."""
    for stream in source.connector.streams:
        if stream.object == object:
            mine = {"connection_id": source.connection_id, "stream": stream.name}
            store.streams.update(mine, {"$set": {"full_due": True, "next_sync_at": now}})
