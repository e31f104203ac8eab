"""API keys as they are shown: by name and hint, never the key."""

from __future__ import annotations

from hub.bootstrap import Hub
from hub.store.client import Doc


def shown(key: Doc) -> Doc:
    fields = ("name", "hint", "created_at", "revoked_at")
    return {"id": key["_id"], **{name: key[name] for name in fields}}


def everything(hub: Hub, tenant_id: str) -> list[Doc]:
    """A tenant's keys, newest first, revoked ones too."""
    found = hub.catalogue.control.api_keys.find({"tenant_id": tenant_id})
    return [shown(key) for key in found.sort("created_at", -1)]
