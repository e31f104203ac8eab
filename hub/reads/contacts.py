"""People at customers, as they are shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hub.errors import NotFound
from hub.reads import accounts
from hub.reads.paging import Asked, Page, order_of, read
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings import normalise

ORDERS = {"name": "sort.name"}
LISTED = {"flat": 1, "account_id": 1, "account_ids": 1, "sort": 1, "members.source": 1}


def search(store: TenantStore, asked: Asked, filters: Mapping[str, Any]) -> Page:
    """Living contacts by name. Filters: account_id, email, q (in the name)."""
    order = order_of(ORDERS, asked, "name")
    return read(store.contacts, _where(store, filters), order, asked, summary, LISTED)


def _where(store: TenantStore, filters: Mapping[str, Any]) -> Doc:
    where: Doc = {"listed": True}
    if filters.get("account_id"):
        where["account_ids"] = accounts.find(store, filters["account_id"])["_id"]
    if filters.get("email"):
        where["flat.emails"] = normalise.email(str(filters["email"]))
    if filters.get("q"):
        where["sort.name"] = {"$regex": re.escape(str(filters["q"]).casefold())}
    return where


def summary(contact: Doc) -> Doc:
    return {
        "id": contact["_id"],
        "account_id": contact.get("account_id"),
        "account_ids": contact.get("account_ids", []),
        "values": contact.get("flat", {}),
        "sources": sorted({member["source"] for member in contact.get("members", ())}),
    }


def one(store: TenantStore, contact_id: str) -> Doc:
    """With provenance and identity; a merged id answers with the contact that lives on."""
    contact = find(store, contact_id)
    profile = contact.get("profile", {})
    return {
        **summary(contact),
        "asked_id": contact_id,
        "deleted": bool(contact.get("deleted")),
        "profile": {name: accounts.provenance(answer) for name, answer in profile.items()},
        "members": contact.get("members", []),
        "edges": [accounts.explained(edge) for edge in contact.get("edges", ())],
    }


def find(store: TenantStore, contact_id: str) -> Doc:
    """The contact, or the one that it was merged into; raises NotFound."""
    wanted = contact_id
    for _ in range(accounts.MOST_MERGES):
        found = store.contacts.find_one({"_id": wanted})
        if found is None:
            break
        if not found.get("merged_into"):
            return found
        wanted = found["merged_into"]
    raise NotFound("There is no such contact.")
