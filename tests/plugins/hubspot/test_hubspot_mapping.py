"""HubSpot's records in canonical words; every expected value is worked out by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mappings import language
from mappings.errors import Unmappable
from mappings.language import Context, Link, Mapped
from plugins.hubspot import CONNECTOR

PAYLOADS = Path(__file__).parent / "payloads"
MAPPINGS = language.load(CONNECTOR.mapping.read_text(), "mapping.yaml", CONNECTOR.conversions)
FACTS: dict[str, Any] = {
    "portal_id": "62515001",
    "ui_domain": "app-eu1.hubspot.com",
    "currency": "EUR",
    "stages": {
        "deal": {
            "closedwon": {"label": "Signed", "closed": "true", "probability": "1.0"},
            "7": {"label": "Verloren", "closed": "true", "probability": "0.0"},
            "8": {"label": "Talking", "closed": "false", "probability": "0.4"},
        },
        "ticket": {
            "2": {"label": "Waiting on contact", "closed": "false"},
            "4": {"label": "Closed", "closed": "true"},
            "71": {"label": "Erledigt", "closed": "true"},
            "72": {"label": "Closed?", "closed": "false"},
        },
    },
}
SETTINGS = {"customer_number_property": "customer_no"}


def raw(name: str, /, **properties: str | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_bytes())
    merged = {**found.get("properties", {}), **properties}
    return {**found, "properties": {k: v for k, v in merged.items() if v is not None}}


def mapped(name: str, /, **properties: str | None) -> Mapped:
    return MAPPINGS[name].apply(raw(name, **properties), Context(SETTINGS, FACTS))


def test_every_stream_that_has_records_is_mapped() -> None:
    objects = {stream.object for stream in CONNECTOR.streams if stream.entity}
    assert set(MAPPINGS) == objects
    assert {m.entity for m in MAPPINGS.values()} == {
        s.entity for s in CONNECTOR.streams if s.entity
    }


def test_company() -> None:
    found = mapped("company")
    assert found.native_id == "77"
    assert found.version == datetime(2026, 11, 20, 10, 15, 30, 123000, tzinfo=UTC)
    assert found.created_at == datetime(2026, 1, 2, 9, tzinfo=UTC)
    assert found.external_id == "C-00042"
    assert found.url == "https://app-eu1.hubspot.com/contacts/62515001/record/0-2/77"
    assert found.values == {
        "name": "Northwind Traders",
        "domains": ["northwind-traders.com", "northwind.co.uk"],
        "website": "https://www.northwind-traders.com/about",
        "industry": "RETAIL",
        "annual_revenue": {"minor": 1_250_050, "currency": "EUR", "exponent": 2},
        "employees": 48,
        "country": "DE",
        "phone": "+49305550123",
        "lifecycle": "active",
    }
    assert found.links == (
        Link("owner", "record", "owner:4420001"),
        Link("parent", "record", "company:70"),
    )


@pytest.mark.parametrize(
    ("stage", "lifecycle"),
    [("lead", "prospect"), ("evangelist", "active"), ("198273", "other"), (None, None)],
)
def test_lifecycle_of_a_company(stage: str | None, lifecycle: str | None) -> None:
    assert mapped("company", lifecyclestage=stage).values.get("lifecycle") == lifecycle


def test_a_company_without_chosen_number_has_no_external_id() -> None:
    assert mapped("company", customer_no=None).external_id is None
    unset = MAPPINGS["company"].apply(raw("company"), Context({}, FACTS))
    assert unset.external_id is None


def test_contact_has_its_primary_company_first() -> None:
    found = mapped("contact")
    assert found.values == {
        "full_name": "Ana Sílva",
        "first_name": "Ana",
        "last_name": "Sílva",
        "emails": ["ana.silva@northwind.example", "ana@mail.example"],
        "phones": ["+351215550101"],
        "title": "CFO",
        "role": "economic_buyer",
        "status": "active",
    }
    assert found.links == (
        Link("account", "record", "company:80"),
        Link("account", "record", "company:77"),
        Link("owner", "record", "owner:4420001"),
    )


@pytest.mark.parametrize(
    ("role", "expected"),
    [("CHAMPION", "champion"), ("LEGAL;END_USER", "end_user"), ("LEGAL", "other"), (None, None)],
)
def test_buying_role(role: str | None, expected: str | None) -> None:
    assert mapped("contact", hs_buying_role=role).values.get("role") == expected


def test_who_opted_out_is_unsubscribed() -> None:
    assert mapped("contact", hs_email_optout="true").values["status"] == "unsubscribed"


def test_deal() -> None:
    found = mapped("deal")
    assert found.values == {
        "name": "Renewal 2027",
        "kind": "renewal",
        "amount": {"minor": 499_999, "currency": "GBP", "exponent": 2},
        "stage": "Signed",
        "status": "won",
        "probability": 1.0,
        "close_on": "2026-11-19",
        "closed_at": datetime(2026, 11, 19, 23, 30, tzinfo=UTC),
    }
    assert found.links == (
        Link("account", "record", "company:77"),
        Link("contact", "record", "contact:512"),
    )


@pytest.mark.parametrize(
    ("zone", "written", "day"),
    [
        ("Europe/Berlin", "2026-11-19T23:30:00Z", "2026-11-20"),
        ("Europe/Berlin", "2026-11-19T22:30:00Z", "2026-11-19"),
        ("US/Eastern", "2026-11-20T03:30:00.000Z", "2026-11-19"),
        ("US/Eastern", "2026-11-20T00:00:00Z", "2026-11-20"),
        ("US/Eastern", "2026-11-20", "2026-11-20"),
        ("Nowhere/Odd", "2026-11-19T23:30:00Z", "2026-11-19"),
        (None, "2026-11-19T23:30:00Z", "2026-11-19"),
    ],
)
def test_a_deal_closes_on_the_day_that_the_account_shows(
    zone: str | None, written: str, day: str
) -> None:
    context = Context(SETTINGS, FACTS | {"time_zone": zone})
    found = MAPPINGS["deal"].apply(raw("deal", closedate=written), context)
    assert found.values["close_on"] == day


@pytest.mark.parametrize(
    ("closed", "won", "stage", "status"),
    [
        ("true", "true", "8", "won"),
        ("true", "false", "closedwon", "lost"),
        ("false", "false", "closedwon", "open"),
        (None, None, "closedwon", "won"),
        (None, None, "7", "lost"),
        (None, None, "8", "open"),
        (None, None, "unknown", "open"),
        ("true", None, "7", "lost"),
    ],
)
def test_a_deal_is_won_by_flags_never_by_words(
    closed: str | None, won: str | None, stage: str, status: str
) -> None:
    found = mapped("deal", hs_is_closed=closed, hs_is_closed_won=won, dealstage=stage).values
    assert found["status"] == status
    assert ("closed_at" in found) == (status != "open")


def test_a_deals_amount_falls_back_to_the_accounts_currency() -> None:
    found = mapped("deal", deal_currency_code=None, amount="100")
    assert found.values["amount"] == {"minor": 10_000, "currency": "EUR", "exponent": 2}


def test_a_stage_that_no_pipeline_lists_shows_its_id() -> None:
    assert mapped("deal", dealstage="90210").values["stage"] == "90210"


def test_ticket() -> None:
    found = mapped("ticket")
    assert found.values == {
        "subject": "Export hängt",
        "status": "pending",
        "waiting_on": "customer",
        "priority": "normal",
        "severity_source": "PRODUCT_ISSUE",
        "type": "problem",
        "channel": "EMAIL",
        "opened_at": datetime(2026, 11, 18, 8, tzinfo=UTC),
        "first_reply_at": datetime(2026, 11, 18, 9, 30, tzinfo=UTC),
        "url": "https://app-eu1.hubspot.com/contacts/62515001/record/0-5/33",
    }
    assert found.links == (
        Link("requester", "record", "contact:512"),
        Link("assignee", "record", "owner:4420002"),
    )


@pytest.mark.parametrize(
    ("pipeline", "stage", "status", "waiting_on"),
    [
        ("0", "1", "new", "us"),
        ("0", "3", "open", "us"),
        ("0", "4", "closed", "nobody"),
        ("0", "72", "open", "us"),
        ("9", "71", "closed", "nobody"),
        ("9", "2", "open", "us"),
        ("0", None, None, None),
    ],
)
def test_a_ticket_is_closed_by_its_stages_state(
    pipeline: str, stage: str | None, status: str | None, waiting_on: str | None
) -> None:
    found = mapped("ticket", hs_pipeline=pipeline, hs_pipeline_stage=stage).values
    assert (found.get("status"), found.get("waiting_on")) == (status, waiting_on)


def test_unknown_priorities_are_absent_not_normal() -> None:
    assert "priority" not in mapped("ticket", hs_ticket_priority="P0").values


def test_an_owner_who_left_still_has_a_name() -> None:
    found = mapped("owner")
    assert not found.deleted
    assert found.values == {
        "full_name": "Left Colleague",
        "emails": ["left.colleague@hub.example"],
        "status": "inactive",
    }


@pytest.mark.parametrize(
    ("name", "properties", "path"),
    [
        ("deal", {"closedate": "0001-01-01T00:00:00Z"}, "closedate"),
        ("company", {"numberofemployees": "many"}, "numberofemployees"),
        ("company", {"name": "x" * 1_000_001}, "name"),
        ("ticket", {"createdate": "yesterday"}, "createdate"),
    ],
)
def test_what_cannot_be_used_is_named(name: str, properties: dict[str, str], path: str) -> None:
    with pytest.raises(Unmappable) as caught:
        mapped(name, **properties)
    assert path in caught.value.path


def test_a_record_without_id_is_named() -> None:
    record = raw("company")
    del record["id"]
    with pytest.raises(Unmappable) as caught:
        MAPPINGS["company"].apply(record, Context(SETTINGS, FACTS))
    assert caught.value.path == "id"
