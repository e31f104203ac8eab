"""How far a run has come, and how long it will still take at its own pace. Pure.

The pace is that of the time it was at work or waited for its turn at the vendor; time in which the
hub stood still or the vendor was down says nothing about the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Run = Mapping[str, Any]
MINUTE_S, HOUR_S = 60, 3600


def remaining_s(run: Run) -> float | None:
    """Seconds until the end of a running run; None where that cannot be known yet."""
    read, total, spent = _read(run), run.get("total"), run.get("spent_s") or 0.0
    if run.get("state") != "running" or not total or not 0 < read < total or spent <= 0:
        return None
    return float((total - read) * spent / read)


def told(run: Run) -> str:
    """In words: "1,200 of about 5,000, about 3 minutes left", or "1,200 so far"."""
    read, total = _read(run), run.get("total") or 0
    if total <= read:
        return f"{read:,} so far"
    left = remaining_s(run)
    return f"{read:,} of about {total:,}" + (f", {_words(left)} left" if left is not None else "")


def _read(run: Run) -> int:
    return int((run.get("counts") or {}).get("read") or 0)


def _words(seconds: float) -> str:
    """Rounded up, and to the half hour from two hours on: nobody is promised a minute."""
    minutes = -int(-seconds // MINUTE_S)
    if seconds < MINUTE_S:
        return "less than a minute"
    if seconds < 2 * HOUR_S:
        return f"about {minutes} minutes"
    halves = -int(-seconds // (HOUR_S / 2))
    return f"about {halves / 2:g} hours"
