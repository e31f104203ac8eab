"""What a vendor tells of its fields, what records say of them, and the lines that these suggest."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings import described, language, suggested
from mappings.described import Described
from mappings.document import read
from mappings.errors import BrokenMapping
from mappings.language import Context
from mappings.survey import readers, survey

MAPPING = """
- stream: companies
  object: company
  entity: account
  id: id
  fields:
    name: name
    tier: own.tier
    lifecycle: {from: [own.stage, stage], map: {customer: active, 2: prospect}, else: other}
    source_health: {join: [a, b], map: {x y: good}, else: null}
  custom: own
- {stream: people, object: person, entity: contact, id: id, fields: {full_name: name}}
"""
few = settings(max_examples=25)
BASE = language.load(MAPPING, "m.yaml", {})["company"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            {"name": "own.a", "title": "A", "type": "choice", "custom": True, "values": ["x", 2]},
            Described("own.a", "A", "choice", True, ("x", "2"), ("x", "2")),
        ),
        (
            {"name": 'own."a b"', "values": [{"value": "x", "title": "Ex"}, None]},
            Described('own."a b"', 'own."a b"', "other", False, ("x",), ("Ex",)),
        ),
        (
            {"name": "own[?id=='7'].v | [0]", "title": "E", "type": "zzz", "custom": 1},
            Described("own[?id=='7'].v | [0]", "E", "other", True),
        ),
    ],
)
def test_a_described_field_is_read(row: dict[str, Any], told: Described) -> None:
    assert described.fields({"fields": {"company": [row]}}) == {"company": (told,)}


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ({"fields": []}, "no object"),
        ({"fields": {"company": {}}}, "no list"),
        ({"fields": {"company": [{"name": "a..b"}]}}, "no path"),
        ({"fields": {"company": [{"name": "a", "label": "A"}]}}, "unknown key"),
        ({"fields": {"company": [{"name": "a", "type": "string"}]}}, "unknown type"),
        ({"fields": {"company": [{"name": "a", "type": "text", "title": "A"}]}}, "lacks"),
        (
            {
                "fields": {
                    "company": [{"name": "a", "type": "text", "title": "A", "custom": False}] * 2
                }
            },
            "twice",
        ),
    ],
)
def test_a_description_of_another_shape_is_named_and_breaks_nothing(
    facts: dict[str, Any], problem: str
) -> None:
    assert any(problem in sentence for sentence in described.problems(facts))
    described.fields(facts)


def test_a_sample_says_who_carries_what_of_which_kind_and_which_words_are_unknown() -> None:
    records: list[Any] = [
        {"id": 1, "own": {"tier": "gold", "new": 1, 'odd"': 1}, "stage": "customer"},
        {"id": 2, "own": {"tier": 7, "new": ""}, "stage": 2, "a": "x", "b": "y"},
        {"id": 3, "own": {"stage": "zombie", "stage2": None}, "a": "x", "b": "z"},
        {"id": 4, "own": None, "stage": ["a"]},
        {},
        "no record",
    ]
    found = survey(BASE, ["own.told"], records, Context())
    assert found.of == 6
    shown = {path: (seen.carried, seen.filled) for path, seen in found.seen.items()}
    assert shown["own.tier"] == (2, 2)
    assert shown["own.new"] == (2, 1)
    assert shown["own.stage2"] == (1, 0)
    assert shown["own.told"] == (0, 0)
    assert found.seen["own.tier"].kinds == {"text", "a number"}
    assert found.unknown == {"lifecycle": {"zombie": [2]}, "source_health": {"x z": [2]}}
    assert readers(BASE)["own.stage"] == [("fields", "lifecycle")]


TITLES = st.one_of(st.text(max_size=80), st.sampled_from(["", "Plan (2026)", "Ünïcode", "9 lives"]))
TYPES = st.sampled_from(described.TYPES)
PATHS = st.text(string.ascii_letters + "_$-", min_size=1, max_size=40).map("own.{}".format)


@few
@given(TITLES, TYPES, PATHS, st.sets(st.sampled_from(["plan", "plan_2026", "field"])))
def test_every_line_that_is_suggested_for_a_field_is_valid(
    title: str, type: str, path: str, taken: set[str]
) -> None:
    told = Described(path, title, type, True)
    made = suggested.picked(BASE, path, told, taken)
    assert made == suggested.line(BASE, path, told, taken)
    assert made is not None
    document, _ = read(suggested.text(made), "overlay")
    assert document == made
    laid = language.overlay(BASE, document, suggested.text(made))
    (name,) = laid.definition["custom"]["fields"]
    assert name not in taken


@few
@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=4, unique=True))
def test_every_line_that_is_suggested_for_words_makes_them_known(words: list[str]) -> None:
    records = [{"id": "1", "stage": word} for word in words]
    said = survey(BASE, (), records, Context()).unknown.get("lifecycle", {})
    made = suggested.known_words(BASE, "lifecycle", said)
    if made is None:
        return
    text = suggested.text(made)
    laid = language.overlay(BASE, read(text, "overlay")[0], text)
    left = survey(laid, (), records, Context()).unknown.get("lifecycle", {})
    assert not [word for word in left if "@" not in word]


@pytest.mark.parametrize(
    ("written", "due"),
    [
        ("", "custom:\n  plan: own_plan\n"),
        ("# mine\n", "# mine\ncustom:\n  plan: own_plan\n"),
        ("custom: # all\n    a: b\n", "custom: # all\n    plan: own_plan\n    a: b\n"),
        ("custom:\n  plan: {from: x}\n", "custom:\n  plan: own_plan\n"),
        ("custom: {a: b}\n", "custom:\n  a: b\n  plan: own_plan\n"),
        (
            "external_id: x\nfields:\n  tier: null\n",
            "external_id: x\nfields:\n  tier: null\ncustom:\n  plan: own_plan\n",
        ),
    ],
)
def test_a_line_is_put_into_what_is_written_already(written: str, due: str) -> None:
    assert suggested.merged(written, {"custom": {"plan": "own_plan"}}) == due


def test_what_cannot_be_left_out_or_picked_is_not_suggested() -> None:
    person = language.load(MAPPING, "m.yaml", {})["person"]
    assert suggested.picked(person, "name", None) is None
    assert suggested.picked(BASE, "elsewhere", None) is None
    assert suggested.left_out(BASE, [("head", "id")]) is None
    assert suggested.left_out(BASE, []) is None
    with pytest.raises(BrokenMapping):
        suggested.merged("{{", {"custom": {}})
