"""Rules on mapped values: money to the last unit, instants with their zone, nothing left out."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from hub.api import Record, Stream
from hub.api.paging import part
from hub.conform.ground import Ground
from hub.conform.rule import require, rule
from mappings.canonical import ENTITIES
from mappings.errors import Unmappable
from mappings.language import Mapped, ObjectMapping

AMOUNTS = ("1.15", "4.35", "8.2", "0.57", "1234567890123.45")
"""Decimals that a binary fraction misses: 1.15 * 100 is 114.99999999999999."""
ODD_MINOR = 9_007_199_254_740_993
"""2**53 + 1: the first whole number that a double cannot hold."""
EAST = timezone(timedelta(hours=5, minutes=30))
FEW = 12
NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "account": (("name",),),
    "contact": (("full_name", "last_name"), ("emails",)),
    "opportunity": (("name",), ("status",), ("amount",)),
    "ticket": (("subject",), ("status",), ("opened_at",)),
    "work_item": (("title",), ("status_category",)),
    "activity": (("kind",), ("started_at",)),
    "subscription": (("status",), ("mrr", "items")),
    "invoice": (("status",), ("amount_due",)),
    "satisfaction": (("score_norm", "label", "score_raw"), ("responded_at",)),
    "user": (("full_name",), ("emails",)),
}
"""Without these an entity says nothing; of several in one place any is enough."""


@rule("money", "silver", "Money arrives to the last unit, never by way of a float")
def money(ground: Ground) -> None:
    for stream, mapping in _mapped(ground):
        for name, path in [*_of_type(mapping, "money"), *_whole_record(mapping)]:
            for record, mapped in _with(ground, stream, mapping, name):
                for raw, minor in _amounts(part(record, path), mapped.values[name]):
                    other = _apply(ground, mapping, _changed(record, path, raw))
                    got = (other.values.get(name) or {}).get("minor") if other else None
                    said = (
                        f"{stream.name}: {path} = {raw!r} becomes {got} minor units, not {minor}."
                    )
                    require(got == minor, said, str(ground.connector.mapping))
                break


def _amounts(raw: Any, value: Mapping[str, Any]) -> Iterator[tuple[Any, int]]:
    """Amounts of the vendor's own kind, and what they are in minor units."""
    scale = Decimal(10) ** value["exponent"]
    if isinstance(raw, int) and raw == value["minor"] and scale != 1:
        yield ODD_MINOR, ODD_MINOR
        return
    for text in AMOUNTS if isinstance(raw, str | float | int) else ():
        minor = Decimal(text) * scale
        if minor == int(minor):
            yield (text if isinstance(raw, str) else float(text)), int(minor)


@rule("zones", "silver", "An instant is the same in whatever zone the vendor writes it")
def zones(ground: Ground) -> None:
    for stream, mapping in _mapped(ground):
        for name, path in times(mapping):
            for record in ground.records(stream)[:FEW]:
                moment = instant(part(record, path))
                if moment is None:
                    continue
                for zone in (None, UTC, EAST):
                    text = moment.astimezone(zone).isoformat(timespec="seconds") if zone else None
                    changed = _changed(record, path, text) if text else record
                    got = _time(_apply(ground, mapping, changed), name)
                    off = got and abs((got - moment).total_seconds())
                    said = f"{stream.name}: {path} = {part(changed, path)!r} becomes {got}."
                    require(not off or off < 1, said, str(ground.connector.mapping))


@rule("complete", "silver", "What an entity cannot do without is mapped, from paths that exist")
def complete(ground: Ground) -> None:
    where = str(ground.connector.mapping)
    for stream, mapping in _mapped(ground):
        fields = set(mapping.definition["fields"])
        for any_of in NEEDED.get(mapping.entity, ()):
            said = f"{stream.name} maps no {' or '.join(any_of)}."
            require(fields & set(any_of), said, where)
        known = _described(ground, stream)
        records = [*ground.records(stream), *ground.recorded(stream.object)]
        own = mapping.custom_path
        for path in (*mapping.source_fields, *([own] if own and _is_plain(own) else [])):
            found = path in known or any(_has(record, path) for record in records)
            said = f"{stream.name} reads {path}, which no record and no described field has."
            require(found, said, where)


def _described(ground: Ground, stream: Stream) -> set[str]:
    fields = ground.source().context.account.get("fields")
    own = fields.get(stream.object) if isinstance(fields, Mapping) else fields
    return {str(one["name"]) for one in own or () if isinstance(one, Mapping) and "name" in one}


def _has(record: Any, path: str) -> bool:
    for name in path.split("."):
        if isinstance(record, list):
            record = next((one for one in record if isinstance(one, dict) and name in one), None)
        if not isinstance(record, Mapping) or name not in record:
            return False
        record = record[name]
    return True


def _mapped(ground: Ground) -> Iterator[tuple[Stream, ObjectMapping]]:
    for stream in ground.filled():
        yield stream, ground.mappings[stream.object]


def _of_type(mapping: ObjectMapping, kind: str) -> list[tuple[str, str]]:
    """Canonical fields of a type that are read from one plain path."""
    known = ENTITIES[mapping.entity].fields if mapping.entity in ENTITIES else {}
    fields = mapping.definition["fields"].items()
    plain = [(n, d.get("from")) for n, d in fields if n in known and known[n].type == kind]
    return [(name, str(path)) for name, path in plain if _is_plain(path)]


def _whole_record(mapping: ObjectMapping) -> list[tuple[str, str]]:
    """Money that a conversion takes out of the whole record, from a field of the same name."""
    known = ENTITIES[mapping.entity].fields if mapping.entity in ENTITIES else {}
    fields = mapping.definition["fields"].items()
    found = [n for n, d in fields if n in known and known[n].type == "money"]
    return [(n, n) for n in found if mapping.definition["fields"][n].get("from") == "."]


def times(mapping: ObjectMapping) -> list[tuple[str, str]]:
    """Every time that is read from one plain path: canonical fields, and the record's own."""
    words = ("modified_at", "created_at")
    named = [(word, (mapping.definition.get(word) or {}).get("from")) for word in words]
    own = [(name, str(path)) for name, path in named if _is_plain(path)]
    return [*_of_type(mapping, "timestamp"), *own]


def _is_plain(path: Any) -> bool:
    return isinstance(path, str) and all(word.isidentifier() for word in path.split("."))


def _with(
    ground: Ground, stream: Stream, mapping: ObjectMapping, name: str
) -> Iterator[tuple[Record, Mapped]]:
    for record in ground.records(stream):
        mapped = _apply(ground, mapping, record)
        if mapped is not None and mapped.values.get(name):
            yield record, mapped


def _apply(ground: Ground, mapping: ObjectMapping, record: Record) -> Mapped | None:
    try:
        return mapping.apply(record, ground.source().context)
    except Unmappable:
        return None


def _changed(record: Record, path: str, value: Any) -> Record:
    other: Any = copy.deepcopy(dict(record))
    *around, last = path.split(".")
    here = part(other, ".".join(around))
    here[last] = value
    return dict(other)


def _time(mapped: Mapped | None, name: str) -> datetime | None:
    if mapped is None:
        return None
    if name == "modified_at":
        return mapped.version
    return mapped.created_at if name == "created_at" else mapped.values.get(name)


def instant(raw: Any) -> datetime | None:
    """A time that is written with its zone."""
    if not isinstance(raw, str) or "T" not in raw:
        return None
    try:
        found = datetime.fromisoformat(raw)
    except ValueError:
        return None
    return found if found.tzinfo else None
