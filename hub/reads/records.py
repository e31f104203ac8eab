"""Tickets, work items and opportunities: source records in canonical words, as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.errors import NotFound
from hub.reads import accounts
from hub.reads.paging import Asked, Page, order_of, read
from hub.store.client import Doc
from hub.store.tenant import TenantStore

ORDERS = {"moved_at": "moved_at"}
COPIED = (
    "source",
    "connection_id",
    "object",
    "native_id",
    "external_id",
    "url",
    "account_id",
    "created_at",
    "modified_at",
    "moved_at",
    "first_seen_at",
)
FIELDS = dict.fromkeys((*COPIED, "account_path", "life", "values", "custom", "links"), 1)


def search(store: TenantStore, entity: str, asked: Asked, filters: Mapping[str, Any]) -> Page:
    """Living records of an entity, latest first. Filters: account_id, connection_id, since
    (moved at or after), deleted (also those), and canonical values by name (lists: any of)."""
    order = order_of(ORDERS, asked, "-moved_at")
    where = _where(store, filters) | {"entity": entity}
    return read(store.records, where, order, asked, shown, FIELDS)


def _where(store: TenantStore, filters: Mapping[str, Any]) -> Doc:
    where: Doc = {}
    given = {name: value for name, value in filters.items() if value not in (None, [], "")}
    if not given.pop("deleted", False):
        where["life.deleted"] = {"$ne": True}
    if "account_id" in given:
        where["account_id"] = accounts.find(store, given.pop("account_id"))["_id"]
    if "connection_id" in given:
        where["connection_id"] = given.pop("connection_id")
    if "since" in given:
        where["moved_at"] = {"$gte": given.pop("since")}
    for name, value in given.items():
        where[f"values.{name}"] = {"$in": value} if isinstance(value, list) else value
    return where


def shown(record: Doc) -> Doc:
    life = record.get("life") or {}
    return {
        "id": record["_id"],
        **{name: record.get(name) for name in COPIED},
        "deleted": bool(life.get("deleted")),
        "merged_into": life.get("merged_into"),
        "values": record.get("values") or {},
        "custom": record.get("custom") or {},
        "links": record.get("links") or [],
        "linked_by": record.get("account_path"),
    }


def one(store: TenantStore, entity: str, record_id: str) -> Doc:
    """By its id "connection:object:native id"; raises NotFound."""
    found = store.records.find_one({"_id": record_id, "entity": entity}, FIELDS)
    if found is None:
        raise NotFound(f"There is no such {entity.replace('_', ' ')}.")
    return shown(found)
