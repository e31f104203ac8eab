"""What the tests of measures share: a moment, a context, and a state made of records."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hub.health import facts, measures, state
from hub.health.context import HealthContext, SourceFreshness

TODAY = date(2026, 3, 4)
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EUR = {"minor": 10_000, "currency": "EUR", "exponent": 2}


def fresh(ago: timedelta = HOUR, **more: Any) -> SourceFreshness:
    return SourceFreshness(True, NOW - ago, 86_400, source="desk", **more)


def context(*linked: str, **more: Any) -> HealthContext:
    capabilities = linked or (
        "ticket",
        "satisfaction",
        "activity",
        "work_item",
        "subscription",
        "invoice",
        "usage",
    )
    given: dict[str, Any] = {"sources": dict.fromkeys(capabilities, fresh())}
    given |= {"linked": frozenset(capabilities)} | more
    return HealthContext(NOW, **given)


def built(*records: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    parts = [
        facts.contribution(entity, values, f"c:{entity}:{n}", False, [f"p{n}"])
        for n, (entity, values) in enumerate(records)
    ]
    return state.rebuild(parts, TODAY)


def at(ago: int) -> datetime:
    return NOW - ago * DAY


def one(key: str, stored: dict[str, Any], given: HealthContext | None = None) -> measures.Measure:
    return measures.measure(stored, given or context(), TODAY)[key]
