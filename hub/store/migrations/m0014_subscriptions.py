"""Finds that webhooks missed, and since when a webhook that an admin set up is known to work."""

from __future__ import annotations

from pymongo import ASCENDING as UP
from pymongo import DESCENDING as DOWN
from pymongo.database import Database

from hub.store.client import Doc


def control(database: Database[Doc]) -> None:
    old = {"state": "active", "active_at": {"$exists": False}, "last_delivery_at": {"$ne": None}}
    database["endpoints"].update_many(old, [{"$set": {"active_at": "$last_delivery_at"}}])


def shard(database: Database[Doc]) -> None:
    """The collections are made beforehand: one made within a transaction conflicts with it."""
    present = set(database.list_collection_names())
    for name in {"missed", "missed_days"} - present:
        database.create_collection(name)
    mine = [("tenant_id", UP), ("connection_id", UP)]
    database["missed"].create_index([*mine, ("due_at", UP)])
    database["missed_days"].create_index([*mine, ("day", DOWN)])
    database["missed_days"].create_index([("tenant_id", UP), ("day", UP)])
