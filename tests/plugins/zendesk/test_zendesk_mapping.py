"""Zendesk's mapping, against records worked out by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from hub.api import Change
from mappings.language import Context, Link, Mapped, load, overlay
from plugins.zendesk import ZENDESK, lists, records
from plugins.zendesk.client import ZendeskClient

PAYLOADS = Path(__file__).parent / "payloads"
MAPPINGS = load(ZENDESK.mapping.read_text(), "zendesk/mapping.yaml", ZENDESK.conversions)
SITE = "https://acme.zendesk.com"
FACTS = {"base_url": SITE, "statuses": {"1": {"name": "Waiting for parts", "category": "hold"}}}


class Alone:
    """As a client of an account where a user has one organization; it calls nobody."""

    date = datetime(2026, 1, 6, tzinfo=UTC)

    def others(self, ids: Any) -> dict[str, list[str]]:
        return {}


CLIENT = cast(ZendeskClient, Alone())


def payload(file: str, /, **changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PAYLOADS / f"{file}.json").read_text())
    return found | changed


def mapped(object: str, raw: Any) -> Mapped:
    return MAPPINGS[object].apply(raw, Context(settings={}, account=FACTS))


def ticket(**changed: Any) -> Any:
    """developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports"""
    body = payload("ticket_export")
    body["tickets"][0] |= changed
    (found,) = records.tickets(CLIENT, body)
    return found


def user(**changed: Any) -> Any:
    (found,) = records.users(CLIENT, {"users": [payload("user", **changed)]})
    return found


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_a_ticket_with_its_metrics() -> None:
    found = mapped("ticket", ticket())
    assert (found.object, found.native_id, found.entity) == ("ticket", "35436", "ticket")
    assert (found.version, found.created_at) == (utc(2026, 1, 5, 10), utc(2026, 1, 5, 9))
    assert not found.deleted
    assert found.values == {
        "subject": "Export fails — Umlaute: ä 🌙",
        "status": "closed",
        "waiting_on": "nobody",
        "priority": "high",
        "severity_source": "high",
        "type": "incident",
        "opened_at": utc(2026, 1, 5, 9),
        "first_reply_at": utc(2026, 1, 5, 9, 25),
        "solved_at": utc(2026, 1, 5, 9, 50),
        "closed_at": utc(2026, 1, 5, 9, 55),
        "last_customer_message_at": utc(2026, 1, 5, 9, 40),
        "reopen_count": 2,
        "merged": True,
        "channel": "email",
        "tags": ["enterprise", "closed_by_merge"],
        "url": f"{SITE}/agent/tickets/35436",
    }
    assert set(found.links) == {
        Link("account", "record", "organization:509974"),
        Link("requester", "record", "user:20978392"),
        Link("assignee", "record", "agent:235323"),
    }


def test_the_version_is_the_later_of_both_stamps() -> None:
    """generated_timestamp moves without updated_at; a read by id may lack it."""
    assert mapped("ticket", ticket(generated_timestamp=None)).version == utc(2026, 1, 5, 9, 55)
    late = ticket(updated_at="2026-01-05T10:00:01Z")
    assert mapped("ticket", late).version == utc(2026, 1, 5, 10, 0, 1)


@pytest.mark.parametrize(
    ("status", "ours", "waiting"),
    [
        ("new", "new", "us"),
        ("open", "open", "us"),
        ("pending", "pending", "customer"),
        ("hold", "on_hold", "third_party"),
        ("solved", "solved", "nobody"),
    ],
)
def test_statuses(status: str, ours: str, waiting: str) -> None:
    found = mapped("ticket", ticket(status=status)).values
    assert (found["status"], found["waiting_on"]) == (ours, waiting)
    assert (found["merged"], "closed_at" in found) == (False, False)


def test_a_deleted_ticket_is_deleted() -> None:
    found = ticket(status="deleted")
    assert found == Change("ticket", "35436", "delete", utc(2026, 1, 5, 10))


def test_a_ticket_may_lack_nearly_everything() -> None:
    bare = dict.fromkeys(("type", "priority", "organization_id", "assignee_id", "via"))
    found = mapped("ticket", ticket(**bare, satisfaction_rating=None, custom_fields=None))
    assert not {"type", "priority", "channel"} & found.values.keys()
    assert [link.kind for link in found.links] == ["requester"]
    lonely = records.ticket(payload("ticket_export")["tickets"][0], None)
    assert "first_reply_at" not in mapped("ticket", lonely).values


def test_metrics_come_beside_the_tickets_or_inside_them() -> None:
    body = payload("ticket_export")
    inside = body.pop("metric_sets")[0]
    body["tickets"][0]["metric_set"] = inside
    assert list(records.tickets(CLIENT, body)) == [ticket()]


def test_own_fields_are_picked_by_number_for_tickets_and_by_key_for_others() -> None:
    wish = {"custom": {"plan": '"27642"'}}
    assert "27643" not in ticket()["custom_fields"]
    own = overlay(MAPPINGS["ticket"], wish)
    assert own.apply(ticket(), Context({}, FACTS)).custom == {"plan": "745"}
    own = overlay(MAPPINGS["user"], {"custom": {"news": {"from": "newsletter", "as": "bool"}}})
    assert own.apply(user(), Context({}, FACTS)).custom == {"news": True}


def test_an_organization() -> None:
    """developer.zendesk.com/api-reference/ticketing/organizations/organizations"""
    body = {"organizations": [payload("organization")]}
    (record,) = records.organizations(CLIENT, body)
    found = mapped("organization", record)
    assert (found.native_id, found.entity, found.deleted) == ("509974", "account", False)
    assert (found.version, found.created_at) == (utc(2026, 1, 5, 10), utc(2025, 5, 1, 8))
    assert found.external_id == "C-00042"
    assert found.values == {"name": "Acme GmbH", "domains": ["acme.de", "acme.com"]}
    assert found.url == f"{SITE}/agent/organizations/509974"
    assert "notes" not in record


def test_a_deleted_organization_says_when_it_went() -> None:
    row = payload("organization", deleted_at="2026-01-05T11:00:00Z")
    (gone,) = records.organizations(CLIENT, {"organizations": [row]})
    assert gone == Change("organization", "509974", "delete", utc(2026, 1, 5, 11))


def test_a_user() -> None:
    """developer.zendesk.com/api-reference/ticketing/users/users"""
    found = mapped("user", user())
    assert (found.native_id, found.entity, found.deleted) == ("20978392", "contact", False)
    assert (found.version, found.created_at) == (utc(2026, 1, 5, 8), utc(2025, 5, 2, 8))
    assert found.external_id == "u-7"
    assert found.values == {
        "full_name": "Lena Vogt",
        "emails": ["lena.vogt@acme.de"],
        "phones": ["+49301234567"],
        "locale": "de",
        "user_ids": ["u-7"],
        "last_active_day": "2026-01-04",
        "status": "active",
    }
    assert found.links == (Link("account", "record", "organization:509974"),)
    assert mapped("user", user(suspended=True)).values["status"] == "inactive"


def test_a_deleted_user_is_not_taken_for_a_living_one() -> None:
    assert mapped("user", user(active=False)).deleted


@pytest.mark.parametrize(
    "changed",
    [
        {"permanently_deleted": True},
        {"name": "Permanently Deleted User", "email": None, "phone": None, "active": False},
    ],
)
def test_a_user_deleted_for_good_is_forgotten(changed: dict[str, Any]) -> None:
    found = user(**changed)
    assert (found.object, found.native_id, found.kind) == ("user", "20978392", "privacy_delete")


def test_who_becomes_an_agent_is_a_contact_no_longer() -> None:
    found = user(role="agent")
    assert (found.native_id, found.kind, found.occurred_at) == (
        *("20978392", "delete"),
        utc(2026, 1, 5, 8),
    )
    (agent,) = records.agents(CLIENT, {"users": [payload("user", role="agent"), payload("user")]})
    values = mapped("agent", agent).values
    assert values == {"full_name": "Lena Vogt", "emails": ["lena.vogt@acme.de"], "status": "active"}


RATING = {
    "id": 35436001,
    "score": "good",
    "comment": "Awesome support!",
    "ticket_id": 35436,
    "requester_id": 20978392,
    "assignee_id": 135,
    "created_at": "2026-01-05T10:00:00Z",
    "updated_at": "2026-01-05T10:05:00Z",
}
"""developer.zendesk.com/api-reference/ticketing/ticket-management/satisfaction_ratings"""


def rating(score: str) -> Any:
    return next(iter(lists.ratings(CLIENT, {"satisfaction_ratings": [RATING | {"score": score}]})))


def test_a_rating() -> None:
    found = mapped("satisfaction_rating", rating("good"))
    assert (found.native_id, found.version) == ("35436001", utc(2026, 1, 5, 10, 5))
    assert found.values == {
        "kind": "csat",
        "score_raw": 1,
        "scale_min": 0,
        "scale_max": 1,
        "score_norm": 100,
        "label": "positive",
        "responded_at": utc(2026, 1, 5, 10),
    }
    assert set(found.links) == {
        Link("ticket", "record", "ticket:35436"),
        Link("contact", "record", "user:20978392"),
    }


@pytest.mark.parametrize("score", ["bad", "bad_with_comment", "bad_without_comment"])
def test_bad_is_bad_with_or_without_a_comment(score: str) -> None:
    found = mapped("satisfaction_rating", rating(score)).values
    assert (found["score_raw"], found["score_norm"], found["label"]) == (0, 0, "negative")


@pytest.mark.parametrize("score", ["offered", "unoffered", None])
def test_an_offer_is_no_answer(score: str | None) -> None:
    rows = {"satisfaction_ratings": [RATING | {"score": score}]}
    assert list(lists.ratings(CLIENT, rows)) == []


def response(**answer: Any) -> Any:
    """developer.zendesk.com/.../csat_survey_responses, the example of its list"""
    body = payload("survey_response")
    body["answers"][0] |= answer
    return next(iter(lists.responses(CLIENT, {"survey_responses": [body]})), None)


def test_a_survey_response() -> None:
    found = mapped("survey_response", response())
    assert found.native_id == "01J1WB51MG6HXTYWE6Q0C93RNW"
    assert found.version == utc(2024, 8, 14, 12, 5)
    assert found.values == {
        "kind": "csat",
        "score_raw": 1,
        "scale_min": 1,
        "scale_max": 5,
        "score_norm": 0,
        "label": "negative",
        "responded_at": utc(2024, 8, 14, 12),
    }
    assert set(found.links) == {
        Link("ticket", "record", "ticket:99"),
        Link("contact", "record", "user:4398080151295"),
    }


def test_a_survey_has_its_own_scale() -> None:
    question = {"type": "rating_scale_emoji", "options": [{"rating": n} for n in (1, 2, 3)]}
    answer = {"rating": 2, "rating_category": "neutral", "question": question}
    found = mapped("survey_response", response(**answer)).values
    assert (found["scale_max"], found["score_norm"], found["label"]) == (3, 50, "neutral")


def test_a_survey_without_a_rating_is_no_answer() -> None:
    assert response(type="skipped") is None


def test_a_response_names_its_ticket_in_either_way() -> None:
    row = payload("survey_response", subjects=None)
    (found,) = lists.responses(CLIENT, {"survey_responses": [row]})
    assert found["ticket_ids"] == ["99"]
