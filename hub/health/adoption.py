"""Measures of adoption: how much of what they pay for is used, and by how many."""

from __future__ import annotations

from hub.health.facts import FEATURE
from hub.health.state import paying, seats
from hub.health.view import Reading, View, counted, no_answer, not_configured

EARLIER_MINIMUM = 10
UNUSED_DAYS = 30
NO_USE = "no use in the last 400 days"
NEVER_DAYS = 400.0


def seat_utilisation(view: View) -> Reading:
    """Distinct active contacts (28 days) for each seat, at most 1."""
    bought = seats(view.state, view.context)
    if not bought:
        return _without_seats(view)
    days = view.window("seat_utilisation")
    first = view.day(days - 1)
    last_active = view.state.get("counters", {}).get("last_active", {})
    active = sum([n for day, n in last_active.items() if day >= first])
    text = f"{active} of {counted(bought, 'seat')} used in the last {days} days"
    return Reading(min(1.0, active / bought), text, view.span("usage", days))


def _without_seats(view: View) -> Reading:
    if view.context.seats_field or view.context.seats is not None or "subscription" in view.usable:
        return no_answer("the number of seats is not known")
    return not_configured("no source and no field tells the number of seats")


def usage_trend(view: View) -> Reading:
    """Active user-days in 28 days over those in the 28 days before."""
    days = view.window("usage_trend")
    recent = view.count("active_user_days", days)
    earlier = view.count("active_user_days", days, before=days)
    if earlier < EARLIER_MINIMUM:
        return no_answer(f"only {counted(earlier, 'active user-day')} in the {days} days before")
    text = f"{counted(recent, 'active user-day')} vs {earlier} in the {days} days before"
    return Reading(recent / earlier, text, view.span("usage", days))


def usage_recency(view: View) -> Reading:
    """Days since any external contact last used the product.

    Who used it last on a later day, such as by a clock that is ahead, is still known of the days
    before: somebody used it on each of them.
    """
    last = view.last("active_user_days", "last_active")
    caps = _unused_seats(view, last)
    if last is None:
        return Reading(NEVER_DAYS, NO_USE, (), caps=caps)
    text = f"last used on {last}"
    return Reading(float(view.age(last)), text, (f"usage:{last}..{last}",), caps=caps, ages=True)


def _unused_seats(view: View, last: str | None) -> tuple[str, ...]:
    """Seats paid for at least 30 days and nobody there in as long."""
    threshold = view.day(UNUSED_DAYS)
    if last is not None and last > threshold:
        return ()
    paid = [s for s in paying(view.state).values() if s.get("seats")]
    if paid:
        unused = any(s.get("started_day", "") <= threshold for s in paid)
        return ("unused_seats",) if unused and "subscription" in view.usable else ()
    return ("unused_seats",) if view.context.seats else ()


def feature_breadth(view: View) -> Reading:
    """Share of the tenant's key features used by anyone in 28 days."""
    wanted = sorted(set(view.context.key_features))
    if not wanted:
        return not_configured("no key features are listed")
    days = view.window("feature_breadth")
    counters, first = view.state.get("counters", {}), view.day(days - 1)
    used = [f for f in wanted if any(day >= first for day in counters.get(FEATURE + f, ()))]
    text = f"{len(used)} of {counted(len(wanted), 'key feature')} used in the last {days} days"
    return Reading(len(used) / len(wanted), text, view.span("usage", days))
