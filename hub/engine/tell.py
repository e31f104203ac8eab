"""Step 6 of apply: what changed is told from the outbox, where the projection left it.

An entry's id is made of account and version; it goes only after every teller has heard it, so that
nothing is told never, and a repeat after a crash carries the same id.
"""

from __future__ import annotations

from typing import Any

from hub.bootstrap import Hub
from hub.store import leases
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from hub.writing_back import marks

BATCH = 500
LEASE_S = 60


def tell(hub: Hub, store: TenantStore) -> bool:
    """Tell what waits, up to a batch; True when nothing is left that only this worker could tell.

    One worker at a time, so that nobody hears the same entry twice but after a crash.
    """
    if store.outbox.find_one({}, {"_id": 1}) is None:
        return True
    lease = leases.acquire(store, "tell", LEASE_S)
    if lease is None:
        return True
    try:
        return _tell(hub, store)
    finally:
        leases.release(store, lease)


def _tell(hub: Hub, store: TenantStore) -> bool:
    waiting = list(store.outbox.find({}).sort("at", 1).limit(BATCH))
    for entry in waiting:
        _tell_one(hub, store.tenant_id, entry)
    events = [event for entry in waiting if (event := _event(entry))]
    store.events.bulk(
        [store.events.updating({"_id": e["_id"]}, {"$set": e}, upsert=True) for e in events]
    )
    if waiting:
        marks.mark(store, {e["account_id"] for e in waiting}, hub.now(store.tenant_id))
        store.outbox.delete({"_id": {"$in": [entry["_id"] for entry in waiting]}})
        hub.bell.publish(store.tenant_id, "accounts", ",".join({e["account_id"] for e in waiting}))
    return len(waiting) < BATCH


def _tell_one(hub: Hub, tenant_id: str, entry: Doc) -> None:
    event = {
        "id": entry["_id"],
        "at": entry["at"],
        "version": entry["version"],
        "changed": entry["changed"],
    }
    account_id = entry["account_id"]
    hub.plugins.tell("customer_changed", tenant_id=tenant_id, account_id=account_id, event=event)
    if entry["before"] != entry["after"]:
        moved = event | {"before": entry["before"], "after": entry["after"]}
        hub.plugins.tell("health_changed", tenant_id=tenant_id, account_id=account_id, event=moved)


def _event(entry: Doc) -> Doc | None:
    """What belongs on the account's timeline: a change of band."""
    facts: dict[str, Any] = {"account_id": entry["account_id"], "at": entry["at"]}
    before, after = entry["before"]["band"], entry["after"]["band"]
    if before and before != after:
        what = {"what": "health band changed", "before": before, "after": after}
        return {"_id": f"{entry['_id']}:band", **facts, **what}
    return None
