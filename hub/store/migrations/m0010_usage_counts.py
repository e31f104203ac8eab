"""Visitors are found by the user they turned out to be, people by what must be made of them anew;
the catalogue by its source and the days by their name.
"""

from __future__ import annotations

from pymongo import ASCENDING as UP
from pymongo.database import Database

from hub.store.client import Doc


def control(database: Database[Doc]) -> None:
    """Nothing to do."""


def shard(database: Database[Doc]) -> None:
    people = database["usage_people"]
    by_owner = [("tenant_id", UP), ("connection_id", UP), ("owner", UP)]
    people.create_index(by_owner, partialFilterExpression={"owner": {"$exists": True}})
    anew = [("tenant_id", UP), ("again", UP)]
    people.create_index(anew, partialFilterExpression={"again": {"$exists": True}})
    seen = [("tenant_id", UP), ("last_at", UP)]
    people.create_index(seen, partialFilterExpression={"kind": "anonymous"})
    database["event_names"].create_index([("tenant_id", UP), ("connection_id", UP)])
    database["usage_days"].create_index([("tenant_id", UP), ("name_id", UP), ("day", UP)])
