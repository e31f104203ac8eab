"""What happened to the membership of accounts and contacts, and what people said of links."""

from __future__ import annotations

from pymongo import ASCENDING as UP
from pymongo import DESCENDING as DOWN
from pymongo.database import Database

from hub.store.client import Doc

COLLECTIONS = ("resolution_log", "link_labels")


def control(database: Database[Doc]) -> None:
    """Nothing to do."""


def shard(database: Database[Doc]) -> None:
    """Collections are made beforehand: a transaction that creates one conflicts."""
    present = set(database.list_collection_names())
    for name in COLLECTIONS:
        if name not in present:
            database.create_collection(name)
    log = database["resolution_log"]
    log.create_index([("tenant_id", UP), ("ids", UP), ("at", DOWN)])
    log.create_index([("tenant_id", UP), ("kind", UP), ("at", DOWN)])
    database["link_labels"].create_index([("tenant_id", UP), ("state", UP), ("drawn_at", DOWN)])
