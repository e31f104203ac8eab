"""Step 3 of apply: which records are one account (or one contact), kept up to date incrementally.

The set looked at is closed over shared claims, accepted or dropped, so that the partition of that
set is the partition of the whole tenant seen through a small window. Work is bounded by what the
change touches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hub.store.client import Doc
from hub.store.control import new_id
from hub.store.tenant import TenantStore
from mappings.identity import Claim, Edge, Node, claim_keys, claims, partition

NODE_FIELDS = {
    "connection_id": 1,
    "source": 1,
    "object": 1,
    "native_id": 1,
    "entity": 1,
    "values": 1,
    "external_id": 1,
    "life": 1,
    "account_id": 1,
    "contact_id": 1,
    "keys": 1,
    "created_at": 1,
    "modified_at": 1,
    "contribution": 1,
    "links": 1,
}


@dataclass(slots=True)
class Group:
    """One component after resolution: its id, member records, edges, and ids it absorbed."""

    id: str
    anchor: str
    members: list[Doc]
    edges: list[Edge]
    minted_at: datetime
    aliases: list[str] = field(default_factory=list)
    is_new: bool = False


@dataclass(slots=True)
class Resolution:
    """What a batch did to membership.

    groups: every component of the closed set. moved: record key -> new id where it changed.
    retired: id -> survivor's id. stirred: watch keys whose answer may have changed.
    """

    groups: list[Group]
    moved: dict[str, str]
    retired: dict[str, str]
    stirred: set[str]


def own_keys(record: Doc) -> list[str]:
    """The index entries by which other records find this one: its claims and its merge target."""
    found = set(claim_keys(_claims(record)))
    target = (record.get("life") or {}).get("merged_into")
    return sorted(f"c:{key}" for key in found) + ([f"m:{target}"] if target else [])


def resolve(
    store: TenantStore,
    entity: str,
    changed: list[Doc],
    authoritative: Mapping[str, bool],
    now: datetime,
) -> Resolution:
    """Recompute the components around `changed` and match them to the ids that exist."""
    id_field, home = (
        ("account_id", store.accounts)
        if entity == "account"
        else (
            "contact_id",
            store.contacts,
        )
    )
    nodes = _closure(store, entity, id_field, changed)
    parts = partition([_node(doc, authoritative) for doc in nodes.values()], entity)
    known = {
        doc["anchor"]: doc
        for doc in home.find({"anchor": {"$in": list(nodes)}}, {"anchor": 1, "minted_at": 1})
    }
    resolution = Resolution([], {}, {}, set())
    for component in parts.components:
        members = [nodes[key] for key in sorted(component)]
        group = _identify(members, known, entity, now)
        group.edges = [e for e in parts.edges if e.a in component or e.b in component]
        resolution.groups.append(group)
        resolution.retired |= dict.fromkeys(group.aliases, group.id)
        _note_moves(resolution, group, id_field)
    for doc in changed:
        resolution.stirred |= _watched(doc)
    return resolution


def _closure(store: TenantStore, entity: str, id_field: str, changed: list[Doc]) -> dict[str, Doc]:
    nodes = {doc["_id"]: doc for doc in changed}
    frontier = list(nodes.values())
    while frontier:
        found = _neighbours(store, entity, id_field, frontier, nodes)
        frontier = [doc for doc in found if doc["_id"] not in nodes]
        nodes |= {doc["_id"]: doc for doc in frontier}
    return nodes


def _neighbours(
    store: TenantStore, entity: str, id_field: str, frontier: list[Doc], nodes: Mapping[str, Doc]
) -> Iterable[Doc]:
    """Records that share a claim, a merge or an account with the frontier."""
    keys = {k for doc in frontier for k in [*doc.get("keys", ()), *own_keys(doc)] if k[0] in "cm"}
    keys |= {f"m:{doc['_id']}" for doc in frontier}
    targets = {k[2:] for k in keys if k.startswith("m:")} - nodes.keys()
    groups = {doc[id_field] for doc in frontier if doc.get(id_field)}
    wanted: list[Doc] = [{"keys": {"$in": sorted(keys)}}]
    if targets:
        wanted.append({"_id": {"$in": sorted(targets)}})
    if groups:
        wanted.append({id_field: {"$in": sorted(groups)}})
    found: dict[str, Doc] = {}
    for condition in wanted:
        for doc in store.records.find({**condition, "entity": entity}, NODE_FIELDS):
            found[doc["_id"]] = doc
    return found.values()


def _claims(record: Doc) -> frozenset[Claim]:
    return claims(record["entity"], record.get("values") or {}, record.get("external_id"))


def _node(doc: Doc, authoritative: Mapping[str, bool]) -> Node:
    life = doc.get("life") or {}
    return Node(
        key=doc["_id"],
        connection=doc["connection_id"],
        object=doc["object"],
        authoritative=authoritative.get(doc["source"], False),
        live=not life.get("deleted", False),
        claims=_claims(doc),
        merged_into=life.get("merged_into"),
    )


def _identify(members: list[Doc], known: Mapping[str, Doc], entity: str, now: datetime) -> Group:
    """The component keeps the earliest minted id whose anchor record it holds; others are aliases.

    An id comes back by itself when its anchor leaves again: unmerge is the inverse of merge.
    """
    held = sorted(
        (known[doc["_id"]] for doc in members if doc["_id"] in known),
        key=lambda group: (group["minted_at"], group["_id"]),
    )
    if held:
        first = held[0]
        aliases = [group["_id"] for group in held[1:]]
        return Group(first["_id"], first["anchor"], members, [], first["minted_at"], aliases)
    anchor = min(members, key=_seniority)
    prefix = "acc" if entity == "account" else "con"
    return Group(new_id(prefix), anchor["_id"], members, [], now, is_new=True)


def _seniority(doc: Doc) -> tuple[bool, str, str]:
    created = doc.get("created_at")
    return (created is None, created.isoformat() if created else "", doc["_id"])


def _note_moves(resolution: Resolution, group: Group, id_field: str) -> None:
    for doc in group.members:
        if doc.get(id_field) != group.id:
            resolution.moved[doc["_id"]] = group.id
            resolution.stirred |= _watched(doc)


def _watched(doc: Doc) -> set[str]:
    """The watch keys whose answer hangs on this record, before and after its change."""
    claimed = {k for k in [*doc.get("keys", ()), *own_keys(doc)] if k.startswith("c:")}
    return {f"r:{doc['_id']}"} | {k.removeprefix("c:") for k in claimed}
