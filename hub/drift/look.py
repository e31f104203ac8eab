"""Looking for drift: now and then, at a sample of records that a sync has just seen.

It costs the sync a list of keys; the records themselves are read when somebody looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from hub.api import Stream
from hub.describing import fields_of
from hub.drift import known as knowing
from hub.drift import notices
from hub.drift.causes import Ground, causes
from hub.engine.incoming import Source
from hub.errors import LeaseLost
from hub.lineage import body
from hub.queue import JobTimeout
from hub.store.client import Doc
from hub.store.errors import StoreError
from hub.store.tenant import TenantStore
from mappings.survey import Survey, readers, survey

if TYPE_CHECKING:
    from hub.bootstrap import Hub

log = structlog.get_logger(__name__)

SAMPLE = 100
EVERY = timedelta(hours=1)


def keep_sample(store: TenantStore, source: Source, object: str, keys: Iterable[str]) -> None:
    """Remember which records came last, the newest first."""
    latest = list(keys)[::-1]
    if not latest or object not in source.mappings:
        return
    mine = {"_id": f"{source.connection_id}:{object}"}
    before = store.described.find_one(mine, {"sample": 1}) or {}
    sample = list(dict.fromkeys([*latest, *before.get("sample", [])]))[:SAMPLE]
    of = {"connection_id": source.connection_id, "object": object}
    change = {"$set": {"sample": sample}, "$setOnInsert": {**of, "title": object}}
    store.described.update(mine, change, upsert=True)


def after_run(store: TenantStore, source: Source, stream: Stream, run: Doc, now: datetime) -> None:
    """Look after each full run, and once an hour. No trouble with it is a sync's trouble."""
    if stream.object not in source.mappings:
        return
    mine = {"_id": f"{source.connection_id}:{stream.object}"}
    at = (store.described.find_one(mine, {"looked_at": 1}) or {}).get("looked_at")
    if not run["full"] and at is not None and now - at < EVERY:
        return
    _carefully(store, source, stream.object, now)


def again(hub: Hub, store: TenantStore, connector: str, object: str, now: datetime) -> None:
    """Look at once, since what a mapping reads has changed."""
    for connection in store.connections.find({"connector": connector}):
        _carefully(store, hub.source(store, connection), object, now)


def _carefully(store: TenantStore, source: Source, object: str, now: datetime) -> None:
    try:
        look(store, source, object, now)
    except (LeaseLost, JobTimeout, StoreError):
        raise
    except Exception:
        log.exception("drift_look_failed", object=object)


def look(store: TenantStore, source: Source, object: str, now: datetime) -> None:
    """Compare an object's fields with what was known of them, and keep the notices in step."""
    mine = {"_id": f"{source.connection_id}:{object}"}
    doc = store.described.find_one(mine) or {}
    mapping = source.mappings[object]
    keys, records = bodies(store, doc.get("sample", []))
    told, known = fields_of(doc), knowing.load(doc.get("known", []))
    found = survey(mapping, told, records, source.context)
    ground = Ground(mapping, told, known, found, sampled_before=bool(doc.get("of")))
    own = source.own.get(object, frozenset())
    seen = [cause for cause in causes(ground) if cause.path not in own]
    news = {cause.path for cause in seen if cause.kind == "appeared"}
    learnt = knowing.learn(known, told, found, news, readers(mapping))
    change = {
        "connection_id": source.connection_id,
        "object": object,
        "looked_at": now,
        "known": knowing.dump(learnt),
        "of": found.of or doc.get("of", 0),
        "seen": _shares(found),
    }

    def write(within: TenantStore) -> None:
        notices.settle(within, source.connection_id, object, seen, keys, found.of, now)
        more = {"$set": change, "$setOnInsert": {"title": object}}
        within.described.update(mine, more, upsert=True)

    store.transact(write)


def _shares(found: Survey) -> list[Doc]:
    return [
        {"path": path, "carried": seen.carried, "filled": seen.filled, "kinds": sorted(seen.kinds)}
        for path, seen in sorted(found.seen.items())
        if seen.carried
    ]


def bodies(store: TenantStore, sample: Sequence[str]) -> tuple[list[str], list[Any]]:
    """The sampled records that are still there, in the order of the sample; of one that could not
    be mapped the body that could not."""
    wanted = {"_id": {"$in": list(sample)}, "raw": {"$exists": True}}
    found = {doc["_id"]: doc["raw"] for doc in store.records.find(wanted, {"raw": 1})}
    held = store.quarantine.find({**wanted, "state": "open"}, {"raw": 1})
    found |= {doc["_id"]: doc["raw"] for doc in held}
    read = {key: body.read(raw) for key, raw in found.items()}
    keys = [key for key in sample if read.get(key) is not None]
    return keys, [read[key] for key in keys]
