"""Salesforce's mapping, against results worked out by hand from the vendor's sample records."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mappings.errors import Unmappable
from mappings.language import Context, Link, Mapped, load
from plugins.salesforce import CONNECTOR

RECORDS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "payloads" / "records.json").read_text()
)
MAPPINGS = load(CONNECTOR.mapping.read_text(), "salesforce/mapping.yaml", CONNECTOR.conversions)
OBJECTS = {
    "account": "Account", "contact": "Contact", "opportunity": "Opportunity", "case": "Case",
    "call": "Task", "meeting": "Event", "user": "User",
}  # fmt: skip
SETTINGS = {"instance_url": "https://acme.my.salesforce.com", "currency": "EUR"}


def mapped(name: str, **changed: Any) -> Mapped:
    context = Context(settings=SETTINGS, account={})
    return MAPPINGS[OBJECTS[name]].apply(RECORDS[name] | changed, context)


def when(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def test_account() -> None:
    found = mapped("account")
    assert found.values == {
        "name": "Northwind Labs",
        "domains": ["northwind.co.uk"],
        "website": "https://www.Northwind.co.uk/about?x=1",
        "phone": "+442079460018",
        "industry": "Energy",
        "employees": 420,
        "country": "GB",
        "annual_revenue": {"minor": 125000050, "currency": "GBP", "exponent": 2},
        "lifecycle": "active",
    }
    assert found.native_id == "001XX000003DHPhYAO"
    assert found.version == when(2026, 11, 20, 10, 15)
    assert found.created_at == when(2026, 1, 2, 17, 38, 59)
    assert found.external_id == "C-00042"
    assert found.url == "https://acme.my.salesforce.com/001XX000003DHPhYAO"
    assert not found.deleted
    assert set(found.links) == {Link("owner", "record", "User:005XX0000012QxYQAU")}


def test_an_org_with_one_currency() -> None:
    raw = {k: v for k, v in RECORDS["account"].items() if k != "CurrencyIsoCode"}
    found = MAPPINGS["Account"].apply(raw, Context(settings=SETTINGS, account={}))
    assert found.values["annual_revenue"]["currency"] == "EUR"


def test_a_merged_account_names_its_survivor() -> None:
    found = mapped("account", IsDeleted=True, MasterRecordId="001XX000003DHPiYAO")
    assert (found.deleted, found.merged_into) == (True, "001XX000003DHPiYAO")


def test_conventional_custom_fields() -> None:
    found = mapped(
        "account", Seats__c=50.0, MRR__c=4200, Renewal_Date__c="2027-06-30", Tier__c="gold"
    )
    assert found.values["seats"] == 50
    assert found.values["mrr"] == {"minor": 420000, "currency": "GBP", "exponent": 2}
    assert found.values["renewal_at"] == "2027-06-30"
    assert found.values["tier"] == "gold"


@pytest.mark.parametrize(
    ("written", "number"),
    [("C-00042", "C-00042"), (" 4711 ", "4711"), ("n/a", None), ("TBD", None), ("-", None)],
)
def test_a_customer_number_has_digits(written: str, number: str | None) -> None:
    assert mapped("account", AccountNumber=written).external_id == number


@pytest.mark.parametrize(
    ("word", "lifecycle"),
    [("Prospect", "prospect"), ("Customer", "active"), ("Former Customer", "churned"),
     ("Partner", "other"), (None, None)],
)  # fmt: skip
def test_lifecycle(word: str | None, lifecycle: str | None) -> None:
    assert mapped("account", Type=word).values.get("lifecycle") == lifecycle


def test_contact() -> None:
    found = mapped("contact")
    assert found.values == {
        "full_name": "Aylin Öztürk",
        "first_name": "Aylin",
        "last_name": "Öztürk",
        "emails": ["aylin.ozturk@northwind.co.uk"],
        "phones": ["+447700900123"],
        "title": "Head of Operations",
        "department": "Operations",
    }
    assert set(found.links) == {
        Link("account", "record", "Account:001XX000003DHPhYAO"),
        Link("owner", "record", "User:005XX0000012QxYQAU"),
        Link("parent", "record", "Contact:003XX000004TmiSAAS"),
    }


def test_opportunity_of_a_renamed_stage_in_yen() -> None:
    """Flags decide, not the stage's words; the yen has no minor unit (48000.1 is 48000)."""
    found = mapped("opportunity")
    assert found.values == {
        "name": "Renewal 2027",
        "kind": "renewal",
        "amount": {"minor": 48000, "currency": "JPY", "exponent": 0},
        "stage": "Signed, sealed",
        "status": "won",
        "probability": 0.75,
        "forecast_category": "commit",
        "close_on": "2026-01-31",
        "closed_at": when(2026, 1, 31),
        "next_step": "Send the contract",
    }
    assert set(found.links) == {
        Link("account", "record", "Account:001XX000003DHPhYAO"),
        Link("owner", "record", "User:005XX0000012QxYQAU"),
    }


def test_lost_and_open_opportunities() -> None:
    assert mapped("opportunity", IsWon=False).values["status"] == "lost"
    still = mapped("opportunity", IsClosed=False, IsWon=False)
    assert still.values["status"] == "open"
    assert "closed_at" not in still.values


