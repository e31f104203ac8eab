"""Health: one account's score, a midnight for everybody, and what a year of closes weighs.

Time passes as the measurement says: the settling runs in this process, on the rig's stores.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as moment
from pathlib import Path

import bson

from hub.bench.customers import CONNECTION, VARIANTS, contributions, fill, multiply
from hub.bench.meter import Meter, percentile
from hub.bench.report import Report, Row, row, spread
from hub.bench.rig import Rig, rig
from hub.bench.sizes import Size
from hub.engine.settle import Settler
from hub.engine.supply import CAPABILITIES, Supply
from hub.health import scorecard, state
from hub.health.context import HealthContext, SourceFreshness
from hub.health.history import History, keep
from hub.health.measures import measure
from hub.health.score import score
from hub.store.tenant import TenantStore

MOST_ACCOUNTS = 100_000
CLOSE_WITHIN_S = 300
ONE_WITHIN_MS = 20
YEAR = 365
PLENTY_S = 3_600.0


@dataclass(slots=True)
class Time:
    """The tenant's clock."""

    now: datetime

    @property
    def today(self) -> date:
        return self.now.date()

    def pass_days(self, days: int) -> None:
        self.now += timedelta(days=days)


def run(folder: Path, size: Size, report: Report) -> None:
    count = min(10 * size.accounts, MOST_ACCOUNTS)
    clock = Time(datetime.combine(datetime.now(UTC).date(), moment(), UTC))
    with rig(folder, web_workers=0, workers=0, cache_gb=1.0) as made:
        report.add(_floor(made, clock, size.pages))
        fill(made.store, min(count, VARIANTS), clock.today)
        report.add(_everybody(made, clock, min(count, VARIANTS), "first score of an account"))
        multiply(made.store, count)
        report.add(_one_by_one(made, clock, min(size.pages, VARIANTS)))
        clock.pass_days(1)
        report.add(_judged(_everybody(made, clock, count, "day close and new score of all"), count))
    report.add(_year(max(1, size.pages // 10), clock.today))


def _settler(store: TenantStore, clock: Time) -> Settler:
    fresh = SourceFreshness(True, clock.now, 3 * 86_400, source="bench")
    supply = Supply({CONNECTION: dict.fromkeys(CAPABILITIES, fresh)}, {"bench": "crm"})
    return Settler(store, lambda _: supply, {"bench": False}, lambda: clock.now)


def _floor(made: Rig, clock: Time, count: int) -> Row:
    """What a score costs with nothing read and nothing written."""
    card, now = scorecard.default(), clock.now
    stored = state.rebuild(contributions(random.Random(1), clock.today), clock.today)
    fresh = dict.fromkeys(CAPABILITIES, SourceFreshness(True, now))
    context = HealthContext(now, fresh, frozenset(CAPABILITIES))
    with made.meter() as meter:
        began = time.monotonic()
        for _ in range(count):
            score(measure(stored, context, clock.today), card, (), clock.today)
        seconds = time.monotonic() - began
    return row("health", "floor: a score without a store", count, meter, seconds)


def _everybody(made: Rig, clock: Time, count: int, case: str) -> Row:
    """Until nobody is due; what is told of it is not counted."""
    before = _scored(made.store, clock)
    with made.meter() as meter:
        began = time.monotonic()
        _settler(made.store, clock).run(began + PLENTY_S)
        seconds = time.monotonic() - began
    done = _scored(made.store, clock) - before
    made.store.outbox.delete({})
    found = row("health", case, done, meter, seconds)
    found.notes = {"accounts": count, "seconds": round(seconds, 1)}
    return found


def _scored(store: TenantStore, clock: Time) -> int:
    return store.accounts.count({"health.as_of": clock.today.isoformat()})


def _judged(found: Row, count: int) -> Row:
    """A midnight of 100,000 accounts, as it was or as it would be at this rate."""
    whole = found.notes["seconds"] * MOST_ACCOUNTS / max(count, 1)
    found.budget = f"100,000 accounts within {CLOSE_WITHIN_S} s"
    found.met = whole < CLOSE_WITHIN_S
    found.notes["at 100,000"] = f"{whole:.0f} s"
    return found


def _one_by_one(made: Rig, clock: Time, count: int) -> Row:
    """An account is due, is read, scored, written and committed: one transaction each."""
    waits = []
    settler = _settler(made.store, clock)
    with made.meter() as meter:
        for number in range(count):
            key = {"_id": f"acc_{number:08d}"}
            made.store.accounts.update(key, {"$set": {"score_due": True}})
            start = time.monotonic()
            settler.run(start + PLENTY_S)
            waits.append((time.monotonic() - start) * 1000)
    found = row("health", "one account scored again", count, meter, sum(waits) / 1000)
    found.ms = spread(waits)
    found.budget, found.met = f"p95 < {ONE_WITHIN_MS} ms", percentile(waits, 0.95) < ONE_WITHIN_MS
    return found


def _year(count: int, first: date) -> Row:
    """A year of closes of busy customers: bytes as stored, before the store compresses them."""
    days = 0
    size = entries = 0
    with Meter(dict) as meter:
        began = time.monotonic()
        for number in range(count):
            for weight in _closes(random.Random(number), first):
                size += weight
                entries += 1
            days += YEAR
        seconds = time.monotonic() - began
    found = row("health", "a year of closes, busy accounts", days, meter, seconds)
    found.notes = {
        "KB a year": round(size / count / 1000, 1),
        "days stored": f"{100 * entries / days:.0f} %",
    }
    return found


def _closes(rng: random.Random, first: date) -> Iterator[int]:
    """The weight of each day that is stored, of a customer with three new records a week."""
    card, history = scorecard.default(), History(())
    stored = state.rebuild(contributions(rng, first), first)
    for n in range(YEAR):
        today = first + timedelta(days=n)
        parts = contributions(rng, today)
        for part in rng.sample(parts, rng.choice([0, 0, 1])):
            stored = state.change(stored, None, part, today)
        stored = state.change(stored, None, None, today)
        now = datetime.combine(today, moment(12), UTC)
        fresh = dict.fromkeys(CAPABILITIES, SourceFreshness(True, now))
        context = HealthContext(now, fresh, frozenset(CAPABILITIES))
        explanation = score(measure(stored, context, today), card, (), today)
        for entry in history.write(today.isoformat(), keep(explanation)):
            base = entry.base if today.day == 1 or n == 0 else None
            yield len(bson.encode({entry.day[8:]: entry.what, "base": base}))
