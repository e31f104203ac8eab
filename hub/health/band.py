"""The band of a score: where it lies, what holds it, and what a broken source may not do to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from hub.health.scorecard import Scorecard

ORDER = ("red", "yellow", "green")


def plain_band(health: float, scorecard: Scorecard) -> str:
    """The band by the cut points alone; a lower bound belongs to its band."""
    score = round(health, 9)
    if score >= scorecard.green_from:
        return "green"
    return "yellow" if score >= scorecard.yellow_from else "red"


def band(
    health: float,
    kept: float,
    capped: bool,
    scorecard: Scorecard,
    closes: Sequence[dict[str, Any]],
) -> str:
    """The band of today.

    `kept` is the health with the last known values of measures whose source is broken, else the
    same as `health`: red and green need both, so that a broken source never brings either about.
    `closes` are comparable and oldest first; hysteresis looks at nothing else.
    """
    target = plain_band(health, scorecard)
    if target != plain_band(kept, scorecard) and target != "yellow":
        target = "yellow"
    if capped or not closes or closes[-1]["capped"] or closes[-1]["band"] not in ORDER:
        return target
    before = closes[-1]["band"]
    if target == before or _has_left(before, target, _slower(target, health, kept), scorecard):
        return target
    return target if _beyond_for_days(before, target, scorecard, closes) else before


def _slower(target: str, health: float, kept: float) -> float:
    if target == "yellow":
        return health
    return max(health, kept) if target == "red" else min(health, kept)


def _past(before: str, target: str, health: float, scorecard: Scorecard) -> float:
    """Points past the edge by which `before` is left in the direction of `target`."""
    if ORDER.index(target) < ORDER.index(before):
        edge = scorecard.green_from if before == "green" else scorecard.yellow_from
        return round(edge - health, 9)
    edge = scorecard.yellow_from if before == "red" else scorecard.green_from
    return round(health - edge, 9)


def _has_left(before: str, target: str, health: float, scorecard: Scorecard) -> bool:
    return _past(before, target, health, scorecard) >= scorecard.hysteresis_points


def _beyond_for_days(
    before: str, target: str, scorecard: Scorecard, closes: Sequence[dict[str, Any]]
) -> bool:
    last = closes[-scorecard.hysteresis_closes :]
    recent = [c["health"] for c in last]
    if len(recent) < scorecard.hysteresis_closes or None in recent or not _in_a_row(last):
        return False
    down = ORDER.index(target) < ORDER.index(before)
    past = [_past(before, target, health, scorecard) for health in recent]
    return all(p > 0 if down else p >= 0 for p in past)


def _in_a_row(closes: Sequence[dict[str, Any]]) -> bool:
    days = [date.fromisoformat(close["day"]).toordinal() for close in closes]
    return days == list(range(days[0], days[0] + len(days)))
