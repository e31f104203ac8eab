"""Jira's mapping, against records worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mappings.errors import Unmappable
from mappings.language import Context, Link, Mapped, load
from plugins.jira import JIRA
from plugins.jira.conversions import rules

PAYLOADS = Path(__file__).parent / "payloads"
MAPPINGS = load(JIRA.mapping.read_text(), "jira/mapping.yaml", JIRA.conversions)
FACTS = {"base_url": "https://acme.atlassian.net"}


def record(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return found


def mapped(object: str, raw: Mapping[str, Any], links: Mapping[str, Any] | None = None) -> Mapped:
    settings = {"account_links": json.dumps(links)} if links is not None else {}
    return MAPPINGS[object].apply(raw, Context(settings=settings, account=FACTS))


def accounts(found: Mapped) -> list[Link]:
    return [link for link in found.links if link.kind == "account"]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_a_request_is_a_ticket() -> None:
    found = mapped("request", record("request"))
    assert (found.object, found.native_id, found.entity) == ("request", "10042", "ticket")
    assert found.version == datetime(2026, 1, 9, 7, 30, 0, 500_000, UTC)
    assert found.created_at == utc(2026, 1, 5, 10)
    assert found.url == "https://acme.atlassian.net/browse/CS-42"
    assert found.values == {
        "subject": "Export fails — Umlaute: ä 🌙",
        "status": "pending",
        "priority": "urgent",
        "severity_source": "Highest",
        "type": "incident",
        "opened_at": utc(2026, 1, 5, 10),
        "first_reply_at": utc(2026, 1, 5, 11, 30),
        "last_customer_message_at": utc(2026, 1, 6, 8),
        "waiting_on": "customer",
        "reopen_count": 2,
        "escalated": False,
        "tags": ["export", "vip"],
        "url": "https://acme.atlassian.net/browse/CS-42",
    }
    assert set(found.links) == {
        Link("account", "domain", "acme.de"),
        Link("requester", "email", "lena.vogt@mail.acme.de"),
        Link("assignee", "record", "user:5b10a2844c20165700ede21g"),
        Link("project", "record", "project:10000"),
    }


def test_an_issue_is_a_work_item() -> None:
    rule = {"PLT": {"by": "custom_field", "field": "customfield_10050", "customer_visible": True}}
    found = mapped("issue", record("issue"), rule)
    assert (found.object, found.native_id, found.entity) == ("issue", "20077", "work_item")
    assert found.values == {
        "title": "CSV writer drops rows",
        "kind": "bug",
        "status_category": "in_progress",
        "status": "In Bearbeitung",
        "priority": "normal",
        "project": "PLT",
        "link_basis": "custom_field",
        "opened_at": utc(2026, 1, 5, 10),
        "due_on": "2026-02-28",
        "estimate_min": 90,
        "spent_min": 2,
        "customer_visible": True,
        "url": "https://acme.atlassian.net/browse/PLT-9",
    }
    assert set(found.links) == {
        Link("account", "domain", "acme.de"),
        Link("reporter", "record", "user:5b10"),
        Link("parent", "record", "issue:20070"),
        Link("ticket", "record", "request:10042"),
        Link("ticket", "record", "request:20078"),
        Link("project", "record", "project:10001"),
    }


@pytest.mark.parametrize(
    ("rule", "basis", "expected"),
    [
        ({"by": "label", "field": "cust-"}, "label", [("domain", "acme.de")]),
        (
            {"by": "custom_field", "field": "customfield_10060", "match": "external_id"},
            "custom_field",
            [("external_id", "ACC-1"), ("external_id", "ACC-2")],
        ),
        (
            {"by": "account", "value": "www.acme.de"},
            "project_map",
            [("domain", "acme.de")],
        ),
        (
            {"by": "account", "value": "ACC-7", "match": "external_id"},
            "project_map",
            [("external_id", "ACC-7")],
        ),
        ({"by": "custom_field", "field": "customfield_99"}, None, []),
        ({"by": "reporter_domain"}, None, []),
        ({"by": "organization"}, None, []),
    ],
)
def test_each_rule_of_a_project(
    rule: Mapping[str, Any], basis: str | None, expected: list[tuple[str, str]]
) -> None:
    found = mapped("issue", record("issue"), {"PLT": rule})
    assert [(link.by, link.value) for link in accounts(found)] == expected
    assert found.values.get("link_basis") == basis


def test_the_components_of_an_issue_can_name_its_customer() -> None:
    raw = record("issue")
    raw["fields"]["components"] = [{"id": "10300", "name": "ACC-9"}]
    rule = {"by": "custom_field", "field": "components", "match": "external_id"}
    found = mapped("issue", raw, {"PLT": rule})
    assert [(link.by, link.value) for link in accounts(found)] == [("external_id", "ACC-9")]


def test_the_rule_of_another_project_does_not_count_but_the_star_does() -> None:
    rule = {"by": "label", "field": "cust-"}
    assert accounts(mapped("issue", record("issue"), {"MOB": rule})) == []
    assert accounts(mapped("issue", record("issue"), {"*": rule})) != []
    assert accounts(mapped("issue", record("issue"))) == []


def test_a_request_goes_by_its_organisations_before_its_reporter() -> None:
    raw = record("request")
    raw["organizations"] = [{"id": "3", "name": "acme.de"}, {"id": "4", "name": "shop.beta.co.uk"}]
    assert [link.value for link in accounts(mapped("request", raw))] == ["acme.de", "beta.co.uk"]
    by_key = {"CS": {"by": "organization", "match": "external_id"}}
    assert [link.value for link in accounts(mapped("request", raw, by_key))] == [
        "acme.de",
        "shop.beta.co.uk",
    ]


@pytest.mark.parametrize("email", ["lena@gmail.com", None])
def test_a_reporter_with_free_or_hidden_mail_links_no_account(email: str | None) -> None:
    raw = record("request")
    raw["fields"]["reporter"]["emailAddress"] = email
    assert accounts(mapped("request", raw)) == []


@pytest.mark.parametrize(
    ("category", "name", "status"),
    [
        ("new", "Open", "new"),
        ("indeterminate", "Waiting for support", "open"),
        ("indeterminate", "Wartet auf Kunde", "open"),
        ("indeterminate", "Pending", "on_hold"),
        ("done", "Waiting for customer", "solved"),
        ("undefined", "No Category", "open"),
    ],
)
def test_status_is_by_category_before_name(category: str, name: str, status: str) -> None:
    raw = record("request")
    raw["fields"]["status"] = {"name": name, "statusCategory": {"key": category}}
    assert mapped("request", raw).values["status"] == status


def test_an_unknown_status_name_says_nothing_about_who_waits() -> None:
    raw = record("request")
    raw["fields"]["status"]["name"] = "Wartet auf Kunde"
    assert "waiting_on" not in mapped("request", raw).values


def test_a_reporter_who_is_a_colleague_is_the_customer_of_their_request() -> None:
    raw = record("request")
    raw["fields"]["reporter"] = {"accountId": "5b10a2844c20165700ede21g"}
    values = mapped("request", raw).values
    assert "first_reply_at" not in values
    assert values["last_customer_message_at"] == utc(2026, 1, 7, 8)


def test_comments_may_have_numbers_for_times() -> None:
    raw = record("request")
    raw["comments"] = [raw["comments"][3] | {"created": 1767686400000}]
    assert mapped("request", raw).values["last_customer_message_at"] == utc(2026, 1, 6, 8)


@pytest.mark.parametrize(
    ("active", "status"),
    [(True, "active"), (False, "inactive")],
)
def test_users_with_and_without_an_address(active: bool, status: str) -> None:
    raw = {"accountId": "5b10", "accountType": "atlassian", "displayName": "Mia Krause"}
    hidden = mapped("user", raw | {"active": active, "emailAddress": None})
    assert hidden.values == {"full_name": "Mia Krause", "status": status}
    shown = mapped("user", raw | {"active": active, "emailAddress": "Mia@Hub.Example"})
    assert shown.values["emails"] == ["mia@hub.example"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("updated", "0001-01-01T00:00:00.000+0000"),
        ("summary", 7),
        ("summary", "x" * 1_000_000),
        ("duedate", "soon"),
    ],
)
def test_what_does_not_fit_is_unmappable_and_named(field: str, value: object) -> None:
    raw = record("issue")
    raw["fields"][field] = value
    with pytest.raises(Unmappable) as caught:
        mapped("issue", raw)
    assert caught.value.path.endswith(field)


def test_a_record_without_an_id_is_unmappable() -> None:
    raw = record("issue")
    del raw["id"]
    with pytest.raises(Unmappable):
        mapped("issue", raw)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not JSON"),
        ("[]", "must be an object"),
        ('{"CS": {"by": "magic"}}', "CS: `by`"),
        ('{"CS": "organization"}', "CS: `by`"),
        ('{"CS": {"by": ["label"]}}', "CS: `by`"),
        ('{"CS": {"by": "label", "match": "name"}}', "CS: `match`"),
        ('{"CS": {"by": "custom_field"}}', "needs `field`"),
        ('{"CS": {"by": "account"}}', "needs `value`"),
    ],
)
def test_broken_rules_say_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        rules(text)
