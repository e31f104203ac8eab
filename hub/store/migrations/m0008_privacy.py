"""Privacy requests in order, and which hashes of suppression each of them made."""

from __future__ import annotations

from typing import Any

from pymongo import ASCENDING as UP
from pymongo import DESCENDING as DOWN
from pymongo.database import Database

from hub.store.client import Doc


def control(database: Database[Doc]) -> None:
    """Nothing to do."""


def shard(database: Database[Doc]) -> None:
    requests = database["privacy_requests"]
    requests.create_index([("tenant_id", UP), ("at", DOWN), ("_id", DOWN)])
    requests.create_index([("tenant_id", UP), ("open", UP)], **_where("open"))
    database["suppressions"].create_index([("tenant_id", UP), ("requests", UP)])
    redacted = [("tenant_id", UP), ("redacted", UP)]
    database["records"].create_index(redacted, **_where("redacted"))


def _where(field: str) -> dict[str, Any]:
    return {"partialFilterExpression": {field: {"$exists": True}}}
