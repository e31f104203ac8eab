"""Measures of the relationship: when we last spoke with them, and with how many."""

from __future__ import annotations

from hub.health.facts import TOUCH
from hub.health.state import touched_contacts
from hub.health.view import Reading, View, counted

NEVER_DAYS = 400.0


def last_interaction(view: View) -> Reading:
    """Days since the last two-way touch."""
    last = view.last("touch_days")
    if last is None:
        return Reading(NEVER_DAYS, "no two-way contact in the last 400 days")
    text = f"last two-way contact on {last}"
    return Reading(float(view.age(last)), text, (f"touches:{last}..{last}",), ages=True)


def engaged_contacts(view: View) -> Reading:
    """Distinct external contacts with a two-way touch in 90 days."""
    window = view.window("engaged_contacts")
    first, today = view.day(window - 1), view.day(0)
    engaged = [
        name[len(TOUCH) :]
        for name, days in touched_contacts(view.state).items()
        if [day for day in days if first <= day <= today]
    ]
    text = f"{counted(len(engaged), 'person', 'people')} in two-way contact in {window} days"
    return Reading(float(len(engaged)), text, view.span("touches", window))
