"""The raw usage events behind a record of use: what a person did, as an SDK sent it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hub.store.client import Doc
from hub.store.tenant import TenantStore

SHOWN = 5
FIELDS = {"name": 1, "kind": 1, "at": 1, "received_at": 1, "user": 1, "group": 1}


def events_of(store: TenantStore, record: Doc, since: str | None, until: str | None) -> list[Doc]:
    """The latest few of one record of use between two days: [{"id", "name", "kind", "at",
    "received_at", "user", "group"}]. None are left once they have expired."""
    values = record.get("values") or {}
    if record.get("entity") != "usage" or not values.get("user_key"):
        return []
    wanted: Doc = {"connection_id": record["connection_id"], "user": values["user_key"]}
    if values.get("group_key"):
        wanted["$or"] = [{"group": values["group_key"]}, {"group": {"$exists": False}}]
    if since and until:
        wanted["at"] = {"$gte": _start(since), "$lt": _start(until) + timedelta(days=1)}
    found = store.usage_events.find(wanted, FIELDS).sort("at", -1).limit(SHOWN)
    return [{"id": doc["_id"], **{name: doc.get(name) for name in FIELDS}} for doc in found]


def _start(day: str) -> datetime:
    return datetime.combine(datetime.fromisoformat(day).date(), time.min, UTC)
