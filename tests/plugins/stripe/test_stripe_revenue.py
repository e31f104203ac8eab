"""Monthly revenue; expected values by hand, and the worked example of the fact sheet, section 4."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from hub.api import Unmappable
from plugins.stripe import revenue

SHEET = json.loads((Path(__file__).parent / "payloads" / "subscription.json").read_text())


def price(each: str | None = "30000", interval: str = "month", count: int = 1, **more: Any) -> Any:
    recurring = {"interval": interval, "interval_count": count, "usage_type": "licensed"}
    made = {"id": "p", "product": "prod_a", "currency": "usd", "billing_scheme": "per_unit"}
    return {**made, "unit_amount_decimal": each, "recurring": recurring, **more}


def item(sold: Any, quantity: int | None = 1, *discounts: Any) -> dict[str, Any]:
    return {"id": "si", "price": sold, "quantity": quantity, "discounts": list(discounts)}


def coupon(**fields: Any) -> dict[str, Any]:
    made = {"id": "C", "duration": "forever", **fields}
    return {"id": "di", "object": "discount", "source": {"type": "coupon", "coupon": made}}


def sold(*items: Any, **fields: Any) -> dict[str, Any]:
    made = {"status": "active", "currency": "usd", "discounts": []}
    return {**made, "items": {"data": list(items)}, **fields}


def minor(subscription: Any) -> int | None:
    found = revenue.monthly(subscription)
    return None if found is None else found["minor"]


def two_items(*discounts: Any) -> dict[str, Any]:
    made = copy.deepcopy(SHEET)
    made["items"]["data"].append(item(price("30000", "month", 3)))
    return {**made, "discounts": list(discounts) or made["discounts"]}


def test_the_worked_examples() -> None:
    assert minor(two_items()) == 185_400
    assert minor(two_items(coupon(amount_off=12_000, currency="usd"))) == 202_000


@pytest.mark.parametrize(
    ("interval", "count", "expected"),
    [
        ("day", 1, 913_125),  # 30000 x 30.4375
        ("week", 1, 130_446),  # 30000 x 4.348214...
        ("week", 2, 65_223),
        ("month", 1, 30_000),
        ("month", 6, 5_000),
        ("year", 1, 2_500),
    ],
)
def test_every_interval_is_brought_to_a_month(interval: str, count: int, expected: int) -> None:
    assert minor(sold(item(price("30000", interval, count)))) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("active", 30_000),
        ("past_due", 30_000),
        ("trialing", 0),
        ("unpaid", 0),
        ("paused", 0),
        ("incomplete", 0),
        ("incomplete_expired", 0),
        ("canceled", 0),
    ],
)
def test_only_active_and_past_due_count(status: str, expected: int) -> None:
    assert minor(sold(item(price()), status=status)) == expected


def test_a_paused_collection_counts_nothing() -> None:
    assert minor(sold(item(price()), pause_collection={"behavior": "void"})) == 0


def test_what_is_metered_or_paid_once_does_not_recur() -> None:
    metered = price(recurring={"interval": "month", "interval_count": 1, "usage_type": "metered"})
    assert minor(sold(item(metered, None), item(price(recurring=None)), item(price()))) == 30_000


def test_packs_are_rounded_as_the_price_says() -> None:
    for way, packs in (("up", 3), ("down", 2)):
        packed = price("1000", transform_quantity={"divide_by": 10, "round": way})
        assert minor(sold(item(packed, 25))) == packs * 1_000


def test_fractions_of_a_cent_stay_exact_to_the_end() -> None:
    assert minor(sold(item(price("0.1"), 25))) == 2  # 2.5, to even
    assert minor(sold(item(price("0.1"), 35))) == 4  # 3.5, to even
    assert minor(sold(item(price("10", "year"), 1), item(price("2", "year"), 1))) == 1


@pytest.mark.parametrize(
    ("mode", "units", "expected"),
    [
        ("graduated", 10, 10_000),
        ("graduated", 12, 10_000 + 500 + 1_601),
        ("volume", 10, 10_000),
        ("volume", 12, 500 + 9_606),
    ],
)
def test_tiers_are_summed_by_band_or_taken_whole(mode: str, units: int, expected: int) -> None:
    tiers = [
        {"up_to": 10, "unit_amount_decimal": "1000", "flat_amount_decimal": None},
        {"up_to": None, "unit_amount_decimal": "800.5", "flat_amount_decimal": "500"},
    ]
    tiered = price(None, billing_scheme="tiered", tiers_mode=mode, tiers=tiers)
    assert minor(sold(item(tiered, units))) == expected


def test_what_cannot_be_read_makes_revenue_unknown_and_not_nought() -> None:
    assert minor(sold(item(price(None, billing_scheme="tiered")))) is None
    assert minor(sold(item(price(None)))) is None
    assert minor(sold(item(price()), discounts=["di_1"])) is None
    assert minor(sold(item(price()), discounts=[{"source": {"coupon": "LOYAL10"}}])) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"percent_off": 10.0}, 54_000),
        ({"percent_off": 10.0, "duration": "once"}, 60_000),
        ({"percent_off": 10.0, "duration": "repeating"}, 60_000),
        ({"amount_off": 999, "currency": "usd"}, 59_001),
        ({"amount_off": 999, "currency": "eur"}, 60_000),
        ({"amount_off": 99_999, "currency": "usd"}, 0),
        ({"percent_off": 10.0, "applies_to": {"products": ["prod_b"]}}, 57_000),
        ({"percent_off": 10.0, "applies_to": {"products": ["prod_c"]}}, 60_000),
    ],
)
def test_only_coupons_for_ever_are_taken_off(fields: dict[str, Any], expected: int) -> None:
    found = sold(item(price()), item(price(product="prod_b")), discounts=[coupon(**fields)])
    assert minor(found) == expected


def test_the_items_discount_comes_before_the_subscriptions() -> None:
    """(30000 - 10000) x 0.5, and not 30000 x 0.5 - 10000."""
    own = coupon(amount_off=10_000, currency="usd")
    found = sold(item(price(), 1, own), discounts=[coupon(percent_off=50.0)])
    assert minor(found) == 10_000


def test_money_has_the_digits_of_its_currency() -> None:
    yen = sold(item(price("500", currency="jpy"), 3), currency="jpy")
    assert revenue.monthly(yen) == {"minor": 1_500, "currency": "JPY", "exponent": 0}


def test_items_in_two_currencies_do_not_fit() -> None:
    with pytest.raises(Unmappable):
        revenue.monthly(sold(item(price()), item(price(currency="eur"))))
