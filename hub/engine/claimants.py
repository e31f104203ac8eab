"""Who claims what, read by index, and never more of a crowd than can matter."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.identity import SIZE_CAP

AT_ONCE = 1000
PER_KEY = 4


@dataclass(slots=True)
class Claimants:
    """Records by id, and the watch keys ("d:acme.com") whose claimants are too many to link."""

    records: dict[str, Doc] = field(default_factory=dict)
    crowded: set[str] = field(default_factory=set)


def read(
    store: TenantStore, entity: str, keys: Collection[str], fields: Mapping[str, int]
) -> Claimants:
    """The records of an entity that claim any of these watch keys.

    One query where claims are shared by few. Else each key by itself: of the living and of those
    that are gone up to one more than may be linked, which is all that anybody needs to know.
    """
    found = Claimants()
    if not keys:
        return found
    limit = AT_ONCE + PER_KEY * len(keys)
    wanted = {"keys": {"$in": [f"c:{key}" for key in sorted(keys)]}, "entity": entity}
    docs = list(store.records.find(wanted, fields).limit(limit))
    if len(docs) < limit:
        found.records = {doc["_id"]: doc for doc in docs}
        return found
    for key in sorted(keys):
        _read_one(store, entity, key, fields, found)
    return found


def _read_one(
    store: TenantStore, entity: str, key: str, fields: Mapping[str, int], found: Claimants
) -> None:
    """Crowded: so many live records claim it that those still due cannot change it."""
    mine = {"keys": f"c:{key}", "entity": entity}
    settled = {**mine, "life.deleted": False, "due": {"$exists": False}}
    live = list(store.records.find(settled, fields).limit(SIZE_CAP + 1))
    if len(live) > SIZE_CAP:
        found.crowded.add(key)
        return
    due = store.records.find({**mine, "due": {"$exists": True}}, fields)
    gone = store.records.find({**mine, "life.deleted": True}, fields).limit(SIZE_CAP + 1)
    _add(found, [*live, *due, *gone])


def _add(found: Claimants, docs: Iterable[Doc]) -> None:
    for doc in docs:
        found.records[doc["_id"]] = doc
