"""Indexes for the portfolio's filter by band and its order by trend."""

from __future__ import annotations

from pymongo import ASCENDING as UP
from pymongo.database import Database

from hub.store.client import Doc


def control(database: Database[Doc]) -> None:
    """Nothing to do."""


def shard(database: Database[Doc]) -> None:
    for fields in (("sort.band", "sort.health", "_id"), ("sort.trend", "_id")):
        keys = [("tenant_id", UP), ("listed", UP), *((field, UP) for field in fields)]
        database["accounts"].create_index(keys)
