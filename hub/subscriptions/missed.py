"""Missed by webhooks: what an incremental poll found that no delivery had told of.

A poll's find is set aside in the transaction that records it, when a live webhook of the connection
announces such records and lived before the find's own time. A delivery that tells of it takes it
away. What is still there after the vendor's usual lag, with the inbox drained, was missed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hub.api import Stream, Webhook
from hub.engine import registers
from hub.engine.incoming import Incoming, Source
from hub.engine.plan import Plan
from hub.store import inbox
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from hub.subscriptions.metrics import MISSED

if TYPE_CHECKING:
    from hub.bootstrap import Hub

SLACK = timedelta(seconds=60)
"""How far apart a vendor's event and the stamp of the edit that it tells of may be."""
BATCH = 500
NAMED = 50
"""So many records are named for each stream and day; all are counted."""
AGAIN = timedelta(minutes=5)
KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Announced:
    """One live webhook that announces a stream's records, and since when."""

    webhook: Webhook
    target: str
    since: datetime

    def tells(self, item: Incoming, at: datetime) -> bool:
        if at < self.since:
            return False
        if self.webhook.told_by is None or not item.raw:
            return True
        return self.target in self.webhook.told_by(json.loads(item.raw))


def announced(hub: Hub, connection: Doc, tenant_id: str, stream: Stream) -> list[Announced]:
    """The live webhooks that tell of this stream's object."""
    connector = hub.connector_of(connection)
    telling = {w.name: w for w in connector.webhooks if stream.object in w.announces}
    if not telling:
        return []
    control = hub.catalogue.control
    found = [
        Announced(telling[e["webhook"]], e["target"], since)
        for e in control.endpoints_of(tenant_id, connection["_id"])
        if e["webhook"] in telling and (since := lives_since(e)) is not None
    ]
    first = (connection.get("watch") or {}).get("first_at")
    if first is not None:
        found += [Announced(w, "", first) for w in telling.values() if w.scope == "app"]
    return found


def lives_since(endpoint: Doc) -> datetime | None:
    """None for one that is lost, switched off, or of which nobody knows that it was set up."""
    if endpoint.get("lost") or not (endpoint.get("vendor") or {}).get("active", True):
        return None
    since: datetime | None = endpoint.get("active_at")
    if endpoint["state"] in ("waiting", "active") and endpoint.get("vendor_id"):
        since = endpoint.get("registered_at") or since
    return since


def note(
    store: TenantStore,
    source: Source,
    stream: Stream,
    items: Iterable[Incoming],
    by: Sequence[Announced],
    now: datetime,
) -> None:
    """Set the news of a page aside, in its transaction."""
    if not by:
        return
    due_at = now + timedelta(seconds=max(one.webhook.lag_s for one in by))
    found = {}
    for item in items:
        at = _time(item, now)
        if item.news and item.object == stream.object and any(a.tells(item, at) for a in by):
            key = source.key(item.object, item.native_id)
            found[key] = {
                "connection_id": source.connection_id,
                "stream": stream.name,
                "object": item.object,
                "native_id": item.native_id,
                "version": at,
                "gone": item.content is None,
                "found_at": now,
                "due_at": due_at,
            }
    store.missed.bulk(
        [store.missed.updating({"_id": k}, {"$set": doc}, upsert=True) for k, doc in found.items()]
    )
    if found:
        soon = {"$min": {"watch.next_at": due_at}}
        store.connections.update({"_id": source.connection_id}, soon)


def _time(item: Incoming, now: datetime) -> datetime:
    """The version that the vendor gives, else the time of the deletion, else now."""
    if item.content is not None:
        millis = item.content.order[0]
    elif item.life is not None and item.life.order[0] < registers.FOREVER:
        millis = item.life.order[0]
    else:
        return now
    return min(datetime.fromtimestamp(millis / 1000, UTC), now)


def told(store: TenantStore, source: Source, batch: Plan) -> None:
    """Deliveries tell of these records: what waits to be judged and is not newer was not missed.

    When a record went is seldom known better than when that was found, so that any word of it is
    one of its end.
    """
    times = {source.key(*end): at for end, at in batch.since.items()}
    for row in batch.rows:
        for outcome in row.outcomes:
            item = outcome.incoming
            if item is not None and outcome.occurred_at is not None:
                key = source.key(item.object, item.native_id)
                times[key] = max(outcome.occurred_at, times.get(key, outcome.occurred_at))
    if not times:
        return
    waiting = store.missed.find({"_id": {"$in": list(times)}}, {"version": 1, "gone": 1})
    known = [
        doc["_id"]
        for doc in waiting
        if doc.get("gone") or doc["version"] <= times[doc["_id"]] + SLACK
    ]
    if known:
        store.missed.delete({"_id": {"$in": known}})


def judge(store: TenantStore, connection_id: str, connector: str, now: datetime) -> datetime | None:
    """Count what nobody told of in time; returns when to judge the rest."""
    due = {"connection_id": connection_id, "due_at": {"$lte": now}}
    while store.missed.find_one(due, {"_id": 1}) is not None:
        if inbox.waits(store, connection_id, now):
            return now + AGAIN
        MISSED.labels(connector).inc(store.transact(lambda within: _judge(within, due)))
    left = store.missed.find_one({"connection_id": connection_id}, sort=[("due_at", 1)])
    return left["due_at"] if left else None


def _judge(store: TenantStore, due: Doc) -> int:
    """Count one batch; returns how many."""
    days: dict[tuple[str, str], list[Doc]] = {}
    found = list(store.missed.find(due).sort("due_at", 1).limit(BATCH))
    for doc in found:
        day = doc["found_at"].date().isoformat()
        days.setdefault((doc["stream"], day), []).append(doc)
    for (stream, day), docs in days.items():
        _count(store, due["connection_id"], stream, day, docs)
    store.missed.delete({"_id": {"$in": [doc["_id"] for doc in found]}})
    return len(found)


def _count(store: TenantStore, connection_id: str, stream: str, day: str, docs: list[Doc]) -> None:
    names = ("_id", "native_id", "version", "found_at")
    records = [{name.strip("_"): doc[name] for name in names} for doc in docs]
    change = {
        "$inc": {"count": len(docs)},
        "$push": {"records": {"$each": records, "$slice": -NAMED}},
        "$setOnInsert": {"connection_id": connection_id, "stream": stream, "day": day},
    }
    store.missed_days.update({"_id": f"{connection_id}:{stream}:{day}"}, change, upsert=True)


def purge(store: TenantStore, now: datetime) -> None:
    """Days beyond three months go."""
    store.missed_days.delete({"day": {"$lt": (now - KEPT).date().isoformat()}})
