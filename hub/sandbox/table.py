"""One kind of record of a vendor: a dict of native id to JSON, with a journal and tombstones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

Row = dict[str, Any]


class Tombstone(NamedTuple):
    """A deleted record as it last was, and when it went."""

    record: Row
    at: datetime


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of one record; `fields` are the changed names, nested ones as `properties.x`."""

    table: str
    id: str
    kind: str
    before: Row | None
    after: Row | None
    at: datetime
    fields: tuple[str, ...] = ()
    losers: tuple[str, ...] = ()


class Keeper(Protocol):
    """What a table needs of its vendor."""

    def moment(self) -> datetime:
        """The sandbox time."""

    def stamp(self, table: str, record: Row, now: datetime, created: bool) -> None:
        """Write the vendor's own stamps into a record."""

    def keep(self, line: Row) -> None:
        """Write one line into the journal."""

    def tell(self, edit: Edit) -> None:
        """Send the webhooks of an edit."""


class Table:
    """Records are replaced, never changed in place, so a reader's copy stays as it was."""

    def __init__(self, name: str, keeper: Keeper, lock: Any) -> None:
        self.name = name
        self._keeper = keeper
        self._lock = lock
        self._rows: dict[str, Row] = {}
        self.tombstones: dict[str, Tombstone] = {}
        self._sorted: dict[str, list[Row]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, id: object) -> bool:
        return id in self._rows

    def get(self, id: str) -> Row | None:
        """The live record, or None."""
        return self._rows.get(id)

    def ids(self) -> list[str]:
        """Ids of the live records in the order in which they came."""
        return list(self._rows)

    def all(self) -> list[Row]:
        """The live records in the order in which they came."""
        return list(self._rows.values())

    def sorted_by(self, label: str, key: Callable[[Row], Any]) -> list[Row]:
        """The live records in the order of `key`, kept under `label` until the next write."""
        with self._lock:
            if label not in self._sorted:
                self._sorted[label] = sorted(self._rows.values(), key=key)
            return self._sorted[label]

    def seed(self, id: str, record: Row) -> None:
        """Put a record of the seeded world: no stamp, no journal, no webhook."""
        self._rows[id] = record

    def seed_deleted(self, id: str, record: Row, at: datetime) -> None:
        """Put a record that was deleted before the world began."""
        self.tombstones[id] = Tombstone(record, at)

    def clear(self) -> None:
        """Forget every record and tombstone, as in an account that nobody has used yet."""
        with self._lock:
            self._rows.clear()
            self.tombstones.clear()
            self._sorted.clear()

    def put(self, id: str, record: Row, *, quiet: bool = False) -> Row:
        """Create or replace a record and return it as stored."""
        with self._lock:
            before, now = self._rows.get(id), self._keeper.moment()
            self._keeper.stamp(self.name, after := dict(record), now, before is None)
            self._store("put", id, after, now)
            kind = "create" if before is None else "update"
            self._tell(Edit(self.name, id, kind, before, after, now, changed(before, after)), quiet)
            return after

    def patch(self, id: str, fields: Mapping[str, Any], *, quiet: bool = False) -> Row:
        """Change some fields (dict values are merged one level deep); raises KeyError."""
        with self._lock:
            record = dict(self._rows[id])
            for name, value in fields.items():
                old = record.get(name)
                both = isinstance(old, dict) and isinstance(value, Mapping)
                record[name] = {**old, **value} if both else value  # type: ignore[dict-item]
            return self.put(id, record, quiet=quiet)

    def delete(self, id: str, *, quiet: bool = False) -> None:
        """Delete a record; raises KeyError."""
        with self._lock:
            before, now = self._rows[id], self._keeper.moment()
            self._store("delete", id, None, now)
            self._tell(Edit(self.name, id, "delete", before, None, now), quiet)

    def restore(self, id: str, *, quiet: bool = False) -> Row:
        """Bring a deleted record back; raises KeyError."""
        with self._lock:
            after, now = dict(self.tombstones[id].record), self._keeper.moment()
            self._keeper.stamp(self.name, after, now, False)
            self._store("put", id, after, now)
            self._tell(Edit(self.name, id, "restore", None, after, now), quiet)
            return after

    def play(self, op: str, id: str, record: Row | None, at: datetime) -> None:
        """Apply one line of the journal."""
        self._sorted.clear()
        if op == "put" and record is not None:
            self._rows[id] = record
            self.tombstones.pop(id, None)
        elif id in self._rows:
            self.tombstones[id] = Tombstone(self._rows.pop(id), at)

    def _store(self, op: str, id: str, record: Row | None, now: datetime) -> None:
        self.play(op, id, record, now)
        line = {"op": op, "table": self.name, "id": id, "at": now.isoformat()}
        self._keeper.keep(line | ({"record": record} if record is not None else {}))

    def _tell(self, edit: Edit, quiet: bool) -> None:
        if not quiet:
            self._keeper.tell(edit)


def changed(before: Row | None, after: Row) -> tuple[str, ...]:
    """Names of the fields that differ, one level deep."""
    if before is None:
        return tuple(after)
    names: list[str] = []
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            inner = [k for k in {**old, **new} if old.get(k) != new.get(k)]
            names += [f"{name}.{k}" for k in inner]
        else:
            names.append(name)
    return tuple(names)
