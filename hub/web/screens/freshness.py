"""How fresh the data is, by what the streams say now and not by what a score was made with.

A sync that changes nothing makes no new score, so a stored explanation's own times fall behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from hub.bootstrap import Hub
from hub.store.client import Doc
from hub.store.tenant import TenantStore

ASIDE = (None, "user")
"""What maps to nothing, and the vendor's own staff, are no part of a customer."""
OFTEN_S = 1800
"""A stream that is read more rarely brings what seldom moves, such as agents or companies."""


FIELDS = {"connection_id": 1, "stream": 1, "fresh_at": 1, "heard_at": 1}


def counts(hub: Hub, connector: str, stream: str) -> bool:
    """Whether a stream brings, often for its source, what profiles and health are made of."""
    known = hub.plugins.connectors.get(connector)
    telling = (
        {s.name: s.interval_s for s in known.streams if s.entity not in ASIDE} if known else {}
    )
    often = max(OFTEN_S, min(telling.values(), default=0))
    return stream in telling and telling[stream] <= often


def oldest(hub: Hub, connector: str, streams: Iterable[Doc]) -> datetime | None:
    """When the stream that is furthest behind was last whole; None until each was read once.

    What is pushed is as fresh as the last that was heard of it.
    """
    streams = list(streams)
    heard: list[datetime] = [s["heard_at"] for s in streams if s.get("heard_at")]
    if heard:
        return max(heard)
    read = [s.get("fresh_at") for s in streams if counts(hub, connector, s["stream"])]
    known = [at for at in read if at is not None]
    return min(known) if known and len(known) == len(read) else None


def sources(hub: Hub, store: TenantStore) -> dict[str, datetime]:
    """{connector: when it was last whole}, the oldest of its connections; without unread ones."""
    streams: dict[str, list[Doc]] = {}
    for stream in store.streams.find({}, FIELDS):
        streams.setdefault(stream["connection_id"], []).append(stream)
    found: dict[str, datetime] = {}
    for connection in store.connections.find({}, {"connector": 1}):
        name = connection["connector"]
        at = oldest(hub, name, streams.get(connection["_id"], ()))
        if at is not None:
            found[name] = min(at, found.get(name, at))
    return found
