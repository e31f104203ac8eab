"""When quiet is longer than usual, learned from a connection's own last four weeks. Pure.

An hour of the week counts by how many of the last weeks brought a delivery in it: with h such
weeks of w that were watched its share is h / (w + 1). That an hour brings none has then the chance
1 - share, and a quiet time is silence once its full hours together have less than one chance in a
thousand. Hours that never brought anything (nights) add nothing, and so does the first week.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

DAYS = 28
CHANCE = 1 / 1000
HOUR = timedelta(hours=1)
HEARTBEATS = 1.25
"""A heartbeat may be late by a quarter of its interval."""

Heard = Mapping[str, tuple[int, int]]
"""By UTC day (2026-01-05): the hours that brought a delivery, and those watched, as 24 bits."""


def floor(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def hours(since: datetime, until: datetime) -> Iterable[datetime]:
    """The beginnings of the full hours between two times."""
    at = floor(since)
    if at < since:
        at += HOUR
    while at + HOUR <= until:
        yield at
        at += HOUR


def noted(heard: Heard, hour: datetime, came: bool) -> dict[str, tuple[int, int]]:
    """With one more watched hour; days that are over four weeks old go."""
    day, bit = hour.date().isoformat(), 1 << hour.hour
    came_bits, watched = heard.get(day, (0, 0))
    oldest = (hour.date() - timedelta(days=DAYS)).isoformat()
    kept = {name: bits for name, bits in heard.items() if name >= oldest}
    return kept | {day: (came_bits | (bit if came else 0), watched | bit)}


def shares(heard: Heard, before: datetime) -> list[float]:
    """For each of the 168 hours of the week, Monday first: how usual a delivery is in it.

    `before`: the present quiet is not part of what is usual.
    """
    came, watched = [0] * 168, [0] * 168
    for day, (came_bits, watched_bits) in heard.items():
        first = datetime.fromisoformat(day).replace(tzinfo=before.tzinfo)
        for hour in range(24):
            if first + hour * HOUR >= before:
                break
            place = first.weekday() * 24 + hour
            came[place] += came_bits >> hour & 1
            watched[place] += watched_bits >> hour & 1
    return [c / (w + 1) for c, w in zip(came, watched, strict=True)]


@dataclass(frozen=True, slots=True)
class Quiet:
    """How unusual a quiet time is: `expected` of its `hours` usually bring a delivery."""

    hours: int
    expected: float
    chance: float

    @property
    def is_silence(self) -> bool:
        return self.chance < CHANCE


def quiet(heard: Heard, since: datetime, now: datetime) -> Quiet:
    """The quiet between the last delivery and now; hours not watched (we were down) add nothing."""
    usual = shares(heard, since)
    mine = [at for at in hours(since, now) if _watched(heard, at)]
    parts = [usual[at.weekday() * 24 + at.hour] for at in mine]
    return Quiet(len(mine), sum(parts), math.prod(1 - part for part in parts))


def _watched(heard: Heard, at: datetime) -> bool:
    return bool(heard.get(at.date().isoformat(), (0, 0))[1] >> at.hour & 1)


def lacks_heartbeat(last: datetime, now: datetime, heartbeat_s: float | None) -> bool:
    """Whether the vendor's own sign of life is overdue."""
    return heartbeat_s is not None and now - last > timedelta(seconds=heartbeat_s * HEARTBEATS)
