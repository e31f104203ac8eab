"""What is written back to vendors, and what is due to be."""

from __future__ import annotations

from pymongo import ASCENDING as UP
from pymongo import DESCENDING as DOWN
from pymongo.database import Database

from hub.store.client import Doc


def control(database: Database[Doc]) -> None: ...


def shard(database: Database[Doc]) -> None:
    if "written" not in database.list_collection_names():
        database.create_collection("written")
    mine = [("tenant_id", UP), ("connection_id", UP)]
    database["written"].create_index([*mine, ("due_at", UP)])
    database["written"].create_index([*mine, ("at", DOWN)])
