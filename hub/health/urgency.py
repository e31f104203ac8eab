"""Urgency: how much is at stake and how soon. A calendar and an amount, apart from health."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hub.health.context import Money
from hub.health.curve import Curve
from hub.health.words import money_words

NEARNESS = Curve(((30, 100), (90, 60), (180, 30)))
"""Percent of the amount that counts, by days to the renewal: all of it up to 30 days before."""


def factor(days_to_renewal: int | None) -> float:
    """1 up to 30 days before the renewal, 0.6 at 90, 0.3 from 180; 0.3 when no date is known."""
    return 0.3 if days_to_renewal is None else NEARNESS.at(days_to_renewal) / 100


def urgency(
    health: float | None,
    mrr: Money | None,
    renewal_on: str | None,
    today: date,
    apart: Sequence[Money] = (),
) -> dict[str, Any]:
    """(100 - health) / 100 x monthly revenue x nearness of the renewal, explained.

    {"priority": money a month or None, "share": of the revenue at risk, "mrr", "factor",
    "renewal_on", "sentence"}. `apart` are amounts in several currencies that no rates join.
    """
    days = None
    if renewal_on:
        days = date.fromisoformat(renewal_on[:10]).toordinal() - today.toordinal()
    near = factor(days)
    share = None if health is None else (100 - health) / 100
    found = {"share": share, "mrr": mrr, "factor": near, "renewal_on": renewal_on}
    if share is None or mrr is None:
        return {**found, "priority": None, "sentence": _missing(share, apart)}
    priority = {**mrr, "minor": math.floor(mrr["minor"] * share * near + 0.5)}
    return {**found, "priority": priority, "sentence": _sentence(found, priority)}


def _missing(share: float | None, apart: Sequence[Money]) -> str:
    if share is None:
        return "No urgency: its health is not known."
    if apart:
        amounts = " and ".join(money_words(money) for money in apart)
        return f"No urgency: {amounts} a month stay apart until the scorecard has a rates table."
    return "No urgency: its monthly revenue is not known."


def _sentence(found: Mapping[str, Any], priority: Money) -> str:
    renewal_on = found["renewal_on"]
    when = f"the renewal is on {renewal_on}" if renewal_on else "no renewal date is known"
    return (
        f"{money_words(priority)} a month: {found['share'] * 100:.0f} % at risk of "
        f"{money_words(found['mrr'])}, times {found['factor']:.2f} because {when}."
    )
