"""Sync runs as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub import progress
from hub.errors import NotFound
from hub.reads.paging import Asked, Page, order_of, read
from hub.store.client import Doc
from hub.store.tenant import TenantStore

ORDERS = {"started_at": "started_at"}
COPIED = ("connection_id", "stream", "full", "state", "counts", "total", "started_at")


def search(store: TenantStore, asked: Asked, filters: Mapping[str, Any]) -> Page:
    """Latest first. Filters: connection_id, stream, state."""
    order = order_of(ORDERS, asked, "-started_at")
    where = {name: value for name, value in filters.items() if value}
    return read(store.runs, where, order, asked, shown)


def shown(run: Doc) -> Doc:
    """The cursor stays inside: it is the vendor's."""
    return {
        "id": run["_id"],
        **{name: run.get(name) for name in COPIED},
        "remaining_s": progress.remaining_s(run),
        "finished_at": run.get("finished_at"),
        "error": run.get("error"),
    }


def one(store: TenantStore, run_id: str) -> Doc:
    found = store.runs.find_one({"_id": run_id})
    if found is None:
        raise NotFound("There is no such run.")
    return shown(found)
