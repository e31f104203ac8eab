"""Asana's mapping and account rules, against records worked out by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mappings.errors import Unmappable
from mappings.language import Context, Link, Mapped, load, overlay
from plugins.asana import ASANA
from plugins.asana.conversions import rules

PAYLOADS = Path(__file__).parent / "payloads"
MAPPINGS = load(ASANA.mapping.read_text(), "asana/mapping.yaml", ASANA.conversions)
HOME, SHARED, FIELD = "1200000000000900", "1200000000000950", "1200000000000505"
FACTS = {"project_fields": {HOME: {FIELD: ["https://www.acme.de/"]}}}


def record(**changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PAYLOADS / "task.json").read_text())
    return found | changed


def mapped(raw: dict[str, Any], links: Any = None) -> Mapped:
    settings = {} if links is None else {"account_links": json.dumps(links)}
    return MAPPINGS["task"].apply(raw, Context(settings=settings, account=FACTS))


def accounts(found: Mapped) -> list[Link]:
    return [link for link in found.links if link.kind == "account"]


def domain(text: str) -> Link:
    return Link("account", "domain", text)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_a_task() -> None:
    rule = {HOME: {"by": "account", "value": "acme.de", "customer_visible": True}}
    found = mapped(record(), rule)
    assert (found.object, found.native_id, found.entity) == (
        "task",
        "1200000000000042",
        "work_item",
    )
    assert found.version == datetime(2026, 1, 5, 10, 0, 0, 123_000, UTC)
    assert found.created_at == utc(2026, 1, 2, 8)
    address = "https://app.asana.com/0/1200000000000900/1200000000000042"
    assert found.url == address
    assert found.values == {
        "title": "Roll out SSO — Bäckerei 🌙",
        "kind": "milestone",
        "status_category": "in_progress",
        "status": "In progress",
        "priority": "high",
        "project": "Acme onboarding",
        "link_basis": "project_map",
        "opened_at": utc(2026, 1, 2, 8),
        "due_on": "2026-01-20",
        "spent_min": 95,
        "customer_visible": True,
        "url": address,
    }
    assert set(found.links) == {
        domain("acme.de"),
        Link("assignee", "record", "user:1200000000000001"),
        Link("reporter", "record", "user:1200000000000002"),
        Link("project", "record", f"project:{HOME}"),
        Link("project", "record", f"project:{SHARED}"),
    }


def test_a_user() -> None:
    raw = {"gid": "1200000000000001", "name": "Mia Krause", "email": "Mia@hub.example"}
    found = MAPPINGS["user"].apply(raw, Context({}, {}))
    assert found.values == {
        "full_name": "Mia Krause",
        "emails": ["mia@hub.example"],
        "status": "active",
    }


def section(name: str) -> list[dict[str, Any]]:
    return [{"project": {"gid": HOME, "name": "P"}, "section": {"gid": "1", "name": name}}]


@pytest.mark.parametrize(
    ("changed", "category", "status"),
    [
        ({"memberships": section("Doing")}, "in_progress", "Doing"),
        ({"memberships": section("To do")}, "to_do", "To do"),
        ({"memberships": section("Done")}, "to_do", "Done"),
        ({"memberships": section("Doing"), "completed": True}, "done", "Doing"),
        ({"memberships": []}, "to_do", None),
        ({"memberships": [], "completed": True}, "done", None),
    ],
)
def test_status(changed: dict[str, Any], category: str, status: str | None) -> None:
    values = mapped(record(**changed)).values
    assert (values["status_category"], values.get("status")) == (category, status)


def test_a_done_task_says_when() -> None:
    values = mapped(record(completed=True, completed_at="2026-01-06T09:00:00.000Z")).values
    assert values["done_at"] == utc(2026, 1, 6, 9)


@pytest.mark.parametrize(
    ("on", "at", "day"),
    [
        ("2026-01-20", "2026-01-20T23:30:00.000Z", "2026-01-20"),
        (None, "2026-01-20T23:30:00.000Z", "2026-01-20"),
        (None, None, None),
    ],
)
def test_due_days(on: str | None, at: str | None, day: str | None) -> None:
    assert mapped(record(due_on=on, due_at=at)).values.get("due_on") == day


@pytest.mark.parametrize(
    ("subtype", "kind"),
    [
        ("default_task", "task"),
        ("custom", "task"),
        ("milestone", "milestone"),
        ("approval", "approval"),
        ("section", "other"),
    ],
)
def test_kinds(subtype: str, kind: str) -> None:
    assert mapped(record(resource_subtype=subtype)).values["kind"] == kind


@pytest.mark.parametrize(
    ("name", "value", "priority"),
    [
        ("Priority", "Low", "low"),
        (" priority ", "MEDIUM", "normal"),
        ("Priority", "P1", None),
        ("Priority", None, None),
        ("Prio", "High", None),
    ],
)
def test_priorities(name: str, value: str | None, priority: str | None) -> None:
    fields = [{"gid": "1", "name": name, "display_value": value}]
    assert mapped(record(custom_fields=fields)).values.get("priority") == priority


@pytest.mark.parametrize(
    ("rule", "links", "basis"),
    [
        ({HOME: {"by": "account", "value": "www.acme.de"}}, [domain("acme.de")], "project_map"),
        (
            {HOME: {"by": "account", "value": "ACC-7", "match": "external_id"}},
            [Link("account", "external_id", "ACC-7")],
            "project_map",
        ),
        (
            {HOME: {"by": "custom_field", "field": "1200000000000500", "match": "external_id"}},
            [Link("account", "external_id", "ACC-1")],
            "custom_field",
        ),
        (
            {HOME: {"by": "custom_field", "field": "1200000000000502", "match": "external_id"}},
            [Link("account", "external_id", "1042")],
            "custom_field",
        ),
        (
            {HOME: {"by": "custom_field", "field": "1200000000000501"}},
            [domain("acme.de"), domain("bolt.de")],
            "custom_field",
        ),
        ({HOME: {"by": "custom_field", "field": "1200000000000500"}}, [], None),
        ({HOME: {"by": "custom_field", "field": "1200000000000503"}}, [], None),
        ({HOME: {"by": "custom_field", "field": "9"}}, [], None),
        ({HOME: {"by": "project_field", "field": FIELD}}, [domain("acme.de")], "project_map"),
        ({HOME: {"by": "project_field", "field": "9"}}, [], None),
        ({SHARED: {"by": "project_field", "field": FIELD}}, [], None),
        ({HOME: {"by": "tag", "field": "cust-"}}, [domain("acme.de")], "label"),
        ({"*": {"by": "tag", "field": "cust-"}}, [domain("acme.de")], "label"),
        ({"1200000000000999": {"by": "tag", "field": "cust-"}}, [], None),
        ({HOME: {"by": "account", "value": "gmail.com"}}, [], None),
        ({HOME: {"by": "account", "value": "Acme GmbH"}}, [], None),
        (
            {
                HOME: {"by": "custom_field", "field": "1200000000000503"},
                SHARED: {"by": "account", "value": "bolt.de"},
                "*": {"by": "tag"},
            },
            [domain("bolt.de")],
            "project_map",
        ),
        (
            {
                HOME: {"by": "account", "value": "acme.de"},
                "*": {"by": "account", "value": "bolt.de"},
            },
            [domain("acme.de"), domain("bolt.de")],
            "project_map",
        ),
        ({}, [], None),
    ],
)
def test_rules(rule: Any, links: list[Link], basis: str | None) -> None:
    found = mapped(record(), rule)
    assert accounts(found) == links
    assert found.values.get("link_basis") == basis


@pytest.mark.parametrize(
    ("rule", "visible"), [({"by": "tag"}, False), ({"by": "tag", "customer_visible": True}, True)]
)
def test_a_project_says_whether_customers_see_its_tasks(rule: Any, visible: bool) -> None:
    assert mapped(record(), {SHARED: rule}).values["customer_visible"] is visible
    assert mapped(record(), {"7": rule}).values["customer_visible"] is False


@pytest.mark.parametrize("levels", [1, 2])
def test_a_subtask_goes_by_the_project_above_it(levels: int) -> None:
    rule = {HOME: {"by": "project_field", "field": FIELD}}
    parent: dict[str, Any] = {"gid": "1200000000000041", "memberships": section("Doing")}
    for _ in range(levels - 1):
        parent = {"gid": "1200000000000040", "memberships": [], "parent": parent}
    found = mapped(record(memberships=[], parent=parent), rule)
    assert accounts(found) == [domain("acme.de")]
    assert Link("parent", "record", f"task:{parent['gid']}") in found.links


def test_an_overlay_maps_a_section_and_picks_a_field() -> None:
    own = overlay(
        MAPPINGS["task"],
        {
            "fields": {"status_category": {"map": {"Review": "in_progress"}}},
            "custom": {"number": "custom_fields[?gid=='1200000000000500'].display_value | [0]"},
        },
    )
    found = own.apply(record(memberships=section("Review")), Context({}, {}))
    assert found.values["status_category"] == "in_progress"
    assert found.custom == {"number": "ACC-1"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not JSON"),
        ("[]", "must be an object"),
        ('{"7": "tag"}', "`by` must be one of"),
        ('{"7": {"by": "name"}}', "`by` must be one of"),
        ('{"7": {"by": ["tag"]}}', "`by` must be one of"),
        ('{"7": {"by": "tag", "match": "name"}}', "`match` must be one of"),
        ('{"7": {"by": "custom_field"}}', "needs `field`"),
        ('{"7": {"by": "project_field", "field": 7}}', "needs `field`"),
        ('{"7": {"by": "account"}}', "needs `value`"),
    ],
)
def test_rules_that_cannot_be_used(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        rules(text)
    with pytest.raises(Unmappable, match=says):
        MAPPINGS["task"].apply(record(), Context({"account_links": text}, {}))


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"gid": None}, "gid"),
        ({"name": 5}, "name"),
        ({"name": "x" * 1_000_000}, "name"),
        ({"due_on": "0001-01-01"}, "due_on"),
        ({"modified_at": "soon"}, "modified_at"),
    ],
)
def test_what_cannot_be_mapped_is_named(changed: dict[str, Any], path: str) -> None:
    with pytest.raises(Unmappable) as caught:
        mapped(record(**changed))
    assert path in caught.value.path
