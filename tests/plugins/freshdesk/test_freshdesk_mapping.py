"""Freshdesk's mapping, against records worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mappings.errors import Unmappable
from mappings.language import Context, Link, Mapped, load, overlay
from plugins.freshdesk import FRESHDESK
from plugins.freshdesk.desk import status_names

PAYLOADS = Path(__file__).parent / "payloads"
MAPPINGS = load(FRESHDESK.mapping.read_text(), "freshdesk/mapping.yaml", FRESHDESK.conversions)
FACTS = {
    "base_url": "https://acme.freshdesk.com",
    "statuses": {"6": "Waiting on Customer", "7": "waiting on third party", "8": "Beim Labor"},
}


def record(name: str, **changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return found | changed


def mapped(object: str, raw: Mapping[str, Any], **settings: str) -> Mapped:
    return MAPPINGS[object].apply(raw, Context(settings=settings, account=FACTS))


def ticket(**changed: Any) -> dict[str, Any]:
    return mapped("ticket", record("ticket", **changed)).values


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_a_ticket() -> None:
    found = mapped("ticket", record("ticket"))
    assert (found.object, found.native_id, found.entity) == ("ticket", "1042", "ticket")
    assert (found.version, found.created_at) == (utc(2026, 1, 6, 10), utc(2026, 1, 5, 9, 10))
    assert not found.deleted
    assert found.values == {
        "subject": "Export fails — Umlaute: ä 🌙",
        "status": "open",
        "priority": "high",
        "severity_source": "High",
        "type": "problem",
        "opened_at": utc(2026, 1, 5, 9, 10),
        "first_reply_at": utc(2026, 1, 5, 9, 30),
        "last_customer_message_at": utc(2026, 1, 6, 10),
        "waiting_on": "us",
        "reopen_count": 1,
        "escalated": True,
        "is_spam": False,
        "channel": "email",
        "tags": ["export", "vip"],
        "url": "https://acme.freshdesk.com/a/tickets/1042",
    }
    assert set(found.links) == {
        Link("account", "record", "company:61000042000"),
        Link("account", "email", "lena.vogt@mail.acme.de"),
        Link("requester", "record", "contact:61001234567"),
        Link("assignee", "record", "agent:61009990001"),
    }


def test_a_company() -> None:
    found = mapped("company", record("company"), customer_number_field="cf_customer_no")
    assert found.external_id == "C-00042"
    assert found.values == {
        "name": "Acme GmbH",
        "domains": ["acme.de"],
        "industry": "Logistics",
        "tier": "Premium",
        "renewal_at": "2026-06-30",
        "source_health": "Happy",
    }
    assert mapped("company", record("company")).external_id is None


@pytest.mark.parametrize("written", ["2026-06-30", "2026-06-30T00:00:00Z", "2026-06-30T22:00:00Z"])
def test_a_renewal_is_a_day_in_either_notation(written: str) -> None:
    found = mapped("company", record("company", renewal_date=written))
    assert str(found.values["renewal_at"]) == "2026-06-30"


def test_a_company_of_a_small_plan() -> None:
    bare = {"id": 7, "name": "Bare", "domains": [], "updated_at": "2026-01-04T12:00:00Z"}
    found = mapped("company", bare, customer_number_field="cf_customer_no")
    assert (found.values, found.external_id) == ({"name": "Bare"}, None)


def test_a_contact() -> None:
    found = mapped("contact", record("contact"))
    assert found.external_id == "u-77"
    assert found.values == {
        "full_name": "Lena Vogt",
        "emails": ["lena.vogt@mail.acme.de", "lena@vogt.example"],
        "phones": ["+49305550101"],
        "title": "IT Manager",
        "locale": "de",
        "user_ids": ["u-77"],
    }
    assert found.links == (
        Link("account", "record", "company:61000042000"),
        Link("account", "record", "company:61000042001"),
    )
    assert mapped("contact", record("contact", deleted=True)).deleted


def test_an_agent() -> None:
    found = mapped("agent", record("agent"))
    assert (found.entity, found.native_id) == ("user", "61009990001")
    assert found.values == {
        "full_name": "Mia Krause",
        "emails": ["mia@hub.example"],
        "status": "active",
    }


def test_a_rating() -> None:
    found = mapped("rating", record("rating"))
    assert found.values == {
        "kind": "csat",
        "score_raw": 103,
        "scale_min": -103,
        "scale_max": 103,
        "score_norm": 100.0,
        "label": "positive",
        "responded_at": utc(2026, 1, 7, 8),
    }
    assert set(found.links) == {
        Link("ticket", "record", "ticket:1042"),
        Link("contact", "record", "contact:61001234567"),
    }


@pytest.mark.parametrize(
    ("code", "label", "norm"),
    [
        (103, "positive", 100.0),
        (102, "positive", 83.33),
        (101, "positive", 66.67),
        (100, "neutral", 50.0),
        (-101, "negative", 33.33),
        (-102, "negative", 16.67),
        (-103, "negative", 0.0),
        (-1, "negative", None),
        (3, None, None),
        (None, None, None),
    ],
)
def test_ratings_by_their_sign(code: int | None, label: str | None, norm: float | None) -> None:
    values = mapped("rating", record("rating", ratings={"default_question": code})).values
    assert (values.get("label"), values.get("score_norm")) == (label, norm)
    assert values.get("score_raw") == code


@pytest.mark.parametrize(
    ("code", "status", "waiting_on"),
    [
        (2, "open", "us"),
        (3, "pending", "customer"),
        (4, "solved", "nobody"),
        (5, "closed", "nobody"),
        (6, "pending", "customer"),
        (7, "pending", "third_party"),
        (8, "pending", None),
        (99, "pending", None),
    ],
)
def test_statuses(code: int, status: str, waiting_on: str | None) -> None:
    values = ticket(status=code)
    assert (values["status"], values.get("waiting_on")) == (status, waiting_on)


def test_an_overlay_maps_a_status_of_the_tenants_own() -> None:
    own = overlay(MAPPINGS["ticket"], {"fields": {"status": {"map": {7: "on_hold"}}}})
    statuses = [
        own.apply(record("ticket", status=code), Context({}, FACTS)).values["status"]
        for code in (2, 7, 8)
    ]
    assert statuses == ["open", "on_hold", "pending"]


@pytest.mark.parametrize(
    ("code", "priority"), [(1, "low"), (2, "normal"), (3, "high"), (4, "urgent"), (9, "normal")]
)
def test_priorities(code: int, priority: str) -> None:
    assert ticket(priority=code)["priority"] == priority


@pytest.mark.parametrize(
    ("name", "type"),
    [
        ("Question", "question"),
        ("Incident", "incident"),
        ("Feature Request", "feature_request"),
        ("Refund", "other"),
        (None, None),
    ],
)
def test_types(name: str | None, type: str | None) -> None:
    assert ticket(type=name).get("type") == type


@pytest.mark.parametrize(
    ("code", "channel"),
    [(3, "phone"), (10, "outbound_email"), (13, "whatsapp"), (22, "sms"), (77, "other")],
)
def test_channels(code: int, channel: str) -> None:
    assert ticket(source=code)["channel"] == channel


EMPTY = {"requester_responded_at": None, "reopened_at": None}


@pytest.mark.parametrize(
    ("source", "stats", "last", "reopened"),
    [
        (1, EMPTY, utc(2026, 1, 5, 9, 10), 0),
        (10, EMPTY, None, 0),
        (10, EMPTY | {"requester_responded_at": "2026-01-05T11:00:00Z"}, utc(2026, 1, 5, 11), 0),
        (1, {}, utc(2026, 1, 5, 9, 10), 0),
        (1, None, None, None),
    ],
)
def test_without_an_answer_of_the_requester(
    source: int, stats: Any, last: datetime | None, reopened: int | None
) -> None:
    values = ticket(source=source, stats=stats)
    assert values.get("last_customer_message_at") == last
    assert values.get("reopen_count") == reopened


def test_a_solved_and_closed_ticket() -> None:
    stats = {"resolved_at": "2026-01-06T11:00:00Z", "closed_at": "2026-01-08T11:00:00Z"}
    values = ticket(status=5, stats=stats)
    assert (values["solved_at"], values["closed_at"]) == (utc(2026, 1, 6, 11), utc(2026, 1, 8, 11))


def test_spam_and_the_bin() -> None:
    assert ticket(spam=True)["is_spam"] is True
    assert mapped("ticket", record("ticket", deleted=True)).deleted


def test_a_ticket_of_nobody_keeps_its_requester() -> None:
    raw = record("ticket", company_id=None, requester={"id": 61001234567, "email": None})
    assert set(mapped("ticket", raw).links) == {
        Link("requester", "record", "contact:61001234567"),
        Link("assignee", "record", "agent:61009990001"),
    }


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"id": None}, "id"),
        ({"subject": 5}, "subject"),
        ({"subject": "x" * 1_000_000}, "subject"),
        ({"created_at": "0001-01-01T00:00:00Z"}, "created_at"),
        ({"updated_at": "soon"}, "updated_at"),
    ],
)
def test_what_cannot_be_mapped_is_named(changed: dict[str, Any], path: str) -> None:
    with pytest.raises(Unmappable) as caught:
        ticket(**changed)
    assert path in caught.value.path


@pytest.mark.parametrize(
    ("choices", "names"),
    [
        ({"6": ["Waiting on customer", "Awaiting your reply"]}, {"6": "Waiting on customer"}),
        ({"6": "Waiting"}, {"6": "Waiting"}),
        ({"6": [7], "7": []}, {}),
        (["Open"], {}),
        (None, {}),
    ],
)
def test_status_names_in_any_shape(choices: object, names: dict[str, str]) -> None:
    assert status_names(choices) == names
