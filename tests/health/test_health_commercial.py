"""Payment, revenue and seats, and the caps that they raise."""

from __future__ import annotations

from typing import Any

import pytest

from hub.health import facts, state
from hub.health.context import (
    HealthContext,
    ratio,
    reporting_mrr,
)
from tests.health.supplied import DAY, EUR, NOW, TODAY, at, built, one


@pytest.mark.parametrize(
    ("invoice", "days", "caps"),
    [
        ({"status": "open", "due_on": "2026-03-04"}, 0, ()),
        ({"status": "open", "due_on": "2026-02-03"}, 29, ()),
        ({"status": "open", "due_on": "2026-02-02"}, 30, ("payment_overdue",)),
        ({"status": "paid", "due_on": "2025-02-02"}, 0, ()),
        ({"status": "uncollectible"}, 30, ("payment_overdue",)),
        ({"status": "open", "issued_at": at(6), "attempt_count": 1}, 6, ()),
        ({"status": "open", "issued_at": at(6), "attempt_count": 0}, 0, ()),
        ({"status": "open", "due_on": "2026-04-01"}, 0, ()),
    ],
)
def test_payment(invoice: dict[str, Any], days: int, caps: tuple[str, ...]) -> None:
    found = one("payment", built(("invoice", invoice)))
    assert (found.value, found.caps) == (days, caps)


def subscription(**more: Any) -> tuple[str, dict[str, Any]]:
    usual = {"status": "active", "mrr": EUR, "seats": 5, "started_at": at(30)}
    return ("subscription", usual | more)


@pytest.mark.parametrize(
    ("more", "caps"),
    [
        ({}, ()),
        ({"cancel_at_period_end": True}, ("cancellation_scheduled",)),
        ({"cancel_at": at(-30)}, ("cancellation_scheduled",)),
        ({"cancel_at": at(3), "status": "canceled"}, ()),
        ({"status": "unpaid"}, ("payment_overdue",)),
    ],
)
def test_what_a_subscription_raises(more: dict[str, Any], caps: tuple[str, ...]) -> None:
    stored = built(subscription(**more))
    assert one("mrr_trend", stored).caps == caps
    assert one("payment", stored).value == (30 if more.get("status") == "unpaid" else 0)


@pytest.mark.parametrize(
    ("used", "more", "capped"),
    [
        (29, {}, False),
        (30, {}, True),
        (30, {"started_at": at(29)}, False),
        (30, {"seats": 0}, False),
        (30, {"status": "canceled"}, False),
    ],
)
def test_paid_seats_that_nobody_uses(used: int, more: dict[str, Any], capped: bool) -> None:
    parts = [
        facts.contribution(*subscription(**more), "s", False),
        facts.contact_usage([str(TODAY - used * DAY)]),
    ]
    found = one("usage_recency", state.rebuild(parts, TODAY))
    assert (found.value, found.caps) == (used, ("unused_seats",) if capped else ())


def test_revenue_in_one_and_in_several_currencies() -> None:
    usd = {"minor": 20_000, "currency": "USD", "exponent": 2}
    yen = {"minor": 3_000, "currency": "JPY", "exponent": 0}
    subs = [{"status": "active", "mrr": EUR}, {"status": "past_due", "mrr": EUR}]
    mixed = [*subs, {"status": "active", "mrr": usd}, {"status": "trialing", "mrr": EUR}]
    rated = HealthContext(NOW, currency="EUR", rates={"EUR": 1.0, "USD": 0.5, "JPY": 0.01})
    assert reporting_mrr(subs, HealthContext(NOW)) == EUR | {"minor": 20_000}
    assert reporting_mrr(mixed, rated) == EUR | {"minor": 30_000}
    assert reporting_mrr(mixed, HealthContext(NOW)) is None
    assert reporting_mrr([{"status": "canceled", "mrr": EUR}], HealthContext(NOW, mrr=EUR)) == (
        EUR | {"minor": 0}
    )
    assert reporting_mrr([], HealthContext(NOW, mrr=EUR)) == EUR
    assert ratio(yen, EUR, rated.rates) == pytest.approx(0.3)
    assert ratio(yen, EUR, {}) is None
    assert ratio(EUR, EUR | {"minor": 0}, {}) is None
