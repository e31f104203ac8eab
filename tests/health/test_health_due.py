"""Time alone: before its due day a score made again is the same one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.health import facts, measures, score, scorecard, state
from hub.health.context import HealthContext, Pulse, SourceFreshness

TODAY = date(2026, 3, 4)
CARD = scorecard.default()
CAPABILITIES = (
    "ticket",
    "satisfaction",
    "activity",
    "work_item",
    "subscription",
    "invoice",
    "usage",
)
ages = st.integers(-3, 130)


def at(ago: int) -> datetime:
    return datetime(2026, 3, 4, 9, tzinfo=UTC) - timedelta(days=ago)


def ticket(opened: int, status: str, priority: str) -> Any:
    values = {"status": status, "priority": priority, "opened_at": at(opened), "reopen_count": 1}
    return facts.contribution("ticket", values, f"t{opened}{status}{priority}", False)


def answer(ago: int, points: int) -> Any:
    values = {"kind": "nps", "score_raw": points, "responded_at": at(ago)}
    return facts.contribution("satisfaction", values, f"n{ago}", False, [f"p{points}"])


def rating(ago: int) -> Any:
    values = {"kind": "csat", "label": "negative", "responded_at": at(ago)}
    return facts.contribution("satisfaction", values, f"r{ago}", False)


def touch(ago: int, who: str) -> Any:
    values = {"touch": True, "started_at": at(ago)}
    return facts.contribution("activity", values, f"a{ago}{who}", False, [who])


def work(ago: int, kind: str) -> Any:
    values = {"kind": kind, "customer_visible": True, "opened_at": at(ago)}
    values["due_on"] = str(at(ago).date())
    return facts.contribution("work_item", values, f"w{ago}{kind}", False)


def invoice(ago: int) -> Any:
    values = {"status": "open", "due_on": str(at(ago).date())}
    return facts.contribution("invoice", values, f"i{ago}", False)


def subscription(ago: int) -> Any:
    values = {"status": "active", "seats": 3, "started_at": at(ago)}
    return facts.contribution("subscription", values, f"s{ago}", False)


def use(days: set[int]) -> Any:
    used = [str(at(n).date()) for n in days]
    return facts.contact_usage(used, {"export": used})


CONTRIBUTIONS = st.one_of(
    st.builds(
        ticket, ages, st.sampled_from(["open", "closed"]), st.sampled_from(["urgent", "low"])
    ),
    st.builds(answer, st.integers(-3, 185), st.integers(0, 10)),
    st.builds(rating, ages),
    st.builds(touch, ages, st.sampled_from(["ada", "grace"])),
    st.builds(work, ages, st.sampled_from(["bug", "task"])),
    st.builds(invoice, ages),
    st.builds(subscription, ages),
    st.builds(use, st.sets(ages, max_size=15)),
)
PULSES = st.none() | st.integers(-2, 95).map(lambda n: Pulse("green", at(n).date()))


def scored(stored: Any, today: date, pulse: Pulse | None) -> tuple[Any, Any, HealthContext]:
    now = datetime.combine(today, datetime.min.time(), UTC) + timedelta(hours=10)
    fresh = SourceFreshness(True, now, 86_400)
    context = HealthContext(
        now,
        dict.fromkeys(CAPABILITIES, fresh),
        frozenset(CAPABILITIES),
        key_features=("export", "api"),
        pulse=pulse,
    )
    found = measures.measure(stored, context, today)
    return found, score.score(found, CARD, [], today), context


def shape(told: Any) -> Any:
    points = [m["points"] for d in told["dimensions"] for m in d["measures"]]
    return told["health"], told["band"], told["coverage"], [c["key"] for c in told["caps"]], points


@settings(max_examples=80, deadline=None)
@given(st.lists(CONTRIBUTIONS, max_size=6), PULSES)
def test_nothing_moves_before_the_due_day(contributions: list[Any], pulse: Pulse | None) -> None:
    stored = state.rebuild(contributions, TODAY)
    found, told, context = scored(stored, TODAY, pulse)
    due = score.next_due(stored, found, told, CARD, context, TODAY)
    for ahead in range(1, 150):
        today = TODAY + timedelta(days=ahead)
        if today == due:
            break
        later = state.change(stored, None, None, today)
        assert shape(scored(later, today, pulse)[1]) == shape(told), (today, due)


def test_an_idle_account_is_never_due() -> None:
    found, told, context = scored({}, TODAY, None)
    assert score.next_due({}, found, told, CARD, context, TODAY) is None


def test_a_flat_piece_of_a_curve_is_waited_out() -> None:
    stored = state.rebuild([touch(5, "ada")], TODAY)
    found, told, context = scored(stored, TODAY, None)
    # Flat until 14 days after the touch: the 15th is the first that costs points.
    due = score.next_due(stored, found, told, CARD, context, TODAY)
    assert due == at(5).date() + timedelta(days=15)


def test_a_trend_is_due_a_week_and_four_weeks_after_a_stir_and_a_held_band_tomorrow() -> None:
    found, told, context = scored({}, TODAY, None)
    close = score.day_close(told) | {"day": "2026-03-03"}
    other = close | {"health": close["health"] + 1}
    tomorrow = TODAY + timedelta(days=1)
    assert score.next_due({}, found, told, CARD, context, TODAY, [close]) is None
    stirred = score.next_due({}, found, told, CARD, context, TODAY, [other], ["2026-03-03"])
    assert stirred == date(2026, 3, 3) + timedelta(days=7)
    long_ago = score.next_due({}, found, told, CARD, context, TODAY, [other], ["2026-02-20"])
    assert long_ago == date(2026, 2, 20) + timedelta(days=28)
    held = told | {"band": "red"}
    assert score.next_due({}, found, held, CARD, context, TODAY, [close]) == tomorrow


def test_a_stale_source_is_due_when_its_week_is_over() -> None:
    found, told, context = scored({}, TODAY, None)
    stale = SourceFreshness(True, at(3), 86_400)
    broken = HealthContext(context.now, {"ticket": stale}, frozenset({"ticket"}))
    due = score.next_due({}, found, told, CARD, broken, TODAY)
    assert due == date(2026, 3, 1) + timedelta(days=1 + 7)
