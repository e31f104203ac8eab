"""An account's timeline: its records' moments and what the hub itself noted, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.engine.moments import EPOCH
from hub.health.words import BANDS
from hub.store.client import Doc
from hub.store.tenant import TenantStore

KINDS = {
    "ticket": "Tickets",
    "work_item": "Work",
    "opportunity": "Deals",
    "activity": "Activities",
    "satisfaction": "Ratings",
    "contact": "People",
    "invoice": "Invoices",
    "subscription": "Subscriptions",
    "event": "Health and identity",
}
PAGE = 30
MOST_TIED = 200
CALM = timedelta(minutes=10)
BAND_MOVED = "health band changed"
FIELDS = {
    "entity": 1,
    "source": 1,
    "moved_at": 1,
    "moments": 1,
    "url": 1,
    **{
        f"values.{name}": 1
        for name in (
            "subject",
            "title",
            "name",
            "full_name",
            "status",
            "kind",
            "direction",
            "outcome",
            "label",
            "score_norm",
            "amount",
            "priority",
        )
    },
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline; `key` is the record it stands for, if any."""

    at: datetime
    kind: str
    what: str
    subject: str
    source: str = ""
    key: str = ""
    url: str = ""
    note: str = ""
    earlier: tuple[Doc, ...] = ()


@dataclass(frozen=True, slots=True)
class Slice:
    """A page of the timeline; `older` is where the next one starts, or None at the end."""

    entries: list[Entry]
    older: datetime | None


def read(
    store: TenantStore,
    account_id: str,
    *,
    kinds: Sequence[str] = (),
    before: datetime | None = None,
    since: datetime | None = None,
    size: int = PAGE,
) -> Slice:
    """The next entries before a time. Entries of one moment are never torn apart by a page."""
    wanted = [k for k in KINDS if k != "event" and (not kinds or k in kinds)]
    span: Doc = {"$lt": before} if before else {}
    if since:
        span["$gte"] = since
    entries = _records(store, account_id, wanted, span, size + 1)
    if not kinds or "event" in kinds:
        entries += _events(store, account_id, span, size + 1)
    entries.sort(key=lambda entry: entry.at, reverse=True)
    if len(entries) <= size:
        return Slice(entries, None)
    edge = entries[size - 1].at
    kept = [entry for entry in entries if entry.at > edge]
    kept += _records(store, account_id, wanted, {"$eq": edge}, MOST_TIED)
    if not kinds or "event" in kinds:
        kept += _events(store, account_id, {"$eq": edge}, MOST_TIED)
    return Slice(kept, edge)


def _records(
    store: TenantStore, account_id: str, kinds: Sequence[str], span: Doc, most: int
) -> list[Entry]:
    if not kinds:
        return []
    wanted: Doc = {"account_id": account_id, "entity": {"$in": list(kinds)}}
    wanted["life.deleted"] = {"$ne": True}
    # Records without a story carry the epoch.
    wanted["moved_at"] = {"$gt": EPOCH, **span}
    found = store.records.find(wanted, FIELDS).sort("moved_at", -1).limit(most)
    return [_entry(doc) for doc in found]


def _entry(doc: Doc) -> Entry:
    values, moments = doc.get("values") or {}, doc.get("moments") or []
    names = ("full_name", "subject", "title", "name", "label")
    subject = next((str(values[n]) for n in names if values.get(n)), "")
    return Entry(
        at=doc["moved_at"],
        kind=doc["entity"],
        what=moments[-1]["what"] if moments else f"{doc['entity'].replace('_', ' ')} changed",
        subject=subject,
        source=doc["source"],
        key=doc["_id"],
        url=doc.get("url") or "",
        note=_note(doc["entity"], values),
        earlier=tuple(moments[-2::-1]),
    )


def _note(entity: str, values: Doc) -> str:
    if entity == "satisfaction":
        score = values.get("score_norm")
        return f"{score:.0f} of 100" if isinstance(score, float | int) else ""
    names = ("kind", "direction", "outcome") if entity == "activity" else ("status", "priority")
    said = [str(values[name]).replace("_", " ") for name in names if values.get(name)]
    return ", ".join(said)


def _events(store: TenantStore, account_id: str, span: Doc, most: int) -> list[Entry]:
    wanted: Doc = {"account_id": account_id} | ({"at": span} if span else {})
    found = store.events.find(wanted).sort("at", -1).limit(most)
    return [_told(event) for event in calmed(list(found))]


def calmed(events: Sequence[Doc]) -> list[Doc]:
    """Band changes that follow each other within minutes are one, from the first to the last.

    While a first sync goes on an account's band moves with each source; `events` newest first.
    """
    kept: list[Doc] = []
    for event in events:
        after = kept[-1] if kept else None
        if after and _one_move(event, after):
            after["before"] = event["before"]
        else:
            kept.append(dict(event))
    return [e for e in kept if e["what"] != BAND_MOVED or e["before"] != e["after"]]


def _one_move(event: Doc, after: Doc) -> bool:
    both = event["what"] == BAND_MOVED == after["what"]
    return both and bool(after["at"] - event["at"] < CALM)


def _told(event: Doc) -> Entry:
    said = event.get("said") or ", ".join(event.get("accounts", ()))
    if event["what"] == BAND_MOVED:
        before, after = (BANDS.get(event[k], event[k]) for k in ("before", "after"))
        said = f"{before} → {after}"
    return Entry(event["at"], "event", event["what"], said)
