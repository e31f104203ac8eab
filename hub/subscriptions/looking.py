"""The look after a connection's subscriptions: one bounded job, due by a time in MongoDB.

Done again, or cut off anywhere, it does no harm: what it did not save, the next look finds at the
vendor as left over, or as lost.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from hub import connections
from hub.errors import GiveUp, HubError, LeaseLost, NotFound, Reconnect, TryAgainSoon, unforeseen
from hub.queue import JobTimeout
from hub.store.client import Doc
from hub.store.errors import StoreError
from hub.subscriptions import desk as desks
from hub.subscriptions import hearing, mending, missed
from hub.subscriptions.desk import Desk

if TYPE_CHECKING:
    from hub.bootstrap import Hub

log = structlog.get_logger(__name__)

EVERY = timedelta(hours=1)
LIST_EVERY = timedelta(hours=6)
"""Asana ends a webhook after a day of failures: a look in between must see it coming."""
AGAIN = timedelta(minutes=15)
BUSY = timedelta(minutes=1)


def is_due(connection: Doc, now: datetime) -> bool:
    """A connection that was never looked at is due at once."""
    at = (connection.get("watch") or {}).get("next_at")
    return at is None or at <= now


def look(hub: Hub, tenant_id: str, connection_id: str) -> None:
    """Roll back, list, mend, renew, hear, judge; then say when to look again. Raises NotFound."""
    store = hub.store(tenant_id)
    try:
        with desks.opened(hub, tenant_id, connection_id) as desk:
            if desk.connection["state"] == "active":
                _look(desk)
    except TryAgainSoon:
        _next(store.connections.update, connection_id, hub.now(tenant_id) + BUSY)
    except NotFound:
        # The connector is not installed any more; it may be again.
        _next(store.connections.update, connection_id, hub.now(tenant_id) + AGAIN)
        raise


def _look(desk: Desk) -> None:
    now = desk.now
    rolled = mending.roll_back(desk, now)
    watch = desk.connection.get("watch") or {}
    listing: Doc = {"list_at": watch.get("list_at")}
    if rolled or watch.get("next_at") is None or (watch.get("list_at") or now) <= now:
        listing = _deal(desk, now)
    if hearing.hear(desk, now):
        listing["list_at"] = min(now + BUSY, listing["list_at"] or now)
    judged = missed.judge(desk.store, desk.connection["_id"], desk.connector.name, now)
    times = [now + EVERY, listing["list_at"], judged, *mending.due_times(desk)]
    fields: Doc = {"looked_at": now, "next_at": min(at for at in times if at is not None)}
    saved = {f"watch.{name}": value for name, value in (fields | listing).items()}
    desk.store.connections.update({"_id": desk.connection["_id"]}, {"$set": saved})
    desk.hub.bell.publish(desk.store.tenant_id, "connections", desk.connection["_id"])


def _deal(desk: Desk, now: datetime) -> Doc:
    """Everything that asks the vendor; its trouble is noted and does not stop the rest."""
    try:
        notes = mending.mend(desk, now)
    except LeaseLost:
        raise
    except Reconnect as error:
        connections.needs_reconnect(desk.hub, desk.store, desk.connection["_id"], error.sentence)
        return {"list_at": now + AGAIN, "trouble": _trouble(error, now)}
    except (JobTimeout, StoreError):
        raise
    except Exception as broken:
        trouble = unforeseen(broken)
        wait = LIST_EVERY if isinstance(trouble, GiveUp) else AGAIN
        log.warning("look_failed", reason=trouble.reason)
        return {"list_at": now + wait, "trouble": _trouble(trouble, now)}
    return {"list_at": now + LIST_EVERY, "trouble": None, "listed_at": now, **notes}


def _trouble(error: HubError, now: datetime) -> Doc:
    return {"reason": error.reason, "sentence": error.sentence, "at": now}


def _next(update: Callable[[Doc, Doc], int], connection_id: str, at: datetime) -> None:
    update({"_id": connection_id}, {"$set": {"watch.next_at": at}})


def soon(hub: Hub, tenant_id: str, connection_id: str) -> None:
    """Have the next look come at once, and ask the vendor."""
    hub.store(tenant_id).connections.update(
        {"_id": connection_id}, {"$unset": {"watch.next_at": ""}}
    )
    hub.bell.ring_look(tenant_id, connection_id)
