"""Who claims what, read by index, and never more of a crowd than can matter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from hub.store.client import Doc
from hub.store.scoped import Filter
from hub.store.tenant import TenantStore
from mappings.identity import SIZE_CAP

AT_ONCE = 100
PER_KEY = 4
FACTOR = 4
ALIVE: Filter = {"life.deleted": False}


@dataclass(slots=True)
class Claimants:
    """Records by id, and the watch keys ("d:acme.com") whose claimants are too many to link."""

    records: dict[str, Doc] = field(default_factory=dict)
    crowded: set[str] = field(default_factory=set)


def read(
    store: TenantStore,
    entity: str,
    keys: Collection[str],
    fields: Mapping[str, int],
    is_steady: Callable[[Doc, str], bool] | None = None,
) -> Claimants:
    """The records of an entity that claim any of these watch keys; `fields` must hold keys, life.

    One query where claims are shared by few. Of a key that more than may be linked claim, and that
    no change of a record that is not steady can make less, nothing is given but that it is crowded;
    of very many that are gone one more than may be linked.
    """
    found = Claimants()
    _read(store, {"entity": entity}, set(keys), fields, is_steady, found)
    return found


def _read(
    store: TenantStore,
    base: Filter,
    wanted: set[str],
    fields: Mapping[str, int],
    is_steady: Callable[[Doc, str], bool] | None,
    found: Claimants,
) -> None:
    limit = AT_ONCE + PER_KEY * len(wanted)
    while wanted:
        mine = {**base, "keys": {"$in": [f"c:{key}" for key in sorted(wanted)]}}
        docs = list(store.records.find(mine, fields).limit(limit))
        if len(docs) < limit:
            found.records |= {doc["_id"]: doc for doc in docs}
            return
        crowded = _many(docs, wanted, lambda doc, key: _counts(doc, key, is_steady))
        littered = _many(docs, wanted, lambda doc, key: _is_gone(doc)) - crowded
        found.crowded |= crowded
        for key in sorted(littered):
            gone = {**base, "keys": f"c:{key}", "life.deleted": True}
            some = store.records.find(gone, fields).limit(SIZE_CAP + 1)
            found.records |= {doc["_id"]: doc for doc in some}
            _read(store, {**base, **ALIVE}, {key}, fields, is_steady, found)
        wanted = wanted - crowded - littered
        limit *= 1 if crowded | littered else FACTOR


def _many(docs: Iterable[Doc], wanted: set[str], counts: Callable[[Doc, str], bool]) -> set[str]:
    """The keys for which more records count than may be linked."""
    held: Counter[str] = Counter()
    for doc in docs:
        for stored in doc["keys"]:
            key = stored[2:]
            if stored[:2] == "c:" and key in wanted and counts(doc, key):
                held[key] += 1
    return {key for key, count in held.items() if count > SIZE_CAP}


def _counts(doc: Doc, key: str, is_steady: Callable[[Doc, str], bool] | None) -> bool:
    return not _is_gone(doc) and (is_steady is None or is_steady(doc, key))


def _is_gone(doc: Doc) -> bool:
    return bool((doc.get("life") or {}).get("deleted"))
