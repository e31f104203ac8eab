"""Single fields of Sugar's records: money, numbers, types, statuses, flags, and what is absent.

The payloads hold the fields of SugarCRM's fact sheet, section 4, by their true names.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.plugins.sugarcrm.conftest import MAPPINGS, mapped, money, raw


@pytest.mark.parametrize(
    ("text", "currency_id", "expected"),
    [
        ("25000.000000", "-99", money(2_500_000, "USD")),
        ("0.290000", "e5a1", money(29, "EUR")),
        ("1234567890123.450000", "e5a1", money(123_456_789_012_345, "EUR")),
        ("1500.000000", "j9", money(1500, "JPY", 0)),
        ("1.005000", "-99", money(100, "USD")),
        ("-3.150000", "-99", money(-315, "USD")),
        ("12.000000", "", money(1200, "USD")),
        ("12.000000", "gone", None),
        ("", "-99", None),
        (None, "-99", None),
    ],
)
def test_money_is_exact_and_in_the_currency_of_its_record(
    text: Any, currency_id: str, expected: Any
) -> None:
    """Fact sheet, section 4: money is text such as "25000.000000" (1.15 * 100 is no 115)."""
    record = raw("opportunity", amount=text, currency_id=currency_id)
    assert mapped("Opportunities", record).values.get("amount") == expected


@pytest.mark.parametrize(
    ("revenue", "expected"),
    [("1250000.50", 125_000_050), ("5M", None), ("$ 5", None), ("", None), (None, None)],
)
def test_an_annual_revenue_that_is_prose_is_unknown(revenue: Any, expected: Any) -> None:
    found = mapped("Accounts", raw("account", annual_revenue=revenue)).values.get("annual_revenue")
    assert (found and found["minor"]) == expected
    record = raw("account")
    assert "annual_revenue" not in mapped("Accounts", record, currency=None).values


@pytest.mark.parametrize(
    ("text", "expected"),
    [("250", 250), ("1,200", 1200), ("1.200", 1200), ("1,200.000", None), ("50-100", None),
     ("about 50", None), ("12,00", None), ("", None), (40, 40)],
)  # fmt: skip
def test_employees_are_a_number_only_where_they_are_one(text: Any, expected: Any) -> None:
    made = mapped("Accounts", raw("account", employees=text))
    assert made.values.get("employees") == expected


@pytest.mark.parametrize(
    ("type", "expected"),
    [("Customer", "active"), ("Prospect", "prospect"), ("Partner", "other"), ("Own word", "other"),
     ("", None), (None, None)],
)  # fmt: skip
def test_the_type_of_an_account_is_its_place_in_life(type: Any, expected: Any) -> None:
    made = mapped("Accounts", raw("account", account_type=type))
    assert made.values.get("lifecycle") == expected


@pytest.mark.parametrize(
    ("stage", "status", "by", "expected"),
    [
        ("Closed Won", "New", "sales_stage", ("won", "Closed Won", True)),
        ("Closed Lost", "New", "sales_stage", ("lost", "Closed Lost", True)),
        ("Qualification", "Closed Won", "sales_stage", ("open", "Qualification", False)),
        ("Prospecting", "Closed Won", "sales_status", ("won", "Closed Won", True)),
        ("Closed Won", "In Progress", "sales_status", ("open", "In Progress", False)),
        ("Own stage", None, "sales_stage", ("open", "Own stage", False)),
    ],
)  # fmt: skip
def test_with_revenue_line_items_the_status_counts_and_else_the_stage(
    stage: str, status: Any, by: str, expected: tuple[str, str, bool]
) -> None:
    """Fact sheet, section 4: with RLIs the stage is a roll-up."""
    record = raw("opportunity", sales_stage=stage, sales_status=status)
    made = mapped("Opportunities", record, deal_field=by).values
    closed = made.get("closed_at") == datetime(2026, 12, 15, tzinfo=UTC)
    assert (made["status"], made["stage"], closed) == expected


@pytest.mark.parametrize(
    ("renewal", "type", "expected"),
    [(True, "New Business", "renewal"), (False, "New Business", "new_business"),
     ("0", "Existing Business", "expansion"), (False, "", "other"), (None, "Own", "other")],
)  # fmt: skip
def test_the_kind_of_a_deal(renewal: Any, type: str, expected: str) -> None:
    record = raw("opportunity", renewal=renewal, opportunity_type=type)
    assert mapped("Opportunities", record).values["kind"] == expected


@pytest.mark.parametrize(
    ("status", "expected", "waiting"),
    [("New", "new", "us"), ("Assigned", "open", "us"), ("Pending Input", "pending", "customer"),
     ("Rejected", "closed", "nobody"), ("Duplicate", "closed", "nobody"), ("Own", "open", "us")],
)  # fmt: skip
def test_the_status_of_a_case(status: str, expected: str, waiting: str) -> None:
    made = mapped("Cases", raw("case", status=status)).values
    assert (made["status"], made["waiting_on"]) == (expected, waiting)
    assert ("closed_at" in made) == (expected == "closed")


def test_a_release_without_the_stamp_of_resolving_takes_the_last_change() -> None:
    made = mapped("Cases", raw("case", resolved_datetime="")).values
    assert made["closed_at"] == datetime(2026, 11, 4, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("emails", "erased", "expected"),
    [
        ([{"primary_address": "1", "opt_out": "1"}], [], "unsubscribed"),
        ([{"primary_address": "1", "opt_out": "0"}], [], "active"),
        ([{"primary_address": "0", "opt_out": "1"}], [], "active"),
        ([], ["phone_home"], "active"),
        ([], ["first_name", "last_name"], "erased"),
        ([], [{"field_name": "email", "id": "x"}], "erased"),
        (None, None, "active"),
    ],
)  # fmt: skip
def test_flags_of_addresses_may_be_text_and_erased_persons_are_erased(
    emails: Any, erased: Any, expected: str
) -> None:
    """Fact sheet, section 4: "0" and "1" appear inside the list; `_erased_fields`."""
    record = raw("contact", email=emails, _erased_fields=erased)
    assert mapped("Contacts", record).values["status"] == expected


@pytest.mark.parametrize(
    ("status", "outcome", "touch"),
    [("Held", "held", True), ("Not Held", "cancelled", False), ("Planned", None, False)],
)
def test_only_what_took_place_is_a_talk(status: str, outcome: Any, touch: bool) -> None:
    made = mapped("Calls", raw("call", status=status)).values
    assert (made.get("outcome"), made["touch"]) == (outcome, touch)


@pytest.mark.parametrize(
    ("module", "id", "expected"),
    [("Contacts", "p1", ("contact", "Contacts:p1")), ("Cases", "c1", ("ticket", "Cases:c1")),
     ("Opportunities", "o1", None), ("Accounts", "", None), ("abc_Projects", "1", None)],
)  # fmt: skip
def test_an_activity_hangs_on_whatever_it_names(module: str, id: str, expected: Any) -> None:
    made = mapped("Calls", raw("call", parent_type=module, parent_id=id))
    found = [(link.kind, link.value) for link in made.links if link.kind != "owner"]
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize("object", list(MAPPINGS))
@pytest.mark.parametrize("empty", ["", None])
def test_empty_text_and_null_are_absent_alike(object: str, empty: Any) -> None:
    """Fact sheet, section 4: both are seen."""
    names = {"Accounts": "account", "Contacts": "contact", "Opportunities": "opportunity"}
    names |= {
        "Cases": "case",
        "Calls": "call",
        "Meetings": "call",
        "Tasks": "task",
        "Users": "user",
    }
    kept = ("id", "deleted", "date_modified")
    record = {k: v if k in kept else empty for k, v in raw(names[object]).items()}
    made = mapped(object, record)
    assert all(value not in ("", None) for value in made.values.values())
    assert not made.links


def test_ids_need_not_be_uuids() -> None:
    assert mapped("Accounts", raw("account", id="1")).native_id == "1"
    assert mapped("Accounts", raw("account", id="seed_max_id")).native_id == "seed_max_id"
