"""How well identity works for one tenant, in numbers.

What is cheap is counted when asked for; what has to look at every account is counted once an hour,
or when a person asks, and kept with its time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from hub.identity import sampling
from hub.store.client import Doc
from hub.store.tenant import TenantStore

EVERY = timedelta(hours=1)
WINDOW = timedelta(days=90)
MOST_SPLITS = 500
HUNG = ("contact", "opportunity", "ticket", "work_item", "activity", "usage")


def read(store: TenantStore, now: datetime) -> Doc:
    """{counted, counted_at, reviews, ambiguous_domains, precision, splits}.

    counted: what `recount` found, None as long as nobody counted. reviews: [{kind, open, oldest}].
    splits: {merges, split_again, rate} of the last 90 days.
    """
    kept = store.tenant_state.find_one({"_id": _key(store)}) or {}
    waiting = [_waiting(store, kind) for kind in ("candidate", "dropped", "ambiguous_domain")]
    return {
        "counted": kept.get("counted"),
        "counted_at": kept.get("at"),
        "reviews": waiting,
        "ambiguous_domains": waiting[-1]["open"],
        "precision": sampling.precision(store),
        "splits": _splits(store, now - WINDOW),
    }


def _key(store: TenantStore) -> str:
    return f"{store.tenant_id}:identity"


def _waiting(store: TenantStore, kind: str) -> Doc:
    mine = {"state": "open", "kind": kind}
    oldest = store.reviews.find_one(mine, {"first_seen": 1}, sort=[("first_seen", 1)])
    return {
        "kind": kind,
        "open": store.reviews.count(mine),
        "oldest": oldest["first_seen"] if oldest else None,
    }


def _splits(store: TenantStore, since: datetime) -> Doc:
    """Of the merges since then, how many came apart again: a sign of links that were wrong."""
    merges = store.resolution_log.count({"kind": "merged", "at": {"$gte": since}})
    late = {"kind": "split", "at": {"$gte": since}}
    found = store.resolution_log.find(late, {"ids": 1, "at": 1}).sort("at", -1).limit(MOST_SPLITS)
    again = {pair for entry in found if (pair := _merge_before(store, entry, since))}
    rate = len(again) / merges if merges else None
    return {"merges": merges, "split_again": len(again), "rate": rate}


def _merge_before(store: TenantStore, split: Doc, since: datetime) -> str | None:
    """The merge of two of these ids that a split took back."""
    mine = {"ids": {"$in": split["ids"]}, "kind": "merged"}
    within = {**mine, "at": {"$gte": since, "$lte": split["at"]}}
    for entry in store.resolution_log.find(within, {"ids": 1}).sort("at", -1):
        if len({*entry["ids"]} & {*split["ids"]}) > 1:
            return str(entry["_id"])
    return None


def refresh(store: TenantStore, now: datetime) -> bool:
    """Count anew if the last count is an hour old; returns whether it did."""
    kept = store.tenant_state.find_one({"_id": _key(store)}, {"at": 1})
    if kept is not None and now - kept["at"] < EVERY:
        return False
    recount(store, now)
    return True


def recount(store: TenantStore, now: datetime) -> Doc:
    """Look at every account: {sources, hung, sizes, accounts}.

    sources: [{source, connection_id, records, linked, share}], of living records of accounts those
    in one account with another connection's. hung: [{entity, records, linked, share}], of all
    records of an entity those that hang on an account. sizes: {p50, p99, max} of records.
    """
    sources = _sources(store)
    counted = {
        "sources": sources,
        "hung": [found for entity in HUNG if (found := _hung(store, entity))],
        **_sizes(store),
    }
    store.tenant_state.update(
        {"_id": _key(store)}, {"$set": {"counted": counted, "at": now}}, upsert=True
    )
    return counted


def _sources(store: TenantStore) -> list[Doc]:
    living = {"$filter": {"input": "$members", "cond": {"$not": ["$$this.deleted"]}}}
    pipeline: list[Doc] = [
        {"$match": {"listed": True}},
        {"$project": {"members": living}},
        {"$set": {"several": {"$size": {"$setUnion": "$members.connection_id"}}}},
        {"$unwind": "$members"},
        {
            "$group": {
                "_id": {"c": "$members.connection_id", "s": "$members.source"},
                "records": {"$sum": 1},
                "linked": {"$sum": {"$cond": [{"$gt": ["$several", 1]}, 1, 0]}},
            }
        },
    ]
    found = [
        {"source": row["_id"]["s"], "connection_id": row["_id"]["c"], **_share(row)}
        for row in store.accounts.aggregate(pipeline)
    ]
    return sorted(found, key=lambda row: (row["source"], row["connection_id"]))


def _share(row: Mapping[str, int]) -> Doc:
    records, linked = row["records"], row["linked"]
    return {"records": records, "linked": linked, "share": linked / records if records else None}


def _hung(store: TenantStore, entity: str) -> Doc | None:
    """By two indexes; records that are gone count too, on both sides."""
    records = store.records.count({"entity": entity})
    loose = store.records.count({"account_id": None, "entity": entity})
    if not records:
        return None
    return {"entity": entity, **_share({"records": records, "linked": records - loose})}


def _sizes(store: TenantStore) -> Doc:
    """Over all accounts, by the histogram of their sizes."""
    size = {"$size": {"$ifNull": ["$members", []]}}
    pipeline: list[Doc] = [
        {"$match": {"listed": True}},
        {"$group": {"_id": size, "n": {"$sum": 1}}},
    ]
    counts = {int(row["_id"]): int(row["n"]) for row in store.accounts.aggregate(pipeline)}
    sizes = {f"p{round(100 * q)}": quantile(counts, q) for q in (0.5, 0.99)}
    return {"accounts": sum(counts.values()), "sizes": {**sizes, "max": max(counts, default=0)}}


def quantile(counts: Mapping[int, int], share: float) -> int:
    """The smallest value that at least this share of the counted does not exceed; 0 for none."""
    left = share * sum(counts.values())
    for value in sorted(counts):
        left -= counts[value]
        if left <= 0:
            return value
    return 0
