"""Connections as they are shown: state, streams, both books of the ledger; never a secret."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hub.bootstrap import Hub
from hub.errors import HubError
from hub.reads import limits
from hub.store import inbox
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from hub.subscriptions import health

FIELDS = ("connector", "name", "account", "settings", "state", "reason", "created_at")
STREAM_FIELDS = (
    "fresh_at",
    "next_sync_at",
    "listed_at",
    "failures",
    "error",
    "failing_since",
    "waits",
)


def shown(connection: Doc) -> Doc:
    return {"id": connection["_id"], **{name: connection.get(name) for name in FIELDS}}


def everything(hub: Hub, tenant_id: str) -> list[Doc]:
    """All connections by name, each with its streams."""
    store = hub.store(tenant_id)
    streams = defaultdict(list)
    for stream in store.streams.find({}).sort("_id", 1):
        streams[stream["connection_id"]].append(_stream(stream))
    found = store.connections.find({}).sort([("name", 1), ("_id", 1)])
    return [{**shown(one), "streams": streams[one["_id"]]} for one in found]


def one(hub: Hub, tenant_id: str, connection_id: str) -> Doc:
    """One connection with its streams, webhooks (addresses hold a key) and ledger."""
    store = hub.store(tenant_id)
    connection = hub.connection(store, connection_id)
    return {
        **shown(connection),
        "streams": streams_of(store, connection_id),
        "webhooks": webhooks_of(hub, tenant_id, connection),
        "watch": health.watch(connection),
        "missed_by_webhooks": missed(hub, tenant_id, connection_id),
        "ledger": inbox.ledger(store, connection_id),
        "limits": limits.of(hub, connection),
    }


def streams_of(store: TenantStore, connection_id: str) -> list[Doc]:
    found = store.streams.find({"connection_id": connection_id}).sort("_id", 1)
    return [_stream(stream) for stream in found]


def webhooks_of(hub: Hub, tenant_id: str, connection: Doc) -> list[Doc]:
    """Endpoints with their set-up text; none where the connector failed to load."""
    try:
        return [_webhook(found) for found in health.describe(hub, tenant_id, connection)]
    except HubError:
        return []


def missed(hub: Hub, tenant_id: str, connection_id: str) -> Doc:
    """What polls found of late that no webhook had told of, by stream and day."""
    return health.missed(hub.store(tenant_id), connection_id, hub.now(tenant_id))


def webhook_urls(hub: Hub, tenant_id: str, connection: Doc) -> list[str]:
    return [webhook["url"] for webhook in webhooks_of(hub, tenant_id, connection)]


def _stream(stream: Doc) -> Doc:
    missing = stream.get("missing")
    return {
        "name": stream["stream"],
        "object": stream["object"],
        "syncing": bool(stream.get("run")),
        **{name: stream.get(name) for name in STREAM_FIELDS},
        "missing": {k: missing[k] for k in ("count", "live", "at")} if missing else None,
    }


def _webhook(found: Doc) -> dict[str, Any]:
    names = ("id", "webhook", "title", "target", "url", "setup", "state", "secret_by")
    more = ("has_secret", "registers", "last_delivery_at", "expires_at", "health")
    return {name: found.get(name) for name in (*names, *more)}
