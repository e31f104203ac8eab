"""What single records contribute, how far back it is kept, and what the portfolio shows of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.health import facts, measures, state
from hub.health.context import HealthContext, SourceFreshness
from tests.health import oracle

START = date(2026, 1, 1)
CAPABILITIES = (
    "ticket",
    "satisfaction",
    "activity",
    "work_item",
    "subscription",
    "invoice",
    "usage",
)


def everything_fresh(today: date) -> HealthContext:
    now = datetime.combine(today, datetime.min.time(), UTC) + timedelta(hours=12)
    fresh = SourceFreshness(True, now, 86_400, source="sandbox")
    return HealthContext(
        now=now, sources=dict.fromkeys(CAPABILITIES, fresh), linked=frozenset(CAPABILITIES)
    )


USE = st.lists(st.sets(st.integers(0, 80), max_size=12), min_size=1, max_size=6)


@settings(max_examples=100, deadline=None)
@given(USE, st.integers(0, 20))
def test_use_counted_by_last_day_equals_use_counted_by_contact(
    contacts: list[set[int]], later: int
) -> None:
    built: dict[str, Any] = {}
    for ago in contacts:
        earlier = facts.contact_usage([str(START - timedelta(days=n)) for n in ago if n > 5])
        whole = facts.contact_usage([str(START - timedelta(days=n)) for n in ago])
        built = state.change(built, None, earlier, START)
        built = state.change(built, earlier, whole, START)
    today = START + timedelta(days=later)
    context = everything_fresh(today)
    seen = measures.measure(
        built, HealthContext(context.now, context.sources, context.linked, 10), today
    )
    ages = [{n + later for n in ago} for ago in contacts]
    recent = sum(n < 28 for ago in ages for n in ago)
    before = sum(28 <= n < 56 for ago in ages for n in ago)
    active = sum(any(n < 28 for n in ago) for ago in ages)
    assert seen["seat_utilisation"].value == active / 10
    assert seen["usage_trend"].value == (recent / before if before >= 10 else None)
    assert seen["usage_recency"].value == min([n for ago in ages for n in ago], default=400)


def test_a_day_knows_nothing_of_use_that_came_after_it() -> None:
    """By hand, for 4 March: Ada used it on 28 February and, by a clock ahead, on the 6th."""
    today = date(2026, 3, 4)
    used = {"ada": ["2026-02-28", "2026-03-06"], "bob": ["2026-03-07"]}
    parts = [facts.contact_usage(days) for days in used.values()]
    built = state.rebuild(parts, today)
    seen = measures.measure(built, everything_fresh(today), today)
    assert seen["usage_recency"].value == 4
    records = [{"person": who, "days": days, "features": []} for who, days in used.items()]
    who = oracle.Customer({"usage": records}, frozenset(used))
    assert oracle.values(who, today)["usage_recency"] == 4


def test_the_horizon_never_moves_back() -> None:
    late = START + timedelta(days=state.HORIZON_DAYS)
    contribution = {"counters": {"reopens": {str(START): 2}}}
    kept = state.change({}, None, contribution, late - timedelta(days=1))
    assert kept["counters"] == {"reopens": {"2026-01-01": 2}}
    dropped = state.change(kept, None, None, late)
    assert dropped["counters"] == {}
    again = state.change(dropped, contribution, None, START)
    assert (again["counters"], again["day"]) == ({}, str(late))


def test_a_deleted_record_counts_nothing_from_then_on() -> None:
    values = {"status": "open", "opened_at": datetime(2026, 1, 1, tzinfo=UTC)}
    live = facts.contribution("ticket", values, "c:t:1", False, ["ada"])
    gone = facts.contribution("ticket", values, "c:t:1", True, ["ada"])
    assert gone == {}
    assert live["items"]["tickets"]["c:t:1"]["waiting_since"] == "2026-01-01"
    built = state.change({}, None, live, START)
    assert state.change(built, live, gone, START) == state.rebuild([], START)


def test_days_are_those_of_utc() -> None:
    east = datetime.fromisoformat("2026-01-02T01:30:00+02:00")
    assert facts.day_of(east) == "2026-01-01"
    assert facts.day_of(datetime(2026, 1, 2, 1, 30)) == "2026-01-02"


def test_the_roll_up_by_hand() -> None:
    money = {"minor": 12_000, "currency": "EUR", "exponent": 2}
    opened = datetime(2025, 12, 20, tzinfo=UTC)
    parts = [
        facts.contribution("ticket", {"status": "pending", "opened_at": opened}, "t1", False),
        facts.contribution("ticket", {"status": "solved", "opened_at": opened}, "t2", False),
        facts.contribution("contact", {"full_name": "Ada"}, "p1", False, ["ada"]),
        facts.contribution("contact", {"full_name": "A."}, "p3", False, ["ada"]),
        facts.contribution("contact", {"full_name": "Bob"}, "p4", False),
        facts.contribution("contact", {"full_name": "Us", "is_internal": True}, "p2", False),
        facts.contribution("activity", {"touch": True, "started_at": opened}, "a1", False),
        facts.contribution(
            "subscription",
            {"status": "active", "mrr": money, "seats": 7, "period_end": "2026-03-01"},
            "s1",
            False,
        ),
        facts.contribution(
            "subscription", {"status": "canceled", "mrr": money, "seats": 9}, "s2", False
        ),
    ]
    context = HealthContext(datetime(2026, 1, 1, tzinfo=UTC), seats=99, renewal_on="2026-12-31")
    assert state.rollup(state.rebuild(parts, START), context, START) == {
        "open_tickets": 1,
        "contacts": 2,
        "last_touch": "2025-12-20",
        "mrr": money,
        "seats": 7,
        "renewal_on": "2026-03-01",
    }
    empty = state.rollup({}, context, START)
    assert (empty["seats"], empty["renewal_on"], empty["last_touch"]) == (99, "2026-12-31", None)
