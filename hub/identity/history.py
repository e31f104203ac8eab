"""What happened to membership: which record went from where to where, when, and by which link.

Entries {_id, entity, id, kind, at, ids, moves [{record, from}], because [{a, b, rule, kind}],
changed [record], decisions [id]} hold record keys and no values, and are never changed: merged
(another gave up its id), split (some left one that lives on), moved (any other way). A record that
was nowhere before makes no entry: it says itself when it was first seen. `changed` and `decisions`
are the cause: the records whose change led here, and what a person decided or took back. Merges and
splits of accounts are on their timelines too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from hub.store.client import Doc
from hub.store.control import new_id
from hub.store.tenant import TenantStore

if TYPE_CHECKING:
    from hub.engine.membership import Group, Resolution

MOST = 200
ID_FIELD = {"account": "account_id", "contact": "contact_id"}


def note(
    store: TenantStore, entity: str, due: Iterable[Doc], resolution: Resolution, now: datetime
) -> None:
    """Append what a resolution did; to be called within its transaction."""
    entries = list(_entries(entity, list(due), resolution, now))
    store.resolution_log.insert_many(entries)
    if entity == "account":
        store.events.insert_many(event for entry in entries for event in _told(entry))


def _entries(entity: str, due: list[Doc], resolution: Resolution, now: datetime) -> Iterator[Doc]:
    field = ID_FIELD[entity]
    for group in resolution.groups:
        moves = [
            {"record": doc["_id"], "from": doc.get(field)}
            for doc in group.members
            if doc["_id"] in resolution.moved
        ]
        came = {move["from"] for move in moves if move["from"]}
        if not came:
            continue
        near = {group.id, *came}
        causes = [d for d in due if d.get(field) in near or _in(group, d)]
        yield {
            "_id": new_id("res"),
            "entity": entity,
            "id": group.id,
            "kind": _kind(group, came, resolution),
            "at": now,
            "ids": sorted(near),
            "moves": moves,
            "because": _because(group, {move["record"] for move in moves}),
            "changed": sorted(doc["_id"] for doc in causes),
            "decisions": sorted({doc["ruled"] for doc in causes if doc.get("ruled")}),
        }


def _told(entry: Doc) -> Iterator[Doc]:
    """What both sides' timelines say of a merge or a split."""
    others = sorted({*entry["ids"]} - {entry["id"]})
    if entry["kind"] == "moved":
        return
    for subject, near in [(entry["id"], others), *((other, [entry["id"]]) for other in others)]:
        yield {
            "_id": f"{entry['_id']}:{subject}",
            "account_id": subject,
            "at": entry["at"],
            "what": f"account {entry['kind']}",
            "accounts": near,
            "records": [move["record"] for move in entry["moves"]],
        }


def _in(group: Group, doc: Doc) -> bool:
    return any(doc["_id"] == member["_id"] for member in group.members)


def _kind(group: Group, came: set[str], resolution: Resolution) -> str:
    if came & {*group.aliases}:
        return "merged"
    return "moved" if came & resolution.retired.keys() else "split"


def _because(group: Group, moved: set[str]) -> list[Doc]:
    """The first link, in the order in which links are weighed, that holds each record that came."""
    found: dict[str, Doc] = {}
    for edge in group.edges:
        if edge.state != "accepted":
            continue
        for key in {edge.a, edge.b} & moved:
            said = {"a": edge.a, "b": edge.b, "rule": edge.rule, "kind": edge.kind}
            found.setdefault(key, said)
    unique = {(edge["a"], edge["b"], edge["kind"]): edge for edge in found.values()}
    return [unique[key] for key in sorted(unique)]


def read(store: TenantStore, subject_id: str, aliases: Iterable[str]) -> list[Doc]:
    """What happened to an account or contact and to what it absorbed, latest first."""
    mine = {"ids": {"$in": sorted({subject_id, *aliases})}}
    return list(store.resolution_log.find(mine).sort("at", -1).limit(MOST))
