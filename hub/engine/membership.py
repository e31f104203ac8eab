"""Step 3 of apply: which records are one account (or one contact), kept up to date incrementally.

The set looked at is a closed window, so that its partition is the partition of the whole tenant.
Work is bounded by what the change touches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hub.engine.window import Window, target
from hub.identity.rulings import Book
from hub.store.client import Doc
from hub.store.control import new_id
from hub.store.tenant import TenantStore
from mappings.identity import Claim, Edge, Partition, claim_keys, partition

HINTS = frozenset({"c:g:", "c:n:"})
"""Claims by which no record is led to an account."""


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
    retired: id -> survivor's id. stirred: watch keys whose answer may have changed. hot: claims
    that may link otherwise than before. silenced: claims that link nothing, of whose claimants not
    all were looked at. edges: all that were weighed. keys: of each record that changed or moved,
    see `own_keys`.
    """

    groups: list[Group]
    moved: dict[str, str]
    retired: dict[str, str]
    stirred: set[str]
    hot: set[Claim] = field(default_factory=set)
    silenced: set[Claim] = field(default_factory=set)
    edges: list[Edge] = field(default_factory=list)
    keys: dict[str, list[str]] = field(default_factory=dict)


def own_keys(record: Doc, held: Iterable[Claim]) -> list[str]:
    """The index entries by which other records find this one: its claims and its merge target."""
    into = target(record)
    return [f"c:{key}" for key in claim_keys(held)] + ([f"m:{into}"] if into else [])


def standing(record: Doc) -> str:
    """Whether others may hang on it, and as whom: a change of it is news to all who watch it."""
    life = record.get("life") or {}
    if life.get("deleted"):
        return "merged" if life.get("merged_into") else "gone"
    return "internal" if (record.get("values") or {}).get("is_internal") else "live"


def resolve(
    store: TenantStore,
    entity: str,
    changed: list[Doc],
    authoritative: Mapping[str, bool],
    now: datetime,
    book: Book | None = None,
) -> Resolution:
    """Recompute the components around `changed` and match them to the ids that exist.

    `book`: the decisions that are to hold, if not those in force.
    """
    home = store.accounts if entity == "account" else store.contacts
    id_field = "account_id" if entity == "account" else "contact_id"
    window = Window(store, entity, changed, authoritative, book or Book(store))
    parts = partition(window.nodes, entity, window.decisions.values(), window.silenced)
    anchored = {"anchor": {"$in": list(window.docs)}}
    known = {doc["anchor"]: doc for doc in home.find(anchored, {"anchor": 1, "minted_at": 1})}
    resolution = Resolution([], {}, {}, set(), window.hot, {*window.silenced}, parts.edges)
    edges = _by_component(parts)
    for doc in changed:
        resolution.keys[doc["_id"]] = own_keys(doc, window.node(doc["_id"]).claims)
    for component in parts.components:
        members = [window.docs[key] for key in sorted(component)]
        group = _identify(members, known, entity, now)
        group.edges = edges[component]
        resolution.groups.append(group)
        resolution.retired |= dict.fromkeys(group.aliases, group.id)
        _note_moves(resolution, group, id_field, window)
    for doc in changed:
        if _is_news(doc, resolution.keys[doc["_id"]]):
            resolution.stirred |= _watched(doc, resolution.keys[doc["_id"]])
    resolution.stirred |= _owned(window, resolution)
    return resolution


def _by_component(parts: Partition) -> Mapping[frozenset[str], list[Edge]]:
    """The edges at each component; a dropped one is seen from both of its ends."""
    home = {key: component for component in parts.components for key in component}
    found: dict[frozenset[str], list[Edge]] = {component: [] for component in parts.components}
    for edge in parts.edges:
        for component in {home[edge.a], home[edge.b]}:
            found[component].append(edge)
    return found


def _is_news(doc: Doc, keys: Iterable[str]) -> bool:
    """Whether what a changed record means to others has changed, beyond where it belongs."""
    before = {key for key in doc.get("keys", ()) if key[0] in "cm"}
    return doc.get("stood") != standing(doc) or _telling(before) != _telling(keys)


def _telling(keys: Iterable[str]) -> set[str]:
    return {key for key in keys if key[:4] not in HINTS}


def _owned(window: Window, resolution: Resolution) -> set[str]:
    """Domains that follow an owner who moved, or of whom something else is news."""
    return {
        f"d:{decision.domain}"
        for decision in window.decisions.values()
        if decision.owner in resolution.keys
    }


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


def _note_moves(resolution: Resolution, group: Group, id_field: str, window: Window) -> None:
    for doc in group.members:
        if doc.get(id_field) != group.id:
            key = doc["_id"]
            resolution.moved[key] = group.id
            resolution.keys[key] = own_keys(doc, window.node(key).claims)
            resolution.stirred |= _watched(doc, resolution.keys[key])


def _watched(doc: Doc, keys: Iterable[str]) -> set[str]:
    """The watch keys whose answer hangs on this record, before and after its change."""
    claimed = {key for key in [*doc.get("keys", ()), *keys] if key.startswith("c:")}
    return {f"r:{doc['_id']}"} | {key.removeprefix("c:") for key in _telling(claimed)}
