"""Server-sent events: open pages hear at once that something of their tenant moved."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import Any

import structlog
from flask import Blueprint, Response
from redis import Redis
from redis.exceptions import RedisError

from hub.web.screens.here import here

log = structlog.get_logger(__name__)
pages = Blueprint("live", __name__)

HEARTBEAT_S = 15.0
GATHER_S = 0.5
"""What moves within this time is one event: a burst must not make pages load a hundred times."""
LIFE_S = 600.0
"""A stream ends after this and the browser opens another, so that a lost right ends too."""
MOST_IDS = 100


@pages.get("/live")
def stream() -> Response:
    asked = here()
    answer = Response(events(asked.hub.redis, asked.tenant_id), mimetype="text/event-stream")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


def events(redis: Redis, tenant_id: str) -> Iterator[str]:
    """The tenant's events until the stream's life is over or Redis is gone."""
    channel: Any = redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    ends = monotonic() + LIFE_S
    try:
        channel.subscribe(f"hub:live:{tenant_id}")
        # The first message says that the subscription stands: nothing told from now on is missed.
        channel.get_message(timeout=HEARTBEAT_S)
        yield "event: ready\ndata: \n\n"
        while monotonic() < ends:
            first = channel.get_message(timeout=HEARTBEAT_S)
            yield from _told(_gather(channel, first)) if first else [": still here\n\n"]
    except RedisError as error:
        log.warning("live_interrupted", error=type(error).__name__)
    finally:
        channel.close()


def _gather(channel: Any, first: dict[str, bytes]) -> dict[str, set[str]]:
    """{event: ids} of all that comes shortly after the first."""
    found: dict[str, set[str]] = {}
    message: dict[str, bytes] | None = first
    until = monotonic() + GATHER_S
    while message is not None:
        event, _, data = message["data"].decode().partition("\n")
        found.setdefault(event, set()).update(data.split(","))
        left = until - monotonic()
        message = channel.get_message(timeout=left) if left > 0 else None
    return found


def _told(found: dict[str, set[str]]) -> Iterator[str]:
    for event, ids in found.items():
        data = ",".join(sorted(ids)) if len(ids) <= MOST_IDS else "*"
        yield f"event: {event}\ndata: {data}\n\n"
