"""Day closes: at 00:00 UTC each account's score of the day that ended is kept as known then."""

from __future__ import annotations

from datetime import datetime, timedelta

from hub.health.closes import day_close
from hub.store.tenant import TenantStore

BATCH = 500


def close(store: TenantStore, now: datetime) -> int:
    """Write the closes of yesterday, once a day; returns how many were written.

    The first look at a tenant only notes the day. Ids are made of account and day, so that a
    repeat after a crash changes nothing.
    """
    yesterday = (now - timedelta(days=1)).date().isoformat()
    state = store.tenant_state.find_one({"_id": f"{store.tenant_id}:days"})
    if state is not None and state["closed"] >= yesterday:
        return 0
    written = _write(store, yesterday) if state is not None else 0
    store.tenant_state.update(
        {"_id": f"{store.tenant_id}:days"}, {"$max": {"closed": yesterday}}, upsert=True
    )
    if written:
        store.accounts.update_many({"listed": True}, {"$set": {"score_due": True}})
    return written


def _write(store: TenantStore, day: str) -> int:
    written, writes = 0, []
    wanted = {"health": 1, "rollup.mrr": 1}
    scored = store.accounts.find({"listed": True, "health": {"$exists": True}}, wanted)
    for account in scored.batch_size(BATCH):
        kept = day_close({**account["health"], "as_of": day})
        mrr = account.get("rollup", {}).get("mrr")
        facts = {"account_id": account["_id"], "day": day, "close": kept, "mrr": mrr}
        entry = {"$setOnInsert": facts}
        key = {"_id": f"{account['_id']}:{day}"}
        writes.append(store.health_days.updating(key, entry, upsert=True))
        if len(writes) == BATCH:
            store.health_days.bulk(writes)
            written, writes = written + len(writes), []
    store.health_days.bulk(writes)
    return written + len(writes)
