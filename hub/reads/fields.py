"""The vendor's fields as they are shown: what they are, who carries them, what reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub import describing
from hub.bootstrap import Hub
from hub.drift import look
from hub.drift.example import example
from hub.engine.incoming import Source
from hub.errors import NotFound
from hub.reads.mappings import own
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings import suggested
from mappings.described import Described
from mappings.language import ObjectMapping
from mappings.plain import blank
from mappings.survey import Place, below, is_own, readers, value_at

LOOKED_AT = 20
"""Records in which an example is looked for."""
NOT_READ = "No stream of this connector brings it: it is named here, and its records are not read."


@dataclass(frozen=True, slots=True)
class Fields:
    """One object of a connection with all that is known of its fields.

    base: the connector's own mapping; mapping: with the tenant's overlay.
    """

    doc: Doc
    source: Source
    base: ObjectMapping
    mapping: ObjectMapping
    told: Mapping[str, Described]
    seen: Mapping[str, Doc]
    records: list[Any]

    @property
    def taken(self) -> set[str]:
        """Custom names that are in use."""
        return set(self.mapping.definition["custom"]["fields"])

    def example(self, path: str) -> str:
        told = self.told.get(path)
        values = (value_at(record, path) for record in self.records)
        found = next((value for value in values if not blank(value)), None)
        shown = example(found, told.type if told else "other", self.mapping.entity)
        return "" if found is None else shown


def load(hub: Hub, store: TenantStore, connection: Doc, object: str) -> Fields:
    """Raises NotFound for an object that the connector does not map."""
    source = hub.source(store, connection)
    base = own(hub, connection["connector"], object)
    doc = store.described.find_one({"_id": f"{connection['_id']}:{object}"}) or {}
    records = look.bodies(store, doc.get("sample", [])[:LOOKED_AT])[1]
    told = describing.fields_of(doc)
    seen = {row["path"]: row for row in doc.get("seen", [])}
    return Fields(doc, source, base, source.mappings[object], told, seen, records)


def of_connection(hub: Hub, store: TenantStore, connection_id: str, only: str | None = None) -> Doc:
    """{"connection", "connector", "described_at", "problem", "objects": [...]}: each object with
    its fields, or `only` one; one that no stream brings has a `note` instead."""
    connection = hub.connection(store, connection_id)
    mapped = hub.plugins.mappings[connection["connector"]]
    docs = {d["object"]: d for d in store.described.find({"connection_id": connection_id})}
    names = [*mapped, *sorted(docs.keys() - mapped.keys())]
    wanted = [name for name in names if only in (None, name)]
    if only and not wanted:
        raise NotFound(f"There is no object {only}; there are {', '.join(names)}.")
    return {
        "connection": connection_id,
        "connector": connection["connector"],
        "described_at": connection.get("described_at"),
        "problem": connection.get("describe_problem") or "",
        "currency": (connection.get("facts") or {}).get("currency"),
        "time_zone": (connection.get("facts") or {}).get("time_zone"),
        "objects": [
            of_object(hub, store, connection, name) if name in mapped else _unread(docs[name])
            for name in wanted
        ],
    }


def of_object(hub: Hub, store: TenantStore, connection: Doc, object: str) -> Doc:
    """One object with its fields: the tenant's own first."""
    found = load(hub, store, connection, object)
    read = readers(found.mapping)
    rows = [_row(found, path, read.get(path, [])) for path in _paths(found)]
    return {
        "object": object,
        "title": found.doc.get("title") or object,
        "entity": found.mapping.entity,
        "stream": found.mapping.stream,
        "told_at": found.doc.get("told_at"),
        "looked_at": found.doc.get("looked_at"),
        "of": found.doc.get("of", 0),
        "note": "",
        "fields": sorted(rows, key=lambda row: (not row["custom"], row["title"].lower())),
    }


def line(found: Fields, path: str) -> str | None:
    """What takes a field along in an overlay; None if the tenant cannot pick it."""
    made = suggested.line(found.base, path, found.told.get(path), found.taken)
    return suggested.text(made) if made else None


def find(store: TenantStore, connector: str, object: str) -> Doc:
    """The connection of a connector whose fields are shown: the one that has records."""
    for connection in store.connections.find({"connector": connector}).sort("created_at", 1):
        mine = {"_id": f"{connection['_id']}:{object}"}
        if store.described.find_one(mine, {"_id": 1}) is not None:
            return connection
    raise NotFound("No connection tells of fields yet.")


def _paths(found: Fields) -> list[str]:
    """What the vendor tells of, and what records carry in the part that a tenant picks from."""
    read = readers(found.base)
    mine = [path for path in found.seen if path not in read and below(found.mapping, path)]
    return list(dict.fromkeys([*found.told, *mine]))


def _row(found: Fields, path: str, places: Sequence[Place]) -> Doc:
    told = found.told.get(path)
    seen = found.seen.get(path, {})
    return {
        "name": path,
        "title": told.title if told else below(found.mapping, path) or path,
        "type": told.type if told else ", ".join(seen.get("kinds", [])),
        "custom": told.custom if told else is_own(found.mapping, path),
        "described": told is not None,
        "values": list(told.titles) if told else [],
        "filled": seen.get("filled", 0),
        "of": found.doc.get("of", 0),
        "example": found.example(path),
        "mapped": [f"{part}.{name}" for part, name in places],
        "suggestion": None if places else line(found, path),
    }


def _unread(doc: Doc) -> Doc:
    return {
        "object": doc["object"],
        "title": doc.get("title") or doc["object"],
        "entity": None,
        "stream": None,
        "told_at": doc.get("told_at"),
        "looked_at": None,
        "of": 0,
        "note": NOT_READ,
        "fields": [],
    }
