"""Measures of support: how much trouble there is and how long it waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.health.facts import OPENED
from hub.health.state import seats
from hub.health.view import Reading, View, counted, records

LOAD_SEATS = 25
URGENT_OPEN_DAYS = 7
LOAD_OF_TYPE = {"question": 0.5, "feature_request": 0.0}
"""How much of a ticket a type counts; every other type counts whole."""


def open_urgent(view: View) -> Reading:
    """Open tickets that are urgent, high or escalated."""
    tickets = view.items("tickets")
    pressing = [k for k, t in tickets.items() if _pressing(t, ("urgent", "high"))]
    long_open = any(
        _pressing(t, ("urgent",)) and view.age(t.get("opened_day", view.day(0))) > URGENT_OPEN_DAYS
        for t in tickets.values()
    )
    text = f"{counted(len(pressing), 'open ticket')} urgent, high or escalated"
    caps = ("urgent_open",) if long_open else ()
    return Reading(float(len(pressing)), text, records(pressing), caps=caps)


def _pressing(ticket: Mapping[str, Any], priorities: tuple[str, ...]) -> bool:
    return ticket.get("escalated", False) or ticket.get("priority") in priorities


def ticket_load(view: View) -> Reading:
    """Tickets opened in 30 days for each 25 seats; small accounts are taken as of 25."""
    days = view.window("ticket_load")
    opened, weighted = 0, 0.0
    for counter in view.state.get("counters", {}):
        if counter.startswith(OPENED):
            n = view.count(counter, days)
            opened += n
            weighted += n * LOAD_OF_TYPE.get(counter[len(OPENED) :], 1.0)
    size = max(LOAD_SEATS, seats(view.state, view.context) or 0)
    load = weighted * LOAD_SEATS / size
    text = (
        f"{counted(opened, 'ticket')} opened in {days} days, a load of {load:.1f} for each 25 seats"
    )
    return Reading(load, text, view.span("tickets", days))


def oldest_waiting(view: View) -> Reading:
    """Age in days of the oldest open ticket that waits for us."""
    waiting = [
        (t["waiting_since"], key)
        for key, t in view.items("tickets").items()
        if "waiting_since" in t
    ]
    if not waiting:
        return Reading(0.0, "no ticket waits for us")
    since, key = min(waiting)
    text = f"a ticket has waited for us since {since}"
    return Reading(float(view.age(since)), text, (key,), ages=since <= view.day(0))


def reopens(view: View) -> Reading:
    """Reopenings that the vendor reports, of tickets solved (else opened) in 90 days."""
    days = view.window("reopens")
    n = view.count("reopens", days)
    text = f"{counted(n, 'reopening')} of tickets in {days} days"
    return Reading(float(n), text, view.span("tickets", days))
