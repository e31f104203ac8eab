"""What was refused of a source's events: counted by reason, and the last ones kept to look at.

Only the shape of an event is kept, its values replaced by what they are, since nobody agreed to
hold what was refused.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog

from hub.bootstrap import Hub
from hub.errors import Refuse
from hub.store import usage_intake
from hub.store.client import Doc
from hub.store.control import new_id
from hub.store.errors import StoreError
from hub.usage.events import Refused
from hub.write_keys import REFUSED_KEPT
from webhooks import request as requests
from webhooks.refusals import KEEP_EVERY_S, is_time
from webhooks.usage_keys import Source

log = structlog.get_logger(__name__)

SHAPE_DEPTH, SHAPE_KEYS, SHAPE_LENGTH = 4, 40, 2000


class UsageRefusals:
    """Notes refusals in the tenant's store; a store that is down must not hide the refusal."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._kept_at: dict[str, float] = {}

    def of_request(self, source: Source, environ: dict[str, Any], refusal: Refuse) -> None:
        """A whole request: nothing of it was read, so nothing of it is counted as an event."""
        entry = {
            **self._entry(source, environ, self._hub.now(source.tenant_id)),
            "status": refusal.status,
            "reason": refusal.reason,
            "sentence": refusal.sentence,
        }
        self._keep(source, [entry])

    def of_events(
        self, source: Source, environ: dict[str, Any], at: datetime, some: Sequence[Refused]
    ) -> None:
        counts = Counter(f"rejected.{refused.reason}" for refused in some)
        common = self._entry(source, environ, at)
        entries = [
            {
                **common,
                "_id": new_id("ref"),
                "status": 200,
                "reason": refused.reason,
                "sentence": refused.sentence,
                "field": refused.field,
                "event_id": refused.event_id,
                "shape": shape(refused.value),
            }
            for refused in some[:REFUSED_KEPT]
        ]
        self._keep(source, entries, counts)

    def _entry(self, source: Source, environ: dict[str, Any], at: datetime) -> Doc:
        return {
            "_id": new_id("ref"),
            "endpoint_id": source.key["_id"],
            "connection_id": source.connection_id,
            "at": at,
            "headers": requests.kept_headers(requests.headers(environ)),
            "sender": requests.sender(environ, self._hub.settings.trusted_proxies),
        }

    def _keep(
        self, source: Source, entries: Sequence[Doc], counts: Counter[str] | None = None
    ) -> None:
        store = self._hub.store(source.tenant_id)
        mine = {"endpoint_id": source.key["_id"]}
        try:
            if counts:
                usage_intake.count(store, source.connection_id, counts)
            if not is_time(self._kept_at, source.key["_id"], KEEP_EVERY_S):
                return
            store.refused.insert_many(entries)
            old = store.refused.find(mine, {"_id": 1}).sort("at", -1).skip(REFUSED_KEPT)
            store.refused.delete({"_id": {"$in": [doc["_id"] for doc in old]}})
        except StoreError:
            log.warning("refusal_not_kept")


def shape(value: Any) -> str:
    """The event as JSON with every value replaced by its type; cut where it is too long."""
    return json.dumps(_shape(value, SHAPE_DEPTH), ensure_ascii=False)[:SHAPE_LENGTH]


def _shape(value: Any, depth: int) -> Any:
    if isinstance(value, dict) and depth:
        some = list(value.items())[:SHAPE_KEYS]
        return {key[:100]: _shape(inside, depth - 1) for key, inside in some}
    if isinstance(value, list) and depth:
        return [_shape(inside, depth - 1) for inside in value[:3]]
    return {str: "text", bool: "boolean", int: "number", float: "number", dict: "object"}.get(
        type(value), "null" if value is None else "list"
    )
