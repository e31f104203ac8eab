"""The health state of one account: the sum of what its records contribute, within a horizon.

Shape: `day` (latest day seen, which sets the horizon), and the three parts of a contribution. The
state after any order of changes equals the state built from the current contributions, because
counters are integers, items are keyed by their record, and days behind the horizon are dropped on
both sides. BSON-plain; {} is the state of an account without records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from hub.health.context import HealthContext, apart_mrr, reporting_mrr
from hub.health.facts import CONTACT, TOUCH, Contribution
from hub.health.view import LONG_HORIZON_DAYS

State = dict[str, Any]

HORIZON_DAYS = 120
"""The longest window (90 days) and room to read the last value of a source that went stale."""
LONG = frozenset({"touch_days", "last_active"})
"""One bucket per day and account, kept long enough to say when the last one was."""
ITEM_HORIZON_DAYS = {"nps": 210}


def change(state: State, old: Contribution | None, new: Contribution | None, today: date) -> State:
    """The state after a record's contribution went from `old` to `new` (None: none).

    `state` is not altered; the answer shares what did not change with it. `today` moves the horizon
    on and never back, so that two workers around midnight agree.
    """
    after: State = {
        "day": max(state.get("day", ""), today.isoformat()),
        "counters": dict(state.get("counters", {})),
        "items": dict(state.get("items", {})),
        "totals": dict(state.get("totals", {})),
    }
    if after["day"] != state.get("day"):
        _prune(after)
    if old != new:
        _apply(after, old or {}, -1)
        _apply(after, new or {}, 1)
    return after


def rebuild(contributions: Iterable[Contribution | None], today: date) -> State:
    """The state from scratch."""
    state: State = change({}, None, None, today)
    for contribution in contributions:
        _apply(state, contribution or {}, 1)
    return state


def _apply(state: State, part: Mapping[str, Any], sign: int) -> None:
    today = date.fromisoformat(state["day"])
    for name, days in part.get("counters", {}).items():
        first = _first_day(name, today)
        kept = {day: sign * n for day, n in days.items() if day >= first}
        _settle(state["counters"], name, _sum(state["counters"].get(name, {}), kept))
    for name, records in part.get("items", {}).items():
        present = state["items"].get(name, {})
        changed = _without(present, records) if sign < 0 else {**present, **records}
        _settle(state["items"], name, _recent(name, changed, today))
    for name, count in part.get("totals", {}).items():
        _settle(state["totals"], name, state["totals"].get(name, 0) + sign * count)


def _sum(buckets: Mapping[str, int], added: Mapping[str, int]) -> dict[str, int]:
    total = dict(buckets)
    for day, n in added.items():
        _settle(total, day, total.get(day, 0) + n)
    return total


def _without(present: Mapping[str, Any], records: Mapping[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in present.items() if key not in records}


def _recent(name: str, items: dict[str, Any], today: date) -> dict[str, Any]:
    days = ITEM_HORIZON_DAYS.get(name)
    if days is None:
        return items
    first = (today - timedelta(days=days - 1)).isoformat()
    return {key: item for key, item in items.items() if item["day"] >= first}


def _settle(into: dict[str, Any], key: str, value: Any) -> None:
    """Nothing is kept for nothing, so that equal sums are equal documents."""
    if value:
        into[key] = value
    else:
        into.pop(key, None)


def _first_day(counter: str, today: date) -> str:
    days = LONG_HORIZON_DAYS if counter in LONG else HORIZON_DAYS
    return (today - timedelta(days=days - 1)).isoformat()


def _prune(state: State) -> None:
    today = date.fromisoformat(state["day"])
    for name, days in list(state["counters"].items()):
        first = _first_day(name, today)
        _settle(state["counters"], name, {d: n for d, n in days.items() if d >= first})
    for name in ITEM_HORIZON_DAYS:
        _settle(state["items"], name, _recent(name, state["items"].get(name, {}), today))


def rollup(state: Mapping[str, Any], context: HealthContext, today: date) -> dict[str, Any]:
    """What the portfolio list shows beside the score.

    {"open_tickets": int, "contacts": int, "last_touch": day|None, "mrr": money|None, "mrr_apart":
    [money] of several currencies without rates,
    "seats": int|None, "renewal_on": day|None}. Touches in the future are not yet one.
    """
    items = state.get("items", {})
    now = today.isoformat()
    apart = apart_mrr(items.get("subscriptions", {}).values(), context)
    touches = [day for day in state.get("counters", {}).get("touch_days", ()) if day <= now]
    subscriptions = list(items.get("subscriptions", {}).values())
    return {
        "open_tickets": len(items.get("tickets", ())),
        "contacts": sum(1 for name in state.get("totals", {}) if name.startswith(CONTACT)),
        "last_touch": max(touches, default=None),
        "mrr": reporting_mrr(subscriptions, context),
        "seats": seats(state, context),
        "renewal_on": renewal_on(subscriptions, context, now),
        **({"mrr_apart": apart} if apart else {}),
    }


def seats(state: Mapping[str, Any], context: HealthContext) -> int | None:
    """Seats of live subscriptions, else the tenant's own field; that alone if it is the source."""
    if context.seat_source == "account":
        return context.seats
    live = [s["seats"] for s in paying(state).values() if "seats" in s]
    return sum(live) if live else context.seats


def paying(state: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Subscriptions that count as revenue: active and past due."""
    subscriptions: dict[str, dict[str, Any]] = state.get("items", {}).get("subscriptions", {})
    return {k: s for k, s in subscriptions.items() if s.get("status") in ("active", "past_due")}


def touched_contacts(state: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Buckets of two-way touches per external contact."""
    counters = state.get("counters", {})
    return {name: days for name, days in counters.items() if name.startswith(TOUCH)}


def renewal_on(
    subscriptions: Iterable[Mapping[str, Any]], context: HealthContext, now: str
) -> str | None:
    """The earliest end of a live subscription's period that lies ahead, else the tenant's field."""
    gone = ("canceled", "incomplete_expired")
    ends = [s.get("period_end", "") for s in subscriptions if s.get("status") not in gone]
    ahead = [end for end in ends if end >= now]
    return min(ahead, default=None) or context.renewal_on
