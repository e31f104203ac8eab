"""An example of a signal: the share of open tickets that were opened on a weekend.

Copy the folder to where `HUB_CONNECTORS_PATH` points and start the hub. The signal is then seen on
every account's health; it brings points once a scorecard gives `weekend_tickets` a weight.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from hub.api import Answer, Observed, Signal, hookimpl

SATURDAY = 5


def compute(observed: Observed, today: date) -> Answer | None:
    """None without an open ticket: no answer is not a good answer."""
    tickets = observed.state.get("items", {}).get("tickets", {})
    opened = {key: t["opened_day"] for key, t in tickets.items() if "opened_day" in t}
    if not opened:
        return None
    late = [key for key, day in opened.items() if date.fromisoformat(day).weekday() >= SATURDAY]
    text = f"{len(late)} of {len(opened)} open tickets were opened on a weekend"
    return Answer(len(late) / len(opened), text, sorted(late))


@hookimpl
def register_signals() -> Iterable[Signal]:
    return [
        Signal(
            name="weekend_tickets",
            title="Tickets opened on weekends",
            unit="share",
            dimension="support",
            curve=((0, 100), (0.5, 40), (1, 0)),
            compute=compute,
            needs=("ticket",),
        )
    ]
