"""Tenants as they are shown: {id, name, sandbox, created_at}, and how much they hold."""

from __future__ import annotations

from hub.bootstrap import Hub
from hub.store.client import Doc


def shown(tenant: Doc) -> Doc:
    return {
        "id": tenant["_id"],
        "name": tenant["name"],
        "sandbox": bool(tenant.get("sandbox")),
        "created_at": tenant["created_at"],
    }


def one(hub: Hub, tenant_id: str) -> Doc:
    """With `connections` and `accounts`, both counted; raises NotFound."""
    store = hub.store(tenant_id)
    counts = {
        "connections": store.connections.count({}),
        "accounts": store.accounts.count({"listed": True}),
    }
    return {**shown(hub.catalogue.control.tenant(tenant_id)), **counts}


def everyone(hub: Hub) -> list[Doc]:
    """All tenants, oldest first: for the operator alone."""
    found = hub.catalogue.control.tenants.find({}).sort([("created_at", 1), ("_id", 1)])
    return [one(hub, tenant["_id"]) for tenant in found]
