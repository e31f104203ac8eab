"""What a group of records looks like as an account or as a contact: members, links, profile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.engine.membership import Group
from hub.store.client import Doc
from mappings.survivorship import Member, survive

KINDS = ("crm", "billing", "support", "work", "usage")


def account(group: Group, kinds: Mapping[str, str]) -> Doc:
    living = [doc for doc in group.members if not (doc.get("life") or {}).get("deleted")]
    profile = survive("account", [_member(doc, kinds) for doc in group.members])
    return {
        "anchor": group.anchor,
        "minted_at": group.minted_at,
        "merged_into": None,
        "members": [_card(doc) for doc in group.members],
        "edges": [_edge(edge) for edge in group.edges],
        "aliases": sorted(group.aliases),
        "profile": profile,
        "flat": {name: field["v"] for name, field in profile.items()},
        "external_ids": sorted({d["external_id"] for d in living if d.get("external_id")}),
        "deleted": not living,
    }


def contact(
    group: Group, homes: Mapping[str, str | None], kinds: Mapping[str, str], now: datetime
) -> Doc:
    living = [doc for doc in group.members if not (doc.get("life") or {}).get("deleted")]
    profile = survive("contact", [_member(doc, kinds) for doc in group.members])
    ranked = sorted(living or group.members, key=lambda doc: rank(doc, kinds))
    accounts = [homes.get(d["_id"], d.get("account_id")) for d in ranked]
    flat = {name: field["v"] for name, field in profile.items()}
    return {
        "anchor": group.anchor,
        "minted_at": group.minted_at,
        "merged_into": None,
        "members": [_card(doc) for doc in group.members],
        "edges": [_edge(edge) for edge in group.edges],
        "aliases": sorted(group.aliases),
        "profile": profile,
        "flat": flat,
        "account_id": next((a for a in accounts if a), None),
        "account_ids": sorted({a for a in accounts if a}),
        "deleted": not living,
        "listed": bool(living),
        "sort": {"name": str(flat.get("full_name") or "").casefold()},
        "updated_at": now,
    }


def rank(doc: Doc, kinds: Mapping[str, str]) -> tuple[int, str, str, str]:
    """Whose word on a person's account counts first: by kind of source, then by name."""
    kind = kinds.get(doc["source"], "work")
    return (KINDS.index(kind), doc["source"], doc["object"], doc["native_id"])


def _member(doc: Doc, kinds: Mapping[str, str]) -> Member:
    return Member(
        key=doc["_id"],
        source=doc["source"],
        source_kind=kinds.get(doc["source"], "work"),
        connection=doc["connection_id"],
        modified_at=doc.get("modified_at"),
        deleted=bool((doc.get("life") or {}).get("deleted")),
        values=doc.get("values") or {},
    )


def _card(doc: Doc) -> Doc:
    """A member as the account shows it."""
    life = doc.get("life") or {}
    return {
        "key": doc["_id"],
        "connection_id": doc["connection_id"],
        "source": doc["source"],
        "object": doc["object"],
        "native_id": doc["native_id"],
        "name": (doc.get("values") or {}).get("name"),
        "deleted": bool(life.get("deleted")),
        "merged_into": life.get("merged_into"),
    }


def _edge(edge: Any) -> Doc:
    return {name: getattr(edge, name) for name in EDGE_FIELDS}


EDGE_FIELDS = ("a", "b", "rule", "kind", "value", "state", "reason")
