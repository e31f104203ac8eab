"""Mapping whole records: paths, rules, links and overlays, by hand-worked rows."""

# ruff: noqa: E501 - a row of a table reads best on one line
from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mappings.conversions import BUILTINS
from mappings.errors import Unmappable
from mappings.language import Context, Link, Mapped, ObjectMapping, load

COMPANIES = """
- stream: companies
  object: company
  entity: account
  id: id
  modified_at: properties.hs_lastmodifieddate
  created_at: properties.createdate
  url: {template: "https://crm.example/{account.id}/{id}"}
  deleted: archived
  merged_into: properties.merged_into
  fields:
    name: properties.name
    domains: {from: [properties.domain, properties.hs_additional_domains], as: domains}
    annual_revenue: {from: properties.annualrevenue, as: money, currency: account.currency}
    lifecycle: {from: properties.lifecyclestage, map: {customer: active, lead: prospect}, else: other}
  custom: properties
  links: {owner: properties.hubspot_owner_id}
- stream: owners
  object: owner
  entity: user
  id: id
  fields: {emails: email}
"""

RECORD: dict[str, Any] = {
    "id": 501,
    "archived": False,
    "properties": {
        "name": " Acme Tools ",
        "domain": "www.acme-tools.com",
        "hs_additional_domains": "acme-tools.de;acme-tools.com",
        "annualrevenue": "1250000.5",
        "lifecyclestage": "customer",
        "createdate": "2025-01-02T03:04:05.678Z",
        "hs_lastmodifieddate": "2026-02-01T09:00:00.000Z",
        "hubspot_owner_id": "77",
    },
}
CONTEXT = Context(settings={"site": "acme"}, account={"id": 12, "currency": "EUR"})


def company() -> ObjectMapping:
    return load(COMPANIES, "mapping.yaml", {})["company"]


def test_a_record_of_the_design() -> None:
    assert company().apply(RECORD, CONTEXT) == Mapped(
        object="company",
        native_id="501",
        entity="account",
        version=datetime(2026, 2, 1, 9, tzinfo=UTC),
        created_at=datetime(2025, 1, 2, 3, 4, 5, 678000, tzinfo=UTC),
        external_id=None,
        deleted=False,
        merged_into=None,
        values={
            "name": "Acme Tools",
            "domains": ["acme-tools.com", "acme-tools.de"],
            "annual_revenue": {"minor": 125000050, "currency": "EUR", "exponent": 2},
            "lifecycle": "active",
        },
        links=(Link("owner", "record", "owner:77"),),
        custom={},
        url="https://crm.example/12/501",
    )


def test_the_fields_it_reads_are_listed() -> None:
    assert company().source_fields == (
        "archived",
        "id",
        "properties.annualrevenue",
        "properties.createdate",
        "properties.domain",
        "properties.hs_additional_domains",
        "properties.hs_lastmodifieddate",
        "properties.hubspot_owner_id",
        "properties.lifecyclestage",
        "properties.merged_into",
        "properties.name",
    )


def test_the_record_is_left_as_it_was() -> None:
    before = repr(RECORD)
    company().apply(RECORD, CONTEXT)
    assert before == repr(RECORD)


def mapped(entity: str, rules: str, record: Any, **extra: Any) -> Mapped:
    """Map with one object named `thing` that has these lines below its id."""
    text = f"- stream: s\n  object: thing\n  entity: {entity}\n  id: id\n{rules}"
    context = Context(extra.get("settings", {}), extra.get("account", {}))
    return load(text, "m.yaml", extra.get("conversions", {}))["thing"].apply(record, context)


def values(entity: str, fields: str, record: Mapping[str, Any], **extra: Any) -> dict[str, Any]:
    return mapped(entity, f"  fields: {fields}\n", {"id": 1, **record}, **extra).values


STAGES = {"stages": {"77": {"label": "Signed", "meta": {"state": "CLOSED"}}, "1": {"label": "New"}}}
CASE = "{status: {join: [IsClosed, IsWon], map: {true true: won, true false: lost}, else: open}}"
STAGE = "{from: s, lookup: account.stages, pick: meta.state, map: {CLOSED: closed}, else: open}"

