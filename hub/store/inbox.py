"""The durable inbox: one row per delivery of a connection, which is the truth the queue rings for.

A row's id is its connection and delivery key, so that the second arrival of a delivery meets the
first. States: pending, held (kept with a reason), done, failed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.store.client import Doc
from hub.store.tenant import TenantStore

STATES = ("pending", "held", "done", "failed")
FATES = ("applied", "duplicate", "stale", "ignored", "quarantined", "failed")


def row_id(connection_id: str, key: str) -> str:
    return f"{connection_id}:{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:40]}"


def due(store: TenantStore, connection_id: str, now: datetime, limit: int) -> list[Doc]:
    ready = {"connection_id": connection_id, "state": "pending", "due_at": {"$lte": now}}
    return list(store.inbox.find(ready).sort("due_at", 1).limit(limit))


def has_due(store: TenantStore, connection_id: str, now: datetime) -> bool:
    ready = {"connection_id": connection_id, "state": "pending", "due_at": {"$lte": now}}
    return store.inbox.find_one(ready, {"_id": 1}) is not None


def backlog(store: TenantStore, connection_id: str, limit: int) -> int:
    """How many rows wait, counted up to `limit`."""
    return store.inbox.count({"connection_id": connection_id, "state": "pending"}, limit=limit)


def came(store: TenantStore, connection_id: str, since: datetime, until: datetime) -> bool:
    """Whether a delivery was received or worked on between two times."""
    mine = {"connection_id": connection_id, "state": {"$in": STATES}}
    between = {"due_at": {"$gte": since, "$lt": until}}
    return store.inbox.find_one(mine | between, {"_id": 1}) is not None


def latest(store: TenantStore, connection_id: str) -> datetime | None:
    """When the newest delivery was received, a repeat included."""
    times = []
    for state in STATES:
        mine = {"connection_id": connection_id, "state": state}
        row = store.inbox.find_one(mine, {"received_at": 1, "seen_at": 1}, sort=[("due_at", -1)])
        times += [row.get("seen_at") or row["received_at"]] if row else []
    return max(times, default=None)


def lately(
    store: TenantStore, connection_id: str, since: datetime, most: int
) -> Counter[tuple[str, str]]:
    """Deliveries since a time by (endpoint id, state), counted up to `most`."""
    mine = {"connection_id": connection_id, "state": {"$in": STATES}, "due_at": {"$gte": since}}
    grouped = {"_id": {"endpoint": "$endpoint_id", "state": "$state"}, "n": {"$sum": 1}}
    found = store.inbox.aggregate([{"$match": mine}, {"$limit": most}, {"$group": grouped}])
    return Counter({(row["_id"]["endpoint"], row["_id"]["state"]): row["n"] for row in found})


def waits(store: TenantStore, connection_id: str, until: datetime) -> bool:
    """Whether a delivery received up to a time is still to be worked on."""
    mine = {"connection_id": connection_id, "state": "pending", "received_at": {"$lte": until}}
    return store.inbox.find_one(mine, {"_id": 1}) is not None


def hold(store: TenantStore, connection_id: str, reason: str) -> int:
    """Keep all that waits, with the reason, until the connection is mended."""
    waiting = {"connection_id": connection_id, "state": "pending"}
    return store.inbox.update_many(waiting, {"$set": {"state": "held", "held_reason": reason}})


def let_go(store: TenantStore, connection_id: str, now: datetime) -> int:
    """What was held is pending again."""
    held = {"connection_id": connection_id, "state": "held"}
    return store.inbox.update_many(held, _again(now))


def replay(store: TenantStore, ids: Sequence[str], now: datetime) -> int:
    """Make finished or failed rows pending again; their fates move when they are done anew."""
    return store.inbox.update_many({"_id": {"$in": list(ids)}}, _again(now))


def replay_failed(store: TenantStore, connection_id: str, now: datetime) -> int:
    failed = {"connection_id": connection_id, "state": "failed", "erased": {"$exists": False}}
    return store.inbox.update_many(failed, _again(now))


def ledger(store: TenantStore, connection_id: str) -> dict[str, Any]:
    """Both books of a connection.

    {"deliveries": {"received", "pending", "held", "done", "failed", "duplicate"}, "changes":
    {fate: n}}. Received counts every arrival; held rows are a part of pending.
    """
    states = {
        state: store.inbox.count({"connection_id": connection_id, "state": state})
        for state in STATES
    }
    twice = store.inbox.aggregate(
        [
            {"$match": {"connection_id": connection_id, "duplicates": {"$gt": 0}}},
            {"$group": {"_id": None, "n": {"$sum": "$duplicates"}}},
        ]
    )
    duplicate = int(twice[0]["n"]) if twice else 0
    gone = store.ledgers.find_one({"_id": connection_id}) or {}
    purged = gone.get("purged", {})
    states = {state: n + purged.get(state, 0) for state, n in states.items()}
    duplicate += purged.get("duplicate", 0)
    changes = gone.get("changes", {})
    return {
        "deliveries": {
            "received": sum(states.values()) + duplicate,
            **states,
            "pending": states["pending"] + states["held"],
            "duplicate": duplicate,
        },
        "changes": {fate: changes.get(fate, 0) for fate in FATES},
    }


def count_changes(
    store: TenantStore, connection_id: str, before: Mapping[str, int], after: Mapping[str, int]
) -> None:
    """Move changes between fates, in the transaction that closes their row."""
    moved = {
        f"changes.{fate}": after.get(fate, 0) - before.get(fate, 0)
        for fate in FATES
        if after.get(fate, 0) != before.get(fate, 0)
    }
    if moved:
        store.ledgers.update({"_id": connection_id}, {"$inc": moved}, upsert=True)


def _again(now: datetime) -> Doc:
    return {
        "$set": {"state": "pending", "due_at": now, "attempts": 0},
        "$unset": {"held_reason": "", "error": ""},
    }
