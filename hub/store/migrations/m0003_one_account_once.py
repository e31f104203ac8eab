"""A vendor account is connected once in a tenant, also when two people connect it at one moment."""

from __future__ import annotations

from pymongo import ASCENDING as UP
from pymongo.database import Database

from hub.store.client import Doc


def control(database: Database[Doc]) -> None:
    """Nothing to do."""


def shard(database: Database[Doc]) -> None:
    keys = [("tenant_id", UP), ("connector", UP), ("account.id", UP)]
    database["connections"].create_index(keys, unique=True)