def test_a_forecast_word_of_tomorrow_is_left_out() -> None:
    assert "forecast_category" not in mapped("opportunity", ForecastCategory="Dreaming").values


def test_case() -> None:
    """Steps a-b and e are reopenings (closed to not closed), d goes from closed to closed."""
    found = mapped("case")
    assert found.values == {
        "subject": "Export fails",
        "status": "open",
        "priority": "high",
        "severity_source": "High",
        "type": "problem",
        "channel": "Email",
        "opened_at": when(2026, 11, 18, 7),
        "waiting_on": "us",
        "reopen_count": 2,
        "escalated": True,
        "merged": False,
        "url": "https://acme.my.salesforce.com/500XX0000001aBcAAI",
    }
    assert set(found.links) == {
        Link("account", "record", "Account:001XX000003DHPhYAO"),
        Link("requester", "record", "Contact:003XX000004TmiRAAS"),
        Link("requester", "email", "aylin.ozturk@northwind.co.uk"),
    }, "the owner is a queue"


@pytest.mark.parametrize(
    ("status", "closed", "expected"),
    [
        ("Gelöst", True, ("closed", "nobody")),
        ("New", False, ("new", "us")),
        ("Working", False, ("open", "us")),
        ("Waiting on Customer", False, ("pending", "customer")),
        ("On Hold", False, ("on_hold", "third_party")),
    ],
)
def test_case_status(status: str, closed: bool, expected: tuple[str, str]) -> None:
    values = mapped("case", Status=status, IsClosed=closed).values
    assert (values["status"], values["waiting_on"]) == expected


def test_an_unrecorded_history_is_no_zero() -> None:
    assert "reopen_count" not in mapped("case", StatusChanges=[]).values
    assert "reopen_count" not in mapped("case", StatusChanges=None).values


def test_a_merged_case() -> None:
    found = mapped("case", MasterRecordId="500XX0000001aBdAAI", IsDeleted=True)
    assert found.values["merged"] is True
    assert found.merged_into == "500XX0000001aBdAAI"


def test_a_person_who_owns_a_case_is_its_assignee() -> None:
    assignee = Link("assignee", "record", "User:005XX0000012QxYQAU")
    assert assignee in mapped("case", OwnerId="005XX0000012QxYQAU").links


def test_call() -> None:
    found = mapped("call")
    assert found.values == {
        "kind": "call",
        "direction": "inbound",
        "subject": "Renewal talk",
        "started_at": when(2026, 11, 19, 15, 30),
        "touch": True,
    }
    assert set(found.links) == {
        Link("account", "record", "Account:001XX000003DHPhYAO"),
        Link("contact", "record", "Contact:003XX000004TmiRAAS"),
        Link("owner", "record", "User:005XX0000012QxYQAU"),
    }


@pytest.mark.parametrize(
    "changed",
    [
        {"CallDisposition": "Left voicemail"},
        {"CallDurationInSeconds": 0},
        {"IsClosed": False},
        {"WhoId": None},
        {"TaskSubtype": "Email"},
        {"TaskSubtype": "Task"},
    ],
)
def test_no_talk_both_ways(changed: dict[str, Any]) -> None:
    assert mapped("call", **changed).values["touch"] is False


def test_a_task_of_a_lead_and_a_queue_links_to_neither() -> None:
    found = mapped(
        "call",
        WhoId="00QXX0000001aBcAAI",
        OwnerId="00GXX0000001aBcAAI",
        WhatId=None,
        AccountId=None,
    )
    assert found.links == ()


def test_meeting() -> None:
    found = mapped("meeting")
    assert found.values == {
        "kind": "meeting",
        "subject": "Quarterly review",
        "started_at": when(2026, 11, 19, 9),
        "ended_at": when(2026, 11, 19, 10),
        "touch": True,
    }


@pytest.mark.parametrize(
    "changed", [{"IsChild": True}, {"WhoId": None}, {"Subject": "Canceled: Quarterly review"}]
)
def test_meetings_that_do_not_count(changed: dict[str, Any]) -> None:
    assert mapped("meeting", **changed).values["touch"] is False


def test_user() -> None:
    assert mapped("user").values == {
        "full_name": "Sam Stone",
        "emails": ["sam.stone@acme.com"],
        "status": "inactive",
    }


@pytest.mark.parametrize(
    ("name", "changed", "path"),
    [
        ("account", {"Id": None}, "Id"),
        ("account", {"Name": 5}, "Name"),
        ("account", {"CreatedDate": "0001-01-01T00:00:00.000+0000"}, "CreatedDate"),
        ("account", {"Name": "x" * 1_000_000}, "Name"),
        ("opportunity", {"Amount": "lots"}, "Amount"),
        ("contact", {"SystemModstamp": "yesterday"}, "SystemModstamp"),
    ],
)
def test_what_cannot_be_mapped_says_where(name: str, changed: dict[str, Any], path: str) -> None:
    with pytest.raises(Unmappable) as caught:
        mapped(name, **changed)
    assert path in caught.value.path
