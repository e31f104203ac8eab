"""An account's timeline: the moments of its records and its own events, latest first."""

from __future__ import annotations

from heapq import merge
from typing import Any

from hub.reads import accounts
from hub.reads.paging import MOST, Asked, Page, pack, unpack
from hub.store.client import Doc
from hub.store.tenant import TenantStore

SORT = "timeline"
TITLES = ("full_name", "subject", "title", "name", "label")
"""What a record is called, first of all a person: a title of theirs is a job."""


def read(store: TenantStore, account_id: str, asked: Asked, kinds: list[str]) -> Page:
    """Entries {id, at, what, kind, title, record, source, connection_id, url, details}.

    `kinds` (entities, or "event") keeps only these. Events of accounts merged into this one count.
    """
    account = accounts.find(store, account_id)
    limit = max(1, min(asked.limit, MOST))
    behind = _behind(asked.cursor)
    told = _events(store, account, behind, limit) if not kinds or "event" in kinds else []
    moments = _moments(store, account["_id"], behind, limit, kinds)
    both = list(merge(told, moments, key=_place, reverse=True))
    shown = both[:limit]
    more = len(both) > limit
    return Page(shown, pack(SORT, shown[-1]["at"], shown[-1]["id"]) if more else None)


def _place(entry: Doc) -> tuple[Any, str]:
    return entry["at"], entry["id"]


def _behind(cursor: str | None) -> Doc:
    """The condition on {at, id} of an entry."""
    if not cursor:
        return {}
    at, entry_id = unpack(cursor, SORT)
    return {"$or": [{"at": {"$lt": at}}, {"at": at, "id": {"$lt": entry_id}}]}


def _moments(
    store: TenantStore, account_id: str, behind: Doc, limit: int, kinds: list[str]
) -> list[Doc]:
    """A record's moment is named by the record and what happened."""
    mine: Doc = {"account_id": account_id, "moments.0": {"$exists": True}}
    if kinds:
        mine["entity"] = {"$in": kinds}
    named = {"$concat": ["$_id", "|", "$moments.what"]}
    names = ("entity", "source", "connection_id", "url", *(f"values.{t}" for t in TITLES))
    found = store.records.aggregate(
        [
            {"$match": mine},
            {"$unwind": "$moments"},
            {"$project": {**dict.fromkeys(names, 1), "what": "$moments.what", "at": "$moments.at"}
             | {"id": named}},
            {"$match": behind},
            {"$sort": {"at": -1, "id": -1}},
            {"$limit": limit + 1},
        ]
    )  # fmt: skip
    return [_of_record(doc) for doc in found]


def _of_record(doc: Doc) -> Doc:
    values = doc.get("values") or {}
    return {
        "id": doc["id"],
        "at": doc["at"],
        "what": doc["what"],
        "kind": doc["entity"],
        "title": next((values[name] for name in TITLES if values.get(name)), None),
        "record": doc["_id"],
        "source": doc["source"],
        "connection_id": doc["connection_id"],
        "url": doc.get("url"),
        "details": {},
    }


def _events(store: TenantStore, account: Doc, behind: Doc, limit: int) -> list[Doc]:
    mine: Doc = {"account_id": {"$in": [account["_id"], *account.get("aliases", ())]}}
    mine["accounts"] = {"$ne": account["_id"]}  # A merge is told once, though both sides note it.
    parts = behind.get("$or")
    if parts:
        mine["$or"] = [{_stored(name): value for name, value in part.items()} for part in parts]
    found = store.events.find(mine).sort([("at", -1), ("_id", -1)]).limit(limit + 1)
    return [_of_event(doc) for doc in found]


def _stored(name: str) -> str:
    return "_id" if name == "id" else name


def _of_event(doc: Doc) -> Doc:
    known = ("_id", "tenant_id", "at", "what")
    return {
        "id": doc["_id"],
        "at": doc["at"],
        "what": doc["what"],
        "kind": "event",
        "title": None,
        "record": None,
        "source": None,
        "connection_id": None,
        "url": None,
        "details": {name: value for name, value in doc.items() if name not in known},
    }
