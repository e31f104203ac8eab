"""A new revision of the rules reaches what an older one resolved, without a rebuild.

Each account and contact record says which revision settled it. In the background, when nothing else
is due, a bounded step marks those of an older one due again; `diff` says beforehand what that does.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.engine import membership
from hub.engine.window import NODE_FIELDS
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.identity import RULESET

STEP = 500
LOOKED_AT = 5000
SHOWN = 50
RANK = {"account": 1, "contact": 2}
ENTITIES = tuple(RANK)


def step(store: TenantStore) -> int:
    """Look at the next few records; returns how many were marked due. Once done it costs one read.

    The place is kept, so that a step is bounded by `STEP` whatever the tenant's size.
    """
    key = {"_id": f"{store.tenant_id}:ruleset"}
    state = store.tenant_state.find_one(key) or {}
    if state.get("done") == RULESET:
        return 0
    place = state.get("place", {}) if state.get("target") == RULESET else {}
    entity = place.get("entity", ENTITIES[0])
    docs = _next(store, entity, place.get("after"))
    old = [doc["_id"] for doc in docs if doc.get("ruleset") != RULESET]
    store.records.update_many({"_id": {"$in": old}}, {"$set": {"due": RANK[entity]}})
    store.tenant_state.update(key, {"$set": _further(entity, docs)}, upsert=True)
    return len(old)


def _next(store: TenantStore, entity: str, after: list[Any] | None) -> list[Doc]:
    wanted: Doc = {"entity": entity}
    if after:
        moved_at, key = after
        earlier = {"moved_at": {"$lt": moved_at}}
        wanted["$or"] = [earlier, {"moved_at": moved_at, "_id": {"$lt": key}}]
    order = [("moved_at", -1), ("_id", -1)]
    fields = {"moved_at": 1, "ruleset": 1}
    return list(store.records.find(wanted, fields).sort(order).limit(STEP))


def _further(entity: str, docs: list[Doc]) -> Doc:
    """Where the next step goes on; a record without `moved_at` is due anyway, and comes last."""
    if len(docs) == STEP and docs[-1].get("moved_at"):
        after = [docs[-1]["moved_at"], docs[-1]["_id"]]
        return {"target": RULESET, "place": {"entity": entity, "after": after}}
    if entity != ENTITIES[-1]:
        return {"target": RULESET, "place": {"entity": ENTITIES[-1]}}
    return {"target": RULESET, "done": RULESET}


def diff(store: TenantStore, authoritative: Mapping[str, bool], now: datetime) -> Doc:
    """What resolving again by today's rules would change, without changing it.

    {ruleset, looked_at, complete, moves, examples [{id, before [ids], records [keys]}]} over the
    latest `LOOKED_AT` account records.
    """
    order = [("moved_at", -1), ("_id", -1)]
    found = store.records.find({"entity": "account"}, NODE_FIELDS).sort(order).limit(LOOKED_AT + 1)
    docs = list(found)
    moved: dict[str, Doc] = {}
    for start in range(0, min(len(docs), LOOKED_AT), STEP):
        some = docs[start : start + STEP]
        resolution = membership.resolve(store, "account", some, authoritative, now)
        for group in resolution.groups:
            keys = [doc["_id"] for doc in group.members if doc["_id"] in resolution.moved]
            if keys:
                before = sorted({str(doc.get("account_id")) for doc in group.members})
                shown = {"id": None if group.is_new else group.id, "before": before}
                moved[group.anchor] = {**shown, "records": sorted(keys)}
    return {
        "ruleset": RULESET,
        "looked_at": min(len(docs), LOOKED_AT),
        "complete": len(docs) <= LOOKED_AT,
        "moves": sum(len(one["records"]) for one in moved.values()),
        "examples": [moved[anchor] for anchor in sorted(moved)][:SHOWN],
    }
