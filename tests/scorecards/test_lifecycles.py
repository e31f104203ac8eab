"""Which scorecard is an account's: by its age, its renewal, and its tenant's own rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from hub.health import defaults, lifecycle, measures, revision, score
from hub.health.context import HealthContext
from hub.health.lifecycle import facts_of
from hub.health.revision import check_document
from hub.health.words import explain_words
from tests.scorecards.desk import Desk

TODAY = date(2026, 3, 4)
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
DEFAULT = revision.default()


def day(ago: int) -> str:
    return (TODAY - timedelta(days=ago)).isoformat()


def subscribed(ago: int, status: str = "active") -> dict[str, Any]:
    return {"items": {"subscriptions": {"s": {"status": status, "started_day": day(ago)}}}}


@pytest.mark.parametrize(
    ("state", "flat", "card"),
    [
        ({}, {}, "default"),
        (subscribed(0), {}, "onboarding"),
        (subscribed(89), {}, "onboarding"),
        (subscribed(90), {}, "default"),
        (subscribed(400, "canceled"), {}, "default"),
        ({}, {"renewal_at": day(-120)}, "renewal"),
        ({}, {"renewal_at": day(-121)}, "default"),
        (subscribed(10), {"renewal_at": day(-5)}, "onboarding"),
    ],
)
def test_the_first_predicate_that_fits_wins(
    state: dict[str, Any], flat: dict[str, Any], card: str
) -> None:
    context = HealthContext(NOW, renewal_on=flat.get("renewal_at"))
    facts = facts_of(state, flat, context, TODAY)
    assert DEFAULT.card_for(facts, TODAY).key == card


def test_who_is_not_live_is_new_once_the_tenant_says_where_that_stands() -> None:
    document = defaults.document() | {"go_live_field": "renewal_at"}
    named = check_document("own", 1, document)
    context = HealthContext(NOW)
    unset = facts_of({}, {}, context, TODAY, "renewal_at")
    live = facts_of({}, {"renewal_at": day(9)}, context, TODAY, "renewal_at")
    assert named.card_for(unset, TODAY).key == "onboarding"
    assert named.card_for(live, TODAY).key == "default"
    assert DEFAULT.card_for(facts_of({}, {}, context, TODAY), TODAY).key == "default"


@pytest.mark.parametrize(
    ("tenure", "value", "expected"),
    [
        # Half way through the 90 days a quarter of the seats counts as half of them would.
        (45, 0.25, 50),
        (45, 0.5, 100),
        # A tenth of the way the curve's (0.80, 85) lies at 0.08.
        (9, 0.08, 85),
        (0, 0.5 / 90, 50),
        (90, 0.25, 25),
        (200, 0.25, 25),
    ],
)
def test_a_new_account_is_asked_for_its_share_of_seats(
    tenure: int, value: float, expected: float
) -> None:
    card = DEFAULT.card_for({"subscribed_on": day(tenure)}, TODAY)
    rules = {r.key: r for d in card.dimensions for r in d.measures}
    assert rules["seat_utilisation"].curve.at(value) == pytest.approx(expected)
    assert rules["usage_trend"].curve.at(0.5) == 20


def test_weights_of_the_lifecycle_cards_by_hand() -> None:
    shares = [{d.key: d.weight for d in card.scorecard.dimensions} for card in DEFAULT.cards]
    assert shares[0] == {
        "adoption": 35, "delivery": 20, "relationship": 20, "support": 15,
        "sentiment": 5, "commercial": 5,
    }  # fmt: skip
    # Support, commercial, sentiment and delivery share 50 as 20 : 20 : 10 : 5.
    assert shares[1] == pytest.approx(
        {
            "adoption": 30, "relationship": 20, "support": 1000 / 55, "commercial": 1000 / 55,
            "sentiment": 500 / 55, "delivery": 250 / 55,
        },
        abs=1e-3,
    )  # fmt: skip
    adoption = {m.key: m.weight for m in DEFAULT.cards[0].scorecard.dimensions[0].measures}
    # The other three share 60 as 35 : 25 : 20.
    assert adoption == pytest.approx(
        {
            "seat_utilisation": 26.25, "usage_trend": 18.75, "usage_recency": 15,
            "feature_breadth": 40,
        }
    )  # fmt: skip


def test_a_card_turns_on_the_day_that_time_says() -> None:
    facts = facts_of(subscribed(80), {}, HealthContext(NOW, renewal_on=day(-200)), TODAY)
    days = set(lifecycle.turning_days(DEFAULT.whens, facts, TODAY))
    assert {date(2026, 3, 14), date(2026, 5, 23)} <= days
    keys = [DEFAULT.card_for(facts, TODAY + timedelta(days=n)).key for n in range(200)]
    turned = [TODAY + timedelta(days=n) for n in range(1, 200) if keys[n] != keys[n - 1]]
    assert turned == [date(2026, 3, 14), date(2026, 5, 23)]
    assert set(turned) <= days


def close_of(facts: dict[str, Any], ago: int, value: float) -> dict[str, Any]:
    told = score.score(
        {"usage_trend": measures.Measure("usage_trend", "ok", value, "", "", known=1.0)},
        DEFAULT.card_for(facts, TODAY - timedelta(days=ago)),
        [],
        TODAY - timedelta(days=ago),
        facts=facts,
    )
    return score.day_close(told)


def test_closes_of_another_card_are_not_compared_and_words_say_since_when() -> None:
    facts = {"subscribed_on": day(90)}
    history = [close_of(facts, ago, 0.5) for ago in range(28, 0, -1)]
    today = {"usage_trend": measures.Measure("usage_trend", "ok", 1.3, "", "", known=1.0)}
    told = score.score(today, DEFAULT.card_for(facts, TODAY), history, TODAY, facts=facts)
    assert (told["scorecard"], told["scorecard_key"]) == ("hub-default/1", "default")
    assert told["trend"] == {"delta_28d": None, "delta_7d": None, "direction": None}
    assert told["change"] is None
    assert (told["scorecard_since"], told["scorecard_before"]) == (
        "2026-03-04",
        "hub-default/1#onboarding",
    )
    ended = "when the onboarding scorecard of hub-default/1 ended"
    assert any(ended in line for line in explain_words(told))
    tomorrow = score.score(
        today,
        DEFAULT.card_for(facts, TODAY),
        [*history, score.day_close(told)],
        TODAY + timedelta(days=1),
        facts=facts,
    )
    assert tomorrow["scorecard_since"] == "2026-03-04"
    assert any("Compared since 2026-03-04" in line for line in explain_words(tomorrow))


def test_an_account_grows_out_of_its_onboarding_by_time_alone(desk: Desk) -> None:
    desk.company("one")
    started = desk.days_ago(88)
    desk.put(
        {"object": "subscription", "id": "s", "company": "one", "started": started}
        | {"status": "active", "mrr": 10, "currency": "EUR"}
    )
    assert desk.account("one")["health"]["scorecard"] == "hub-default/1#onboarding"
    desk.pass_days(1)
    assert desk.account("one")["health"]["scorecard_key"] == "onboarding"
    desk.pass_days(1)
    grown = desk.account("one")["health"]
    assert grown["scorecard"] == "hub-default/1"
    assert grown["scorecard_before"] == "hub-default/1#onboarding"


def test_a_trial_is_scored_and_known_as_one(desk: Desk) -> None:
    by_field = desk.company("field", stage="trial")
    desk.company("paid")
    desk.put(
        {"object": "subscription", "id": "t", "company": "paid", "status": "trialing"}
        | {"started": desk.days_ago(3)}
    )
    assert by_field["rollup"]["trial"]
    assert desk.account("paid")["rollup"]["trial"]
    assert desk.account("paid")["sort"]["trial"]
    assert desk.account("paid")["health"]["health"] is not None
