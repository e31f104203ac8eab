"""Reference values of a tenant as they are now, to stand still within a revision.

A reference is the median score of a measure over the accounts that have it, by the card's own
curve; a measure that fewer than 30 accounts have keeps 60. The rate of good ratings likewise.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from hub.health.revision import CSAT_RATE, Revision
from hub.store.client import Doc
from hub.store.tenant import TenantStore

ENOUGH = 30
RATING_DAYS = 90
SETTLED_AFTER = timedelta(days=7)
VALUES = {
    f"health.{place}.{name}": 1
    for place in ("dimensions.measures", "unweighted")
    for name in ("key", "state", "value")
}


def freeze(store: TenantStore, revision: Revision, now: datetime) -> Doc:
    """{"references": {card: {measure: score}}, "accounts": {measure: how many have it},
    "csat_rate", "ratings": how many it rests on, "at"}."""
    values = _values(store)
    rate, ratings = _csat_rate(store, now)
    enough = {key: found for key, found in values.items() if len(found) >= ENOUGH}
    references = {
        card.scorecard.key: {
            rule.key: round(median(map(rule.curve.at, enough[rule.key])), 6)
            for dimension in card.scorecard.dimensions
            for rule in dimension.measures
            if rule.key in enough
        }
        for card in revision.cards
    }
    return {
        "references": references,
        "accounts": {key: len(found) for key, found in sorted(values.items())},
        "csat_rate": rate,
        "ratings": ratings,
        "at": now,
    }


def _values(store: TenantStore) -> dict[str, list[float]]:
    """Each measure's known values over all accounts, from their stored explanations."""
    found: dict[str, list[float]] = defaultdict(list)
    for account in store.accounts.find({"listed": True}, VALUES).batch_size(1000):
        for measure in _measures(account.get("health") or {}):
            if measure["state"] in ("ok", "stale") and measure["value"] is not None:
                found[measure["key"]].append(measure["value"])
    return found


def _measures(health: Doc) -> list[dict[str, Any]]:
    weighted = [m for d in health.get("dimensions", ()) for m in d.get("measures", ())]
    return [*weighted, *health.get("unweighted", ())]


def _csat_rate(store: TenantStore, now: datetime) -> tuple[float, int]:
    since = now - timedelta(days=RATING_DAYS)
    counted = store.records.aggregate(
        [
            {
                "$match": {
                    "entity": "satisfaction",
                    "values.kind": "csat",
                    "values.responded_at": {"$gte": since, "$lte": now},
                    "life.deleted": {"$ne": True},
                }
            },
            {"$group": {"_id": "$values.label", "n": {"$sum": 1}}},
        ]
    )
    by_label = {row["_id"]: row["n"] for row in counted if row["_id"]}
    ratings = sum(by_label.values())
    if ratings < ENOUGH:
        return CSAT_RATE, ratings
    return round(by_label.get("positive", 0) / ratings, 6), ratings


def look(store: TenantStore, now: datetime) -> None:
    """Once a day: note that a tenant on the default has enough accounts of its own to freeze."""
    key, today = _key(store), now.date().isoformat()
    looked = store.tenant_state.find_one(key, {"day": 1})
    if looked is not None and looked["day"] >= today:
        return
    wanted = store.scorecards.find_one({}, {"_id": 1}) is None and _is_enough(store, now)
    change: Doc = {"day": today} | ({"wanted": True} if wanted else {})
    store.tenant_state.update(key, {"$set": change}, upsert=True)


def is_wanted(store: TenantStore) -> bool:
    return store.tenant_state.find_one({**_key(store), "wanted": True}, {"_id": 1}) is not None


def take_wanted(store: TenantStore) -> bool:
    """Whether freezing is wanted; whoever takes it does it."""
    change = {"$unset": {"wanted": ""}}
    return bool(store.tenant_state.update({**_key(store), "wanted": True}, change))


def _is_enough(store: TenantStore, now: datetime) -> bool:
    """Accounts that have been there for a week, so that no first reading is frozen half done."""
    scored = {"listed": True, "health.health": {"$ne": None}}
    settled = {**scored, "minted_at": {"$lte": now - SETTLED_AFTER}}
    return store.accounts.count(settled, limit=ENOUGH) >= ENOUGH


def _key(store: TenantStore) -> Doc:
    return {"_id": f"{store.tenant_id}:freezing"}
