"""Customers of a made-up world whose leaving is driven by less use, unsolved tickets, late bills.

A back-test on it is circular: what drives leaving here is what the score looks at. It proves that
the machinery finds a truth that is there, and says nothing of real customers.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hub.backtest import snapshot, without_outcome
from hub.engine.supply import CAPABILITIES
from hub.health import facts, scorecard, state
from hub.health.backtest import Snapshot
from hub.health.context import HealthContext, SourceFreshness
from hub.health.history import keep
from hub.health.measures import measure
from hub.health.score import score

START = date(2024, 1, 31)
MONTHS = 15
HORIZON = 90
BASE_HAZARD = -5.4
USE_LOST, UNSOLVED, LATE = 4.0, 0.35, 0.9
"""What a lost use, an unsolved ticket and a month of delay add to the log-odds of a month."""


@dataclass
class Firm:
    """One customer as the world knows it; the score sees only records made of it."""

    rng: random.Random
    people: int = 5
    use: float = 0.7
    drift: float = 0.0
    unsolved: int = 0
    late_days: int = 0
    used: dict[int, set[date]] = field(default_factory=dict)

    def live(self, month_end: date) -> None:
        """A month passes."""
        if self.rng.random() < 0.05:
            self.drift = self.rng.choice([-0.12, -0.06, 0.04])
        self.use = min(0.95, max(0.02, self.use + self.drift + self.rng.gauss(0, 0.03)))
        solved = self.rng.random() < 0.7
        self.unsolved = max(0, self.unsolved + self.rng.choice([0, 0, 0, 1, 2]) - 2 * solved)
        late = self.rng.random() < 0.06
        self.late_days = self.late_days + 30 if self.late_days and not solved else 20 * late
        for person in range(self.people):
            days = self.used.setdefault(person, set())
            for ago in range(30):
                if self.rng.random() < self.use:
                    days.add(month_end - timedelta(days=ago))

    def hazard(self) -> float:
        """The chance to leave in the month to come."""
        odds = BASE_HAZARD + USE_LOST * max(0.0, 0.7 - self.use)
        odds += UNSOLVED * self.unsolved + LATE * self.late_days / 30
        return 1 / (1 + math.exp(-odds))

    def contributions(self, today: date) -> Iterator[facts.Contribution]:
        for days in self.used.values():
            yield facts.contact_usage(str(day) for day in days if day <= today)
        for n in range(self.unsolved):
            opened = datetime.combine(today - timedelta(days=5 + 9 * n), time(9), UTC)
            values = {"status": "open", "priority": "high", "type": "problem", "opened_at": opened}
            yield facts.contribution("ticket", values, f"t{n}", False)
        if self.late_days:
            owed = {"status": "open", "due_on": str(today - timedelta(days=self.late_days))}
            yield facts.contribution("invoice", owed, "i1", False)
        yield facts.contribution("subscription", self._paid(today), "s1", False)

    def _paid(self, today: date) -> dict[str, Any]:
        money = {"minor": 100_000, "currency": "EUR", "exponent": 2}
        started = datetime.combine(today - timedelta(days=400), time(9), UTC)
        return {"status": "active", "seats": self.people + 1, "mrr": money, "started_at": started}


def world(count: int, seed: int) -> list[Snapshot]:
    """Month-end snapshots of so many customers, with who left within 90 days."""
    card = without_outcome(scorecard.default())
    return [
        s for n in range(count) for s in _life(f"firm_{n}", random.Random(seed * count + n), card)
    ]


def _life(account: str, rng: random.Random, card: scorecard.Scorecard) -> Iterator[Snapshot]:
    firm = Firm(rng, people=rng.randrange(2, 12), use=rng.uniform(0.3, 0.9))
    seen: list[tuple[date, Any]] = []
    left_on: date | None = None
    day = START
    for _ in range(MONTHS):
        firm.live(day)
        seen.append((day, _kept(firm, day)))
        if rng.random() < firm.hazard():
            left_on = day + timedelta(days=rng.randrange(1, 28))
            break
        day = _month_end_after(day)
    last = day
    for at, kept in seen:
        soon = left_on is not None and (left_on - at).days <= HORIZON
        if left_on is None and (last - at).days < HORIZON:
            continue
        found = snapshot(account, kept, str(at), card, str(left_on) if soon else None)
        if found is not None:
            yield found


def _kept(firm: Firm, today: date) -> Any:
    now = datetime.combine(today, time(23), UTC)
    fresh = SourceFreshness(True, now)
    context = HealthContext(now, dict.fromkeys(CAPABILITIES, fresh), frozenset(CAPABILITIES))
    built = state.rebuild(firm.contributions(today), today)
    return keep(score(measure(built, context, today), scorecard.default(), (), today))


def _month_end_after(day: date) -> date:
    later = (day + timedelta(days=1)).replace(day=28) + timedelta(days=4)
    return later.replace(day=1) - timedelta(days=1)
