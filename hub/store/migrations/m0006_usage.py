"""Write keys, and raw usage events: unique by id, found by what waits, by time, by person.

The expiry alone does not begin with the tenant: MongoDB expires by an index of one field.
"""

from __future__ import annotations

from pymongo import ASCENDING as UP
from pymongo import DESCENDING as DOWN
from pymongo.database import Database

from hub.store.client import Doc


def control(database: Database[Doc]) -> None:
    database["write_keys"].create_index("hash", unique=True)
    database["write_keys"].create_index([("tenant_id", UP), ("connection_id", UP)])


def shard(database: Database[Doc]) -> None:
    """Lists of events go by time, whether of all, a source, a person or an account's group."""
    events = database["usage_events"]
    latest = [("at", DOWN), ("_id", DOWN)]
    events.create_index([("tenant_id", UP), *latest])
    events.create_index([("tenant_id", UP), ("connection_id", UP), *latest])
    for field, order in (("due", []), ("anonymous", []), ("user", latest), ("group", latest)):
        some = {field: {"$exists": True}}
        keys = [("tenant_id", UP), (field, UP), *order]
        events.create_index(keys, partialFilterExpression=some)
    events.create_index("expires_at", expireAfterSeconds=0)
