"""Deliveries as they are shown: what came, what became of it, and what was refused."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from hub import endpoints
from hub.bootstrap import Hub
from hub.engine import replay
from hub.errors import NotFound
from hub.reads.paging import Asked, Page, order_of, read
from hub.store.client import Doc
from hub.store.tenant import TenantStore

ORDERS = {"received_at": "received_at"}
COPIED = ("connection_id", "endpoint_id", "webhook", "state", "held_reason", "received_at")
MORE = ("due_at", "attempts", "fates", "rules", "error", "closed_at")
HEAVY = {"body": 0, "headers": 0}


def search(store: TenantStore, asked: Asked, filters: Mapping[str, Any]) -> Page:
    """Latest first. Filters: connection_id, webhook, state, since, until (received)."""
    order = order_of(ORDERS, asked, "-received_at")
    return read(store.inbox, _where(filters), order, asked, shown, HEAVY)


def _where(filters: Mapping[str, Any]) -> Doc:
    names = ("connection_id", "webhook", "state")
    where: Doc = {name: filters[name] for name in names if filters.get(name)}
    span = {
        operator: filters[name]
        for name, operator in (("since", "$gte"), ("until", "$lt"))
        if filters.get(name)
    }
    return where | ({"received_at": span} if span else {})


def shown(row: Doc) -> Doc:
    return {
        "id": row["_id"],
        **{name: row.get(name) for name in COPIED},
        "duplicates": row.get("duplicates", 0),
        **{name: row.get(name) for name in MORE},
    }


def one(store: TenantStore, delivery_id: str) -> Doc:
    """With method, address (its key hidden), headers without secrets, and the body as it came.

    {"body": text, "body_encoding": "utf-8" | "base64"}.
    """
    row = store.inbox.find_one({"_id": delivery_id})
    if row is None:
        raise NotFound("There is no such delivery.")
    text, encoding = _text(bytes(row.get("body") or b""))
    return {
        **shown(row),
        "method": row.get("method"),
        "url": hidden_key(str(row.get("url") or "")),
        "headers": row.get("headers") or {},
        "body": text,
        "body_encoding": encoding,
    }


def hidden_key(url: str) -> str:
    """A webhook's address without the endpoint key, which is a secret."""
    head, found, tail = url.partition("/webhooks/")
    parts = tail.split("?")[0].split("/")
    if not found or len(parts) < 2:
        return url
    return f"{head}/webhooks/{parts[0]}/•••"


def _text(body: bytes) -> tuple[str, str]:
    try:
        return body.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), "base64"


def trial(hub: Hub, tenant_id: str, ids: Sequence[str]) -> list[Doc]:
    """What a replay would do: [{"id", "outcomes": [...]}]; nothing is changed."""
    return [
        {"id": one_id, "outcomes": replay.preview_delivery(hub, tenant_id, one_id)}
        for one_id in ids
    ]


def failed_ids(store: TenantStore, connection_id: str, most: int) -> list[str]:
    """Failed deliveries of a connection, oldest first."""
    mine = {"connection_id": connection_id, "state": "failed"}
    return [row["_id"] for row in store.inbox.find(mine, {"_id": 1}).sort("due_at", 1).limit(most)]


def rejected(hub: Hub, tenant_id: str, connection_id: str | None = None) -> list[Doc]:
    """The last refused deliveries of each endpoint, latest first; headers and reason only."""
    mine: Doc = {"tenant_id": tenant_id}
    if connection_id:
        mine["connection_id"] = connection_id
    found = hub.catalogue.control.endpoints.find(mine, {"webhook": 1, "connection_id": 1})
    rows = [
        {
            "connection_id": endpoint["connection_id"],
            "webhook": endpoint["webhook"],
            **_refused(row),
        }
        for endpoint in found
        for row in endpoints.refused(hub, tenant_id, endpoint["_id"])
    ]
    return sorted(rows, key=lambda row: row["at"], reverse=True)


def _refused(row: Doc) -> Doc:
    names = ("endpoint_id", "at", "status", "reason", "sentence", "headers", "sender")
    return {"id": row["_id"], **{name: row.get(name) for name in names}}
