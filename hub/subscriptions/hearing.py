"""Noting in which hours a connection was heard of, and polling once when it falls silent."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from hub.store import inbox
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from hub.subscriptions import silence
from hub.subscriptions.desk import Desk

log = structlog.get_logger(__name__)

DOWN = timedelta(hours=3)
"""Who has not looked for so long was down, and cannot tell whether it was quiet."""


def hear(desk: Desk, now: datetime) -> bool:
    """Note the hours since the last look; True when a silence has just begun."""
    watch = desk.connection.get("watch") or {}
    heard = _heard(desk, watch, now)
    last = last_heard(desk.store, desk.connection["_id"], desk.endpoints())
    fields: Doc = {
        "watch.heard": {day: list(bits) for day, bits in heard.items()},
        "watch.heard_until": silence.floor(now),
        "watch.last_at": last,
    }
    if watch.get("first_at") is None and last is not None:
        fields["watch.first_at"] = last
    found = _silence(desk, heard, last, now)
    begun = bool(found) and not watch.get("silence")
    fields["watch.silence"] = (watch.get("silence") or found) if found else None
    desk.store.transact(lambda within: _save(within, desk.connection["_id"], fields, begun, now))
    if begun:
        _ring(desk)
    return begun


def _heard(desk: Desk, watch: Doc, now: datetime) -> silence.Heard:
    heard: dict[str, tuple[int, int]] = {
        day: (bits[0], bits[1]) for day, bits in (watch.get("heard") or {}).items()
    }
    until = watch.get("heard_until") or silence.floor(now)
    if now - (watch.get("looked_at") or now) > DOWN:
        until = silence.floor(now)
    for hour in silence.hours(until, now):
        came = inbox.came(desk.store, desk.connection["_id"], hour, hour + silence.HOUR)
        heard = silence.noted(heard, hour, came)
    return heard


def last_heard(store: TenantStore, connection_id: str, endpoints: list[Doc]) -> datetime | None:
    """The latest delivery of a connection, a heartbeat too; within seconds."""
    seen = [e["last_delivery_at"] for e in endpoints if e.get("last_delivery_at")]
    latest = inbox.latest(store, connection_id)
    return max([*seen, *([latest] if latest else [])], default=None)


def _silence(desk: Desk, heard: silence.Heard, last: datetime | None, now: datetime) -> Doc | None:
    """{"since", "noticed_at", "why"} while it is quieter than usual."""
    for endpoint in desk.endpoints():
        webhook = desk.webhook(endpoint["webhook"])
        since = endpoint.get("last_delivery_at") or endpoint.get("registered_at")
        if webhook is None or since is None or endpoint.get("lost"):
            continue
        if endpoint["state"] == "pending":
            continue
        if silence.lacks_heartbeat(since, now, webhook.heartbeat_s):
            hours = round((webhook.heartbeat_s or 0) / 3600)
            why = f"its sign of life, which comes every {hours} h, is overdue"
            return {"since": since, "noticed_at": now, "why": why}
    if last is None:
        return None
    found = silence.quiet(heard, last, now)
    if not found.is_silence:
        return None
    why = f"of these {found.hours} hours {found.expected:.1f} usually bring a delivery"
    return {"since": last, "noticed_at": now, "why": why}


def _save(store: TenantStore, connection_id: str, fields: Doc, begun: bool, now: datetime) -> None:
    """A silence is noted together with the poll that it asks for: once, also after a crash."""
    store.connections.update({"_id": connection_id}, {"$set": fields})
    if begun:
        due = {"connection_id": connection_id, "next_sync_at": {"$gt": now}}
        store.streams.update_many(due, {"$set": {"next_sync_at": now, "asked_at": now}})


def _ring(desk: Desk) -> None:
    log.warning("webhooks_silent", connector=desk.connector.name)
    for stream in desk.connector.streams:
        desk.hub.bell.ring_sync(desk.store.tenant_id, desk.connection["_id"], stream.name)
