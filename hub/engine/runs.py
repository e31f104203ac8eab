"""Runs of a stream's sync: started, resumed after a crash, finished, failed, due again.

One run per stream at a time, held by a lease. A run keeps its own cursor; the stream's cursor is
moved page by page in an incremental run, and at the end of a full one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from hub import connections, describing
from hub.api import Stream
from hub.bootstrap import Hub
from hub.drift import look
from hub.engine import vanished
from hub.engine.incoming import Source
from hub.engine.sync import LEASE_S, Sync, next_time
from hub.errors import HubError, LeaseLost, NotFound, Reconnect, RetryLater, unforeseen
from hub.faultpoints import point
from hub.queue import JobTimeout
from hub.store import leases
from hub.store.client import Doc
from hub.store.control import new_id
from hub.store.errors import StoreError
from hub.store.leases import Lease
from hub.store.tenant import TenantStore
from hub.subscriptions import looking, missed

log = structlog.get_logger(__name__)

FULL_EVERY = timedelta(hours=24)
NO_TROUBLE = ("budget", "preparing")
"""Why a run waits without having failed: for its turn, or for what the vendor makes ready."""


def stream_of(hub: Hub, connection: Doc, name: str) -> Stream:
    """Raises NotFound naming the streams there are."""
    streams = hub.connector_of(connection).streams
    for stream in streams:
        if stream.name == name:
            return stream
    raise NotFound(f"There is no stream {name}; there are {', '.join(s.name for s in streams)}.")


def ask(store: TenantStore, connection_id: str, stream: str, now: datetime, full: bool) -> None:
    """Make a stream due at once, or as soon as its run has ended; `full` lists everything again."""
    wish: Doc = {"next_sync_at": now, "asked_at": now} | ({"full_due": True} if full else {})
    mine = {"_id": f"{connection_id}:{stream}"}
    if not store.streams.update(mine, {"$set": wish}):
        raise NotFound("There is no such stream in this connection.")


def is_due(store: TenantStore, connection_id: str, stream: str, now: datetime) -> bool:
    """Whether a bell means work; one that rang during a run and is heard behind it does not."""
    due = {"_id": f"{connection_id}:{stream}", "next_sync_at": {"$lte": now}}
    return store.streams.find_one(due, {"_id": 1}) is not None


def work(
    hub: Hub,
    store: TenantStore,
    connection: Doc,
    name: str,
    deadline: float,
    settle: Callable[[], None],
) -> bool:
    """Work on the stream's run until it ends (True) or `deadline` passes (False)."""
    stream = stream_of(hub, connection, name)
    lease = leases.acquire(store, f"sync:{connection['_id']}:{name}", LEASE_S)
    if lease is None:
        return True
    try:
        return _work(hub, store, connection, stream, deadline, settle, lease)
    except LeaseLost:
        return True
    finally:
        leases.release(store, lease)


def _work(
    hub: Hub,
    store: TenantStore,
    connection: Doc,
    stream: Stream,
    deadline: float,
    settle: Callable[[], None],
    lease: Lease,
) -> bool:
    def now() -> datetime:
        return hub.now(store.tenant_id)

    run = _open_run(store, connection, stream, now())
    try:
        client = hub.client(connection, "last" if run["full"] else "next")
        begins = run["full"] and run.get("cursor") is None and _is_told_before(run, connection)
        if begins or describing.is_old(hub.connector_of(connection), connection, now()):
            connection = describing.refresh(hub, store, connection, client)
        source = hub.source(store, connection)
        by = missed.announced(hub, connection, store.tenant_id, stream)
        sync = Sync(store, source, stream, client, run, lease, now, settle, by)
        ended = sync.pull(deadline)
        if not ended:
            return False
        _finish(hub, store, source, stream, run, lease, now, client)
        look.after_run(store, source, stream, run, now())
        settle()
    except (LeaseLost, JobTimeout, StoreError):
        raise
    except Exception as error:
        leases.check(store, lease, LEASE_S)
        if isinstance(error, RetryLater) and error.reason in NO_TROUBLE:
            _put_off(hub, store, run, error, now())
        else:
            _failed(hub, store, connection, stream, run, unforeseen(error), now())
        settle()
    return True


def _is_told_before(run: Doc, connection: Doc) -> bool:
    """Whether the vendor described the account before this stream's last listing: what it told
    since then, at the listing of another stream, is new enough for this one too."""
    told, listed = connection.get("described_at"), run.get("listed_at")
    return told is None or (listed is not None and told <= listed)


def _open_run(store: TenantStore, connection: Doc, stream: Stream, now: datetime) -> Doc:
    """The run under way, or a new one from the stream's cursor (or from the start)."""
    key = f"{connection['_id']}:{stream.name}"
    state = store.streams.find_one({"_id": key}) or {}
    if state.get("waits"):
        store.streams.update({"_id": key}, {"$set": {"waits": None}})
    if state.get("run"):
        running = store.runs.find_one({"_id": state["run"], "state": "running"})
        if running is not None:
            return running
    full = _is_full(state, stream, now)
    run: Doc = {
        "_id": new_id("run"),
        "connection_id": connection["_id"],
        "stream": stream.name,
        "stream_id": key,
        "full": full,
        "state": "running",
        "cursor": None if full else state.get("cursor"),
        "started_at": now,
        "listed_at": state.get("listed_at"),
        "counts": {"read": 0},
    }
    store.runs.insert(run)
    change = {"$set": {"run": run["_id"]}, "$unset": {"full_due": ""}}
    store.streams.update({"_id": key}, change)
    return run


