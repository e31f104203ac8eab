"""What is newer: a source record as two last-writer-wins registers, content and liveness.

Both orders are total and made of content, never of arrival, so that any permutation with any
duplication of the same changes ends in the same record (design: "Newer, defined").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Fate = Literal["applied", "duplicate", "stale", "ignored", "quarantined", "failed"]

SKEW = timedelta(seconds=60)
"""How far a vendor's clock may be from ours before a read proves a record alive."""
FUTURE = timedelta(days=1)
"""A version further ahead than this guards nothing; the time of reading takes its place."""

READ, RESTORE, DELETE, SEEN_RESTORED, MERGE, ERASE = range(6)
"""Ranks of liveness evidence at one moment: the later word in this list wins."""
FOREVER = 2**62

ContentOrder = tuple[int, int, int, int, str]
LiveOrder = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Content:
    """One version of a record's body: its place in the order, and its hash."""

    order: ContentOrder

    @property
    def hash(self) -> str:
        return self.order[4]


@dataclass(frozen=True, slots=True)
class Life:
    """Evidence that a record lives, is deleted, merged into another, or erased."""

    order: LiveOrder
    deleted: bool = False
    merged_into: str | None = None
    erased: bool = False


def millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def content(
    version: datetime | None, parser_rev: int, read_at: datetime, digest: str, precision_s: float
) -> Content:
    """Place a body in the order.

    A body read after the vendor's clock has moved past its version is settled: no further edit can
    share that version, so it beats an unsettled one, and a later settled read beats an earlier.
    """
    if version is None or version > read_at + FUTURE:
        version = read_at
    settled = read_at >= version + timedelta(seconds=precision_s)
    read = millis(read_at) if settled else 0
    return Content((millis(version), parser_rev, int(settled), read, digest))


def read_alive(version: datetime | None, read_at: datetime) -> Life:
    """A read proves life at the record's own version, and at the time of reading less the skew."""
    proof = max(millis(read_at - SKEW), millis(version) if version else 0)
    return Life((min(proof, millis(read_at + FUTURE)), READ, ""))


def restored(at: datetime) -> Life:
    return Life((millis(at), RESTORE, ""))


def seen(life: Life) -> Life:
    """Evidence that made us read the record, which lives: of a delete and a restore of one moment
    the restore was the later one, since the read came after both."""
    at, rank, into = life.order
    return Life((at, SEEN_RESTORED, into)) if rank == RESTORE else life


def deleted(at: datetime) -> Life:
    return Life((millis(at), DELETE, ""), deleted=True)


def merged(at: datetime, into: str) -> Life:
    return Life((millis(at), MERGE, into), deleted=True, merged_into=into)


def erased() -> Life:
    """A privacy deletion: nothing that comes later brings the record back."""
    return Life((FOREVER, ERASE, ""), deleted=True, erased=True)


def newer(a: Content | None, b: Content | None) -> Content | None:
    return b if a is None or (b is not None and b.order > a.order) else a


def livelier(a: Life | None, b: Life | None) -> Life | None:
    return b if a is None or (b is not None and b.order > a.order) else a
