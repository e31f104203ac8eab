"""What RQ runs, by name: each job is a doorbell's answer, bounded, and harmless to run again."""

from __future__ import annotations

from time import monotonic

import structlog

from hub.bootstrap import Hub
from hub.engine import apply, replay, runs
from hub.engine.apply import SLICE_S
from hub.errors import HubError, LeaseLost, NotFound
from hub.scorecards import activation
from hub.store.errors import StoreError
from hub.subscriptions import looking
from hub.writing_back import work as writing_back

log = structlog.get_logger(__name__)

_current: list[Hub] = []


def use(hub: Hub) -> None:
    """Called once by the worker process before it takes jobs."""
    _current[:] = [hub]


def drain(tenant_id: str, connection_id: str) -> None:
    hub = _current[0]
    try:
        done = apply.drain(hub, tenant_id, connection_id)
    except (LeaseLost, NotFound) as error:
        log.info("drain_stopped", reason=error.reason)
        return
    except StoreError as error:
        log.warning("drain_interrupted", error=type(error).__name__)
        return
    if not done:
        hub.bell.ring_drain(tenant_id, connection_id)


def settle(tenant_id: str) -> None:
    hub = _current[0]
    hub.bell.lower("hub.jobs.settle", tenant_id)
    try:
        done = apply.settle(hub, tenant_id)
    except (NotFound, StoreError) as error:
        log.warning("settle_interrupted", error=type(error).__name__)
        return
    if not done:
        hub.bell.ring_settle(tenant_id)


def usage(tenant_id: str) -> None:
    hub = _current[0]
    hub.bell.lower("hub.jobs.usage", tenant_id)
    try:
        done = apply.use(hub, tenant_id)
    except (HubError, StoreError) as error:
        log.warning("usage_interrupted", error=type(error).__name__)
        return
    if not done:
        hub.bell.ring_usage(tenant_id)


def sync(tenant_id: str, connection_id: str, stream: str) -> None:
    hub = _current[0]
    hub.bell.lower("hub.jobs.sync", tenant_id, connection_id, stream)
    try:
        if not runs.is_due(hub.store(tenant_id), connection_id, stream, hub.now(tenant_id)):
            return
        done = apply.sync(hub, tenant_id, connection_id, stream)
    except (HubError, StoreError) as error:
        log.warning("sync_interrupted", error=type(error).__name__, sentence=str(error)[:200])
        return
    if not done:
        hub.bell.ring_sync(tenant_id, connection_id, stream)


def look(tenant_id: str, connection_id: str) -> None:
    """Look after a connection's subscriptions; when the next look is due stands in MongoDB."""
    hub = _current[0]
    try:
        looking.look(hub, tenant_id, connection_id)
    except (HubError, StoreError) as error:
        log.warning("look_interrupted", error=type(error).__name__, sentence=str(error)[:200])
    finally:
        hub.bell.lower("hub.jobs.look", tenant_id, connection_id)


def write_back(tenant_id: str, connection_id: str) -> None:
    """What is left is due in MongoDB, and rung for by the scheduler."""
    hub = _current[0]
    hub.bell.lower("hub.jobs.write_back", tenant_id, connection_id)
    try:
        writing_back.work(hub, tenant_id, connection_id, monotonic() + SLICE_S)
    except (HubError, StoreError) as error:
        log.warning("write_back_interrupted", error=type(error).__name__)


def remap(tenant_id: str, connection_id: str, object: str) -> None:
    """What is left is seen on the mapping's page, and may be asked for again."""
    hub, until = _current[0], monotonic() + SLICE_S
    hub.bell.lower("hub.jobs.remap", tenant_id, connection_id, object)
    try:
        replay.remap(hub, tenant_id, connection_id, object, until)
    except (HubError, StoreError) as error:
        log.warning("remap_interrupted", error=type(error).__name__)
        return
    if monotonic() >= until:
        hub.bell.ring_remap(tenant_id, connection_id, object)


def scorecards(tenant_id: str) -> None:
    hub = _current[0]
    hub.bell.lower("hub.jobs.scorecards", tenant_id)
    try:
        done = activation.work(hub, tenant_id, monotonic() + SLICE_S)
    except (NotFound, StoreError) as error:
        log.warning("scorecards_interrupted", error=type(error).__name__)
        return
    if not done:
        hub.bell.ring_scorecards(tenant_id)
