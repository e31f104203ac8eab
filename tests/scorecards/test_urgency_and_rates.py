"""Urgency by hand, and what several currencies may and may not be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from hub.engine.standing import amount_key
from hub.health.context import HealthContext, apart_mrr, reporting_mrr
from hub.health.urgency import factor, urgency
from tests.api.conftest import Api
from tests.scorecards.desk import Desk

TODAY = date(2026, 3, 4)
EUR = {"minor": 100_000, "currency": "EUR", "exponent": 2}


@pytest.mark.parametrize(
    ("days", "expected"),
    [(None, 0.3), (-5, 1), (0, 1), (30, 1), (60, 0.8), (90, 0.6), (135, 0.45), (180, 0.3)],
)
def test_nearness_of_the_renewal(days: int | None, expected: float) -> None:
    assert factor(days) == pytest.approx(expected)


def test_urgency_by_hand() -> None:
    found = urgency(40, EUR, (TODAY + timedelta(days=60)).isoformat(), TODAY)
    # 60 % of 1,000 EUR at risk, times 0.8.
    assert found["priority"] == EUR | {"minor": 48_000}
    assert (found["share"], found["factor"]) == (pytest.approx(0.6), pytest.approx(0.8))
    assert "480.00 EUR a month: 60 % at risk of 1,000.00 EUR" in found["sentence"]


def test_urgency_is_not_made_up() -> None:
    assert urgency(None, EUR, None, TODAY)["priority"] is None
    assert urgency(40, None, None, TODAY)["priority"] is None
    apart = urgency(40, None, None, TODAY, [EUR, EUR | {"currency": "USD"}])
    assert apart["priority"] is None
    assert "1,000.00 EUR and 1,000.00 USD a month stay apart" in apart["sentence"]


def subscriptions(*amounts: tuple[int, str]) -> list[dict[str, Any]]:
    return [
        {"status": "active", "mrr": {"minor": n, "currency": c, "exponent": 2}} for n, c in amounts
    ]


def test_currencies_stay_apart_without_rates_and_are_joined_with_them() -> None:
    now = datetime(2026, 3, 4, tzinfo=UTC)
    mixed = subscriptions((100, "EUR"), (200, "USD"), (50, "EUR"))
    bare = HealthContext(now)
    assert reporting_mrr(mixed, bare) is None
    assert apart_mrr(mixed, bare) == [
        {"minor": 150, "currency": "EUR", "exponent": 2},
        {"minor": 200, "currency": "USD", "exponent": 2},
    ]
    rated = HealthContext(now, currency="JPY", rates={"JPY": 1.0, "EUR": 160.0, "USD": 150.0})
    # 1.50 EUR are 240 yen, 2 USD are 300; the yen has no cents.
    assert reporting_mrr(mixed, rated) == {"minor": 540, "currency": "JPY", "exponent": 0}
    assert apart_mrr(mixed, rated) == []
    one = subscriptions((100, "EUR"))
    assert reporting_mrr(one, rated) == {"minor": 160, "currency": "JPY", "exponent": 0}
    assert reporting_mrr(subscriptions((5, "CHF")), rated) == {
        "minor": 5, "currency": "CHF", "exponent": 2,
    }  # fmt: skip


def test_amounts_sort_within_their_currency() -> None:
    amounts = [
        {"minor": 99, "currency": "EUR", "exponent": 2},
        {"minor": 2, "currency": "EUR", "exponent": 0},
        {"minor": 1, "currency": "USD", "exponent": 2},
    ]
    keys = [amount_key(money) for money in amounts]
    assert keys == sorted(keys)
    assert amount_key(None) < keys[0]


def test_the_most_urgent_come_first_and_a_new_rate_joins_currencies(desk: Desk) -> None:
    api = Api(desk.hub, desk.tenant_id)
    soon = (desk.now + timedelta(days=10)).date().isoformat()
    far = (desk.now + timedelta(days=300)).date().isoformat()
    desk.company("far", mrr=2000, currency="EUR", renewal=far)
    desk.company("soon", mrr=1000, currency="EUR", renewal=soon)
    desk.company("yen", mrr=1000, currency="JPY", renewal=soon)
    listed = api.all("/accounts", sort="-urgency")
    assert [row["name"] for row in listed] == ["Company yen", "Company soon", "Company far"]
    document = api.get("/scorecards/active")["document"]
    document |= {"currency": "EUR", "rates": {"JPY": 0.006}}
    api.post("/scorecards", {"document": document}, 201)
    api.post("/scorecards/hub-default/2/dry-run")
    api.post("/scorecards/hub-default/2/activate")
    desk.settle()
    listed = api.all("/accounts", sort="-urgency")
    assert [row["name"] for row in listed] == ["Company soon", "Company far", "Company yen"]
    assert listed[-1]["mrr"] == {"minor": 600, "currency": "EUR", "exponent": 2}


def test_urgency_grows_by_time_alone(desk: Desk) -> None:
    renewal = (desk.now + timedelta(days=91)).date().isoformat()
    before = desk.company("one", mrr=1000, currency="EUR", renewal=renewal)["urgency"]
    desk.pass_days(1)
    after = desk.account("one")["urgency"]
    assert after["factor"] == pytest.approx(0.6)
    assert after["priority"]["minor"] > before["priority"]["minor"]
