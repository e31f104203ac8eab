"""One connection's work, put together: what the jobs of the worker call.

Each function keeps its own deadline between items; the queue's time-out is only the last resort.
"""

from __future__ import annotations

from functools import partial
from time import monotonic

import structlog

from hub import connections
from hub.bootstrap import Hub
from hub.engine import runs, supply, tell, usage
from hub.engine.drain import LEASE_S as DRAIN_LEASE_S
from hub.engine.drain import Drain
from hub.engine.settle import Settler
from hub.privacy import work as privacy
from hub.store import inbox, leases
from hub.store.client import Doc
from hub.store.tenant import TenantStore

log = structlog.get_logger(__name__)

SLICE_S = 10.0
SYNC_SLICE_S = 20.0


def settler(hub: Hub, store: TenantStore) -> Settler:
    authoritative = {name: c.authoritative for name, c in hub.plugins.connectors.items()}
    known = partial(
        supply.load, connectors=hub.plugins.connectors, signals=tuple(hub.plugins.signals.values())
    )
    return Settler(store, known, authoritative, lambda: hub.now(store.tenant_id))


def _finish(hub: Hub, store: TenantStore, deadline: float) -> None:
    """Settle what was recorded, and tell; what is left at the deadline is rung for."""
    if not settler(hub, store).run(deadline):
        hub.bell.ring_settle(store.tenant_id)
    tell.tell(hub, store)


def settle(hub: Hub, tenant_id: str) -> bool:
    """Settle, tell and work off privacy requests; True when nothing is left to do."""
    store = hub.store(tenant_id)
    deadline = monotonic() + SLICE_S
    done = settler(hub, store).run(deadline)
    told = tell.tell(hub, store)
    return privacy.work(hub, store, deadline) and told and done


def use(hub: Hub, tenant_id: str) -> bool:
    """Count the usage events that wait, and settle; True when none is left."""
    store = hub.store(tenant_id)
    deadline = monotonic() + SLICE_S
    done = usage.work(hub, store, deadline)
    _finish(hub, store, deadline)
    hub.bell.publish(tenant_id, "usage")
    return done


def drain(hub: Hub, tenant_id: str, connection_id: str) -> bool:
    """Drain one connection's inbox for a bounded time; True when the inbox is empty."""
    store = hub.store(tenant_id)
    connection = hub.connection(store, connection_id)
    if connection["state"] != "active":
        inbox.hold(store, connection_id, connection["state"])
        hub.bell.lower("hub.jobs.drain", tenant_id, connection_id)
        return True
    lease = leases.acquire(store, f"drain:{connection_id}", DRAIN_LEASE_S)
    if lease is None:
        # Whoever drains must be able to ring for what arrives after their last look.
        hub.bell.lower("hub.jobs.drain", tenant_id, connection_id)
        return True
    try:
        _drain(hub, store, connection, lease)
    finally:
        leases.release(store, lease)
    return not inbox.has_due(store, connection_id, hub.now(tenant_id))


def _drain(hub: Hub, store: TenantStore, connection: Doc, lease: leases.Lease) -> None:
    tenant_id, connection_id = store.tenant_id, connection["_id"]
    deadline = monotonic() + SLICE_S

    def finish() -> None:
        _finish(hub, store, deadline)
        hub.bell.publish(tenant_id, "deliveries", connection_id)

    Drain(
        store=store,
        source=hub.source(store, connection),
        account=connection["account"].get("id", ""),
        open_client=lambda: hub.client(connection),
        now=lambda: hub.now(tenant_id),
        settle=finish,
        reconnect=lambda why: connections.needs_reconnect(hub, store, connection_id, why),
        lease=lease,
    ).run(deadline, lambda: hub.bell.lower("hub.jobs.drain", tenant_id, connection_id))


def sync(hub: Hub, tenant_id: str, connection_id: str, stream: str) -> bool:
    """One slice of a stream's sync; True when the run has ended."""
    store = hub.store(tenant_id)
    connection = hub.connection(store, connection_id)
    if connection["state"] != "active":
        return True

    def finish() -> None:
        _finish(hub, store, monotonic() + SYNC_SLICE_S)

    return runs.work(hub, store, connection, stream, monotonic() + SYNC_SLICE_S, finish)
