"""The profile before and after one record: pure survivorship over a picture that is made up.

`empty`: nobody else knows this customer. `seeded`: another source knows it, too, with a value in
every field, so that one sees whose word counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from hub.engine.incoming import Incoming, Source
from hub.health import facts
from mappings.canonical import ENTITIES, FieldSpec
from mappings.survivorship import Member, survive

Against = Literal["empty", "seeded"]
PROFILES = ("account", "contact")
SEEDED_AT = datetime(2026, 1, 1, tzinfo=UTC)
EXAMPLES: Mapping[str, Any] = {
    "integer": 10,
    "number": 1.5,
    "bool": False,
    "timestamp": SEEDED_AT,
    "day": "2026-01-01",
    "money": {"minor": 10000, "currency": "EUR", "exponent": 2},
    "email": "seeded@example.com",
    "domain": "example.com",
    "phone": "+4930123456",
    "country": "DE",
    "map": {},
}


def changes(
    source: Source, item: Incoming, before: Mapping[str, Any] | None, against: Against
) -> list[dict[str, Any]]:
    """Field by field what moves: {"field", "from", "to", "rule", "source", "also"}.

    `before`: the canonical values that the record had. `also`: what others say.
    """
    values = item.mapped.values if item.mapped else before or {}
    entity = entity_of(source, item)
    others = [_neighbour(entity, source.connector.source_kind)] if against == "seeded" else []
    gone = bool(item.life and item.life.deleted)
    old = [_member(source, item, before, False)] if before is not None else []
    new = [_member(source, item, values, gone)]
    was = survive(entity, [*others, *old])
    now = survive(entity, [*others, *new]) if others or not gone else {}
    return [
        _moved(name, was.get(name) or {}, now.get(name) or {})
        for name in ENTITIES[entity].fields
        if (was.get(name) or {}).get("v") != (now.get(name) or {}).get("v")
        or (others and name in values)
    ]


def adds(source: Source, item: Incoming, before: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """For a record that is no profile: what it adds to its account's counters and open items."""
    entity, key = entity_of(source, item), source.key(item.object, item.native_id)
    gone = bool(item.life and item.life.deleted)
    values = item.mapped.values if item.mapped else before or {}
    was = _flat(facts.contribution(entity, before, key, False) if before else {})
    now = _flat(facts.contribution(entity, values, key, gone))
    return [
        {"field": name, "from": was.get(name), "to": now.get(name)}
        for name in sorted({*was, *now})
        if was.get(name) != now.get(name)
    ]


def entity_of(source: Source, item: Incoming) -> str:
    return item.mapped.entity if item.mapped else source.mappings[item.object].entity


def _flat(contribution: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {f"{part}.{n}": v for part, named in contribution.items() for n, v in named.items()}


def _moved(name: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    told = {"field": name, "from": was.get("v"), "to": now.get("v"), "rule": now.get("rule")}
    also = [f"{one['v']} ({one['src']})" for one in now.get("also", ())]
    return told | {"source": now.get("src"), "also": also}


def _member(
    source: Source, item: Incoming, values: Mapping[str, Any] | None, deleted: bool
) -> Member:
    connector = source.connector
    return Member(
        key=source.key(item.object, item.native_id),
        source=connector.name,
        source_kind=connector.source_kind,
        connection=source.connection_id,
        modified_at=item.mapped.version if item.mapped else None,
        deleted=deleted,
        values=values or {},
    )


def _neighbour(entity: str, kind: str) -> Member:
    """A record of another kind of source, the CRM's where ours is none."""
    other = "support" if kind == "crm" else "crm"
    values = {name: _example(spec) for name, spec in ENTITIES[entity].fields.items()}
    return Member(f"cnx_seeded:{entity}:1", f"seeded {other}", other, "cnx_seeded", SEEDED_AT,
                  False, values)  # fmt: skip


def _example(spec: FieldSpec) -> Any:
    words: Sequence[str] = spec.enum or ()
    value = words[0] if words else EXAMPLES.get(spec.type, f"seeded {spec.name}")
    return [value] if spec.many else value