ROWS: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    "nested-null-is-absent": ("ticket", "{subject: a.b.c}", {"a": {"b": None}}, {}),
    "blank-is-absent": ("ticket", "{subject: a}", {"a": "  "}, {}),
    "quoted-name": ("ticket", """{subject: '"a.b c".d'}""", {"a.b c": {"d": "x"}}, {"subject": "x"}),
    "position": ("ticket", "{subject: 'a[1].b'}", {"a": [{}, {"b": "x"}]}, {"subject": "x"}),
    "last": ("ticket", "{subject: 'a[-1]'}", {"a": ["x", "y"]}, {"subject": "y"}),
    "too-short": ("ticket", "{subject: 'a[5]'}", {"a": ["x"]}, {}),
    "two-in-a-row": ("ticket", "{subject: 'a[0][1]'}", {"a": [["x", "y"]]}, {"subject": "y"}),
    "first-not-blank": ("ticket", "{subject: {from: [a, b, c]}}", {"a": "", "c": "z"}, {"subject": "z"}),
    "join-skips-blank": ("contact", "{full_name: {join: [f, m, l]}}", {"f": "Ann", "m": "", "l": "Lee"}, {"full_name": "Ann Lee"}),
    "template-absent": ("ticket", "{url: {template: 'https://x/{k}'}}", {}, {}),
    "template": ("ticket", "{url: {template: 'https://x/{k}/{id}'}}", {"k": "A-1"}, {"url": "https://x/A-1/1"}),
    "const": ("activity", "{touch: {const: true}, kind: {const: call}}", {}, {"touch": True, "kind": "call"}),
    "default": ("ticket", "{reopen_count: {from: n, default: 0}}", {}, {"reopen_count": 0}),
    "default-unused": ("ticket", "{reopen_count: {from: n, default: 0}}", {"n": "3"}, {"reopen_count": 3}),
    "default-of-many": ("ticket", "{tags: {from: n, default: none}}", {}, {"tags": ["none"]}),
    "enum-as-it-is": ("ticket", "{status: s}", {"s": "on_hold"}, {"status": "on_hold"}),
    "enum-by-number": ("ticket", "{status: {from: s, map: {2: open}}}", {"s": 2}, {"status": "open"}),
    "enum-number-as-text": ("ticket", "{status: {from: s, map: {2: open}}}", {"s": "2"}, {"status": "open"}),
    "enum-by-flag": ("ticket", "{status: {from: s, map: {true: closed, false: open}}}", {"s": False}, {"status": "open"}),
    "enum-one-is-not-true": ("ticket", "{status: {from: s, map: {true: closed, 1: open}}}", {"s": 1}, {"status": "open"}),
    "enum-null": ("ticket", "{status: {from: s, map: {junk: null}}}", {"s": "junk"}, {}),
    "enum-else": ("ticket", "{status: {from: s, map: {x: open}, else: pending}}", {"s": "y"}, {"status": "pending"}),
    "enum-blank-is-not-else": ("ticket", "{status: {from: s, map: {x: open}, else: pending}}", {"s": " "}, {}),
    "yaml-no-is-text": ("ticket", "{escalated: {from: s, map: {no: false, yes: true}}}", {"s": "no"}, {"escalated": False}),
    "flags-won": ("opportunity", CASE, {"IsClosed": True, "IsWon": True}, {"status": "won"}),
    "flags-lost": ("opportunity", CASE, {"IsClosed": True, "IsWon": False}, {"status": "lost"}),
    "flags-open": ("opportunity", CASE, {"IsClosed": False, "IsWon": False}, {"status": "open"}),
    "jmespath": ("opportunity", """{status: "IsWon && 'won' || IsClosed && 'lost' || 'open'"}""", {"IsWon": False, "IsClosed": True}, {"status": "lost"}),
    "jmespath-projection": ("ticket", "{tags: 'labels[].name'}", {"labels": [{"name": "a"}, {"name": "b"}]}, {"tags": ["a", "b"]}),
    "lookup": ("ticket", "{status: " + STAGE + "}", {"s": 77}, {"status": "closed"}),
    "lookup-unknown-key": ("ticket", "{status: " + STAGE + "}", {"s": "78"}, {"status": "open"}),
    "lookup-nothing-there": ("ticket", "{status: " + STAGE + "}", {"s": "1"}, {}),
    "lookup-label": ("opportunity", "{stage: {from: s, lookup: account.stages, pick: label}}", {"s": "77"}, {"stage": "Signed"}),
    "lookup-label-unknown": ("opportunity", "{stage: {from: s, lookup: account.stages, pick: label}}", {"s": "9"}, {}),
    "currency-of-the-record": ("opportunity", "{amount: {from: a, currency: [c, account.currency, USD]}}", {"a": 1, "c": "JPY"}, {"amount": {"minor": 1, "currency": "JPY", "exponent": 0}}),
    "currency-falls-back": ("opportunity", "{amount: {from: a, currency: [c, account.currency, USD]}}", {"a": 1, "c": ""}, {"amount": {"minor": 100, "currency": "USD", "exponent": 2}}),
    "settings": ("work_item", "{project: settings.project}", {}, {"project": "CS"}),
    "quoted-account-is-a-field": ("work_item", """{project: '"account".name'}""", {"account": {"name": "x"}}, {"project": "x"}),
    "single-into-many": ("contact", "{emails: {from: e, as: email}}", {"e": "A@b-c.org"}, {"emails": ["a@b-c.org"]}),
}  # fmt: skip


