"""The proof: every document the tenant has is searched in its raw bytes for the erased."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any, Final

from redis import Redis
from redis.exceptions import RedisError

from hub.health import state as states
from hub.privacy.job import Job
from hub.store import inbox, rawscan
from hub.store.client import Doc

MOST = 100
MOST_ACCOUNTS = 200
SAVE_EVERY = 2000
BY_DESIGN: Final = {
    "users": "they sign in to this hub: remove the person under Settings",
    "connections": "the hub signs in to the vendor as them: reconnect as somebody else",
    "privacy_requests": "they asked for it here, as a person who signs in",
    "audit": "they are who did something here, as a person who signs in",
}
BACKUPS: Final = (
    "Backups that were made before are not rewritten: they hold the erased until they expire. After"
    " a restore run the request again; the list of hashes must be restored with its secret."
)


def search(job: Job) -> bool:
    """Look at every document once; what is found is kept in the request's `seen`."""
    database = job.store.database
    known = rawscan.names(database)
    at = job.request.get("cursor") or {"collection": known[0], "after": None}
    seen: Doc = job.request.get("seen") or {"documents": 0, "bytes": 0, "hits": [], "mentions": []}
    for collection in known[known.index(at["collection"]) :]:
        after = at["after"] if collection == at["collection"] else None
        found = rawscan.documents(database, collection, job.store.tenant_id, after)
        for number, stored in enumerate(found, start=1):
            _look(job, seen, collection, stored)
            if number % SAVE_EVERY == 0:
                job.save(cursor={"collection": collection, "after": stored.id}, seen=seen)
                if job.is_over():
                    return False
    job.save(cursor=None, seen=seen)
    return True


def _look(job: Job, seen: Doc, collection: str, stored: rawscan.Stored) -> None:
    seen["documents"] += 1
    seen["bytes"] += len(stored.raw)
    place = {"collection": collection, "id": job.redactor("").text(str(stored.id))}
    if job.needles.found(stored.raw):
        seen["hits"] = [*seen["hits"], place][:MOST]
    elif job.needles.names(stored.raw):
        seen["mentions"] = [*seen["mentions"], place][:MOST]


def control(job: Job) -> list[Doc]:
    """What the control database still says of them, with the reason why it stays."""
    database = job.hub.catalogue.control.database
    found: list[Doc] = []
    for collection in rawscan.names(database):
        if collection == "vault":
            continue
        for stored in rawscan.documents(database, collection, job.store.tenant_id):
            if _is_elsewhere(job, collection, stored) or not job.needles.found(stored.raw):
                continue
            found.append({"collection": collection, "id": str(stored.id)})
    return found


def _is_elsewhere(job: Job, collection: str, stored: rawscan.Stored) -> bool:
    """Documents without a tenant are the installation's own, and other tenants' names."""
    return collection == "tenants" and stored.id != job.store.tenant_id


def clean_audit(job: Job) -> None:
    """The trail keeps what was done and ids, and no names."""
    audit = job.hub.catalogue.control.audit
    redactor = job.redactor("")
    for stored in rawscan.documents(audit.database, "audit", job.store.tenant_id):
        if not job.needles.found(stored.raw):
            continue
        entry = audit.find_one({"_id": stored.id, "tenant_id": job.store.tenant_id})
        if entry and (clean := redactor.document(entry["details"])) != entry["details"]:
            audit.update_one({"_id": stored.id}, {"$set": {"details": clean}})


def cache(job: Job) -> Doc:
    """Redis holds bells and limits, and nothing of a person: looked at all the same."""
    keys = hits = 0
    try:
        for key in job.hub.redis.scan_iter(count=500):
            keys += 1
            hits += bool(job.needles.found(bytes(key) + b" " + _value(job.hub.redis, key)))
    except RedisError:
        return {"looked": False}
    return {"looked": True, "keys": keys, "hits": hits}


def _value(redis: Redis, key: bytes) -> bytes:
    read: dict[Any, Any] = {
        b"string": lambda: [redis.get(key)],
        b"hash": lambda: [part for pair in redis.hgetall(key).items() for part in pair],
        b"list": lambda: redis.lrange(key, 0, -1),
        b"set": lambda: redis.smembers(key),
        b"zset": lambda: redis.zrange(key, 0, -1),
    }
    parts: Iterable[Any] = read.get(redis.type(key), list)()
    return b" ".join(_plain(bytes(part)) for part in parts if isinstance(part, bytes))


def _plain(part: bytes) -> bytes:
    try:
        return zlib.decompress(part)
    except zlib.error:
        return part


def counters(job: Job) -> Doc:
    """Health counters of the accounts that were touched, against a count of what is left."""
    touched = job.store.records.distinct("account_id", {"redacted": job.id})
    wanted = sorted({*touched, *job.request.get("accounts", [])} - {None})[:MOST_ACCOUNTS]
    checked, unlike = 0, []
    for account in job.store.accounts.find({"_id": {"$in": wanted}}, {"state": 1}):
        mine = {"account_id": account["_id"]}
        parts = [d.get("contribution") for d in job.store.records.find(mine, {"contribution": 1})]
        today = job.now.date()
        checked += 1
        if states.change(account["state"], None, None, today) != states.rebuild(parts, today):
            unlike.append(account["_id"])
    return {"accounts": checked, "unlike": unlike}


def books(job: Job) -> dict[str, Doc]:
    """Both books of every connection: deliveries received, and the fates of their changes."""
    found = {}
    for connection in job.store.connections.find({}, {"_id": 1}):
        ledger = inbox.ledger(job.store, connection["_id"])
        per_row: list[Doc] = [
            {"$match": {"connection_id": connection["_id"]}},
            {"$project": {"fates": {"$objectToArray": {"$ifNull": ["$fates", {}]}}}},
            {"$unwind": "$fates"},
            {"$group": {"_id": None, "n": {"$sum": "$fates.v"}}},
        ]
        rows = job.store.inbox.aggregate(per_row)
        found[connection["_id"]] = {
            "received": ledger["deliveries"]["received"],
            "changes": sum(ledger["changes"].values()),
            "on_rows": rows[0]["n"] if rows else 0,
        }
    return found
