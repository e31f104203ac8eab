"""Measures that third parties add: a record in the shape of our own, and a function that reads.

A signal has no say in any score until a tenant's scorecard gives its name a weight; until then its
value is shown without points.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

NAME = re.compile(r"[a-z][a-z0-9_]{2,40}")
MOST_TEXT, MOST_EVIDENCE = 300, 20


@dataclass(frozen=True, slots=True)
class Observed:
    """What a signal is given: a copy, so that nothing it does to it counts.

    `profile`: the account's surviving values by canonical field. `state`: its counters, open items
    and totals, as `hub.health.state` describes them. `members`: keys of the records it is made of.
    """

    account_id: str
    profile: Mapping[str, Any]
    state: Mapping[str, Any]
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A value in the signal's unit, one sentence without a full stop, and what proves it.

    `evidence`: record keys ("connection:object:native id"), or spans such as
    "tickets:2026-02-05..2026-03-04".
    """

    value: float
    text: str
    evidence: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Signal:
    """One further measure of health.

    `name`: unlike any other measure's. `unit`: of the value, for people. `dimension` and `curve`
    ((value, score 0 to 100), values rising) are what a scorecard begins with when it adds it.
    `compute(observed, today)` answers, or None when it has nothing to say; it must be quick, take
    nothing but its arguments, and is the same for the same ones. `needs`: the capabilities it
    reads (ticket, satisfaction, activity, work_item, subscription, invoice, usage): missing, stale
    or unlinked sources then give it the same states as our own measures. `daily`: time alone may
    change it, so that its accounts are scored every day.
    """

    name: str
    title: str
    unit: str
    dimension: str
    curve: Sequence[tuple[float, float]]
    compute: Callable[[Observed, date], Answer | None]
    needs: tuple[
        Literal[
            "ticket", "satisfaction", "activity", "work_item", "subscription", "invoice", "usage"
        ],
        ...,
    ] = ()
    daily: bool = False
    plugin: str = ""
    """Filled in by the hub: whose signal it is."""


def observe(account: Mapping[str, Any]) -> Observed:
    """An account document as its signals see it."""
    living = [m["key"] for m in account.get("members", ()) if not m.get("deleted")]
    return Observed(
        str(account.get("_id", "")),
        deepcopy(dict(account.get("flat", {}))),
        deepcopy(dict(account.get("state", {}))),
        tuple(living),
    )


def answer_of(signal: Signal, observed: Observed, today: date) -> Answer | str | None:
    """Its answer in the right shape; a sentence instead if it gave none that can be used."""
    found = signal.compute(observed, today)
    if found is None:
        return None
    value = getattr(found, "value", None)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return f"the signal {signal.name} gave no number"
    text = str(found.text).strip()[:MOST_TEXT] or f"{value:g} {signal.unit}"
    evidence = tuple(str(entry)[:MOST_TEXT] for entry in [*found.evidence][:MOST_EVIDENCE])
    return Answer(float(value), text, evidence)