@pytest.mark.parametrize(("entity", "fields", "record", "expected"), ROWS.values(), ids=ROWS.keys())
def test_rules(entity: str, fields: str, record: dict[str, Any], expected: dict[str, Any]) -> None:
    made = values(entity, fields, record, account=STAGES, settings={"project": "CS"})
    assert expected == made


BAD: dict[str, tuple[str, str, Any, str, str]] = {
    "no-id": ("ticket", "{}", {"id": None}, "id", "the record has no id"),
    "not-a-record": ("ticket", "{}", [1], "", "an object is due, not a list"),
    "text-for-object": ("ticket", "{subject: a.b}", {"id": 1, "a": "x"}, "a", "an object is due, not text"),
    "object-for-list": ("ticket", "{subject: 'a[0]'}", {"id": 1, "a": {"x": 1}}, "a", "a list is due, not an object"),
    "number-for-text": ("ticket", "{subject: a.b}", {"id": 1, "a": {"b": 5}}, "a.b", "text is due, not a number"),
    "year-1": ("ticket", "{opened_at: t}", {"id": 1, "t": "0001-01-01T00:00:00Z"}, "t", "the year 1 is before 1900"),
    "megabyte": ("ticket", "{subject: t}", {"id": 1, "t": "x" * 2**20}, "t", "1,048,576 characters"),
    "unknown-word": ("ticket", "{status: {from: s, map: {1: open}}}", {"id": 1, "s": "Escalated"}, "s", "'Escalated' is not mapped"),
    "enum-object": ("ticket", "{status: {from: s, map: {1: open}}}", {"id": 1, "s": {"a": 1}}, "s", "a single word is due"),
    "second-of-from": ("ticket", "{subject: {from: [a, b]}}", {"id": 1, "b": 7}, "b", "text is due"),
    "no-currency": ("opportunity", "{amount: {from: a, currency: c}}", {"id": 1, "a": 5}, "a", "has no currency"),
    "jmespath-type": ("ticket", "{subject: 'length(a)'}", {"id": 1, "a": 5}, "length(a)", "cannot be converted"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("entity", "fields", "record", "path", "told"), BAD.values(), ids=BAD.keys()
)
def test_unmappable_names_path_and_reason(
    entity: str, fields: str, record: Any, path: str, told: str
) -> None:
    with pytest.raises(Unmappable) as caught:
        mapped(entity, f"  fields: {fields}\n", record)
    assert path == caught.value.path
    assert told in caught.value.sentence


def test_deleted_by_a_stamp_and_merged() -> None:
    rules = "  deleted: {from: gone, as: present}\n  merged_into: master\n"
    made = mapped("account", rules, {"id": "a", "gone": "2026-01-01", "master": "b"})
    assert (made.deleted, made.merged_into) == (True, "b")
    assert mapped("account", rules, {"id": "a"}).deleted is False


def test_url_of_the_record_fills_the_field_of_that_name() -> None:
    made = mapped("ticket", "  url: link\n", {"id": 1, "link": "https://x/1"})
    assert (made.url, made.values) == ("https://x/1", {"url": "https://x/1"})


LINKS = """
- {stream: c, object: company, entity: account, id: id}
- {stream: p, object: person, entity: contact, id: id}
- {stream: a, object: agent, entity: contact, id: id}
- stream: t
  object: ticket
  entity: ticket
  id: id
  links: %s
"""
LINK_ROWS: dict[str, tuple[str, dict[str, Any], list[tuple[str, str, str]]]] = {
    "short": ("{account: c}", {"c": 9}, [("account", "record", "company:9")]),
    "absent": ("{account: c}", {"c": None}, []),
    "named-object": ("{requester: {record: agent, from: r}}", {"r": "7"}, [("requester", "record", "agent:7")]),
    "list": ("{account: 'cs[].id'}", {"cs": [{"id": 2}, {"id": 3}, {"id": 2}]}, [("account", "record", "company:2"), ("account", "record", "company:3")]),
    "parent-is-its-own-object": ("{parent: p}", {"p": 4}, [("parent", "record", "ticket:4")]),
    "domain": ("{account_site: {by: domain, from: w}}", {"w": "https://www.acme-tools.com/a"}, [("account", "domain", "acme-tools.com")]),
    "domain-junk": ("{account_site: {by: domain, from: w}}", {"w": "supernova"}, []),
    "email": ("{contact_mail: {by: email, from: m}}", {"m": "Ann@Acme-Tools.com"}, [("contact", "email", "ann@acme-tools.com")]),
    "key": ("{account_key: {by: external_id, from: k}}", {"k": 55}, [("account", "external_id", "55")]),
    "project-of-no-mapping": ("{project: {record: board, from: b}}", {"b": 1}, [("project", "record", "board:1")]),
    "said-twice": ("{account: c, account_also: {record: company, from: d}}", {"c": 9, "d": "9"}, [("account", "record", "company:9")]),
}  # fmt: skip


@pytest.mark.parametrize(("rules", "record", "expected"), LINK_ROWS.values(), ids=LINK_ROWS.keys())
def test_links(rules: str, record: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    made = load(LINKS % rules, "m.yaml", {})["ticket"].apply({"id": 1, **record}, Context())
    assert expected == [(link.kind, link.by, link.value) for link in made.links]


def test_a_link_needs_an_id() -> None:
    with pytest.raises(Unmappable, match="an id"):
        load(LINKS % "{account: c}", "m.yaml", {})["ticket"].apply(
            {"id": 1, "c": {"id": 5}}, Context()
        )


def test_defaults_are_not_shared_between_records() -> None:
    text = "- {stream: s, object: t, entity: ticket, id: id, fields: {tags: {from: x, default: a}}}"
    mapping = load(text, "m.yaml", {})["t"]
    mapping.apply({"id": 1}, Context()).values["tags"].append("spoiled")
    assert mapping.apply({"id": 2}, Context()).values == {"tags": ["a"]}


def test_the_example_of_the_reference_is_a_mapping() -> None:
    page = (Path(__file__).parents[2] / "docs" / "mapping.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    assert list(load(example, "docs/mapping.md", {})) == ["company", "owner"]


def test_the_reference_names_every_conversion() -> None:
    page = (Path(__file__).parents[2] / "docs" / "mapping.md").read_text(encoding="utf-8")
    assert [name for name in BUILTINS if f"`{name}`" not in page] == []
