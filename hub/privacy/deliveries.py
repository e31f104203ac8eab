"""Deliveries that concern the erased: of a body that holds only them nothing stays, and out of one
that holds others too they are taken in place. Either can never be replayed.

A delivery that still waits is closed: what it said of others is read again from the vendor.
"""

from __future__ import annotations

from hub.engine.plan import delivery_of
from hub.privacy.guard import RULE, dropped, redacted
from hub.privacy.job import Job
from hub.queue import JobTimeout
from hub.store import inbox, leases
from hub.store.client import Doc
from hub.store.tenant import TenantStore

SEIZED_S = 1
WHY = "A privacy request has taken a part of its body; its streams are read again."


def clean(job: Job, row: Doc, is_found: bool) -> None:
    """`is_found`: one of the identifiers stands in the row."""
    mine, changes = _changes(job, row)
    if not (is_found or mine):
        return
    connection_id = row["connection_id"]
    if mine and mine == changes:
        fields = dropped(job.now, job.id)
    else:
        body = bytes(row["body"])
        rest = job.redactor(connection_id).body(body, everywhere=True)
        fields = redacted(rest, job.now, job.id) if rest != body else {}
    fields |= _around(job, row)
    if not fields:
        return
    how = "removed" if fields.get("erased", {}).get("how") == "dropped" else "redacted"
    if row["state"] in ("pending", "held") and "erased" in fields:
        leases.seize(job.store, f"drain:{connection_id}", SEIZED_S)
        fields |= _closed(job, changes if how == "removed" else 0)

    def write(within: TenantStore) -> None:
        same = {"_id": row["_id"], "state": row["state"]}
        if within.inbox.update(same, {"$set": fields, "$unset": {"held_reason": ""}}):
            if fields.get("fates"):
                before = row.get("fates") or {}
                inbox.count_changes(within, connection_id, before, fields["fates"])
            job.count(within, how, "inbox", 1)

    job.store.transact(write)
    if fields.get("state") == "failed":
        again = {"full_due": True, "next_sync_at": job.now}
        job.store.streams.update_many({"connection_id": connection_id}, {"$set": again})


def _changes(job: Job, row: Doc) -> tuple[int, int]:
    """How many of the row's changes are about the erased, and how many there are."""
    source = job.sources.of(row["connection_id"])
    body = bytes(row.get("body") or b"")
    if source is None or not body or "erased" in row or not _may(job, row, body):
        return 0, 0
    webhook = next((w for w in source.connector.webhooks if w.name == row["webhook"]), None)
    if webhook is None:
        return 0, 0
    try:
        changes = list(webhook.parse(delivery_of(row)))
    except JobTimeout:
        raise
    except Exception:
        # A body that no parser takes has no changes; its text is searched and cleaned all the same.
        return 0, 0
    keys = job.subject.who.keys
    mine = 0
    for change in changes:
        ends = [*change.ends, (change.object, change.native_id)]
        ends += [(change.object, loser) for loser in change.losers]
        mine += any(source.key(object, id or "") in keys for object, id in ends)
    return mine, len(changes)


def _may(job: Job, row: Doc, body: bytes) -> bool:
    """Whether it is worth parsing: one of the native ids stands somewhere in it."""
    links = job.subject.who.objects().get(row["connection_id"], set())
    return any(link.partition(":")[2].encode() in body for link in links)


def _around(job: Job, row: Doc) -> Doc:
    """Address, headers and reasons, as far as they name the person."""
    redactor = job.redactor(row["connection_id"])
    apart = ("_id", "tenant_id", "body", "connection_id")
    rest = {name: value for name, value in row.items() if name not in apart}
    return {n: v for n, v in redactor.document(rest).items() if v != rest[n]}


def _closed(job: Job, ignored: int) -> Doc:
    if ignored:
        fates = {"ignored": ignored}
        return {"state": "done", "fates": fates, "rules": [RULE], "closed_at": job.now}
    return {"state": "failed", "error": WHY, "closed_at": job.now}
