"""A past day again, with what is known of it by now: late, corrected, moved and erased records.

The close itself stays as it was known then. Only what the account's state can still tell of a past
day is computed anew; the other measures stand as they were closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hub.health.context import HealthContext, SourceFreshness
from hub.health.history import Kept, keep
from hub.health.measures import Measure, measure
from hub.health.rebase import STAYS, measures_of
from hub.health.score import score
from hub.health.scorecard import Scorecard
from hub.health.state import HORIZON_DAYS, ITEM_HORIZON_DAYS
from hub.health.windows import WINDOWS

TELLABLE = (
    "usage_trend",
    "usage_recency",
    "ticket_load",
    "reopens",
    "csat",
    "nps",
    "last_interaction",
    "engaged_contacts",
)
"""Measures of windows and days, which the state's day counters tell for days that have passed. The
others rest on what is open, owed, worked on or said at the moment; no counter tells that again."""
SOURCES = {
    "usage_trend": ("usage",),
    "usage_recency": ("usage",),
    "ticket_load": ("ticket",),
    "reopens": ("ticket",),
    "csat": ("satisfaction",),
    "nps": ("satisfaction",),
    "last_interaction": ("activity", "ticket"),
    "engaged_contacts": ("activity", "ticket"),
}
USAGE_TREND_LOOKS_TWICE = 2
CLOSE_ENOUGH = 1e-9


def earliest(key: str, state: Mapping[str, Any], context: HealthContext) -> date:
    """The first day that the state can still tell of a measure."""
    window = context.windows.get(key) or WINDOWS.get(key, 1)
    if key == "usage_trend":
        window *= USAGE_TREND_LOOKS_TWICE
    kept = ITEM_HORIZON_DAYS.get(key, HORIZON_DAYS)
    return date.fromisoformat(state["day"]) - timedelta(days=kept - window - 1)


def restated(
    kept: Kept, day: str, state: Mapping[str, Any], context: HealthContext, scorecard: Scorecard
) -> tuple[Kept, list[str]] | None:
    """The close as it would be with what is known now, and the measures that differ; else None.

    `state` and `context` are the account's of today; `scorecard` is the close's own.
    """
    if kept.get("raw") is None or kept.get("missing") or kept.get("gone"):
        return None
    then = date.fromisoformat(day)
    past = _as_of(context, then, kept.get("seats"))
    fresh = measure(_without_items(state), past, then)
    known = measures_of(kept)
    now = {
        key: fresh[key]
        for key in TELLABLE
        if key in known
        and then >= earliest(key, state, context)
        and _is_whole(SOURCES[key], context, past)
        and _differs(known[key], fresh[key])
    }
    if not now:
        return None
    explanation = score({**known, **now}, scorecard, (), then)
    same: Kept = {name: kept[name] for name in STAYS if name in kept}
    return {**keep(explanation), **same}, sorted(now)


def _is_whole(names: tuple[str, ...], now: HealthContext, then: HealthContext) -> bool:
    """Whether all that feeds a measure has been read since."""
    fed = [name for name in names if name in now.sources]
    return bool(fed) and all(name in then.sources for name in fed)


def _differs(before: Measure, after: Measure) -> bool:
    if before.value is None or after.value is None:
        return before.value is not after.value
    return abs(before.value - after.value) > CLOSE_ENOUGH


def _as_of(context: HealthContext, day: date, seats: int | None) -> HealthContext:
    """The sources that have been complete since then, on the day's last moment."""
    end = datetime.combine(day, time.max, UTC)
    sources = {
        name: SourceFreshness(True, end, source.stale_after_s, source=source.source)
        for name, source in context.sources.items()
        if source.connected and source.fresh_at is not None and source.fresh_at.date() > day
    }
    return replace(context, now=end, sources=sources, seats=seats, pulse=None)


def _without_items(state: Mapping[str, Any]) -> dict[str, Any]:
    """Seats are those of the close, not those of today's subscriptions."""
    items = state.get("items", {})
    return {**state, "items": {name: items[name] for name in items if name != "subscriptions"}}
