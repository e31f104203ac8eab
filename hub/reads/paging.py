"""Pages of a list that neither skip nor repeat a row while others are added.

A cursor holds the sort value and id of the last row shown, so the next page goes on behind it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.errors import CorrectInput
from hub.store.client import Doc
from hub.store.scoped import Scoped

LIMIT, MOST = 50, 200
MOST_CURSOR = 2000


@dataclass(frozen=True, slots=True)
class Order:
    """A field to sort by, descending with `down`; rows of one value go by their id."""

    name: str
    field: str
    down: bool = False

    @property
    def keys(self) -> list[tuple[str, int]]:
        way = -1 if self.down else 1
        return [("_id", way)] if self.field == "_id" else [(self.field, way), ("_id", way)]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as they are shown; `next` is the cursor of the page behind, or None at the end."""

    items: list[Doc]
    next: str | None = None

    def shown(self) -> Doc:
        return {"items": self.items, "next": self.next}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a caller wants of a list: how many rows, behind which cursor, in which order."""

    limit: int = LIMIT
    cursor: str | None = None
    sort: str | None = None


def order_of(orders: Mapping[str, str], asked: Asked, default: str) -> Order:
    """`sort` names one of `orders` (name -> field), descending with a leading minus."""
    given = asked.sort or default
    name = given.lstrip("-")
    if name not in orders:
        known = ", ".join(sorted(orders))
        raise CorrectInput(f"Sort by one of {known}; a leading minus turns it.", field="sort")
    return Order(given, orders[name], given.startswith("-"))


def read(
    rows: Scoped,
    where: Doc,
    order: Order,
    asked: Asked,
    shown: Callable[[Doc], Doc],
    fields: Any = None,
) -> Page:
    """One page of a collection. Raises CorrectInput for a cursor that is not of this list."""
    limit = max(1, min(asked.limit, MOST))
    behind = _behind(order, unpack(asked.cursor, order.name)) if asked.cursor else {}
    query = {"$and": [where, behind]} if behind else where
    found = list(rows.find(query, fields).sort(order.keys).limit(limit + 1))
    more = len(found) > limit
    found = found[:limit]
    last = pack(order.name, _at(found[-1], order.field), found[-1]["_id"]) if more else None
    return Page([shown(row) for row in found], last)


def pack(sort: str, value: Any, row_id: str) -> str:
    marked = {"t": value.isoformat()} if isinstance(value, datetime) else value
    text = json.dumps([sort, marked, row_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unpack(cursor: str, sort: str) -> tuple[Any, str]:
    """(sort value, id) of the last row shown; raises CorrectInput."""
    try:
        if len(cursor) > MOST_CURSOR:
            raise ValueError
        padded = cursor + "=" * (-len(cursor) % 4)
        packed = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
        made_for, value, row_id = json.loads(packed)
        if isinstance(value, dict):
            value = datetime.fromisoformat(value["t"])
        if made_for != sort or not isinstance(row_id, str) or isinstance(value, list):
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CorrectInput(
            "This cursor is not one of this list and order: begin without one.", field="cursor"
        ) from None
    return value, row_id


def _behind(order: Order, last: tuple[Any, str]) -> Doc:
    """Rows after `last`; rows without a value sort before all others, as MongoDB has it."""
    value, row_id = last
    beyond = "$lt" if order.down else "$gt"
    if order.field == "_id":
        return {"_id": {beyond: row_id}}
    same = {order.field: value, "_id": {beyond: row_id}}
    if value is None:
        return same if order.down else {"$or": [same, {order.field: {"$ne": None}}]}
    # Said twice, so that the index is entered at the value and not at its beginning.
    if not order.down:
        return {order.field: {"$gte": value}, "$or": [{order.field: {"$gt": value}}, same]}
    further = [{order.field: {"$lt": value}}, same, {order.field: None}]
    return {order.field: {"$not": {"$gt": value}}, "$or": further}


def _at(row: Doc, path: str) -> Any:
    value: Any = row
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
