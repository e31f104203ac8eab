"""Notices of schema drift as they are shown: what happened, how often, an example, what to do.

Examples and words are read from the records now, so that nobody who was erased is in them.
"""

from __future__ import annotations

from typing import Any

from hub.bootstrap import Hub
from hub.drift import look, notices
from hub.errors import NotFound
from hub.reads import fields
from hub.reads.fields import Fields
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings import suggested
from mappings.survey import survey

STATES = ("open", "dismissed", "accepted", "closed")
WORDS = 10


def listed(
    hub: Hub, store: TenantStore, connection_id: str | None = None, state: str = "open"
) -> list[Doc]:
    """Notices of one connection, or of all that there are, those of longest standing first."""
    filter: Doc = {"state": state} | ({"connection_id": connection_id} if connection_id else {})
    kept: dict[tuple[str, str], Fields | None] = {}
    return [_shown(hub, store, doc, kept) for doc in notices.find(store, filter)]


def one(hub: Hub, store: TenantStore, notice_id: str) -> Doc:
    """Raises NotFound."""
    return _shown(hub, store, notices.one(store, notice_id), {})


def suggestion(hub: Hub, store: TenantStore, notice_id: str) -> suggested.Overlay | None:
    """The overlay that a notice suggests; raises NotFound."""
    doc = notices.one(store, notice_id)
    found = _fields(hub, store, doc, {})
    return _suggested(found, doc, _words(store, found, doc)) if found else None


def _shown(
    hub: Hub, store: TenantStore, doc: Doc, kept: dict[tuple[str, str], Fields | None]
) -> Doc:
    found = _fields(hub, store, doc, kept)
    words = _words(store, found, doc) if found else []
    told = found.told.get(doc["path"]) if found else None
    made = _suggested(found, doc, words) if found else None
    return {
        "id": doc["_id"],
        "connection": doc["connection_id"],
        "connector": found.source.connector.name if found else None,
        "object": doc["object"],
        "path": doc["path"],
        "title": told.title if told else doc["name"] or doc["path"],
        "kind": doc["kind"],
        "state": doc["state"],
        "since": doc["since"],
        "seen_at": doc["seen_at"],
        "settled_as": doc.get("settled_as"),
        "settled_by": doc.get("settled_by"),
        "was": doc["was"],
        "now": doc["now"],
        "reads": [f"{part}.{name}" for part, name in doc["places"]],
        "carried": doc["carried"],
        "of": doc["of"],
        "type": doc["now"] or doc["was"] or (told.type if told else ""),
        "words": words,
        "example": found.example(doc["path"]) if found and not words else "",
        "sentence": _sentence(doc, words),
        "suggestion": suggested.text(made) if made else None,
    }


def _fields(
    hub: Hub, store: TenantStore, doc: Doc, kept: dict[tuple[str, str], Fields | None]
) -> Fields | None:
    """None where the connection or the object is no longer there."""
    key = (doc["connection_id"], doc["object"])
    if key not in kept:
        try:
            connection = hub.connection(store, doc["connection_id"])
            kept[key] = fields.load(hub, store, connection, doc["object"])
        except NotFound:
            kept[key] = None
    return kept[key]


def _suggested(found: Fields, doc: Doc, words: list[str]) -> suggested.Overlay | None:
    if doc["kind"] == "appeared":
        told = found.told.get(doc["path"])
        return suggested.picked(found.base, doc["path"], told, found.taken)
    if doc["kind"] == "unknown_value":
        return suggested.known_words(found.base, doc["name"], words)
    places = [(part, name) for part, name in doc["places"]]
    return suggested.left_out(found.base, places)


def _words(store: TenantStore, found: Fields | None, doc: Doc) -> list[str]:
    """The words that the table lacks: as the records say them now, and as the vendor tells them."""
    if found is None or doc["kind"] != "unknown_value":
        return []
    bodies = look.bodies(store, doc["records"])[1]
    said = survey(found.mapping, (), bodies, found.source.context).unknown.get(doc["name"], {})
    known = {row["path"]: row["values"] for row in found.doc.get("known", [])}.get(doc["path"], [])
    table = found.mapping.definition["fields"].get(doc["name"], {}).get("map") or {}
    told = found.told.get(doc["path"])
    fresh = [v for v in told.values if known and v not in known and v not in table] if told else []
    return list(dict.fromkeys([*said, *fresh]))[:WORDS]


def _sentence(doc: Doc, words: list[str]) -> str:
    share = f"{doc['carried']} of the last {doc['of']} records"
    reads = ", ".join(name for _, name in doc["places"])
    said: dict[str, Any] = {
        "appeared": f"A field is new, and nothing reads it. {share} have a value in it.",
        "vanished": f"The vendor has this field no longer. {reads} is read from it.",
        "absent": f"None of the newest records carries this field. {reads} is read from it.",
        "type_changed": f"Its values were {doc['was']} and are {doc['now']}.",
        "unknown_value": f"The mapping of {reads} does not know {_several(words)}. {share} say so.",
    }
    return str(said[doc["kind"]])


def _several(words: list[str]) -> str:
    return ", ".join(f"“{word}”" for word in words) or "a word"
