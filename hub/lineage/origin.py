"""What brought a record's body: a delivery, a sync run, or a read that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.store.client import Doc
from hub.store.tenant import TenantStore

RUN = ("stream", "full", "state", "counts", "started_at", "finished_at")
DELIVERY = ("webhook", "state", "received_at", "closed_at", "fates", "duplicates", "erased")
EVENT = ("name", "at", "received_at")
OTHER = {"fetch": "a read that was repeated", "unknown": "something that was not noted"}
GONE = {
    False: "It was purged: what is done is kept for {days} days.",
    True: "They have expired; what they added up to is kept.",
}
ASKED_FOR = "a read that a delivery asked for"


def brought_by(store: TenantStore, origin: Mapping[str, Any] | None, keep_days: int) -> Doc:
    """{"kind", "id", "words", "gone": sentence or None, and the delivery's fate or run's counts}.

    kind: delivery, run, fetch (a read; `id` is the delivery that asked for it, if one did), or
    events (`id` is the latest usage event that the record was summed up from). `keep_days` is the
    retention, for saying what is gone. `erased`: {"how": redacted | dropped, "at"} of a delivery
    out of which a privacy request took somebody.
    """
    kind, mark = str((origin or {}).get("kind") or "unknown"), str((origin or {}).get("id") or "")
    if kind == "run":
        return _found(kind, mark, "a sync run", store.runs, RUN, keep_days)
    if kind == "delivery" or (kind == "fetch" and mark):
        words = "a delivery" if kind == "delivery" else ASKED_FOR
        return _found(kind, mark, words, store.inbox, DELIVERY, keep_days)
    if kind == "events" and mark:
        return _found(kind, mark, "usage events up to", store.usage_events, EVENT, keep_days)
    return {"kind": kind, "id": mark or None, "words": OTHER.get(kind, kind), "gone": None}


def _found(
    kind: str, mark: str, words: str, among: Any, names: tuple[str, ...], keep_days: int
) -> Doc:
    doc = among.find_one({"_id": mark}, dict.fromkeys(names, 1))
    facts = {name: doc[name] for name in names if name in doc} if doc else {}
    gone = None if doc else GONE[kind == "events"].format(days=keep_days)
    return {"kind": kind, "id": mark, "words": words, "gone": gone, **facts}
