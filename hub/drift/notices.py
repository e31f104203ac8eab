"""Notices of schema drift: opened by their causes, settled by people, closed by themselves.

A notice holds no value of any record: examples are read from the records when it is shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from hub.drift.causes import Cause
from hub.errors import NotFound
from hub.store.client import Doc
from hub.store.tenant import TenantStore

SETTLED = ("dismissed", "accepted")
AFTER = ("closed_at", "settled_as", "settled_by", "settled_at")


def identity(connection_id: str, object: str, cause: Cause) -> str:
    parts = "\0".join((connection_id, object, cause.kind, cause.path, cause.name))
    return f"drf_{_digest(parts)}"


def settle(
    store: TenantStore,
    connection_id: str,
    object: str,
    causes: Sequence[Cause],
    keys: Sequence[str],
    of: int,
    now: datetime,
) -> None:
    """Open a notice for each cause that has none, keep the others, close those without a cause.

    What somebody has settled stays so, unless there is more to it than they saw. `keys`: the
    records of the sample, by place.
    """
    mine = {"connection_id": connection_id, "object": object}
    known = {doc["_id"]: doc for doc in store.drift.find(mine)}
    writes = []
    for cause in causes:
        id = identity(connection_id, object, cause)
        change = {**mine, **_told(cause, keys, of), "seen_at": now}
        before = known.pop(id, None)
        if before is None or _is_news(before, change["marks"]):
            change |= {"state": "open", "since": now}
        unset = dict.fromkeys(AFTER, "") if "since" in change else {}
        update: Doc = {"$set": change} | ({"$unset": unset} if unset else {})
        writes.append(store.drift.updating({"_id": id}, update, upsert=True))
    closed = {"$set": {"state": "closed", "closed_at": now}}
    gone = [id for id, doc in known.items() if doc["state"] != "closed"]
    store.drift.bulk([*writes, *(store.drift.updating({"_id": id}, closed) for id in gone)])


def _is_news(before: Doc, marks: Iterable[str]) -> bool:
    if before["state"] == "closed":
        return True
    return before["state"] in SETTLED and bool({*marks} - {*before["marks"]})


def _told(cause: Cause, keys: Sequence[str], of: int) -> Doc:
    """The cause as it is stored. Words are kept as marks only: they are read from the records."""
    return {
        "kind": cause.kind,
        "path": cause.path,
        "name": cause.name,
        "places": [list(place) for place in cause.places],
        "was": cause.was,
        "now": cause.now,
        "marks": sorted(_digest(word) for word in (cause.now, *cause.words)),
        "carried": cause.carried,
        "of": of,
        "records": [keys[place] for place in cause.examples],
    }


def find(store: TenantStore, filter: Mapping[str, object]) -> list[Doc]:
    """Notices, those of longest standing first."""
    return list(store.drift.find(filter).sort([("since", 1), ("_id", 1)]))


def one(store: TenantStore, notice_id: str) -> Doc:
    """Raises NotFound."""
    found = store.drift.find_one({"_id": notice_id})
    if found is None:
        raise NotFound("There is no such notice.")
    return found


def close_by(store: TenantStore, notice_id: str, state: str, who: str, now: datetime) -> Doc:
    """Somebody has settled it: `state` is dismissed or accepted; raises NotFound.

    One that is over meanwhile stays so.
    """
    before = one(store, notice_id)
    change = {"settled_as": state, "settled_by": who, "settled_at": now}
    if before["state"] != "closed":
        change["state"] = state
    store.drift.update({"_id": notice_id}, {"$set": change})
    return one(store, notice_id)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=9).hexdigest()
