"""Records that cannot be mapped: kept with path and reason until a better mapping or body comes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bson.binary import Binary

from hub.engine.incoming import Incoming, Source
from hub.store.client import Doc
from hub.store.tenant import TenantStore


def keep(store: TenantStore, source: Source, batch: Sequence[Incoming], now: datetime) -> None:
    """One entry per record; a later bad body of the same record takes its place."""
    store.quarantine.bulk(
        [
            store.quarantine.updating(
                {"_id": source.key(item.object, item.native_id)},
                {"$set": _entry(source, item, now), "$setOnInsert": {"first_at": now}},
                upsert=True,
            )
            for item in batch
        ]
    )


def mend(store: TenantStore, keys: Sequence[str], now: datetime) -> None:
    """A record that has now been mapped leaves the quarantine."""
    if keys:
        waiting = {"_id": {"$in": list(keys)}, "state": "open"}
        store.quarantine.update_many(waiting, {"$set": {"state": "mended", "mended_at": now}})


def _entry(source: Source, item: Incoming, now: datetime) -> Doc:
    problem = item.problem
    return {
        "connection_id": source.connection_id,
        "source": source.connector.name,
        "object": item.object,
        "native_id": item.native_id,
        "path": problem.path if problem else "",
        "sentence": problem.sentence if problem else "",
        "raw": Binary(item.raw),
        "origin": dict(item.origin),
        "state": "open",
        "at": now,
    }
