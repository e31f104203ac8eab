"""Taking a connection away: what would go, and its going."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub import connections, erasing, grants, write_keys
from hub.describing import forget
from hub.store import leases
from hub.subscriptions import asking
from hub.writing_back import desk

if TYPE_CHECKING:
    from hub.bootstrap import Hub

REMOVAL_S = 600
"""How long nobody else gets the leases of a connection that is being removed."""


def preview(hub: Hub, tenant_id: str, connection_id: str) -> dict[str, int]:
    """What would go: counts of records, deliveries and quarantined records; and what would
    stay at the vendor: how many texts were written back."""
    store = hub.store(tenant_id)
    hub.connection(store, connection_id)
    mine = {"connection_id": connection_id}
    return {
        "records": store.records.count(mine),
        "deliveries": store.inbox.count(mine),
        "quarantined": store.quarantine.count({**mine, "state": "open"}),
        "written_back": store.written.count({**mine, "text": {"$exists": True}}),
    }


def remove(hub: Hub, tenant_id: str, connection_id: str, *, erase: bool) -> list[str]:
    """Take a connection away, with or without the data it brought; again after a crash.

    Workers that are busy with it lose their leases first, so that they write nothing afterwards.
    A sentence for all that the vendor could not be told, which an admin has to take away there.
    """
    store = hub.store(tenant_id)
    connection = hub.connection(store, connection_id)
    now = hub.now(tenant_id)
    gone = {"state": "disabled", "reason": "it is being removed"}
    store.connections.update({"_id": connection_id}, {"$set": gone})
    for stream in store.streams.find({"connection_id": connection_id}, {"stream": 1}):
        leases.seize(store, f"sync:{connection_id}:{stream['stream']}", REMOVAL_S)
    leases.seize(store, f"drain:{connection_id}", REMOVAL_S)
    leases.seize(store, f"subscriptions:{connection_id}", REMOVAL_S)
    leases.seize(store, f"write:{connection_id}", REMOVAL_S)
    left = [*asking.remove(hub, tenant_id, connection), *grants.give_back(hub, connection)]
    write_keys.forget(hub, tenant_id, connection_id)
    hub.catalogue.control.unlisten(connection_id)
    if erase:
        erasing.erase(hub, store, connection_id)
    store.streams.delete({"connection_id": connection_id})
    forget(store, connection_id)
    desk.forget(store, connection_id)
    store.forget_due("connection", connection_id)
    store.connections.delete({"_id": connection_id})
    connections.rescore(store)
    hub.bell.ring_settle(tenant_id)
    hub.catalogue.control.note(
        tenant_id,
        "admin",
        "connection removed",
        now,
        connection=connection_id,
        erase=erase,
        left=left,
    )
    return left
