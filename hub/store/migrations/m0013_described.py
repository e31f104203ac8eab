"""The vendors' own fields, and notices where they drift from what a mapping reads."""

from __future__ import annotations

from pymongo import ASCENDING as UP
from pymongo.database import Database

from hub.store.client import Doc


def control(database: Database[Doc]) -> None:
    """Nothing to do."""


def shard(database: Database[Doc]) -> None:
    """Fields were facts of a connection before; its next sync reads them anew."""
    present = set(database.list_collection_names())
    for name in ("described", "drift"):
        if name not in present:
            database.create_collection(name)
    of_connection = [("tenant_id", UP), ("connection_id", UP)]
    database["described"].create_index(of_connection)
    database["drift"].create_index([*of_connection, ("state", UP)])
    database["drift"].create_index([("tenant_id", UP), ("state", UP), ("since", UP), ("_id", UP)])
