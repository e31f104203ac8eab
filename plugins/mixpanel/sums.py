"""What an export adds up to: one record of use for each day, account and person.

The sums lie in a temporary database that spills to disk, so that memory stays flat however many
events a day has. An event that comes twice changes nothing, since a record holds days and no
counts; and in the order of their ids the records can be gone on with anywhere, although the export
itself has none. An id holds only a hash of whose it is: ids cannot be blanked when a person asks to
be forgotten.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import groupby, islice
from time import monotonic
from typing import Any

from plugins.mixpanel.client import cut
from plugins.mixpanel.events import DAY_S, Reading, Use, day_name

BATCH, MOST_FEATURES, LOOK_EVERY = 2000, 200, 10_000
TABLE = """
CREATE TABLE use (id TEXT, name TEXT, grp TEXT, usr TEXT, first INTEGER, last INTEGER,
    PRIMARY KEY (id, name)) WITHOUT ROWID
"""
ADD = """
INSERT INTO use VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT DO UPDATE SET
    first = min(first, excluded.first), last = max(last, excluded.last)
"""
READ = "SELECT id, grp, usr, name, first, last FROM use WHERE id > ? ORDER BY id, name"
SETTINGS = ("journal_mode = OFF", "synchronous = OFF", "cache_size = -8000")


class TooSlow(Exception):
    """An export takes longer to read than the hub waits for one page."""


class Sums:
    """The sums of one export. `opened` makes and removes them."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        for setting in SETTINGS:
            database.execute(f"PRAGMA {setting}")
        database.execute(TABLE)
        database.execute("BEGIN")

    def fill(
        self, lines: Iterable[bytes], reading: Reading, first: str, last: str, patience_s: float
    ) -> None:
        """Add a whole export of the days `first` to `last`; events of other days are not its own.

        Raises RetryLater where a line is cut off, TooSlow after `patience_s` seconds.
        """
        uses = _read(lines, reading, monotonic() + patience_s)
        own = (use for use in uses if first <= use.day <= last)
        while batch := list(islice(own, BATCH)):
            rows = ((record_id(u), u.name, u.group, u.user, u.at) for u in batch)
            self._database.executemany(ADD, rows)

    def records(self, after: str = "") -> Iterator[dict[str, Any]]:
        """The records behind an id, in the order of ids."""
        rows = self._database.execute(READ, (after,))
        for (id, group, user), found in groupby(rows, lambda row: row[:3]):
            yield record(id, group, user, [row[3:] for row in found])


def record_id(use: Use) -> str:
    """The project's day, and a hash of account and person."""
    whose = f"{len(use.group)}/{use.group}/{use.user}".encode()
    return f"{use.day}/{blake2b(whose, digest_size=12).hexdigest()}"


@contextmanager
def opened() -> Iterator[Sums]:
    """Sums in a database without a name: SQLite removes it when it is closed."""
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        yield Sums(database)


def record(id: str, group: str, user: str, found: list[tuple[str, int, int]]) -> dict[str, Any]:
    """The record of use; `found`: (event, its first, its last moment in UTC milliseconds).

    A day of the project lies in two of UTC at most, so that first and last tell all active days.
    Of more than 200 features those used last are told.
    """
    active = sorted({utc_day(at) for _, first, last in found for at in (first, last)})
    told = sorted(found, key=lambda one: (-one[2], one[0]))[:MOST_FEATURES]
    return {
        "id": id,
        "user": user,
        **({"group": group} if group else {"alone": user}),
        "active_days": active,
        "features": [{"feature": name, "day": utc_day(last)} for name, _, last in sorted(told)],
        "first_seen_at": _iso(min(first for _, first, _ in found)),
        "last_active_on": active[-1],
    }


def utc_day(at: int) -> str:
    """The day of UTC that a moment lies in."""
    return day_name(at // 1000 // DAY_S)


def _read(lines: Iterable[bytes], reading: Reading, until: float) -> Iterator[Use]:
    for count, line in enumerate(lines):
        if count % LOOK_EVERY == 0 and monotonic() > until:
            raise TooSlow
        try:
            yield from reading.uses(line)
        except (ValueError, RecursionError):
            raise cut() from None


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
