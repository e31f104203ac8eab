"""Deliveries as lists show them, newest first, without their bodies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.store.client import Doc
from hub.store.tenant import TenantStore

SIZE = 50
FIELDS = {"body": 0, "headers": 0, "url": 0}


@dataclass(frozen=True, slots=True)
class Wish:
    """Which deliveries. A page starts at a time, behind `skip` rows of that very time."""

    connections: tuple[str, ...]
    state: str = ""
    id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: datetime | None = None
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """Rows, and where the next page starts: (time, skip) or None."""

    rows: list[Doc]
    older: tuple[datetime, int] | None


def find(store: TenantStore, wish: Wish) -> Found:
    wanted: Doc = {"connection_id": {"$in": list(wish.connections)}}
    if wish.state:
        wanted["state"] = wish.state
    if wish.id:
        wanted["$or"] = [{"_id": {"$regex": "^" + p}} for p in _starts(wish)]
    upper = [t for t in (wish.until, wish.before) if t]
    bounds = {"$gte": wish.since, "$lte": min(upper) if upper else None}
    if any(bounds.values()):
        wanted["received_at"] = {sign: at for sign, at in bounds.items() if at}
    cursor = store.inbox.find(wanted, FIELDS).sort("received_at", -1)
    rows = list(cursor.skip(wish.skip).limit(SIZE + 1))
    return Found(rows[:SIZE], _older(rows, wish))


def _starts(wish: Wish) -> Sequence[str]:
    """An id may be given whole, or without its connection, or only its beginning."""
    given = re.escape(wish.id)
    return [given, *(f"{re.escape(c)}:{given}" for c in wish.connections)]


def _older(rows: Sequence[Doc], wish: Wish) -> tuple[datetime, int] | None:
    if len(rows) <= SIZE:
        return None
    edge: datetime = rows[SIZE - 1]["received_at"]
    same = sum(1 for row in rows[:SIZE] if row["received_at"] == edge)
    return edge, same + (wish.skip if edge == wish.before else 0)
