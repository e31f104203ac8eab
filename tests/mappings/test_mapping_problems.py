"""What a broken mapping says: every problem at once, each with its line and the nearest name."""

# ruff: noqa: E501 - a row of a table reads best on one line
from __future__ import annotations

from typing import Any

import pytest

from mappings.errors import BrokenMapping
from mappings.language import ObjectMapping, load, overlay

GOOD = """- stream: tickets
  object: ticket
  entity: ticket
  id: id
  fields:
    subject: subject
    status: {from: status, map: {2: open, 3: pending}, else: open}
  custom: custom_fields
  links:
    requester: {record: person, from: requester_id}
- stream: people
  object: person
  entity: contact
  id: id
"""


def problems(text: str) -> list[str]:
    with pytest.raises(BrokenMapping) as caught:
        load(text, "mapping.yaml", {"own_words": lambda value, context: value})
    return caught.value.problems


def good() -> ObjectMapping:
    return load(GOOD, "mapping.yaml", {})["ticket"]


# Each row spoils one part of the good file: what is replaced, by what, the line, what is told.
SPOILED: dict[str, tuple[str, str, int, str]] = {
    "entity": ("entity: ticket", "entity: tickt", 3, "unknown entity 'tickt'; did you mean 'ticket'?"),
    "field": ("    subject: s", "    subjct: s", 6, "fields.subjct: unknown field of ticket 'subjct'; did you mean 'subject'?"),
    "conversion": ("subject: subject", "subject: {from: subject, as: own_word}", 6, "unknown conversion 'own_word'; did you mean 'own_words'?"),
    "path": ("subject: subject", "subject: a..b", 6, "bad path 'a..b'"),
    "open-bracket": ("subject: subject", "subject: 'a[0'", 6, "bad path 'a[0'"),
    "path-is-a-number": ("subject: subject", "subject: 5", 6, "a path is due here"),
    "enum-value": ("3: pending", "3: pendng", 7, "fields.status.map.3: unknown word of status 'pendng'; did you mean 'pending'?"),
    "else-value": ("else: open", "else: opn", 7, "fields.status.else: unknown word of status 'opn'; did you mean 'open'?"),
    "no-id": ("  id: id\n  fields", "  fields", 1, "`id` is missing"),
    "no-stream": ("- stream: people\n  object", "- object", 11, "`stream` is missing"),
    "twice-the-object": ("entity: contact", "entity: contact\n  id: id\n- stream: x\n  object: person\n  entity: user", 16, "the object 'person' is mapped twice"),
    "key-of-an-object": ("  custom:", "  costum:", 8, "unknown key 'costum'; did you mean 'custom'?"),
    "key-of-a-rule": ("else: open", "esle: open", 7, "unknown key 'esle'; did you mean 'else'?"),
    "key-twice": ("    status:", "    subject: x\n    status:", 7, "fields.subject: this key comes twice"),
    "wrong-kind": ("subject: subject", "opened_at: {from: x, as: text}", 6, "'text' makes text, and opened_at holds timestamp"),
    "many-for-one": ("subject: subject", "subject: {from: x, as: tags}", 6, "makes several values"),
    "const-kind": ("subject: subject", "reopen_count: {const: some}", 6, "a number is due"),
    "default-kind": ("subject: subject", "opened_at: {from: x, default: soon}", 6, "not an ISO 8601 time"),
    "two-sources": ("subject: subject", "subject: {from: a, const: b}", 6, "only one of these can be: from, const"),
    "no-source": ("subject: subject", "subject: {as: text}", 6, "say where the value comes from"),
    "else-without-map": ("subject: subject", "subject: {from: a, else: b}", 6, "did you mean `default`?"),
    "pick-without-lookup": ("subject: subject", "subject: {from: a, pick: b}", 6, "`pick` needs a `lookup`"),
    "currency-of-text": ("subject: subject", "subject: {from: a, currency: EUR}", 6, "only money has a currency"),
    "template": ("subject: subject", "subject: {template: 'a{b'}", 6, "a brace is not closed"),
    "link-kind": ("    requester:", "    requestr:", 10, "unknown kind of link 'requestr'; did you mean 'requester'?"),
    "link-object": ("record: person", "record: persn", 10, "unknown object 'persn'; did you mean 'person'?"),
    "link-by": ("record: person", "by: mail", 10, "unknown way to link 'mail'; did you mean 'email'?"),
    "link-to-what": ("requester: {record: person, from: requester_id}", "owner: owner_id", 10, "say what it links to"),
    "custom": ("custom: custom_fields", "custom: {a: b}", 8, "the path of the part"),
    "yaml": ("  id: id\n  fields", "  id: [id\n  fields", 5, "this is not YAML"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "told"), SPOILED.values(), ids=SPOILED.keys())
def test_a_spoiled_line_is_named(old: str, new: str, line: int, told: str) -> None:
    assert GOOD.count(old) == 1 or old == "entity: ticket"
    found = problems(GOOD.replace(old, new, 1))
    assert len(found) == 1, found
    assert found[0].startswith(f"mapping.yaml:{line}: ")
    assert told in found[0]


def test_money_needs_a_currency() -> None:
    text = "- {stream: s, object: o, entity: opportunity, id: id, fields: {amount: a}}"
    assert (problems(text)) == [
        "mapping.yaml:1: fields.amount: say the currency: a path, a list of paths or a code"
    ]


def test_all_problems_are_told_at_once_in_the_order_of_lines() -> None:
    text = GOOD.replace("3: pending", "3: pendng").replace("custom:", "costum:")
    text += "  fields: {fullname: name, emails: {from: e, as: mails}}\n"
    assert [problem.split(":")[1] for problem in problems(text)] == ["7", "8", "15", "15"]


@pytest.mark.parametrize("text", ["", "- 1", "a: b", "[]", "- [x]", "&a [*a]", "- !!python/none x"])
def test_what_is_no_mapping_at_all(text: str) -> None:
    assert problems(text)


OVERLAYS: dict[str, tuple[Any, str]] = {
    "field": ({"fields": {"subjct": "x"}}, "did you mean 'subject'?"),
    "path": ({"fields": {"subject": "a..b"}}, "bad path 'a..b'"),
    "enum-value": ({"fields": {"status": {"map": {"9": "solvd"}}}}, "did you mean 'solved'?"),
    "the-id": ({"id": "other"}, "unknown key 'id'"),
    "custom-name": ({"custom": {"a.b": "x"}}, "a custom name is"),
    "custom-conversion": ({"custom": {"a": {"from": "x", "as": "integr"}}}, "'integer'"),
    "link-object": (
        {"links": {"account": {"record": "firm", "from": "x"}}},
        "unknown object 'firm'",
    ),
    "not-an-object": (["x"], "is due"),
    "fields-a-list": ({"fields": ["x"]}, "names and their rules are due here"),
}


@pytest.mark.parametrize(("document", "told"), OVERLAYS.values(), ids=OVERLAYS.keys())
def test_an_overlay_is_checked_alike(document: Any, told: str) -> None:
    with pytest.raises(BrokenMapping) as caught:
        overlay(good(), document)
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith("overlay of ticket: ")
    assert told in caught.value.problems[0]


def test_custom_fields_need_a_place_to_pick_from() -> None:
    person = load(GOOD, "mapping.yaml", {})["person"]
    with pytest.raises(BrokenMapping, match="names no part that custom fields are picked from"):
        overlay(person, {"custom": {"plan": "x"}})
