"""What a decision would do, worked out by the very step that would do it, and thrown away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from hub.engine import membership
from hub.engine.membership import Group, Resolution
from hub.engine.window import NODE_FIELDS
from hub.errors import AlreadyThere
from hub.identity.rulings import Book
from hub.identity.wishes import Wish
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.identity import Edge, explain_edge


def of(store: TenantStore, wish: Wish, authoritative: Mapping[str, bool], now: datetime) -> Doc:
    """{allowed, because, decision, sentence, accounts, links, refused}.

    accounts: [{id (None for a new one), before [ids], name, members [{key, source, object,
    native_id, name, deleted, from}]}] that would not be as they are. links and refused: edges, each
    with its sentence, that would hold, or that would not be made and why, other than now. because
    and decision: what stands against it, and the earlier decision that says so.
    """
    after = _resolve(store, wish, authoritative, now, _book(store, wish))
    before = _resolve(store, wish, authoritative, now, Book(store))
    known = set(before.edges)
    changed = [edge for edge in after.edges if edge not in known]
    against = _contradicted(before, after)
    field = "account_id" if wish.entity == "account" else "contact_id"
    return {
        "allowed": against is None,
        "because": explain_edge(against) if against else None,
        "decision": _earlier(wish, against) if against else None,
        "sentence": wish.sentence,
        "accounts": [_group(g, field) for g in after.groups if _is_moved(g, after, field)],
        "links": [_edge(edge) for edge in changed if edge.state == "accepted"],
        "refused": [_edge(edge) for edge in changed if edge.state != "accepted"],
    }


def check(store: TenantStore, wish: Wish, authoritative: Mapping[str, bool], now: datetime) -> None:
    """Raises AlreadyThere, naming it, when an earlier decision says the opposite."""
    if wish.undone or wish.decision.kind == "domain":
        return
    after = _resolve(store, wish, authoritative, now, _book(store, wish))
    before = _resolve(store, wish, authoritative, now, Book(store))
    against = _contradicted(before, after)
    if against is not None:
        earlier = _earlier(wish, against)
        told = f"Decision {earlier} says the opposite. Undo it first."
        raise AlreadyThere(told, reason="contradiction", field="decision")


def _book(store: TenantStore, wish: Wish) -> Book:
    if wish.undone:
        return Book(store, without=[wish.decision.id])
    return Book(store, added=[wish.decision])


def _resolve(
    store: TenantStore,
    wish: Wish,
    authoritative: Mapping[str, bool],
    now: datetime,
    book: Book,
) -> Resolution:
    named = {"_id": {"$in": list(wish.records)}, "entity": wish.entity}
    docs = list(store.records.find(named, NODE_FIELDS))
    return membership.resolve(store, wish.entity, docs, authoritative, now, book)


def _contradicted(before: Resolution, after: Resolution) -> Edge | None:
    """What a person said and what held until now, and cannot hold beside the new decision; or the
    new decision itself."""
    unheld = {edge for edge in before.edges if edge.kind == "same" and edge.state == "dropped"}
    return next(
        (e for e in after.edges if e.kind == "same" and e.state == "dropped" and e not in unheld),
        None,
    )


def _earlier(wish: Wish, against: Edge) -> str:
    """The decision on the other side: the one that keeps apart, or the one that joins."""
    if wish.decision.kind == "same":
        return str(against.reason).rpartition("(")[2].rstrip(")")
    return against.value


def _is_moved(group: Group, after: Resolution, field: str) -> bool:
    return bool(group.aliases) or any(doc["_id"] in after.moved for doc in group.members)


def _group(group: Group, field: str) -> Doc:
    living = [doc for doc in group.members if not (doc.get("life") or {}).get("deleted")]
    return {
        "id": None if group.is_new else group.id,
        "before": sorted({doc[field] for doc in group.members if doc.get(field)}),
        "name": _name(living or group.members),
        "members": [_member(doc, field) for doc in group.members],
    }


def _name(docs: Iterable[Doc]) -> str | None:
    values = [doc.get("values") or {} for doc in docs]
    names = (v.get("name") or v.get("full_name") for v in values)
    return next((str(name) for name in names if name), None)


def _member(doc: Doc, field: str) -> Doc:
    return {
        "key": doc["_id"],
        "source": doc["source"],
        "object": doc["object"],
        "native_id": doc["native_id"],
        "name": _name([doc]),
        "deleted": bool((doc.get("life") or {}).get("deleted")),
        "from": doc.get(field),
    }


def _edge(edge: Edge) -> Doc:
    names = ("a", "b", "rule", "kind", "value", "state", "reason")
    return {name: getattr(edge, name) for name in names} | {"sentence": explain_edge(edge)}
