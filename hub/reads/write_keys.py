"""Write keys as they are shown, and what was refused of their events; never the key itself."""

from __future__ import annotations

from hub import write_keys
from hub.bootstrap import Hub
from hub.store import usage_intake
from hub.store.client import Doc

SHOWN = ("connection_id", "name", "last4", "origins", "rate", "state", "created_at", "last_used_at")
REFUSED = ("at", "status", "reason", "sentence", "field", "event_id", "shape", "headers", "sender")


def shown(key: Doc) -> Doc:
    return {"id": key["_id"], **{name: key[name] for name in SHOWN}}


def everything(hub: Hub, tenant_id: str, connection_id: str | None = None) -> list[Doc]:
    """Newest first, revoked ones too."""
    return [shown(key) for key in write_keys.everything(hub, tenant_id, connection_id)]


def book(hub: Hub, tenant_id: str, connection_id: str) -> Doc:
    """{"received", "accepted", "duplicate", "rejected": {reason: n}} of what was answered."""
    return usage_intake.book(hub.store(tenant_id), connection_id)


def refused(hub: Hub, tenant_id: str, connection_id: str) -> list[Doc]:
    """The last refused events and requests of a source's keys, newest first; only their shape."""
    store = hub.store(tenant_id)
    hub.connection(store, connection_id)
    keys = write_keys.everything(hub, tenant_id, connection_id)
    mine = {"endpoint_id": {"$in": [key["_id"] for key in keys]}}
    found = store.refused.find(mine).sort("at", -1).limit(write_keys.REFUSED_KEPT)
    return [
        {
            "id": doc["_id"],
            "write_key_id": doc["endpoint_id"],
            **{name: doc.get(name) for name in REFUSED},
        }
        for doc in found
    ]
