"""Wild records: whatever JSON comes, it is mapped to what BSON can hold, or Unmappable."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date
from typing import Any

import bson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mappings.canonical import ENTITIES, FieldSpec
from mappings.conversions import BUILTINS
from mappings.errors import BrokenMapping, Unmappable
from mappings.language import Context, Mapped, ObjectMapping, load, overlay
from mappings.money import EXPONENTS

_NAMES = ["id", "a", "b", "c.d", "$e", "", "x\0y", "\ud800"]
_TEXTS = ["1", "true", "EUR", "2026-02-01T09:00:00Z", "0001-01-01", "a@b-c.org", "ACME.com", " "]


def jsons(longest: str = "x" * 300_000) -> st.SearchStrategy[Any]:
    text = st.text(st.characters(exclude_categories=())) | st.sampled_from([*_TEXTS, longest])
    scalars = (
        st.none() | st.booleans() | st.integers() | st.integers(2**62, 2**66) | st.floats() | text
    )
    names = st.sampled_from(_NAMES) | text.filter(lambda name: len(name) < 50)
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
        max_leaves=12,
    )


def usual(field: FieldSpec) -> dict[str, Any]:
    rule: dict[str, Any] = {"from": "a"}
    if field.type == "money":
        rule["currency"] = ["b", "EUR"]
    if field.type == "map" and field.many:
        rule["as"] = "own"
    return rule


def all_fields(entity: str) -> ObjectMapping:
    """Every field of an entity read from `a`, by its usual conversion."""
    fields = {name: usual(field) for name, field in ENTITIES[entity].fields.items()}
    item = {"stream": "s", "object": "o", "entity": entity, "id": "id", "fields": fields}
    return load(json.dumps([item]), "m.yaml", {"own": lambda value, context: value})["o"]


def all_conversions() -> list[ObjectMapping]:
    """Each conversion as a custom field, and each way to read, link and look up."""
    text = """
    - stream: s
      object: o
      entity: account
      id: id
      modified_at: a
      created_at: {from: [b, a], as: epoch_ms}
      deleted: b
      merged_into: a
      url: {template: "https://x/{a}/{b}"}
      custom: .
      links:
        parent: a
        account_mail: {by: email, from: a}
        account_site: {by: domain, from: [a, b]}
        account_rule: {from: ., as: own}
    """
    base = load(text, "m.yaml", {"own": lambda value, context: value["a"]["b"]})["o"]
    rules: dict[str, dict[str, Any]] = {
        name: {"from": "a", "as": name, **({"currency": "b"} if made.currency else {})}
        for name, made in BUILTINS.items()
    }
    rules |= {
        "join": {"join": ["a", "b"]},
        "nested": {"from": "a.b[0].a"},
        "pick": {"from": "a", "lookup": "account.table", "pick": "x[0].y"},
        "pick_own": {"from": "a", "lookup": "b"},
        "words": {"from": "a", "map": {"1": "one"}, "else": "other"},
        "strict": {"from": "a", "map": {"1": "one"}},
        "expression": {"from": "a.b[?c > `1`].d | [0]"},
        "function": {"from": "length(a)"},
        "both": {"from": ["a", "b"], "as": "list"},
    }
    return [overlay(base, {"links": {}, "custom": {name: rule}}) for name, rule in rules.items()]


MAPPINGS = [*map(all_fields, ENTITIES), *all_conversions()]
CONTEXT = Context({}, {"table": {"1": {"x": [{"y": 1}]}, "true": 5}})

RIGHT: dict[str, Any] = {
    "integer": lambda v: type(v) is int and -(2**63) <= v < 2**63,
    "number": lambda v: type(v) in (int, float) and v == v and abs(v) != float("inf"),
    "bool": lambda v: type(v) is bool,
    "timestamp": lambda v: v.tzinfo is UTC and v.year >= 1900 and v.microsecond % 1000 == 0,
    "day": lambda v: date.fromisoformat(v).isoformat() == v,
    "money": lambda v: v["exponent"] == EXPONENTS[v["currency"]] and type(v["minor"]) is int,
    "map": lambda v: type(v) is dict,
}


def right(field: FieldSpec, value: Any) -> bool:
    if field.many:
        return bool(value) and all(right_one(field, one) for one in value)
    return right_one(field, value)


def right_one(field: FieldSpec, value: Any) -> bool:
    if field.enum is not None:
        return value in field.enum
    if field.type in RIGHT:
        return bool(RIGHT[field.type](value))
    return type(value) is str and value.strip() != "" and len(value) <= 262_144


def check(made: Mapped) -> None:
    fields = ENTITIES[made.entity].fields
    assert all(right(fields[name], value) for name, value in made.values.items()), made.values
    kept: dict[str, Any] = {
        "values": made.values,
        "custom": made.custom,
        "id": made.native_id,
        "url": made.url,
    }
    kept |= {"at": made.version, "links": [[li.kind, li.by, li.value] for li in made.links]}
    stored: dict[str, Any] = bson.decode(
        bson.encode(kept), bson.CodecOptions(tz_aware=True, tzinfo=UTC)
    )
    assert repr(kept) == repr(stored)


def attempt(mapping: ObjectMapping, record: Any) -> None:
    """Map and check; Unmappable is the one error allowed, and its sentence can be shown."""
    told = ""
    try:
        made = mapping.apply(record, CONTEXT)
    except Unmappable as error:
        told = error.sentence
    else:
        check(made)
        return
    assert told.encode()


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(MAPPINGS), jsons(), st.fixed_dictionaries({"id": st.just("1")}), jsons())
@example(MAPPINGS[0], float("inf"), {"id": "1"}, None)
@example(MAPPINGS[1], "9" * 5000, {"id": "1"}, None)
@example(MAPPINGS[2], 10**400, {"id": "1"}, "EUR")
def test_any_value_in_any_field(
    mapping: ObjectMapping, a: Any, record: dict[str, Any], b: Any
) -> None:
    attempt(mapping, {**record, "a": a, "b": b})


@settings(deadline=None)
@given(st.sampled_from(MAPPINGS), jsons())
def test_any_json_for_a_record(mapping: ObjectMapping, record: Any) -> None:
    attempt(mapping, record)


@settings(deadline=None)
@given(st.text() | jsons("x" * 300).map(lambda value: json.dumps(value)))
def test_any_text_for_a_mapping(text: str) -> None:
    with pytest.raises(BrokenMapping) as caught:
        load(text, "m.yaml", {})
    assert all(problem.startswith("m.yaml:") for problem in caught.value.problems)


def _around(key: str) -> st.SearchStrategy[Any]:
    return st.dictionaries(st.sampled_from([key, "name", "account"]), jsons(), max_size=2)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["fields", "custom", "links", "external_id", "id"]),
        jsons() | _around("lifecycle"),
    )
)
def test_any_json_for_an_overlay(document: dict[str, Any]) -> None:
    with suppress(BrokenMapping):
        assert overlay(MAPPINGS[0], document).rev


def test_deep_json_is_no_recursion_error() -> None:
    deep: Any = {"id": "1"}
    for _ in range(100_000):
        deep = {"id": "1", "a": deep}
    for mapping in MAPPINGS:
        attempt(mapping, deep)
    while deep:
        deep = deep.pop("a", None)
