"""Day closes: what is kept of a day, and what today is compared with.

A close is written once at 00:00 UTC for the day that ended and never changes. Only closes of the
same scorecard revision are compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from hub.health.shown import half_up

Close = dict[str, Any]
Explanation = Mapping[str, Any]

TREND_DAYS = 28
TREND_POINTS = 5
CHANGE_DAYS = 7
REVENUE_DAYS = 90
LIFE = ("lifecycle", "scorecard_since", "scorecard_before")
"""What says which scorecard was the account's, and since when."""


def day_close(explanation: Explanation) -> Close:
    """What to keep of an explanation for its day: raw values too, so that history can be re-scored.

    {"day", "revision", "health", "raw", "cap_points", "band", "band_since", "coverage", "capped",
    "final", "lifecycle", "scorecard_since", "scorecard_before",
    "measures": {key: {"state", "value", "score", "points", "kept", "kept_caps"}}}.
    """
    kept = ("state", "value", "score", "points", "kept", "kept_caps")
    names = ("health", "raw", "cap_points", "band", "band_since", "coverage", "final")
    return {
        "day": explanation["as_of"],
        "revision": explanation["scorecard"],
        "capped": any(cap["binding"] for cap in explanation["caps"]),
        "measures": {m["key"]: {k: m[k] for k in kept} for m in measures_of(explanation)},
        **{name: explanation[name] for name in names},
        **{name: explanation.get(name) or None for name in LIFE},
    }


def measures_of(explanation: Explanation) -> list[dict[str, Any]]:
    """All measures of an explanation that bring points, in its order."""
    return [m for dimension in explanation["dimensions"] for m in dimension["measures"]]


def comparable(closes: Iterable[Close], revision: str, today: date) -> list[Close]:
    """Closes before today under this revision, oldest first, one for each day."""
    now = today.isoformat()
    by_day = {c["day"]: c for c in closes if c["revision"] == revision and c["day"] < now}
    return [by_day[day] for day in sorted(by_day)]


def close_ago(closes: Sequence[Close], today: date, days: int) -> Close | None:
    """The close of exactly so many days ago, if it had a score."""
    day = (today - timedelta(days=days)).isoformat()
    return next((c for c in closes if c["day"] == day and c["health"] is not None), None)


def trend(health: float | None, closes: Sequence[Close], today: date) -> dict[str, Any]:
    """{"delta_28d": points|None, "delta_7d": points|None, "direction": up|down|steady|None}."""
    month = _delta(health, close_ago(closes, today, TREND_DAYS))
    week = _delta(health, close_ago(closes, today, CHANGE_DAYS))
    return {"delta_28d": month, "delta_7d": week, "direction": _direction(month)}


def revenue_on(log: Sequence[Sequence[Any]], day: str) -> Any:
    """The monthly revenue at a day's close; None before the first one that is known.

    `log` is [[day, money], ...], oldest first, with one entry for each change.
    """
    return next((money for since, money in reversed(log) if since <= day), None)


def revenue_logged(log: Sequence[Sequence[Any]], day: str, money: Any) -> list[list[Any]]:
    """The log after a day's close, without what nobody asks for any more."""
    entries = [list(entry) for entry in log]
    if revenue_on(entries, day) != money:
        entries.append([day, money])
    oldest = (date.fromisoformat(day) - timedelta(days=REVENUE_DAYS)).isoformat()
    past = sum(1 for since, _ in entries if since <= oldest)
    return entries[max(past - 1, 0) :]


def revenue_due(log: Sequence[Sequence[Any]], today: date) -> date | None:
    """The first day to come on which the revenue of 90 days ago is another."""
    later = (date.fromisoformat(since) + timedelta(days=REVENUE_DAYS) for since, _ in log)
    return min((day for day in later if day > today), default=None)


def _delta(health: float | None, close: Close | None) -> float | None:
    return None if health is None or close is None else round(health - close["health"], 9)


def _direction(delta: float | None) -> str | None:
    if delta is None:
        return None
    if abs(delta) < TREND_POINTS:
        return "steady"
    return "up" if delta > 0 else "down"


def change(now: Close, before: Close | None) -> dict[str, Any] | None:
    """Why the score moved between two closes (`day_close` makes one of an explanation).

    {"since": day, "delta": points, "by": [[measure or "cap", points], ...]}, largest first; the
    parts sum to `delta`. None when there is nothing to compare with.
    """
    if before is None or now["health"] is None or before["health"] is None:
        return None
    moves = {key: _points(now, key) - _points(before, key) for key in _keys(now, before)}
    moves["cap"] = now["cap_points"] - before["cap_points"]
    rounded = {key: half_up(move, 6) for key, move in moves.items()}
    moved = sorted((key for key in rounded if rounded[key]), key=lambda k: (-abs(rounded[k]), k))
    delta = half_up(math.fsum(rounded.values()), 6)
    return {"since": before["day"], "delta": delta, "by": [[k, rounded[k]] for k in moved]}


def _keys(now: Close, before: Close) -> list[str]:
    return [*now["measures"], *(key for key in before["measures"] if key not in now["measures"])]


def _points(close: Close, key: str) -> float:
    return float(close["measures"].get(key, {}).get("points", 0.0))
