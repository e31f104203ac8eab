"""The first half of an erasure: the hash, then the records as tombstones that settle, then nothing.

Each step may be repeated after a crash, works in bounded batches, and answers whether it is done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from time import monotonic

from hub.engine import listings
from hub.engine.record import ERASED
from hub.erasing import DUE_AGAIN
from hub.faultpoints import point
from hub.privacy import subjects, suppression, usage
from hub.privacy.job import Job
from hub.store import leases
from hub.store.client import Doc
from hub.store.tenant import TenantStore

BATCH = 400
SETTLE_S = 1.0
OF_RECORDS = (("records", "_id"), ("versions", "record"), ("quarantine", "_id"), ("fetches", "_id"))
OF_ACCOUNTS = ("events", "outbox", "pulses", "overrides", "health_days")


def gather(job: Job) -> bool:
    """Find out who it is about, before anything goes."""
    request = job.request
    if request.get("captured"):
        found = subjects.captured(job.hub, job.store, request)
    else:
        found = subjects.find(job.hub, job.store, request["entity"], request["subject"])
    usage.note(job.store, found)
    job.keep(found)
    return True


def suppress(job: Job) -> bool:
    """First of all nothing may come back. Workers that are busy lose their leases, so that none
    records what it read before it could know.
    """
    who, vault = job.subject.who, job.hub.catalogue.vault
    job.save(hashes=suppression.add(vault, job.store, job.id, who, job.now))
    point("suppressed")
    for stream in job.store.streams.find({}, {"stream": 1, "connection_id": 1}):
        leases.seize(job.store, f"sync:{stream['connection_id']}:{stream['stream']}", 0)
    leases.seize(job.store, "usage", 0)
    for connection in job.store.connections.find({}, {"_id": 1}):
        leases.seize(job.store, f"drain:{connection['_id']}", 0)
    return True


def mark(job: Job) -> bool:
    """Suppressed alone: what is stored stays, and no listing can say that it is missing."""
    for keys in _batches(job):
        job.store.records.update_many({"_id": {"$in": keys}}, {"$addToSet": {"suppressed": job.id}})
        job.store.fetches.delete({"_id": {"$in": keys}})
    return True


def retract(job: Job) -> bool:
    """Records become tombstones without values, so that profiles and counters forget them."""
    gone = {"life.deleted": True, "life.erased": True, "due": DUE_AGAIN}
    change = [
        {"$set": {**gone, "rev": {"$add": [{"$ifNull": ["$rev", 0]}, 1]}}},
        {"$unset": list(ERASED)},
    ]
    for keys in _batches(job):
        job.store.records.update_many({"_id": {"$in": keys}}, change)
        point("retracted-batch")
    return True


def settle(job: Job) -> bool:
    """Done when each of them is settled, whoever does it."""
    from hub.engine import apply

    apply.settler(job.hub, job.store).run(max(job.deadline, monotonic() + SETTLE_S))
    return not _waits(job)


def _waits(job: Job) -> bool:
    return any(
        job.store.records.find_one({"_id": {"$in": keys}, "due": {"$gte": 1}}, {"_id": 1})
        for keys in _batches(job)
    )


def drop(job: Job) -> bool:
    """Records and former bodies go, and the profiles that were made of them alone."""
    for keys in _batches(job):
        job.store.transact(lambda within, keys=keys: _drop_records(job, within, keys))  # type: ignore[misc]
        point("dropped-batch")
    by_connection: dict[str, list[str]] = defaultdict(list)
    for key in sorted(job.subject.who.keys):
        connection, _, native_id = key.split(":", 2)
        by_connection[connection].append(native_id)
    for connection, native_ids in by_connection.items():
        listings.unmark(job.store, connection, native_ids)
        mine = {"connection_id": connection, "missing.ids": {"$in": native_ids}}
        job.store.streams.update_many(mine, {"$pull": {"missing.ids": {"$in": native_ids}}})
    job.store.transact(lambda within: _drop_profiles(job, within))
    return True


def _drop_records(job: Job, within: TenantStore, keys: Sequence[str]) -> None:
    for collection, field in OF_RECORDS:
        gone = getattr(within, collection).delete({field: {"$in": keys}})
        job.count(within, "removed", collection, gone)


def _drop_profiles(job: Job, within: TenantStore) -> None:
    subject = job.subject
    _drop_of(job, within, "contacts", subject.contacts)
    if subject.entity != "account":
        return
    gone = _drop_of(job, within, "accounts", subject.profiles)
    mine: Doc = {"account_id": {"$in": gone}}
    for collection in OF_ACCOUNTS:
        job.count(within, "removed", collection, getattr(within, collection).delete(mine))


def _drop_of(job: Job, within: TenantStore, collection: str, ids: Sequence[str]) -> list[str]:
    """Those that were known, and those that the tombstones fell apart into while they settled."""
    home, gone = getattr(within, collection), set(ids)
    for keys in _batches(job):
        anchored = home.find({"anchor": {"$in": keys}}, {"_id": 1})
        gone |= {doc["_id"] for doc in anchored}
    count = home.delete({"_id": {"$in": sorted(gone)}})
    job.count(within, "removed", collection, count)
    return sorted(gone)


def _batches(job: Job) -> Iterator[list[str]]:
    keys = sorted(job.subject.who.keys)
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]
