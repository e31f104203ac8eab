"""What is apart between a tenant, its vendor, and a tenant that has just read everything anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from hub.health.state import HORIZON_DAYS
from hub.prove.picture import picture, unlike
from hub.sandbox.vendor import Vendor
from hub.store import inbox
from hub.store.tenant import TenantStore

Tables = Mapping[str, Sequence[str]]
"""By table of the sandbox: the objects of the hub that its records are."""


def from_vendor(store: TenantStore, vendor: Vendor, tables: Tables) -> list[str]:
    """Records that the vendor has and we lack, or that we have and it lacks."""
    found = []
    for table, objects in tables.items():
        there = set(vendor.table(table).ids())
        alive = {"object": {"$in": list(objects)}, "life.deleted": False}
        here = {doc["native_id"] for doc in store.records.find(alive, {"native_id": 1})}
        found += [f"{table} {id}: only at the vendor" for id in sorted(there - here)]
        found += [f"{table} {id}: only in the hub" for id in sorted(here - there)]
    return found


def from_clean(store: TenantStore, clean: TenantStore, now: datetime) -> list[str]:
    """Where records and picture differ from those of a tenant that has read everything just now."""
    found = list(unlike(_said(store), _said(clean)))
    since = (now - timedelta(days=HORIZON_DAYS - 1)).date().isoformat()
    pictures = picture(store, since), picture(clean, since)
    return found + [f"picture {line}" for line in unlike(*pictures)]


def _said(store: TenantStore) -> dict[str, Any]:
    """What the living records say, without how and when they came."""
    return {
        doc["_id"].partition(":")[2]: {
            name: doc.get(name) for name in ("values", "links", "custom")
        }
        for doc in store.records.find({"life.deleted": False, "values": {"$exists": True}})
    }


def unbalanced(store: TenantStore, connection_id: str) -> Iterator[str]:
    """What is wrong in the two books, and what was left undone."""
    books = inbox.ledger(store, connection_id)
    told = books["deliveries"]
    if told["received"] != told["done"] + told["duplicate"]:
        yield f"not all deliveries are done: {told}"
    if books["changes"]["failed"] or books["changes"]["quarantined"]:
        yield f"changes that went wrong: {books['changes']}"
    for name in ("quarantine", "fetches", "outbox", "missed"):
        if left := getattr(store, name).count({}):
            yield f"{left} left in {name}"


def books(store: TenantStore, connection_id: str) -> dict[str, int]:
    """The book of deliveries."""
    found: dict[str, int] = inbox.ledger(store, connection_id)["deliveries"]
    return found
