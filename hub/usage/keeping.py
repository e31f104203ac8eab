"""How long a tenant's raw events are kept. What was counted of them stays."""

from __future__ import annotations

from datetime import timedelta

from hub.bootstrap import Hub
from hub.errors import CorrectInput

MOST_DAYS = 3660


def period(hub: Hub, tenant_id: str) -> timedelta:
    """Raises NotFound."""
    days = hub.catalogue.control.tenant(tenant_id).get("usage_retention_days")
    return timedelta(days=days or hub.settings.usage_retention_days)


def keep(hub: Hub, tenant_id: str, days: int) -> int:
    """From now on, and for what is there: returns how many events have a new end.

    Raises CorrectInput, NotFound.
    """
    if not 1 <= days <= MOST_DAYS:
        raise CorrectInput(f"Raw events are kept 1 to {MOST_DAYS} days.", field="days")
    control, store = hub.catalogue.control, hub.store(tenant_id)
    control.tenants.update_one({"_id": tenant_id}, {"$set": {"usage_retention_days": days}})
    milliseconds = timedelta(days=days) // timedelta(milliseconds=1)
    ends = {"$set": {"expires_at": {"$add": ["$received_at", milliseconds]}}}
    return store.usage_events.update_many({}, [ends])
