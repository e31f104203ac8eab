"""Indexes behind people's decisions, and behind the reviews that wait for one."""

from __future__ import annotations

from pymongo import ASCENDING as UP
from pymongo import DESCENDING as DOWN
from pymongo.database import Database

from hub.store.client import Doc


def control(database: Database[Doc]) -> None:
    """Nothing to do."""


def shard(database: Database[Doc]) -> None:
    for name, field in (("decisions", "touches"), ("reviews", "domain")):
        keys = [("tenant_id", UP), (field, UP)]
        database[name].create_index(keys, partialFilterExpression={field: {"$exists": True}})
    for field in ("left", "right", "owner"):
        database["decisions"].create_index([("tenant_id", UP), (field, UP)])
    database["decisions"].create_index([("tenant_id", UP), ("at", DOWN), ("_id", DOWN)])
    for fields in (("records",), ("accounts",), ("state", "kind", "first_seen", "_id")):
        keys = [("tenant_id", UP), *((field, UP) for field in fields)]
        database["reviews"].create_index(keys)
