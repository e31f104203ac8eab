"""The scheduler: rings where work is due, and the sweep that rings where a bell was lost.

Due times live in MongoDB. The scheduler reads one collection across tenants, `due`, which names
only (tenant, connection, kind), and asks each tenant's own store whether there is work. Two of
them running at once only ring twice.
"""

from __future__ import annotations

import signal
import threading
from datetime import datetime, timedelta

import structlog

from hub import bootstrap, connections, logs
from hub.bootstrap import Hub
from hub.engine import days, purge, supply, usage
from hub.errors import NotFound
from hub.identity import measures, ruleset
from hub.privacy import work as privacy
from hub.scorecards import activation, freezing
from hub.settings import load_settings
from hub.store import inbox
from hub.store.client import Doc
from hub.store.errors import StoreError
from hub.store.tenant import TenantStore
from hub.subscriptions import looking
from hub.writing_back import marks

log = structlog.get_logger(__name__)

TICK_S = 1.0
SYNC_AGAIN = timedelta(seconds=5)
"""A stream that stays due is rung for again after this long."""


def tick(hub: Hub) -> int:
    """Look at everything that may be due, once; returns how many bells were rung."""
    rung = 0
    hub.forget_offsets()
    for shard in hub.catalogue.shards():
        for entry in hub.catalogue.shard(shard)["due"].find({}):
            try:
                rung += _look(hub, entry)
            except (NotFound, StoreError) as error:
                log.warning("sweep_failed", tenant=entry["tenant_id"], error=type(error).__name__)
            except Exception:
                log.exception("sweep_failed", tenant=entry["tenant_id"])
    return rung


def _look(hub: Hub, entry: Doc) -> int:
    store = hub.store(entry["tenant_id"])
    if entry["kind"] == "connection":
        return _look_at_connection(hub, store, entry["connection_id"])
    return _look_at_tenant(hub, store)


def _look_at_connection(hub: Hub, store: TenantStore, connection_id: str) -> int:
    now = hub.now(store.tenant_id)
    rung = 0
    ready = {"connection_id": connection_id, "due_at": {"$lte": now}}
    if inbox.has_due(store, connection_id, now):
        rung += hub.bell.ring_drain(store.tenant_id, connection_id)
    active = {"_id": connection_id, "state": "active"}
    connection = store.connections.find_one(active, {"watch.next_at": 1, "write_back": 1})
    if connection is None:
        return rung
    if looking.is_due(connection, now):
        rung += hub.bell.ring_look(store.tenant_id, connection_id)
    if marks.is_due(store, connection, now):
        rung += hub.bell.ring_write_back(store.tenant_id, connection_id)
    if store.fetches.find_one(ready, {"_id": 1}) is not None:
        rung += hub.bell.ring_drain(store.tenant_id, connection_id)
    due = {"connection_id": connection_id, "next_sync_at": {"$lte": now}}
    for stream in store.streams.find(due):
        if _has_rung(stream, now):
            continue
        if hub.bell.ring_sync(store.tenant_id, connection_id, stream["stream"]):
            rang = {"rang": {"due": stream["next_sync_at"], "at": now}}
            store.streams.update({"_id": stream["_id"]}, {"$set": rang})
            rung += 1
    return rung


def _has_rung(stream: Doc, now: datetime) -> bool:
    """Whether a bell for this very due time was rung a moment ago."""
    rang = stream.get("rang") or {"due": None, "at": now}
    return bool(
        rang["due"] == stream["next_sync_at"] and timedelta() <= now - rang["at"] < SYNC_AGAIN
    )


def _look_at_tenant(hub: Hub, store: TenantStore) -> int:
    now = hub.now(store.tenant_id)
    days.note(store, now)
    _note_stale(store, hub, now)
    connections.rescore_noted(store)
    purge.purge(hub, store, now)
    measures.refresh(store, now)
    if usage.is_due(store):
        hub.bell.ring_usage(store.tenant_id)
    freezing.look(store, now)
    if activation.is_due(store):
        hub.bell.ring_scorecards(store.tenant_id)
    today = now.date().isoformat()
    waits = (
        store.records.find_one({"due": {"$gte": 1}}, {"_id": 1})
        or store.accounts.find_one({"score_due": True}, {"_id": 1})
        or store.accounts.find_one({"next_due": {"$lte": today}}, {"_id": 1})
        or store.outbox.find_one({}, {"_id": 1})
        or privacy.waits(store)
        or ruleset.step(store)
    )
    return int(hub.bell.ring_settle(store.tenant_id)) if waits else 0


def _note_stale(store: TenantStore, hub: Hub, now: datetime) -> None:
    """A source that goes stale, or comes back, moves every score that rests on it."""
    known = supply.load(store, hub.plugins.connectors)
    # A signal that came or went with a plugin moves every score as well.
    stale = sorted({*known.stale(now), *(f"signal:{name}" for name in hub.plugins.signals)})
    key = {"_id": f"{store.tenant_id}:stale"}
    before = store.tenant_state.find_one(key) or {}
    if before.get("sources", []) != stale:
        store.tenant_state.update(key, {"$set": {"sources": stale}}, upsert=True)
        connections.rescore(store)


def let_go_of_held(hub: Hub) -> int:
    """Once at start: what an earlier release could not map or did not know is tried again."""
    count = 0
    for shard in hub.catalogue.shards():
        for entry in hub.catalogue.shard(shard)["due"].find({"kind": "connection"}):
            store = hub.store(entry["tenant_id"])
            key = {"_id": entry["connection_id"], "state": "active"}
            if store.connections.find_one(key, {"_id": 1}) is not None:
                count += inbox.let_go(store, entry["connection_id"], hub.now(store.tenant_id))
    return count


def main() -> None:
    settings = load_settings()
    logs.configure(settings.log_level, settings.log_format)
    hub = bootstrap.build(settings)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    fresh = True
    while not stop.wait(TICK_S):
        try:
            if fresh:
                let_go_of_held(hub)
                fresh = False
            tick(hub)
        except StoreError as error:
            log.warning("tick_failed", error=type(error).__name__)
    hub.close()


if __name__ == "__main__":
    main()
