"""Visitors are found by the user they turned out to be; the catalogue and its days by their source.

Only what somebody owns is in the first: most people are nobody's former visitor.
"""

from __future__ import annotations

from pymongo import ASCENDING as UP
from pymongo.database import Database

from hub.store.client import Doc


def control(database: Database[Doc]) -> None:
    """Nothing to do."""


def shard(database: Database[Doc]) -> None:
    owned = {"partialFilterExpression": {"owner": {"$exists": True}}}
    keys = [("tenant_id", UP), ("connection_id", UP), ("owner", UP)]
    database["usage_people"].create_index(keys, **owned)
    database["event_names"].create_index([("tenant_id", UP), ("connection_id", UP)])
    database["usage_days"].create_index([("tenant_id", UP), ("name_id", UP), ("day", UP)])
