"""Privacy requests as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.errors import NotFound
from hub.reads.paging import Asked, Page, order_of, read
from hub.store.client import Doc
from hub.store.tenant import TenantStore

ORDERS = {"at": "at"}
COPIED = ("kind", "entity", "subject", "by", "reason", "state", "at", "finished_at")
FIELDS = dict.fromkeys((*COPIED, "doing", "error"), 1)


def search(store: TenantStore, asked: Asked, filters: Mapping[str, Any]) -> Page:
    """Latest first. Filters: state, kind."""
    order = order_of(ORDERS, asked, "-at")
    where = {name: filters[name] for name in ("state", "kind") if filters.get(name)}
    return read(store.privacy_requests, where, order, asked, shown, FIELDS)


def shown(request: Doc) -> Doc:
    """`doing`: the last step that was finished, while it runs."""
    return {
        "id": request["_id"],
        **{name: request.get(name) for name in COPIED},
        "doing": request.get("doing"),
        "error": request.get("error"),
    }


def one(store: TenantStore, request_id: str) -> Doc:
    """With its report; raises NotFound."""
    request = store.privacy_requests.find_one({"_id": request_id}, {**FIELDS, "report": 1})
    if request is None:
        raise NotFound("There is no such privacy request.")
    return {**shown(request), "report": request.get("report")}
