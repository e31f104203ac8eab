"""Edits of a sandbox vendor's records that fit any vendor: found by the ids that a stream lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.api import Record, Stream
from hub.api.paging import part
from hub.conform.ground import Ground
from hub.sandbox import Table

WORDS = ("name", "subject", "title", "last_name", "full_name", "first_name")
"""Canonical texts that a person may change at the vendor at any time."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a clock stands still."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        """It stays where it is."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One stream's records as the sandbox keeps them; `path` is a text that can be changed."""

    stream: Stream
    table: Table
    path: tuple[str, ...]
    ids: tuple[str, ...]

    def edit(self, native_id: str, text: str) -> None:
        """Give a record another text, as somebody at the vendor would."""
        if not self.path:
            self.table.put(native_id, dict(self.table.get(native_id) or {}))
            return
        *around, last = self.path
        self.table.patch(native_id, {around[0]: {last: text}} if around else {last: text})

    def shown(self, record: Record) -> Any:
        """The text in a record that the connector brought."""
        return part(record, ".".join(self.path))


def desks(ground: Ground) -> list[Desk]:
    """A desk for each stream whose records the sandbox keeps in a table of its own.

    Looked for once, while the tables still hold what was listed.
    """
    if ground.desks is None:
        found = [_desk(ground, stream) for stream in ground.filled()]
        ground.desks = [desk for desk in found if desk is not None]
    return list(ground.desks)


def _desk(ground: Ground, stream: Stream) -> Desk | None:
    listed = {ground.native_id(stream, r): r for r in ground.records(stream)}
    tables = {t.name: [i for i in t.ids() if i in listed] for t in ground.vendor.tables()}
    best = max(tables, key=lambda name: len(tables[name]), default="")
    if len(tables.get(best, ())) * 2 < len(listed):
        return None
    table = ground.vendor.table(best)
    ids = tuple(i for i in tables[best] if _is_live(ground, stream, listed[i]))
    return Desk(stream, table, _path(ground, stream, table, ids, listed), ids)


def _is_live(ground: Ground, stream: Stream, record: Record) -> bool:
    mapped = ground.mappings[stream.object].apply(record, ground.source().context)
    return not (mapped.deleted or mapped.merged_into)


def _path(
    ground: Ground,
    stream: Stream,
    table: Table,
    ids: tuple[str, ...],
    listed: Mapping[str, Record],
) -> tuple[str, ...]:
    """A text that the vendor's record and the listed one hold alike, at most one level deep."""
    fields = ground.mappings[stream.object].definition["fields"]
    for word in WORDS:
        given = (fields.get(word) or {}).get("from")
        for path in [given] if isinstance(given, str) else given or ():
            parts = tuple(path.split("."))
            if len(parts) <= 2 and ids and all(p.isidentifier() for p in parts):
                kept = part(table.get(ids[0]), path)
                if isinstance(kept, str) and part(listed[ids[0]], path) == kept:
                    return parts
    return ()


@contextmanager
def standing_still(ground: Ground) -> Iterator[None]:
    """The vendor's clock stands still, so that several edits bear one stamp."""
    clock = ground.vendor.clock
    ground.vendor.clock = Standing(ground.vendor.moment())  # type: ignore[assignment]
    try:
        yield
    finally:
        ground.vendor.clock = clock
