"""Quarantined records as they are shown: which, where in the record, why, and the body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hub.errors import NotFound
from hub.reads.paging import Asked, Page, order_of, read
from hub.store.client import Doc
from hub.store.tenant import TenantStore

ORDERS = {"at": "at"}
COPIED = ("connection_id", "source", "object", "native_id", "path", "sentence", "state", "at")
MORE = ("first_at", "mended_at", "origin")


def search(store: TenantStore, asked: Asked, filters: Mapping[str, Any]) -> Page:
    """Latest first. Filters: state (open unless said; "any"), connection_id, object."""
    order = order_of(ORDERS, asked, "-at")
    where = {name: filters[name] for name in ("connection_id", "object") if filters.get(name)}
    state = filters.get("state") or "open"
    if state != "any":
        where["state"] = state
    return read(store.quarantine, where, order, asked, shown, {"raw": 0})


def shown(entry: Doc) -> Doc:
    return {
        "id": entry["_id"],
        **{name: entry.get(name) for name in COPIED},
        **{name: entry.get(name) for name in MORE},
    }


def one(store: TenantStore, entry_id: str) -> Doc:
    """With the vendor's body in `raw`; raises NotFound."""
    entry = store.quarantine.find_one({"_id": entry_id})
    if entry is None:
        raise NotFound("There is no such quarantined record.")
    return {**shown(entry), "raw": _body(bytes(entry.get("raw") or b""))}


def _body(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw.decode("utf-8", "replace")
