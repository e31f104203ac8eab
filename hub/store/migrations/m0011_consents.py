"""A consent that was asked for and never answered goes by itself."""

from __future__ import annotations

from pymongo.database import Database

from hub.store.client import Doc


def control(database: Database[Doc]) -> None:
    database["consents"].create_index("expires_at", expireAfterSeconds=3600)


def shard(database: Database[Doc]) -> None:
    """Nothing to do."""
