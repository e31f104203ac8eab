"""How a record was mapped: each value with the line that made it, and what nobody reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from hub.api import Record
from hub.engine import linking
from hub.engine.incoming import Incoming, from_record
from hub.trying import picture
from hub.trying.footing import Footing
from hub.trying.step import Step
from mappings.canonical import ENTITIES
from mappings.errors import Unmappable
from mappings.language import Mapped, ObjectMapping
from mappings.lines import HEAD_PART, Part
from mappings.making import Making, making
from mappings.plain import blank

MOST_UNMAPPED = 60
Steps = tuple[str | int, ...]
ORIGIN = {"kind": "try", "id": ""}


def one(footing: Footing, object: str, record: Record, against: picture.Against) -> Iterator[Step]:
    """A record by itself, as a listing would bring it."""
    item = from_record(footing.source, object, record, footing.moment(), ORIGIN)
    yield from tell(footing, item, against)


def tell(footing: Footing, item: Incoming, against: picture.Against) -> Iterator[Step]:
    """The steps `map` and `profile` of one record, or of the evidence that one is gone."""
    name = f"{item.object} {item.native_id}"
    if item.problem is not None:
        where = f"{footing.folder.name}/mapping.yaml"
        yield Step(
            "map", "refused", f"{name}: {item.problem.path}: {item.problem.sentence} ({where})"
        )
        return
    if item.mapped is not None:
        yield _map(footing, item, item.mapped, name)
    yield _profile(footing, item, name, against)


def _map(footing: Footing, item: Incoming, mapped: Mapped, name: str) -> Step:
    mapping, raw = footing.source.mappings[item.object], json.loads(item.raw)
    made = dict(_makings(mapping, raw, footing))
    rows = [_value(n, v, made.get(_part(mapping, n))) for n, v in _values(mapped).items()]
    rows += [_value(f"custom.{n}", v, made.get(("custom", n))) for n, v in mapped.custom.items()]
    links = [
        {
            "kind": link.kind,
            "by": link.by,
            "value": link.value,
            **_line(made.get(("links", link.kind))),
        }
        for link in mapped.links
    ]
    unmapped, blanks = _unmapped(raw, made.values())
    beside = {"links": links, "unmapped": unmapped, "blank": blanks, "native_id": item.native_id}
    return Step("map", "passed", f"{name} becomes {mapped.entity}", rows, beside)


def _values(mapped: Mapped) -> dict[str, Any]:
    head: dict[str, Any] = {
        "id": mapped.native_id,
        "modified_at": mapped.version,
        "created_at": mapped.created_at,
    }
    head |= {"external_id": mapped.external_id, "url": mapped.url}
    if mapped.deleted:
        head["deleted"] = True
    if mapped.merged_into:
        head["merged_into"] = mapped.merged_into
    return {n: v for n, v in {**head, **mapped.values}.items() if v is not None}


def _part(mapping: ObjectMapping, name: str) -> Part:
    known = name in ENTITIES[mapping.entity].fields and name in mapping.definition["fields"]
    return ("fields" if known else HEAD_PART, name)


def _makings(mapping: ObjectMapping, raw: Any, footing: Footing) -> Iterator[tuple[Part, Making]]:
    """How each part was made; a part of the file that is no rule, such as `stream`, has none."""
    for part in mapping.lines:
        try:
            yield part, making(mapping, part, raw, footing.source.context)
        except KeyError:
            continue


def _value(name: str, value: Any, made: Making | None) -> dict[str, Any]:
    reads = [look.path for look in made.looks if look.used] if made else []
    turned = made.conversion if made else None
    return {"name": name, "value": value, **_line(made), "reads": reads, "conversion": turned}


def _line(made: Making | None) -> dict[str, Any]:
    last = made.lines[-1] if made and made.lines else None
    return {"line": f"{last.file}:{last.line}" if last else "", "text": last.text if last else ""}


def _unmapped(raw: Any, makings: Any) -> tuple[list[dict[str, Any]], int]:
    """[{"path", "value"}] of what holds something and no line reads, and how many hold nothing."""
    read = {
        look.steps
        for made in makings
        for look in made.looks
        if look.root == "record" and look.steps
    }
    left = [(at, value) for at, value in _leaves(raw, ()) if not _covered(at, read)]
    full: dict[str, Any] = {}
    for at, value in left:
        if not blank(value):
            full.setdefault(_text(at), value)
    rows = [{"path": path, "value": value} for path, value in full.items()]
    return rows[:MOST_UNMAPPED], sum(blank(value) for _, value in left)


def unread(footing: Footing, object: str, record: Record) -> list[dict[str, Any]]:
    """[{"path", "value"}] of what the mapping leaves of one record."""
    made = dict(_makings(footing.source.mappings[object], record, footing))
    return _unmapped(record, made.values())[0]


def _covered(at: Steps, read: set[Steps]) -> bool:
    return any(at[:length] in read for length in range(1, len(at) + 1))


def _leaves(value: Any, at: Steps) -> Iterator[tuple[Steps, Any]]:
    if isinstance(value, Mapping) and value:
        for key, below in value.items():
            yield from _leaves(below, (*at, str(key)))
    elif isinstance(value, list) and value:
        for place, below in enumerate(value):
            yield from _leaves(below, (*at, place))
    else:
        yield at, value


def _text(at: Steps) -> str:
    said = "".join("[]" if isinstance(step, int) else f".{step}" for step in at)
    return said.lstrip(".")


def _profile(footing: Footing, item: Incoming, name: str, against: picture.Against) -> Step:
    source = footing.source
    entity, before = picture.entity_of(source, item), _before(footing, item)
    gone = bool(item.life and item.life.deleted)
    beside: dict[str, Any] = {"entity": entity, "against": against, "paths": _paths(footing, item)}
    if entity in picture.PROFILES:
        rows = picture.changes(source, item, before, against)
        what = f"the {entity}'s profile"
    else:
        rows, what = picture.adds(source, item, before), "what it adds to its account"
    known = "was known" if before is not None else "is new"
    fate = ("is gone" if before is not None else "goes, but was not known") if gone else known
    moved = f"{len(rows)} to see of {what}" if rows else f"nothing moves of {what}"
    return Step("profile", "passed", f"{name} {fate}: {moved}", rows, beside)


def _before(footing: Footing, item: Incoming) -> Mapping[str, Any] | None:
    record = footing.before.get((item.object, item.native_id))
    if record is None:
        return None
    try:
        return footing.source.mappings[item.object].apply(record, footing.source.context).values
    except Unmappable:
        return None


def _paths(footing: Footing, item: Incoming) -> list[str]:
    """The keys by which its account is looked for, the first that leads to one wins."""
    mapped = item.mapped
    if mapped is None or mapped.entity == "account":
        return []
    links = [{"kind": n.kind, "by": n.by, "value": n.value} for n in mapped.links]
    doc = {"links": links, "connection_id": footing.source.connection_id}
    return list(linking.paths({**doc, "entity": mapped.entity, "values": mapped.values}))
