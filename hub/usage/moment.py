"""Times as senders write them. Leniently: the vendors' own examples hold malformed ones."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from math import isfinite
from typing import Any

MILLISECONDS_ABOVE = 1e11
"""A larger number is milliseconds: as seconds it would be the year 5138."""
_LOOSE = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})"
    r"(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(\.\d+)?)?)?\s*(Z|UTC)?"
)


def read(value: Any) -> datetime | None:
    """Aware, in UTC; without a zone it is UTC. None for what is no time."""
    try:
        if isinstance(value, str):
            return _of_text(value.strip())
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _of_number(float(value))
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _of_number(value: float) -> datetime | None:
    if not isfinite(value):
        return None
    return datetime.fromtimestamp(value / 1000 if abs(value) > MILLISECONDS_ABOVE else value, UTC)


def _of_text(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return _of_loose_text(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _of_loose_text(text: str) -> datetime | None:
    loose = _LOOSE.fullmatch(text)
    if loose is None:
        return _of_number(float(text))
    *whole, fraction, _ = loose.groups(default="0")
    year, month, day, hour, minute, second = map(int, whole)
    microsecond = int(float(fraction) * 1_000_000)
    return datetime(year, month, day, hour, minute, second, microsecond, UTC)
