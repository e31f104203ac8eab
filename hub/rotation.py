"""Rotation of keys: the master key of the installation, and the data key of one tenant."""

from __future__ import annotations

from hub import endpoints
from hub.bootstrap import Hub
from hub.privacy import suppression


def rotate_tenant(hub: Hub, tenant_id: str) -> int:
    """Give the tenant a new data key and seal its secrets anew; returns how many were sealed.

    The former key goes with the next rotation, when nothing can be sealed with it any more.
    """
    vault = hub.catalogue.vault
    vault.renew(tenant_id)
    store = hub.store(tenant_id)
    count = 0
    for connection in store.connections.find({}, {"secrets": 1, "grant": 1}):
        for field in ("secrets", "grant"):
            if field in connection:
                sealed = vault.seal(tenant_id, vault.open(connection[field]))
                same = {"_id": connection["_id"], field: connection[field]}
                count += store.connections.update(same, {"$set": {field: sealed}})
    for endpoint in hub.catalogue.control.endpoints.find({"tenant_id": tenant_id}):
        sealed = vault.seal(tenant_id, endpoints.hidden(hub, endpoint))
        same = {"_id": endpoint["_id"], "tenant_id": tenant_id, "sealed": endpoint["sealed"]}
        changed = hub.catalogue.control.endpoints.update_one(same, {"$set": {"sealed": sealed}})
        count += changed.matched_count
    count += suppression.reseal(vault, store)
    hub.catalogue.control.note(tenant_id, "operator", "data key rotated", hub.now())
    return count


def rotate_master(hub: Hub) -> int:
    """Wrap every tenant's data key with the present master key; returns how many were wrapped.

    Start with HUB_MASTER_KEY set to the new key and HUB_MASTER_KEY_PREVIOUS to the former one;
    afterwards the former one is needed no more.
    """
    return hub.catalogue.vault.rewrap()
