"""Bugs in mapping: floats, zones, words that are misspelt, records that are changed by it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from hub.conform.bugs.subject import Subject, bug
from mappings.canonical import ENTITIES
from mappings.language import Context, Mapped, ObjectMapping

ZONE = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|[+-]\d\d:?\d\d)$")
Run = Callable[[Any, Context], Mapped]


def _runs(subject: Subject, change: Callable[[ObjectMapping, Run], Run]) -> Subject:
    made = {k: replace(m, run=change(m, m.run)) for k, m in subject.mappings.items()}
    return replace(subject, mappings=made)


@bug("money goes through a float", "money")
def float_money(subject: Subject) -> Subject | None:
    def change(mapping: ObjectMapping, run: Run) -> Run:
        def mapped(record: Any, context: Context) -> Mapped:
            found = run(record, context)
            values = {k: _through_float(v) for k, v in found.values.items()}
            return replace(found, values=values)

        return mapped

    return _runs(subject, change) if _has(subject, "money") else None


def _through_float(value: Any) -> Any:
    if not isinstance(value, Mapping) or "minor" not in value:
        return value
    scale = 10 ** value["exponent"]
    return {**value, "minor": int(float(value["minor"] / scale) * scale)}


@bug("money is a float", "map", "money")
def money_is_float(subject: Subject) -> Subject | None:
    def change(mapping: ObjectMapping, run: Run) -> Run:
        def mapped(record: Any, context: Context) -> Mapped:
            found = run(record, context)
            values = {
                k: {**v, "minor": float(v["minor"])}
                if isinstance(v, Mapping) and "minor" in v
                else v
                for k, v in found.values.items()
            }
            return replace(found, values=values)

        return mapped

    return _runs(subject, change) if _has(subject, "money") else None


@bug("the zone of a time is dropped", "zones")
def zone_dropped(subject: Subject) -> Subject | None:
    def change(mapping: ObjectMapping, run: Run) -> Run:
        return lambda record, context: run(_zoneless(record), context)

    return _runs(subject, change) if subject.zoned else None


def _zoneless(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _zoneless(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_zoneless(inner) for inner in value]
    return ZONE.sub(r"\1Z", value) if isinstance(value, str) else value


@bug("times have no zone", "map", "zones")
def naive_times(subject: Subject) -> Subject | None:
    def change(mapping: ObjectMapping, run: Run) -> Run:
        def mapped(record: Any, context: Context) -> Mapped:
            found = run(record, context)
            values = {
                k: v.replace(tzinfo=None) if isinstance(v, datetime) else v
                for k, v in found.values.items()
            }
            return replace(found, values=values)

        return mapped

    return _runs(subject, change) if _has(subject, "timestamp") else None


@bug("a mapped path is misspelt", "complete")
def misspelt(subject: Subject) -> Subject | None:
    made = {
        k: replace(m, source_fields=(*m.source_fields[:-1], f"{m.source_fields[-1]}s_"))
        for k, m in subject.mappings.items()
    }
    return replace(subject, mappings=made)


@bug("mapping a record changes it", "map")
def changing(subject: Subject) -> Subject | None:
    def change(mapping: ObjectMapping, run: Run) -> Run:
        def mapped(record: Any, context: Context) -> Mapped:
            found = run(record, context)
            record["__seen"] = True
            return found

        return mapped

    return _runs(subject, change)


def _has(subject: Subject, kind: str) -> bool:
    return any(
        ENTITIES[m.entity].fields[name].type == kind
        for m in subject.mappings.values()
        for name in m.definition["fields"]
        if m.entity in ENTITIES and name in ENTITIES[m.entity].fields
    )
