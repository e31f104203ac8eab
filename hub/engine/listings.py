"""Deletion needs evidence: absence from two complete listings (design: invariant 12).

Each complete listing leaves the ids it saw, as 8-byte hashes in chunks. A record is missing when
it is older than both listings' starts and in neither. More than max(5 %, 10 records) missing at
once stops and asks, and so does nothing being left of several.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bson.binary import Binary

from hub.api import Stream
from hub.engine import registers
from hub.engine.incoming import Incoming, Source
from hub.store.client import Doc
from hub.store.tenant import TenantStore

MANY_SHARE, MANY = 0.05, 10
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Absent:
    """Ids that two complete listings did not show, and how many records the stream has."""

    native_ids: list[str]
    live: int

    @property
    def too_many(self) -> bool:
        """Also when nothing at all is left of several: the list may have come back empty."""
        many = len(self.native_ids)
        return many > max(MANY_SHARE * self.live, MANY) or many == self.live > 1


def add(store: TenantStore, run: Doc, native_ids: Sequence[str]) -> None:
    """Note what a page of a full listing showed, in the page's own transaction."""
    if not native_ids:
        return
    marks = array("Q", (_mark(native_id) for native_id in native_ids))
    store.listings.insert(
        {
            "connection_id": run["connection_id"],
            "stream": run["stream"],
            "run": run["_id"],
            "marks": Binary(marks.tobytes()),
        }
    )


def absent(store: TenantStore, source: Source, stream: Stream, runs: Sequence[Doc]) -> Absent:
    """Compare live records with the last two complete listings, `runs` (newest first)."""
    if len(runs) < 2:
        return Absent([], 0)
    seen = [_marks(store, run) for run in runs[:2]]
    older = min(run["started_at"] for run in runs[:2])
    missing, live = [], 0
    for doc in _living(store, source, stream):
        live += 1
        mark = _mark(doc["native_id"])
        if doc["first_seen_at"] < older and not any(_holds(marks, mark) for marks in seen):
            missing.append(doc["native_id"])
    return Absent(missing, live)


def as_deleted(stream: Stream, native_ids: Sequence[str], at: datetime, run: Doc) -> list[Incoming]:
    """Tombstones whose evidence is the start of the later listing; any later sight undoes them."""
    origin = {"kind": "run", "id": run["_id"]}
    life = registers.deleted(at)
    return [Incoming(stream.object, i, life=life, origin=origin) for i in native_ids]


def forget(store: TenantStore, connection_id: str, stream: str, keep: Sequence[str]) -> None:
    old = {"connection_id": connection_id, "stream": stream, "run": {"$nin": list(keep)}}
    store.listings.delete(old)


def unmark(store: TenantStore, connection_id: str, native_ids: Iterable[str]) -> int:
    """Take ids out of what listings saw; returns how many listings' chunks changed."""
    gone = {_mark(native_id) for native_id in native_ids}
    changed = 0
    for chunk in store.listings.find({"connection_id": connection_id}):
        marks: array[int] = array("Q")
        marks.frombytes(bytes(chunk["marks"]))
        kept = array("Q", (mark for mark in marks if mark not in gone))
        if len(kept) < len(marks):
            change = {"$set": {"marks": Binary(kept.tobytes())}}
            changed += store.listings.update({"_id": chunk["_id"]}, change)
    return changed


def _living(store: TenantStore, source: Source, stream: Stream) -> Iterator[Doc]:
    """Of a suppressed record no listing says anything, so none can say that it is missing."""
    mine = {
        "connection_id": source.connection_id,
        "object": stream.object,
        "life.deleted": False,
        "suppressed.0": {"$exists": False},
    }
    yield from store.records.find(mine, {"native_id": 1, "first_seen_at": 1}).batch_size(BATCH)


def _marks(store: TenantStore, run: Doc) -> array[int]:
    marks: array[int] = array("Q")
    mine = {"connection_id": run["connection_id"], "stream": run["stream"], "run": run["_id"]}
    for chunk in store.listings.find(mine, {"marks": 1}):
        marks.frombytes(bytes(chunk["marks"]))
    return array("Q", sorted(marks))


def _mark(native_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(native_id.encode(), digest_size=8).digest(), "big")


def _holds(marks: array[int], mark: int) -> bool:
    place = bisect_left(marks, mark)
    return place < len(marks) and marks[place] == mark
