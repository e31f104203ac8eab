"""Measures of delivery: what we promised and is late, and the bugs that stay."""

from __future__ import annotations

from hub.health.view import Reading, View, counted, records


def overdue_items(view: View) -> Reading:
    """Open work that the customer sees and that is past its due day."""
    today = view.day(0)
    late = [k for k, w in view.items("work_items").items() if w.get("due_on", today) < today]
    text = f"{counted(len(late), 'visible item')} past the due day"
    return Reading(float(len(late)), text, records(late))


def oldest_bug(view: View) -> Reading:
    """Age in days of the oldest open bug linked to the account."""
    items = view.items("work_items").items()
    bugs = [(w["bug_since"], key) for key, w in items if "bug_since" in w]
    if not bugs:
        return Reading(0.0, "no open bug")
    since, key = min(bugs)
    text = f"a bug has been open since {since}"
    return Reading(float(view.age(since)), text, (key,), ages=since <= view.day(0))
