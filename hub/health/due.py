"""When time alone can next change a score."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import chain
from typing import Any

from hub.health import adoption, commercial, support
from hub.health.band import plain_band
from hub.health.closes import CHANGE_DAYS, TREND_DAYS, Close, comparable
from hub.health.context import UNLINKED_AFTER, HealthContext
from hub.health.facts import CSAT, FEATURE, OPENED, TOUCH
from hub.health.measures import Measure
from hub.health.scorecard import Scorecard
from hub.health.state import LONG
from hub.health.view import LONG_HORIZON_DAYS

AGES = ("usage_recency", "oldest_waiting", "payment", "last_interaction", "oldest_bug")
"""Measures that grow by one each day."""
_COUNTED = {
    "last_active": "seat_utilisation",
    "reopens": "reopens",
    OPENED[:-1]: "ticket_load",
    CSAT[:-1]: "csat",
    FEATURE[:-1]: "feature_breadth",
    TOUCH[:-1]: "engaged_contacts",
}
"""Which measure counts a counter (or all of a prefix) within its window."""
_ITEM_DAYS = (
    ("tickets", "opened_day", (1, support.URGENT_OPEN_DAYS + 1)),
    ("tickets", "waiting_since", (1,)),
    ("work_items", "due_on", (1,)),
    ("work_items", "bug_since", (1,)),
    ("invoices", "due_on", (1, commercial.OVERDUE_CAP_DAYS)),
    ("subscriptions", "started_day", (adoption.UNUSED_DAYS,)),
)


def next_due(
    state: Mapping[str, Any],
    measures: Mapping[str, Measure],
    explanation: Mapping[str, Any],
    scorecard: Scorecard,
    context: HealthContext,
    today: date,
    closes: Iterable[Close] = (),
    stirs: Iterable[str] = (),
) -> date | None:
    """The first day after today on which the score may differ by itself; None = never.

    Before that day a score made again is the same, and every value but an age. `stirs` are the days
    whose closes differ from the day before (`history.History.stirs`): a trend moves a week and four
    weeks after each. Not counted: a source that goes stale, which is an event of its connection and
    makes all its accounts due.
    """
    if explanation["band"] == "churned":
        return None
    days = chain(
        _age_days(measures, scorecard, today),
        _held_days(explanation, scorecard, closes, today),
        _stirred_days(stirs, today),
        _forgotten_days(state, today),
        _context_days(context, today),
        _item_days(state, context, today),
        _bucket_days(state, context, today),
    )
    return _earliest(days, today + timedelta(days=1))


def _earliest(days: Iterable[date], tomorrow: date) -> date | None:
    """The first of the days from tomorrow on; no day is earlier than tomorrow, so that ends it."""
    first = None
    for day in days:
        if day == tomorrow:
            return day
        if day > tomorrow and (first is None or day < first):
            first = day
    return first


def _bucket_days(state: Mapping[str, Any], context: HealthContext, today: date) -> Iterator[date]:
    """A bucket enters the windows on its day and leaves each window behind it."""
    for name, buckets in state.get("counters", {}).items():
        yield from _after(buckets, today, 0, *_windows(name, context))


def _windows(counter: str, context: HealthContext) -> tuple[int, ...]:
    if counter == "active_user_days":
        days = context.window("usage_trend")
        return (days, 2 * days)
    key = _COUNTED.get(counter.partition("|")[0])
    return (context.window(key),) if key else ()


def _after(days: Iterable[str], today: date, *later: int) -> Iterator[date]:
    """The first day to come that is so many days later than one of `days`, for each of `later`."""
    known = list(days)
    last = max(known, default="")
    for n in later:
        start = (today - timedelta(days=n)).isoformat()
        if last > start:
            first = min([day for day in known if day > start])
            yield date.fromisoformat(first) + timedelta(days=n)


def _age_days(measures: Mapping[str, Measure], scorecard: Scorecard, today: date) -> Iterator[date]:
    for rule in (rule for dimension in scorecard.dimensions for rule in dimension.measures):
        measure = measures.get(rule.key)
        if rule.key not in AGES or measure is None or measure.state != "ok":
            continue
        if measure.value is not None and measure.evidence:
            steps = rule.curve.steps_until_move(measure.value)
            if steps is not None:
                yield today + timedelta(days=steps)


def _item_days(state: Mapping[str, Any], context: HealthContext, today: date) -> Iterator[date]:
    """Days on which an item becomes late, long open, unused, expired, or of today at all."""
    for name, key, later in _ITEM_DAYS:
        items = state.get("items", {}).get(name, {}).values()
        yield from _after([item[key] for item in items if key in item], today, *later)
    answers = state.get("items", {}).get("nps", {}).values()
    yield from _after([a["day"] for a in answers], today, 0, context.window("nps") + 1)
    last_active = state.get("counters", {}).get("last_active", ())
    yield from _after(last_active, today, adoption.UNUSED_DAYS)


def _context_days(context: HealthContext, today: date) -> Iterator[date]:
    pulse = context.pulse
    if pulse is not None:
        fades = pulse.day + timedelta(days=context.pulse_full_days + 1)
        gone = pulse.day + timedelta(days=context.pulse_gone_days)
        yield pulse.day
        yield fades if fades > today else min(gone, today + timedelta(days=1))
    for source in context.sources.values():
        if source.connected and source.fresh_at is not None:
            stale = source.fresh_at + timedelta(seconds=source.stale_after_s)
            if stale <= context.now:
                yield (stale + UNLINKED_AFTER).date()
                yield (stale + UNLINKED_AFTER).date() + timedelta(days=1)


def _held_days(
    explanation: Mapping[str, Any], scorecard: Scorecard, closes: Iterable[Close], today: date
) -> Iterator[date]:
    """A band held by hysteresis is looked at each day."""
    health = explanation["health"]
    if health is None or not comparable(closes, scorecard.revision, today):
        return
    if explanation["band"] != plain_band(health, scorecard):
        yield today + timedelta(days=1)


def _stirred_days(stirs: Iterable[str], today: date) -> Iterator[date]:
    """The days on which today is compared with another close than the day before."""
    yield from _after(stirs, today, CHANGE_DAYS, TREND_DAYS)


def _forgotten_days(state: Mapping[str, Any], today: date) -> Iterator[date]:
    """The last use and the last touch are known for a long time, but not for ever."""
    now = today.isoformat()
    for name in LONG:
        last = max(
            [day for day in state.get("counters", {}).get(name, ()) if day <= now], default=""
        )
        if last:
            yield date.fromisoformat(last) + timedelta(days=LONG_HORIZON_DAYS)
