"""Tenants as a whole: what has to go when one is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub import removal
from hub.store.tenant import COLLECTIONS

if TYPE_CHECKING:
    from hub.bootstrap import Hub


def remove(hub: Hub, tenant_id: str) -> None:
    """Vendors are unsubscribed first; then the data goes, and the key that reads its secrets.

    Done again after a crash it goes on where it ended. Raises NotFound.
    """
    store = hub.store(tenant_id)
    for connection in store.connections.find({}, {"_id": 1}):
        removal.remove(hub, tenant_id, connection["_id"], erase=False)
    for name in COLLECTIONS:
        getattr(store, name).delete({})
    store.forget_due("tenant")
    hub.catalogue.vault.drop(tenant_id)
    hub.catalogue.control.remove_tenant(tenant_id)
