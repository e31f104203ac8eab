"""What connectors speak in: records, what happened to them, and the streams that bring them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Record = Mapping[str, Any]
Json = Any
ChangeKind = Literal[
    "upsert", "delete", "restore", "merge", "privacy_delete", "link", "unlink", "gap"
]


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to one record of the vendor.

    `record` only when it has the stream's full shape; anything partial is None and the hub fetches
    the current record. `merge`: `into` names the survivor, `losers` the absorbed (native ids).
    `link`/`unlink`: `ends` holds both (object, native id); the hub fetches both again.
    `gap`: something was missed; an empty native id means the whole stream of this object.
    `account` is the vendor account the change belongs to, where the push may be of several: what
    is of another than the connection's own is not applied.
    """

    object: str
    native_id: str
    kind: ChangeKind
    occurred_at: datetime
    version: datetime | None = None
    account: str | None = None
    record: Record | None = None
    into: str | None = None
    losers: tuple[str, ...] = ()
    ends: tuple[tuple[str, str], ...] = ()
    rule: str | None = None
    """Why a change is to be ignored, by a named rule; such a change is counted and not applied."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one request brought: records in the stream's full shape and the cursor behind them.

    `cursor` (JSON) continues after this page if handed back; the last page's cursor is where the
    next incremental run starts. `changes` carries deletes and merges that a listing shows.
    """

    records: Sequence[Record]
    cursor: Json
    total: int | None = None
    changes: Sequence[Change] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of record that can be pulled.

    pages(client, cursor, fields): a cursor of None lists everything; `fields` are the vendor field
    names that mappings read (custom ones included), for vendors that must be asked for each.
    fetch(client, ids): current full-shape records; a deleted record may come as a `Change`;
    an id that is missing from the answer was not found.
    deletes: `listing` = absence from two complete listings; `events` = the stream or the webhooks
    tell; `never` = records of this kind are not deleted.
    precision_s: the coarseness of the vendor's modified stamp.
    """

    name: str
    object: str
    entity: str | None
    pages: Callable[[Any, Json, Sequence[str]], Iterable[Page]]
    fetch: Callable[[Any, Sequence[str]], Iterable[Record | Change]] | None = None
    interval_s: int = 300
    deletes: Literal["listing", "events", "never"] = "events"
    fetch_batch: int = 100
    precision_s: float = 1.0
