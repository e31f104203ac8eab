"""The second half of an erasure: every stored document is looked at, and what names the erased is
cleaned. Records of others are mapped anew; what is derived from them settles; the rest is redacted.
"""

from __future__ import annotations

from typing import Any, Final

from bson.binary import Binary

from hub.engine.record import LAST_RANK, RANK
from hub.erasing import DUE_AGAIN
from hub.faultpoints import point
from hub.privacy import deliveries
from hub.privacy.cleaning import Cleaned, clean, stored_links
from hub.privacy.job import Job
from hub.store import rawscan
from hub.store.client import Doc
from hub.store.rawscan import Stored
from hub.store.tenant import COLLECTIONS, TenantStore

APART: Final = frozenset({"suppressions"})
FIRST: Final = ("records", "versions", "quarantine", "inbox")
SAVE_EVERY = 500
DERIVED: Final = ("keys", "account_path", "contribution", "moments", "account_id", "contact_id")
PROFILES: Final = {"accounts": "account_id", "contacts": "contact_id"}
OURS: Final = {"connections": {"facts"}, "privacy_requests": {"reason"}}
"""Where only a part may speak of people; the rest is the hub's own working."""
AGAIN: Final = [{"$set": {"due": DUE_AGAIN}}]
KEPT: Final = ("_id", "tenant_id", "raw", *DERIVED)


def everything(job: Job) -> bool:
    """Go on behind the last document that was looked at."""
    present = set(rawscan.names(job.store.database))
    order = [*FIRST, *(c for c in COLLECTIONS if c not in FIRST and c not in APART)]
    at = job.request.get("cursor") or {"collection": order[0], "after": None}
    for collection in order[order.index(at["collection"]) :]:
        after = at["after"] if collection == at["collection"] else None
        if collection in present and not _one(job, collection, after):
            return False
    job.save(cursor=None)
    return True


def _one(job: Job, collection: str, after: Any) -> bool:
    documents = rawscan.documents(job.store.database, collection, job.store.tenant_id, after)
    for number, stored in enumerate(documents, start=1):
        _look(job, collection, stored)
        if number % SAVE_EVERY == 0:
            job.save(cursor={"collection": collection, "after": stored.id})
            point("swept-batch")
            if job.is_over():
                return False
    return True


def _look(job: Job, collection: str, stored: Stored) -> None:
    found = job.needles.found(stored.raw)
    if collection == "inbox":
        row = job.store.inbox.find_one({"_id": stored.id})
        if row is not None:
            deliveries.clean(job, row, bool(found))
    elif found and collection == "records":
        _record(job, stored)
    elif found and collection in PROFILES and not job.request.get("rounds"):
        _derive_again(job, collection, stored)
    elif found:
        scrub(job, collection, stored)


def _derive_again(job: Job, collection: str, stored: Stored) -> None:
    """A profile that still weighs the erased against others is made anew of what is left."""
    field = PROFILES[collection]
    job.store.records.update_many({field: stored.id, "entity": field[:-3]}, AGAIN)
    if collection == "accounts":
        job.store.accounts.update({"_id": stored.id}, {"$set": {"score_due": True}})


def _record(job: Job, stored: Stored) -> None:
    """Somebody else's record: its body without the erased, and what the mapping makes of that."""
    doc = job.store.records.find_one({"_id": stored.id})
    if doc is None:
        return
    if job.request.get("rounds"):
        scrub(job, "records", stored)
        return
    source = job.sources.of(doc["connection_id"])
    done = None
    if source is not None and doc.get("raw") and doc["object"] in source.mappings:
        done = clean(source, doc["object"], bytes(doc["raw"]), job.subject.who)
    fields = _mapped(job, doc, done) | {"due": RANK.get(doc.get("entity") or "", LAST_RANK)}
    same = {"_id": doc["_id"], "rev": doc.get("rev")}
    change: Doc = {"$set": fields, "$inc": {"rev": 1}, "$addToSet": {"redacted": job.id}}

    def write(within: TenantStore) -> None:
        job.count(within, "redacted", "records", within.records.update(same, change))

    job.store.transact(write)


def _mapped(job: Job, doc: Doc, done: Cleaned | None) -> Doc:
    """The fields that change. What is derived is left to settling."""
    redactor = job.redactor(doc["connection_id"])
    rest = {name: value for name, value in doc.items() if name not in KEPT}
    if done is not None and done.mapped is not None:
        rest |= {
            "values": done.mapped.values,
            "custom": done.mapped.custom,
            "links": stored_links(done.mapped.links),
            "external_id": done.mapped.external_id,
        }
    elif rest.get("links"):
        gone = job.subject.who.objects().get(doc["connection_id"], set())
        rest["links"] = [link for link in rest["links"] if link["value"] not in gone]
    life = rest.get("life") or {}
    if life.get("merged_into") in job.subject.who.keys:
        rest["life"] = {**life, "merged_into": None, "order": [*life["order"][:2], ""]}
    clean = redactor.document(rest)
    fields = {name: value for name, value in clean.items() if value != doc.get(name)}
    if done is not None:
        fields["raw"] = Binary(done.raw)
    elif doc.get("raw"):
        fields["raw"] = Binary(redactor.body(bytes(doc["raw"]), everywhere=True))
    return fields


def scrub(job: Job, collection: str, stored: Stored) -> None:
    """Any other document: one that is named after the erased goes, else they go out of it."""
    home = getattr(job.store, collection)
    doc = home.find_one({"_id": stored.id})
    if doc is None:
        return
    redactor = job.redactor(doc.get("connection_id") or "")
    name = str(stored.id)
    if redactor.text(name) != name:

        def remove(within: TenantStore) -> None:
            gone = getattr(within, collection).delete({"_id": stored.id})
            job.count(within, "removed", collection, gone)

        job.store.transact(remove)
        return
    kept = OURS.get(collection, doc.keys()) - {"_id", "tenant_id"}
    rest = {name: value for name, value in doc.items() if name in kept}
    clean = redactor.document(rest)
    fields = {name: value for name, value in clean.items() if value != rest[name]}

    def write(within: TenantStore) -> None:
        if fields and getattr(within, collection).update({"_id": doc["_id"]}, {"$set": fields}):
            job.count(within, "redacted", collection, 1)

    job.store.transact(write)