def _is_full(state: Doc, stream: Stream, now: datetime) -> bool:
    if state.get("full_due") or state.get("cursor") is None:
        return True
    listed = state.get("listed_at")
    return stream.deletes == "listing" and (listed is None or now - listed > FULL_EVERY)


def _finish(
    hub: Hub,
    store: TenantStore,
    source: Source,
    stream: Stream,
    run: Doc,
    lease: Lease,
    clock: Callable[[], datetime],
    client: Any,
) -> None:
    """Close the run, move the stream's cursor and, after a full listing, look for the missing.

    The first complete run makes the source whole, which every account's score has waited for.
    """
    now = clock()
    was = store.streams.find_one({"_id": run["stream_id"]}) or {}
    state: Doc = {
        "cursor": run.get("cursor"),
        "run": None,
        "fresh_at": run["started_at"],
        "failures": 0,
        "error": None,
        "failing_since": None,
        "waits": None,
    }
    if run["full"]:
        hold_on = partial(leases.check, store, lease, LEASE_S)
        missing = vanished.look(store, source, stream, client, run, clock, hold_on)
        state |= {"listed_at": now, "missing": missing}
    if was.get("fresh_at") is None or was.get("failing_since") is not None:
        state["rescore"] = True
    finished = {"state": "done", "finished_at": now}

    def close(within: TenantStore) -> None:
        leases.check(within, lease, LEASE_S)
        within.runs.update({"_id": run["_id"]}, {"$set": finished})
        due = now if _is_wished(within, run) else next_time(stream, now, 0)
        within.streams.update({"_id": run["stream_id"]}, {"$set": {**state, "next_sync_at": due}})

    store.transact(close)
    point("run-closed")
    connections.rescore_noted(store)
    done = store.runs.find_one({"_id": run["_id"]}) or run
    if run["full"]:
        # It may have shown a new project, which is not told of yet.
        looking.soon(hub, store.tenant_id, run["connection_id"])
    hub.plugins.tell(
        "sync_finished", tenant_id=store.tenant_id, connection_id=run["connection_id"], run=done
    )
    hub.bell.publish(store.tenant_id, "connections", run["connection_id"])


def _is_wished(store: TenantStore, run: Doc) -> bool:
    """Whether somebody asked for the stream since this run began: another is due at once."""
    state = store.streams.find_one({"_id": run["stream_id"]}) or {}
    asked = state.get("asked_at")
    return bool(state.get("full_due")) or (asked is not None and asked > run["started_at"])


def _put_off(hub: Hub, store: TenantStore, run: Doc, error: RetryLater, now: datetime) -> None:
    """Waiting for its turn is no failure: the run goes on at its cursor when it is due.

    A turn will be waited for again, and so is a part of the run's pace.
    """
    wait = error.retry_after or 1
    due = now + timedelta(seconds=wait)
    if error.reason == "budget":
        store.runs.update({"_id": run["_id"]}, {"$inc": {"spent_s": wait}})
    waits = {"sentence": error.sentence, "until": due}
    store.streams.update({"_id": run["stream_id"]}, {"$set": {"next_sync_at": due, "waits": waits}})
    log.info("sync_waits", stream=run["stream"], seconds=error.retry_after)
    hub.bell.publish(store.tenant_id, "connections", run["connection_id"])


def _failed(
    hub: Hub,
    store: TenantStore,
    connection: Doc,
    stream: Stream,
    run: Doc,
    error: HubError,
    now: datetime,
) -> None:
    """Note why, and when to try again; the run stays open and resumes at its cursor.

    A cursor the vendor no longer accepts, or one that loops, starts over with a full listing.
    """
    log.warning("sync_failed", stream=stream.name, reason=error.reason, sentence=error.sentence)
    key = run["stream_id"]
    state = store.streams.find_one({"_id": key}) or {}
    failures = state.get("failures", 0) + 1
    wait = next_time(stream, now, failures)
    if isinstance(error, RetryLater) and error.retry_after:
        wait = now + timedelta(seconds=error.retry_after)
        store.runs.update({"_id": run["_id"]}, {"$inc": {"spent_s": error.retry_after}})
    note: dict[str, Any] = {
        "failures": failures,
        "next_sync_at": wait,
        "error": {"reason": error.reason, "sentence": error.sentence, "at": now},
        "failing_since": state.get("failing_since") or now,
        "waits": None,
    }
    if not isinstance(error, RetryLater | Reconnect):
        note |= {"run": None, "full_due": True}
        failed = {"state": "failed", "finished_at": now, "error": error.sentence}
        store.runs.update({"_id": run["_id"]}, {"$set": failed})
    store.streams.update({"_id": key}, {"$set": note})
    if isinstance(error, Reconnect):
        connections.needs_reconnect(hub, store, connection["_id"], error.sentence)
    hub.bell.publish(store.tenant_id, "connections", connection["_id"])
