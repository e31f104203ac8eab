"""Refused deliveries are kept as headers and reason, or a 401 could not be debugged."""

from __future__ import annotations

from datetime import datetime
from time import monotonic
from typing import Any

import structlog

from hub.bootstrap import Hub
from hub.endpoints import REFUSED_KEPT
from hub.errors import Refuse
from hub.store.control import new_id
from hub.store.errors import StoreError
from webhooks import request as requests
from webhooks.routes import Route

log = structlog.get_logger(__name__)

KEEP_EVERY_S = 0.2
SEEN_EVERY_S = 5.0


class Refusals:
    """Notes, sparingly, what an endpoint refused and when it last accepted."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._kept_at: dict[str, float] = {}
        self._seen_at: dict[str, float] = {}

    def keep(self, route: Route, environ: dict[str, Any], refusal: Refuse) -> None:
        """At most a few a second for each endpoint; a full store must not hide the refusal."""
        endpoint_id = route.registration.endpoint_id
        if not is_time(self._kept_at, endpoint_id, KEEP_EVERY_S):
            return
        refused = self._hub.store(route.tenant_id).refused
        entry = {
            "_id": new_id("ref"),
            "endpoint_id": endpoint_id,
            "connection_id": route.connection_id,
            "at": self._hub.now(route.tenant_id),
            "status": refusal.status,
            "reason": refusal.reason,
            "sentence": refusal.sentence,
            "headers": requests.kept_headers(requests.headers(environ)),
            "sender": requests.sender(environ, self._hub.settings.trusted_proxies),
        }
        try:
            refused.insert(entry)
            old = refused.find({"endpoint_id": endpoint_id}, {"_id": 1}).sort("at", -1)
            refused.delete({"_id": {"$in": [doc["_id"] for doc in old.skip(REFUSED_KEPT)]}})
        except StoreError:
            log.warning("refusal_not_kept")

    def accepted(self, route: Route, at: datetime) -> None:
        """The first delivery makes a waiting endpoint active."""
        endpoint_id = route.registration.endpoint_id
        waiting = route.registration.state == "waiting"
        if not is_time(self._seen_at, endpoint_id, SEEN_EVERY_S) and not waiting:
            return
        mine = {"_id": endpoint_id, "tenant_id": route.tenant_id}
        change: dict[str, Any] = {"last_delivery_at": at}
        if waiting:
            change |= {"state": "active", "active_at": at}
        try:
            self._hub.catalogue.control.endpoints.update_one(mine, {"$set": change})
        except StoreError:
            log.warning("endpoint_not_marked")


def is_time(seen: dict[str, float], key: str, every_s: float) -> bool:
    now = monotonic()
    if now - seen.get(key, -every_s) < every_s:
        return False
    if len(seen) > 10_000:
        seen.clear()
    seen[key] = now
    return True
