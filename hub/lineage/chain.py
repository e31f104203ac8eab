"""The chain of one value of one record: value, record, body, bringer, mapping, and its version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hub.bootstrap import Hub
from hub.engine.incoming import Source
from hub.errors import NotFound
from hub.lineage import body, origin
from hub.lineage.mapped import tell
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.errors import Unmappable

RECORD = ("source", "connection_id", "object", "native_id", "entity", "url", "external_id")
TIMES = ("modified_at", "touched_at", "first_seen_at")
MOST_BODY = 256 * 1024
FORMER = 5
HIDDEN = {"moments": 0, "keys": 0}


@dataclass(slots=True)
class Tracer:
    """Follows values back, one tenant's at a time; connections and bringers are read once each."""

    hub: Hub
    store: TenantStore
    _sources: dict[str, Source | None] = field(default_factory=dict)
    _connections: dict[str, Doc | None] = field(default_factory=dict)
    _bringers: dict[tuple[str, str], Doc] = field(default_factory=dict)

    def record(self, key: str) -> Doc:
        """The stored record; raises NotFound."""
        found = self.store.records.find_one({"_id": key}, HIDDEN)
        if found is None:
            raise NotFound("There is no such record, or it was erased.")
        return found

    def records(self, keys: Iterable[str]) -> dict[str, Doc]:
        """Those of the records that are there, by key."""
        wanted = {"_id": {"$in": sorted(set(keys))}}
        return {doc["_id"]: doc for doc in self.store.records.find(wanted, HIDDEN)}

    def chain(self, record: Doc, name: str, *, shown: Any = None, custom: bool = False) -> Doc:
        """How `name` of this record came to be.

        `shown` is the value as a profile shows it: if the record says another one by now, the
        version that said it is looked for.
        """
        raw = body.read(record.get("raw"))
        source = self.source(record["connection_id"])
        told = tell(self.store, source, record, raw, name, custom)
        kept = (record.get("custom" if custom else "values") or {}).get(name)
        former = self._former(record, source, name, custom)
        return {
            "field": name,
            "value": kept,
            **self.head(record),
            "raw": self._raw(record, raw, told.steps),
            "mapping": told.facts,
            "version": _version(kept, shown, former),
            "former": former,
        }

    def brief(self, record: Doc, name: str) -> Doc:
        """{"field", "value", "mapping"}: one value of a record that is told as a whole."""
        raw = body.read(record.get("raw"))
        source = self.source(record["connection_id"])
        told = tell(self.store, source, record, raw, name, custom=False)
        return {
            "field": name,
            "value": (record.get("values") or {}).get(name),
            "mapping": told.facts,
        }

    def head(self, record: Doc) -> Doc:
        """{"record", "brought_by"}: the record without its values, and what brought its body."""
        return {
            "record": self._record(record),
            "brought_by": self.bringer(record.get("origin")),
        }

    def source(self, connection_id: str) -> Source | None:
        """The connection with its mappings; None when it is removed or its plugin not loaded."""
        if connection_id not in self._sources:
            self._sources[connection_id] = self._source(connection_id)
        return self._sources[connection_id]

    def _source(self, connection_id: str) -> Source | None:
        connection = self.connection(connection_id)
        try:
            return self.hub.source(self.store, connection) if connection else None
        except NotFound:
            return None

    def connection(self, connection_id: str) -> Doc | None:
        if connection_id not in self._connections:
            found = self.store.connections.find_one({"_id": connection_id})
            self._connections[connection_id] = found
        return self._connections[connection_id]

    def bringer(self, noted: Any) -> Doc:
        """What brought a body, by the note on it."""
        mark = (str((noted or {}).get("kind")), str((noted or {}).get("id")))
        if mark not in self._bringers:
            keep_days = self.hub.settings.retention_days
            self._bringers[mark] = origin.brought_by(self.store, noted, keep_days)
        return self._bringers[mark]

    def _record(self, record: Doc) -> Doc:
        life = record.get("life") or {}
        connection = self.connection(record["connection_id"])
        return {
            "id": record["_id"],
            **{name: record.get(name) for name in (*RECORD, *TIMES)},
            "connection": connection["name"] if connection else None,
            "deleted": bool(life.get("deleted")),
            "erased": bool(life.get("erased")),
            "settled": "due" not in record,
        }

    def _raw(self, record: Doc, raw: Any, steps: Any) -> Doc:
        """{"size", "body", "marks", "missing": why there is no body}."""
        stored = record.get("raw")
        missing = None
        if stored is None:
            erased = (record.get("life") or {}).get("erased")
            missing = "It was erased." if erased else "No body was ever received for it."
        elif len(stored) > MOST_BODY:
            missing = f"It is too large to show ({len(stored):,} bytes)."
        return {
            "size": len(stored) if stored is not None else 0,
            "body": body.masked(raw) if missing is None else None,
            "marks": [list(path) for path in steps],
            "missing": missing,
        }

    def _former(self, record: Doc, source: Source | None, name: str, custom: bool) -> list[Doc]:
        """Replaced bodies, latest first, each with what today's mapping reads in it."""
        kept = self.store.versions.find({"record": record["_id"]}).sort("at", -1).limit(FORMER)
        return [self._former_one(doc, record, source, name, custom) for doc in kept]

    def _former_one(
        self, doc: Doc, record: Doc, source: Source | None, name: str, custom: bool
    ) -> Doc:
        raw = body.read(doc.get("raw"))
        mapping = source.mappings.get(record["object"]) if source else None
        value: Any = None
        readable = mapping is not None and raw is not None
        if source is not None and mapping is not None and raw is not None:
            try:
                mapped = mapping.apply(raw, source.context)
                value = (mapped.custom if custom else mapped.values).get(name)
            except Unmappable:
                readable = False
        return {
            "id": doc["_id"],
            "replaced_at": doc["at"],
            "value": value,
            "readable": readable,
            "brought_by": self.bringer(doc.get("origin")),
        }


def _version(kept: Any, shown: Any, former: list[Doc]) -> Doc:
    """{"current", "id", "replaced_at"}: whether the record still says what is shown."""
    if shown is None or kept == shown:
        return {"current": True, "id": None, "replaced_at": None}
    then = next((one for one in former if one["value"] == shown), None)
    return {
        "current": False,
        "id": then["id"] if then else None,
        "replaced_at": then["replaced_at"] if then else None,
    }
