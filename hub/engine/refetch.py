"""Reads that have to be repeated: an answer older than the event that caused it.

A vendor's read side may lag behind its webhooks. Such a read is due again, a bounded number of
times, as a row with a due time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from hub.engine import registers
from hub.engine.incoming import Source
from hub.engine.plan import Plan
from hub.engine.reading import End, Read
from hub.store.client import Doc
from hub.store.scoped import Write
from hub.store.tenant import TenantStore

WAITS_S = (3, 15, 60)
SLACK = timedelta(seconds=2)
LIMIT = 100


def due(store: TenantStore, connection_id: str, now: datetime) -> list[Doc]:
    ready = {"connection_id": connection_id, "due_at": {"$lte": now}}
    return list(store.fetches.find(ready).sort("due_at", 1).limit(LIMIT))


def add(batch: Plan, again: list[Doc]) -> None:
    """Put repeated reads into a batch."""
    for doc in again:
        end = (doc["object"], doc["native_id"])
        batch.wanted.setdefault(end, None)
        batch.since[end] = max(doc["since"], batch.since.get(end, doc["since"]))


def note(store: TenantStore, source: Source, batch: Plan, answer: Read, now: datetime) -> None:
    """Schedule the reads that came too early; forget those that are settled."""
    writes: list[Write] = []
    known = {d["_id"]: d for d in store.fetches.find({"_id": {"$in": _ids(source, batch)}})}
    for end in batch.wanted:
        key = source.key(*end)
        attempts = known.get(key, {}).get("attempts", 0)
        later = answer.later.get(end)
        if later is not None and later.reason == "budget":
            due = {"$set": {"due_at": now + timedelta(seconds=later.retry_after or 1)}}
            writes.append(store.fetches.updating({"_id": key}, due))
        elif _too_early(source, batch, answer, end) and attempts < len(WAITS_S):
            writes.append(
                store.fetches.updating(
                    {"_id": key}, _again(source, batch, end, attempts, now), upsert=True
                )
            )
        elif key in known:
            writes.append(store.fetches.deleting({"_id": key}))
    store.fetches.bulk(writes)


def put_off(store: TenantStore, doc: Doc, now: datetime) -> int:
    """A read that broke on our side is tried again later, as often as one that came too early."""
    attempts = doc.get("attempts", 0)
    if attempts >= len(WAITS_S):
        store.fetches.delete({"_id": doc["_id"]})
    else:
        due = now + timedelta(seconds=WAITS_S[attempts])
        change = {"$set": {"due_at": due}, "$inc": {"attempts": 1}}
        store.fetches.update({"_id": doc["_id"]}, change)
    return 0


def _ids(source: Source, batch: Plan) -> list[str]:
    return [source.key(*end) for end in batch.wanted]


def _too_early(source: Source, batch: Plan, answer: Read, end: End) -> bool:
    if end in answer.later:
        return end not in {e for row in batch.rows for o in row.outcomes for e in o.wants}
    item = answer.found.get(end)
    if item is None or item.content is None:
        return False
    stream = source.stream(end[0])
    grace = SLACK + timedelta(seconds=stream.precision_s if stream else 1)
    return item.content.order[0] < registers.millis(batch.since[end] - grace)


def _again(source: Source, batch: Plan, end: End, attempts: int, now: datetime) -> Doc:
    return {
        "$set": {
            "connection_id": source.connection_id,
            "object": end[0],
            "native_id": end[1],
            "since": batch.since[end],
            "attempts": attempts + 1,
            "due_at": now + timedelta(seconds=WAITS_S[attempts]),
        }
    }
