"""Product usage of the erased: their events, what these add up to, and the records made of that.

The contribution of a person leaves the distinct counts of accounts with their records; totals of
event names, which name nobody, stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hub.privacy.job import Job
from hub.privacy.subjects import Subject
from hub.store.client import Doc
from hub.store.tenant import TenantStore

OBJECTS: Final = {"user": "u", "group": "g"}
"""Records of people and companies that usage makes, and how their sums are named."""
FIELD: Final = {"user": "user", "anonymous": "anonymous", "group": "group"}
READ: Final = {"connection_id": 1, "kind": 1, "key": 1, "made": 1, "aliases": 1}
BATCH = 500


def note(store: TenantStore, found: Subject) -> None:
    """Add the sums of the erased and of the visitors they turned out to be, with what both made."""
    ids = sorted(name for key in found.who.keys if (name := _sum_of(key)))
    for start in range(0, len(ids), BATCH):
        mine = {"_id": {"$in": ids[start : start + BATCH]}}
        for doc in list(store.usage_people.find(mine, READ)):
            visitors: Iterable[Doc] = ()
            if doc["kind"] == "user":
                owned = {"connection_id": doc["connection_id"], "owner": doc["key"]}
                visitors = store.usage_people.find(owned, READ)
            for one in (doc, *visitors):
                _note(found, one)


def _sum_of(key: str) -> str | None:
    connection, object, native_id = key.split(":", 2)
    return f"{connection}:{OBJECTS[object]}:{native_id}" if object in OBJECTS else None


def _note(found: Subject, doc: Doc) -> None:
    found.people.append(doc["_id"])
    if doc["kind"] != "group":
        found.who.user_ids |= {doc["key"], *doc["aliases"]}
    for made, _ in doc["made"]:
        found.who.note_key(f"{doc['connection_id']}:{made}")


def drop(job: Job) -> bool:
    """Events first: while their sum is there, a crash in between is repeated."""
    people = job.subject.people
    for start in range(0, len(people), BATCH):
        some = {"_id": {"$in": people[start : start + BATCH]}}
        for doc in list(job.store.usage_people.find(some, READ)):
            theirs = {"connection_id": doc["connection_id"], FIELD[doc["kind"]]: doc["key"]}
            job.count(job.store, "removed", "usage_events", job.store.usage_events.delete(theirs))
        job.count(job.store, "removed", "usage_people", job.store.usage_people.delete(some))
    return True
