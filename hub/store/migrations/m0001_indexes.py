"""The first schema: unique ids carry the guarantees, other indexes begin with tenant_id.

Indexes behind a list in pages end with `_id`, which settles the order of equal rows.
"""

from __future__ import annotations

from typing import Any

from pymongo import ASCENDING as UP
from pymongo import DESCENDING as DOWN
from pymongo.database import Database

from hub.store.client import Doc
from hub.store.tenant import COLLECTIONS


def control(database: Database[Doc]) -> None:
    database["users"].create_index([("tenant_id", UP), ("email", UP)], unique=True)
    database["api_keys"].create_index("hash", unique=True)
    database["endpoints"].create_index("hash", unique=True)
    database["endpoints"].create_index([("tenant_id", UP), ("connection_id", UP)])
    database["app_accounts"].create_index([("connector", UP), ("account", UP)])
    database["app_accounts"].create_index("connection_id")
    database["links"].create_index("expires_at", expireAfterSeconds=3600)
    database["audit"].create_index([("tenant_id", UP), ("at", DOWN)])
    database["vault"].create_index(
        "keyAltNames", unique=True, partialFilterExpression={"keyAltNames": {"$exists": True}}
    )


def shard(database: Database[Doc]) -> None:
    _create_collections(database)
    for collection, fields, options in INDEXES:
        keys = [("tenant_id", UP), *fields]
        database[collection].create_index(keys, **options)


def _create_collections(database: Database[Doc]) -> None:
    """Made beforehand: a transaction that creates a collection conflicts with its neighbours."""
    present = set(database.list_collection_names())
    for name in (*COLLECTIONS, "due"):
        if name not in present:
            database.create_collection(name)


def _where(field: str) -> dict[str, Any]:
    return {"partialFilterExpression": {field: {"$exists": True}}}


INDEXES: list[tuple[str, list[tuple[str, int]], dict[str, Any]]] = [
    ("inbox", [("connection_id", UP), ("state", UP), ("due_at", UP)], {}),
    ("inbox", [("received_at", DOWN), ("_id", DOWN)], {}),
    ("inbox", [("connection_id", UP), ("duplicates", UP)], _where("duplicates")),
    ("records", [("due", UP)], _where("due")),
    ("records", [("keys", UP)], {}),
    ("records", [("account_id", UP), ("entity", UP), ("moved_at", DOWN)], {}),
    ("records", [("contact_id", UP)], _where("contact_id")),
    ("records", [("entity", UP), ("moved_at", DOWN), ("_id", DOWN)], {}),
    ("records", [("connection_id", UP), ("object", UP), ("state", UP)], {}),
    ("versions", [("record", UP), ("at", DOWN)], {}),
    ("versions", [("at", UP)], {}),
    ("accounts", [("anchor", UP)], {}),
    ("accounts", [("listed", UP), ("sort.health", UP), ("_id", UP)], {}),
    ("accounts", [("listed", UP), ("sort.name", UP), ("_id", UP)], {}),
    ("accounts", [("listed", UP), ("sort.mrr", DOWN), ("_id", DOWN)], {}),
    ("accounts", [("listed", UP), ("sort.open_tickets", DOWN), ("_id", DOWN)], {}),
    ("accounts", [("listed", UP), ("sort.last_touch", DOWN), ("_id", DOWN)], {}),
    ("accounts", [("score_due", UP)], _where("score_due")),
    ("accounts", [("next_due", UP)], _where("next_due")),
    ("contacts", [("anchor", UP)], {}),
    ("contacts", [("account_id", UP), ("sort.name", UP)], {}),
    ("contacts", [("sort.name", UP), ("_id", UP)], {}),
    ("connections", [("connector", UP)], {}),
    ("streams", [("next_sync_at", UP)], {}),
    ("runs", [("started_at", DOWN), ("_id", DOWN)], {}),
    ("runs", [("connection_id", UP), ("stream", UP), ("started_at", DOWN)], {}),
    ("listings", [("connection_id", UP), ("stream", UP), ("run", UP)], {}),
    ("quarantine", [("state", UP), ("at", DOWN), ("_id", DOWN)], {}),
    ("quarantine", [("connection_id", UP), ("state", UP), ("at", DOWN)], {}),
    ("outbox", [("at", UP)], {}),
    ("events", [("account_id", UP), ("at", DOWN)], {}),
    ("health_days", [("account_id", UP), ("day", DOWN)], {}),
    ("refused", [("endpoint_id", UP), ("at", DOWN)], {}),
    ("fetches", [("connection_id", UP), ("due_at", UP)], {}),
    ("leases", [("expires_at", UP)], {}),
]
