"""What a mapping did to one value of one record: the line, the places read, the conversion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.engine.incoming import Source
from hub.lineage import revisions
from hub.lineage.body import masked
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.errors import Unmappable
from mappings.language import ObjectMapping
from mappings.lines import Part
from mappings.making import Look, Making, making, part_of

WHOLE = "the whole record"


@dataclass(frozen=True, slots=True)
class Told:
    """A mapping's part in a value: what it says, and whether it says the same of this body."""

    facts: Doc
    steps: tuple[tuple[str | int, ...], ...]


def tell(
    store: TenantStore, source: Source | None, record: Doc, raw: Any, name: str, custom: bool
) -> Told:
    """{"connector", "object", "revision", "revision_now", "current", "file", "line", "text",
    "lines", "then", "reads", "conversion", "translated", "const", "overlay", "again", "missing"}.

    `lines` are today's; `then` those of the revision that made the value, where that is another.
    `missing` says why there is no line. `again`: "same" where mapping the body anew gives the
    stored value, "differs", or "unknown" without a body.
    """
    mapping = source.mappings.get(record["object"]) if source else None
    facts: Doc = {
        "connector": record["source"],
        "object": record["object"],
        "revision": record.get("mapping_rev"),
    }
    if source is None or mapping is None:
        return Told({**facts, **NO_LINE, "missing": _why(source)}, ())
    now = source.rev(record["object"])
    facts |= {"revision_now": now, "current": now == record.get("mapping_rev")}
    part = part_of(mapping, name, custom)
    if part is None:
        missing = f"Today's mapping of {record['object']} makes no {name}."
        return Told({**facts, **NO_LINE, "missing": missing}, ())
    made = making(mapping, part, raw if raw is not None else {}, source.context)
    facts |= {"then": _then(store, mapping, record, part)}
    facts |= _written(made) | {"overlay": _overlay(store, record, made), "missing": None}
    facts |= {"again": _again(mapping, source, record, raw, name, custom)}
    steps = [look.steps for look in made.looks if look.used and look.root == "record"]
    return Told(facts, tuple(steps))


NO_LINE: Mapping[str, Any] = {
    "revision_now": None,
    "current": False,
    "file": None,
    "line": None,
    "text": None,
    "lines": [],
    "then": [],
    "reads": [],
    "conversion": None,
    "translated": False,
    "const": False,
    "overlay": None,
    "again": "unknown",
}


def _why(source: Source | None) -> str:
    if source is None:
        return "Its connection was removed, so that no mapping is loaded."
    return "Today's mapping does not know this object."


def _written(made: Making) -> Doc:
    """The line that counts is the last one: an overlay stands behind the connector's own."""
    last = made.lines[-1] if made.lines else None
    own = {"name": made.conversion, "module": made.module, "of_connector": made.own}
    return {
        "file": last.file if last else None,
        "line": last.line if last else None,
        "text": last.text if last else None,
        "lines": [{"file": n.file, "line": n.line, "text": n.text} for n in made.lines],
        "reads": [_look(look) for look in made.looks],
        "conversion": own if made.conversion else None,
        "translated": made.translated,
        "const": made.const,
    }


def _then(store: TenantStore, mapping: ObjectMapping, record: Doc, part: Part) -> list[Doc]:
    """A revision is what the mapping says, and behind the dash the connection's settings."""
    rev = str(record.get("mapping_rev") or "").partition("-")[0]
    if rev == mapping.rev:
        return []
    found = revisions.lines_of(store, record["source"], record["object"], rev, part)
    return [{"file": n.file, "line": n.line, "text": n.text} for n in found]


def _look(look: Look) -> Doc:
    """What a whole record holds is in the body and not said again."""
    whole = look.root == "record" and not look.steps
    last = str(look.steps[-1]) if look.steps else ""
    path = look.path if not whole else WHOLE
    value = None if whole else masked(look.value, last)
    return {"path": path, "of": look.root, "value": value, "used": look.used}


def _overlay(store: TenantStore, record: Doc, made: Making) -> Doc | None:
    """The tenant's change to this very value: {"version", "author", "at"}."""
    if not made.lines or not made.lines[-1].file.startswith("overlay"):
        return None
    live = {"connector": record["source"], "object": record["object"], "active": True}
    found = store.overlays.find_one(live, {"version": 1, "author": 1, "at": 1}) or {}
    return {name: found.get(name) for name in ("version", "author", "at")}


def _again(
    mapping: ObjectMapping, source: Source, record: Doc, raw: Any, name: str, custom: bool
) -> str:
    if raw is None:
        return "unknown"
    try:
        mapped = mapping.apply(raw, source.context)
    except Unmappable:
        return "differs"
    made = (mapped.custom if custom else mapped.values).get(name)
    kept = (record.get("custom" if custom else "values") or {}).get(name)
    return "same" if made == kept else "differs"
