"""Sugar's records in canonical words; every expected value is worked out by hand.

The payloads hold the fields of SugarCRM's fact sheet, section 4, by their true names.
"""

from __future__ import annotations

from datetime import UTC, datetime

from mappings.language import Link
from tests.plugins.sugarcrm.conftest import ACCOUNT, mapped, money, raw


def test_an_account_field_by_field() -> None:
    made = mapped("Accounts", raw("account"))
    assert (made.entity, made.native_id, made.external_id) == ("account", ACCOUNT, "C-00042")
    assert made.values == {
        "name": "Northwind Labs",
        "domains": ["northwind.example"],
        "website": "http://www.northwind.example/de",
        "phone": "+49301234567",
        "emails": ["info@northwind.example", "second@northwind.example"],
        "industry": "Biotechnology",
        "employees": 1200,
        "country": "DE",
        "annual_revenue": money(125_000_050, "USD"),
        "lifecycle": "active",
        "tier": "T1",
        "renewal_at": "2027-01-31",
    }
    assert made.version == datetime(2026, 11, 20, 10, 15, 30, tzinfo=UTC)
    assert made.created_at == datetime(2024, 3, 1, 8, tzinfo=UTC)
    assert made.url == f"https://acme.sugarondemand.com/#Accounts/{ACCOUNT}"
    assert set(made.links) == {
        Link("owner", "record", "Users:seed_max_id"),
        Link("parent", "record", "Accounts:seed_parent_id"),
    }


def test_a_contact_field_by_field() -> None:
    made = mapped("Contacts", raw("contact"))
    assert made.values == {
        "full_name": "Mr. Will Westin",
        "first_name": "Will",
        "last_name": "Westin",
        "emails": ["will@northwind.example", "w.westin@mail.example"],
        "phones": ["+12125550100", "+12125550101"],
        "title": "CTO",
        "department": "IT",
        "locale": "en_us",
        "status": "unsubscribed",
    }
    assert made.version == datetime(2026, 7, 1, 6, tzinfo=UTC)
    assert set(made.links) == {
        Link("account", "record", f"Accounts:{ACCOUNT}"),
        Link("owner", "record", "Users:seed_max_id"),
        Link("parent", "record", "Contacts:seed_jim_id"),
    }


def test_an_opportunity_field_by_field() -> None:
    made = mapped("Opportunities", raw("opportunity"))
    assert made.values == {
        "name": "Northwind renewal",
        "kind": "renewal",
        "amount": money(2_500_000, "EUR"),
        "stage": "Negotiation/Review",
        "status": "open",
        "probability": 0.8,
        "forecast_category": "commit",
        "close_on": "2026-12-15",
        "next_step": "Call the CFO",
    }
    assert set(made.links) == {
        Link("account", "record", f"Accounts:{ACCOUNT}"),
        Link("owner", "record", "Users:seed_max_id"),
    }


def test_a_case_field_by_field() -> None:
    made = mapped("Cases", raw("case"))
    assert made.values == {
        "subject": "Login fails",
        "status": "closed",
        "waiting_on": "nobody",
        "priority": "high",
        "severity_source": "P1",
        "channel": "InboundEmail",
        "opened_at": datetime(2026, 11, 2, 19, tzinfo=UTC),
        "first_reply_at": datetime(2026, 11, 2, 19, 25, tzinfo=UTC),
        "solved_at": datetime(2026, 11, 3, 15, 30, tzinfo=UTC),
        "closed_at": datetime(2026, 11, 3, 15, 30, tzinfo=UTC),
        "tags": ["login", "sso"],
        "url": "https://acme.sugarondemand.com/#Cases/c4b7",
    }
    assert set(made.links) == {
        Link("account", "record", f"Accounts:{ACCOUNT}"),
        Link("requester", "record", "Contacts:seed_will_id"),
        Link("assignee", "record", "Users:seed_sally_id"),
    }


def test_a_call_a_meeting_and_a_task_field_by_field() -> None:
    made = mapped("Calls", raw("call"))
    talked = {
        "subject": "Quarterly review",
        "started_at": datetime(2026, 10, 5, 15, tzinfo=UTC),
        "ended_at": datetime(2026, 10, 5, 15, 30, tzinfo=UTC),
        "outcome": "held",
        "touch": True,
    }
    assert made.values == {"kind": "call", "direction": "outbound", **talked}
    links = {
        Link("account", "record", f"Accounts:{ACCOUNT}"),
        Link("owner", "record", "Users:seed_max_id"),
    }
    assert set(made.links) == links
    meeting = mapped("Meetings", {k: v for k, v in raw("call").items() if k != "direction"})
    assert meeting.values == {"kind": "meeting", **talked}
    assert set(meeting.links) == links
    task = mapped("Tasks", raw("task"))
    assert task.values == {
        "kind": "task",
        "subject": "Send offer",
        "started_at": datetime(2026, 10, 3, 17, tzinfo=UTC),
        "outcome": "none",
        "touch": False,
    }
    assert set(task.links) == {
        Link("contact", "record", "Contacts:seed_will_id"),
        Link("ticket", "record", "Cases:c4b7"),
        Link("owner", "record", "Users:seed_max_id"),
    }


def test_a_user_field_by_field() -> None:
    made = mapped("Users", raw("user"))
    assert made.values == {
        "full_name": "Max Jensen",
        "emails": ["max@hub.example"],
        "status": "active",
    }
    assert mapped("Users", raw("user", status="Inactive")).values["status"] == "inactive"
