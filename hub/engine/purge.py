"""Retention: finished deliveries and superseded bodies go; their counts stay in the ledger."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from hub.bootstrap import Hub
from hub.health.view import LONG_HORIZON_DAYS
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from hub.subscriptions import missed

EVERY = timedelta(hours=1)
BATCH = 1000


def purge(hub: Hub, store: TenantStore, now: datetime) -> int:
    """Once an hour; returns how many deliveries went."""
    key = {"_id": f"{store.tenant_id}:purge"}
    state = store.tenant_state.find_one(key)
    if state is not None and now - state["at"] < EVERY:
        return 0
    store.tenant_state.update(key, {"$set": {"at": now}}, upsert=True)
    before = now - timedelta(days=hub.settings.retention_days)
    store.versions.delete({"at": {"$lt": before}})
    store.runs.delete({"started_at": {"$lt": before}, "state": {"$ne": "running"}})
    store.quarantine.delete({"state": "mended", "mended_at": {"$lt": before}})
    _forget_strangers(store, now)
    missed.purge(store, now)
    gone = 0
    while some := store.transact(lambda within: _purge_some(within, before)):
        gone += some
    return gone


def _forget_strangers(store: TenantStore, now: datetime) -> None:
    """Visitors who never said who they are, and whose last day is behind every window."""
    last = now - timedelta(days=LONG_HORIZON_DAYS)
    nobodys = {"kind": "anonymous", "owner": {"$exists": False}, "last_at": {"$lt": last}}
    store.usage_people.delete(nobodys)


def _purge_some(store: TenantStore, before: datetime) -> int:
    """Rows and their counts move in one transaction, so that the ledger never misses them."""
    old = {"received_at": {"$lt": before}, "state": {"$in": ["done", "failed"]}}
    fields = {"connection_id": 1, "state": 1, "duplicates": 1}
    rows = list(store.inbox.find(old, fields).limit(BATCH))
    counts: dict[str, Doc] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        counts[row["connection_id"]][f"purged.{row['state']}"] += 1
        counts[row["connection_id"]]["purged.duplicate"] += row.get("duplicates", 0)
    store.inbox.delete({"_id": {"$in": [row["_id"] for row in rows]}})
    store.ledgers.bulk(
        [
            store.ledgers.updating({"_id": connection}, {"$inc": dict(moved)}, upsert=True)
            for connection, moved in counts.items()
        ]
    )
    return len(rows)
