"""What a finished request can show: what went, what stays and why, and where it was looked."""

from __future__ import annotations

from hub.privacy import verify
from hub.privacy.job import Job
from hub.store import rawscan
from hub.store.client import Doc

GIB = 1024**3


def suppressed(job: Job) -> Doc:
    return {"hashes": job.request.get("hashes", 0), "kept": _kept(job)}


def erased(job: Job) -> Doc:
    """The report of an erasure. It holds ids of documents and counts, and nothing of the person."""
    seen = job.request["seen"]
    stored = job.store.privacy_requests.find_one({"_id": job.id}, {"counts": 1}) or {}
    counts = stored.get("counts", {})
    found = [*seen["hits"], *verify.control(job)]
    return {
        "removed": counts.get("removed", {}),
        "redacted": counts.get("redacted", {}),
        "kept": _kept(job),
        "books": _books(job),
        "counters": verify.counters(job),
        "verification": {
            "at": job.now,
            "documents": seen["documents"],
            "bytes": seen["bytes"],
            "rounds": job.request.get("rounds", 0) + 1,
            "hits": [hit for hit in found if hit["collection"] not in verify.BY_DESIGN],
            "allowed": [
                {**hit, "why": verify.BY_DESIGN[hit["collection"]]}
                for hit in found
                if hit["collection"] in verify.BY_DESIGN
            ],
            "mentions": seen["mentions"],
            "cache": verify.cache(job),
        },
        "oplog": _oplog(job),
        "backups": verify.BACKUPS,
    }


def _kept(job: Job) -> Doc:
    """By design: salted hashes that keep the erased from coming back, and rows that count."""
    return {
        "suppressions": job.store.suppressions.count({"requests": job.id}),
        "deliveries_as_counts": job.store.inbox.count({"erased.by": job.id}),
    }


def _books(job: Job) -> Doc:
    """Nothing may be lost from what was received, and no change without its row."""
    before, after = job.request.get("books", {}), verify.books(job)
    lost = [c for c, book in before.items() if after.get(c, book)["received"] < book["received"]]
    gaps = {c: book["changes"] - book["on_rows"] for c, book in before.items()}
    odd = [
        c for c, book in after.items() if c in gaps and book["changes"] - book["on_rows"] != gaps[c]
    ]
    return {"connections": after, "balanced": not lost and not odd}


def _oplog(job: Job) -> Doc:
    """MongoDB's own journal of writes still holds what was written within its window."""
    window = rawscan.oplog(job.store.database)
    if window is None:
        return {"known": False}
    return {
        "known": True,
        "first": window.first,
        "last": window.last,
        "max_gib": round(window.max_bytes / GIB, 2),
    }
