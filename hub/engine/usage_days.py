"""A set of calendar days as one whole number: a bit for each day.

Sets are joined by `|`, so that the order in which days arrive, and how often, cannot matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from bson.binary import Binary

FIRST = date(1990, 1, 1).toordinal()


def index(day: str) -> int:
    """Which bit a day ("YYYY-MM-DD") has; days before 1990 share the first."""
    return max(date.fromisoformat(day).toordinal() - FIRST, 0)


def name(at: int) -> str:
    """The day of a bit."""
    return date.fromordinal(at + FIRST).isoformat()


def of(days: Iterable[str]) -> int:
    found = 0
    for day in days:
        found |= 1 << index(day)
    return found


def from_day(first: str) -> int:
    """A mask that keeps this day and all that follow."""
    return -1 << index(first)


def each(days: int) -> Iterator[str]:
    """The days of a set, in order."""
    while days:
        lowest = days & -days
        yield name(lowest.bit_length() - 1)
        days ^= lowest


def last(days: int) -> str | None:
    return name(days.bit_length() - 1) if days else None


def packed(days: int) -> tuple[int, Binary]:
    """(the first bit's place, the bits from there) in few bytes: a year takes about 50."""
    low = (days & -days).bit_length() - 1 if days else 0
    bits = days >> low
    return low, Binary(bits.to_bytes((bits.bit_length() + 7) // 8, "little"))


def unpacked(low: int, bits: bytes) -> int:
    return int.from_bytes(bits, "little") << low
