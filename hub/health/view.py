"""An account's state as seen on one day, and what a measure reads from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from hub.health.context import HealthContext

EVIDENCE_LIMIT = 20
LONG_HORIZON_DAYS = 400
"""How long it is known when the last one was."""


class Reading(NamedTuple):
    """A value with its words and its evidence, or why there is none.

    `known`: the share of the value that is knowledge, not the reference value (a fading pulse);
    `caps`: guard rails that the facts behind this measure raise; `ages`: with nothing new, the
    value is one more tomorrow.
    """

    value: float | None
    text: str
    evidence: tuple[str, ...] = ()
    known: float = 1.0
    caps: tuple[str, ...] = ()
    ages: bool = False
    missing: Literal["no_answer", "not_configured"] | None = None


def no_answer(text: str, caps: tuple[str, ...] = ()) -> Reading:
    """The source knows the account and has nothing to say on this."""
    return Reading(None, text, known=0.0, caps=caps, missing="no_answer")


def not_configured(text: str) -> Reading:
    """The tenant has not set up what this measure needs."""
    return Reading(None, text, known=0.0, missing="not_configured")


@dataclass(slots=True)
class View:
    """A state on a day. A window of N days at day t is t-N+1 to t, both included."""

    state: Mapping[str, Any]
    context: HealthContext
    today: date
    usable: frozenset[str] = frozenset()
    """Capabilities whose source is fresh, or stale for no longer than allowed."""
    _days: dict[int, str] = field(default_factory=dict)

    def day(self, ago: int) -> str:
        """The day so many days ago as text."""
        if ago not in self._days:
            self._days[ago] = (self.today - timedelta(days=ago)).isoformat()
        return self._days[ago]

    def window(self, key: str) -> int:
        """Days that this measure looks back."""
        return self.context.window(key)

    def age(self, day: str) -> int:
        """Whole days since a day; a day to come is of age 0."""
        return max(0, self.today.toordinal() - date.fromisoformat(day).toordinal())

    def count(self, counter: str, days: int, before: int = 0) -> int:
        """Sum of a counter over a window of `days` that ended `before` days ago."""
        first, last = self.day(before + days - 1), self.day(before)
        buckets = self.state.get("counters", {}).get(counter, {})
        return sum([n for day, n in buckets.items() if first <= day <= last])

    def last(self, *counters: str) -> str | None:
        """The latest day of the last 400, up to today, on which one of these counted."""
        first, today = self.day(LONG_HORIZON_DAYS - 1), self.day(0)
        kept = self.state.get("counters", {})
        counted = [day for counter in counters for day in kept.get(counter, ())]
        return max([day for day in counted if first <= day <= today], default=None)

    def items(self, name: str) -> Mapping[str, Mapping[str, Any]]:
        """Records by their key."""
        found: Mapping[str, Mapping[str, Any]] = self.state.get("items", {}).get(name, {})
        return found

    def span(self, what: str, days: int, before: int = 0) -> tuple[str, ...]:
        """Evidence for a window: where to look and between which days."""
        return (f"{what}:{self.day(before + days - 1)}..{self.day(before)}",)


def records(keys: Iterable[str]) -> tuple[str, ...]:
    """Evidence for records: their keys, in order, and not more than a page holds."""
    return tuple(sorted(keys)[:EVIDENCE_LIMIT])


def counted(n: int, singular: str, plural: str | None = None) -> str:
    """ "1 ticket", "2 tickets"."""
    return f"{n} {singular if n == 1 else plural or singular + 's'}"
