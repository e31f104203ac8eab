"""Stripe's records in canonical words; every expected value is worked out by hand.

The payloads hold the fields of Stripe's fact sheet, section 3; the subscription is its example.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hub.conform import published
from hub.conform.typed import wrong
from mappings import language
from mappings.errors import Unmappable
from mappings.language import Context, Link, Mapped
from plugins.stripe import STRIPE

HERE = Path(__file__).parent
FIXTURES = published.home() / "stripe" / "fixtures3.json"
MAPPINGS = language.load(STRIPE.mapping.read_text(), "mapping.yaml", STRIPE.conversions)
SETTINGS = {"mode": "live", "customer_key": "crm_account_id"}


def raw(name: str, /, **fields: Any) -> dict[str, Any]:
    return {**json.loads((HERE / "payloads" / f"{name}.json").read_text()), **fields}


def mapped(record: dict[str, Any], **settings: str) -> Mapped:
    return MAPPINGS[record["object"]].apply(record, Context(SETTINGS | settings))


def usd(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "USD", "exponent": 2}


def test_a_customer_becomes_an_account() -> None:
    made = mapped(raw("customer"))
    assert (made.entity, made.native_id, made.external_id) == ("account", "cus_7Qa1", "C-00042")
    assert made.values == {
        "name": "Acme Ltd",
        "emails": ["billing@acme.com"],
        "phone": "+442079460000",
        "country": "GB",
        "source_health": "delinquent",
    }
    assert made.created_at == datetime(2025, 1, 1, tzinfo=UTC)
    assert made.url == "https://dashboard.stripe.com/customers/cus_7Qa1"


def test_an_address_is_no_claim_to_a_domain() -> None:
    assert "domains" not in mapped(raw("customer")).values


@pytest.mark.parametrize(
    ("fields", "settings", "expected"),
    [
        ({"metadata": {}}, {}, None),
        ({"metadata": {"crm_account_id": ""}}, {}, None),
        ({}, {"customer_key": ""}, None),
        ({}, {"customer_key": "plan"}, "x"),
    ],
)
def test_the_customer_number_is_where_the_tenant_says(
    fields: dict[str, Any], settings: dict[str, str], expected: str | None
) -> None:
    assert mapped(raw("customer", **fields), **settings).external_id == expected


def test_a_customer_without_a_business_name_has_its_own() -> None:
    assert mapped(raw("customer", business_name=None)).values["name"] == "Acme"
    person = raw("customer", business_name=None, name=None)
    assert mapped(person).values["name"] == "Ada Lovelace"


def test_a_subscription_is_read_field_by_field() -> None:
    made = mapped(raw("subscription"))
    assert (made.entity, made.native_id) == ("subscription", "sub_9Kf2")
    assert made.values == {
        "status": "active",
        "items": [
            {
                "id": "si_1",
                "product": "prod_seat",
                "unit_amount": "58800",
                "currency": "USD",
                "interval": "year",
                "interval_count": 1,
                "quantity": 40,
                "usage": "licensed",
            }
        ],
        "seats": 40,
        "mrr": usd(176_400),
        "period_end": datetime(2027, 1, 1, tzinfo=UTC),
        "started_at": datetime(2025, 1, 1, tzinfo=UTC),
        "cancel_at_period_end": False,
        "auto_renew": True,
        "collection_paused": False,
    }
    assert made.links == (Link("account", "record", "customer:cus_7Qa1"),)


def test_a_cancellation_says_when_it_was_asked_for_when_it_ends_and_why() -> None:
    details = {"comment": "bye", "feedback": "too_expensive", "reason": "cancellation_requested"}
    made = mapped(
        raw(
            "subscription",
            cancel_at_period_end=True,
            canceled_at=1767225600,
            cancel_at=1798761600,
            cancellation_details=details,
            pause_collection={"behavior": "void", "resumes_at": None},
            collection_method="send_invoice",
            trial_end=1736294400,
        )
    ).values
    assert made["canceled_at"] == datetime(2026, 1, 1, tzinfo=UTC)
    assert made["cancel_at"] == datetime(2027, 1, 1, tzinfo=UTC)
    assert (made["cancel_at_period_end"], made["auto_renew"]) == (True, False)
    assert made["cancel_feedback"] == "too_expensive"
    assert made["cancel_reason"] == "cancellation_requested"
    assert (made["collection_paused"], made["status"]) == (True, "active")
    assert made["collection"] == "send_invoice"
    assert made["trial_end"] == datetime(2025, 1, 8, tzinfo=UTC)
    assert "ended_at" not in made


def test_the_renewal_is_the_first_of_the_items() -> None:
    """The period left the subscription in 2025 (basil); an old field there is not read."""
    record = raw("subscription", current_period_end=1)
    later = {**record["items"]["data"][0], "current_period_end": 1798848000}
    sooner = {**later, "current_period_end": 1769904000}
    record["items"]["data"] += [later, sooner]
    assert mapped(record).values["period_end"] == datetime(2026, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wanted", "seats"), [("", 47), ("prod_seat", 40), ("price_2, prod_x", 7), ("prod_x", None)]
)
def test_seats_are_what_the_tenant_counts(wanted: str, seats: int | None) -> None:
    record = raw("subscription")
    (first,) = record["items"]["data"]
    other = {**first["price"], "id": "price_2", "product": "prod_other"}
    metered = {**other, "recurring": {**other["recurring"], "usage_type": "metered"}}
    record["items"]["data"] += [
        {**first, "quantity": 7, "price": other},
        {"id": "si_3", "price": metered, "discounts": []},
    ]
    assert mapped(record, seat_products=wanted).values.get("seats") == seats


def test_an_invoice_is_read_field_by_field() -> None:
    made = mapped(raw("invoice"))
    assert (made.entity, made.native_id) == ("invoice", "in_1")
    assert made.values == {
        "status": "open",
        "amount_due": usd(117_600),
        "amount_paid": usd(17_600),
        "amount_remaining": usd(100_000),
        "issued_at": datetime(2026, 1, 1, 1, tzinfo=UTC),
        "due_on": "2026-02-01",
        "attempt_count": 2,
        "next_attempt_at": datetime(2026, 1, 8, tzinfo=UTC),
    }
    assert made.links == (Link("account", "record", "customer:cus_7Qa1"),)
    assert made.url == "https://invoice.stripe.com/i/acct_1/test"
    paid = {"finalized_at": 1767229200, "paid_at": 1767312000}
    again = mapped(raw("invoice", status="paid", due_date=None, status_transitions=paid)).values
    assert again["paid_at"] == datetime(2026, 1, 2, tzinfo=UTC)
    assert "due_on" not in again


@pytest.mark.parametrize(
    ("currency", "minor", "expected"),
    [
        ("jpy", 500, (500, "JPY", 0)),
        ("mga", 500, (50_000, "MGA", 2)),
        ("isk", 50_000, (500, "ISK", 0)),
        ("kwd", 5_000, (5_000, "KWD", 3)),
    ],
)
def test_stripe_counts_some_currencies_in_digits_of_its_own(
    currency: str, minor: int, expected: tuple[int, str, int]
) -> None:
    """The lists of the fact sheet, section 4.6: MGA 500 is 500 ariary, and ISK has two digits."""
    due = mapped(raw("invoice", currency=currency, amount_due=minor)).values["amount_due"]
    assert (due["minor"], due["currency"], due["exponent"]) == expected


@pytest.mark.parametrize("fields", [{"amount_due": 1.5}, {"currency": "zzz"}, {"status": "odd"}])
def test_an_invoice_that_does_not_fit_is_put_aside(fields: dict[str, Any]) -> None:
    with pytest.raises(Unmappable):
        mapped(raw("invoice", **fields))


@pytest.mark.skipif(
    not FIXTURES.is_file(),
    reason="name the folder that has stripe/fixtures3.json in HUB_VENDOR_SPECS; "
    "from https://github.com/stripe/openapi",
)
@pytest.mark.parametrize("object", ["customer", "subscription", "invoice"])
def test_stripes_own_examples_map(object: str) -> None:
    record = json.loads(FIXTURES.read_text())["resources"][object]
    made = mapped(record)
    assert made.native_id == record["id"]
    assert made.entity
    assert not wrong(made.entity, made.values)
