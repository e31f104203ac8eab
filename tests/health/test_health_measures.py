"""The five states, the caps that facts raise, and the edges of windows."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from hub.health import facts, measures, score, scorecard, state
from hub.health.context import (
    HealthContext,
    Pulse,
    SourceFreshness,
    combine,
    stale_after,
)
from tests.health.supplied import DAY, HOUR, NOW, TODAY, at, built, context, fresh, one


def test_a_linked_source_without_rows_is_a_real_zero() -> None:
    found = measures.measure({}, context(), TODAY)
    zeroes = ("open_urgent", "ticket_load", "oldest_waiting", "reopens", "payment")
    for key in (*zeroes, "engaged_contacts", "overdue_items", "oldest_bug"):
        assert (found[key].state, found[key].value, found[key].known) == ("ok", 0.0, 1.0), key
    answers = ("csat", "nps", "csm_pulse", "usage_trend", "mrr_trend", "seat_utilisation")
    assert {found[key].state for key in answers} == {"no_answer"}
    assert found["feature_breadth"].state == "not_configured"


def test_nothing_connected_is_not_configured() -> None:
    found = measures.measure({}, HealthContext(NOW), TODAY)
    assert {m.state for k, m in found.items() if k != "csm_pulse"} == {"not_configured"}
    told = score.score(found, scorecard.default(), [], TODAY)
    assert (told["health"], told["band"]) == (None, "unknown")


def test_a_source_that_does_not_know_the_account_is_unlinked() -> None:
    found = one("open_urgent", {}, context(linked=frozenset({"usage"})))
    assert (found.state, found.value, found.broken) == ("unlinked", None, False)
    assert found.text == "desk does not know this account"


def test_a_source_not_read_whole_yet_is_unlinked() -> None:
    sources = {"ticket": SourceFreshness(True, None)}
    found = one("open_urgent", {}, context("ticket", sources=sources))
    assert (found.state, found.broken) == ("unlinked", True)


@pytest.mark.parametrize(
    ("ago", "expected", "known"),
    [
        (24 * HOUR, "ok", 1.0),
        (24 * HOUR + timedelta(seconds=1), "stale", 0.5),
        (8 * DAY, "stale", 0.5),
        (8 * DAY + timedelta(seconds=1), "unlinked", 0.0),
    ],
)
def test_the_limits_of_freshness(ago: timedelta, expected: str, known: float) -> None:
    found = one("open_urgent", {}, context("ticket", sources={"ticket": fresh(ago)}))
    assert (found.state, found.known) == (expected, known)
    assert found.broken is (expected == "unlinked")


@pytest.mark.parametrize(
    ("interval_s", "limit_s"), [(300, 86_400), (28_800, 86_400), (36_000, 108_000)]
)
def test_stale_is_three_intervals_and_a_day_at_least(interval_s: int, limit_s: int) -> None:
    assert stale_after(interval_s) == limit_s


def test_a_stale_value_is_that_of_the_last_fresh_day() -> None:
    stored = built(("activity", {"touch": True, "started_at": at(20)}))
    sources = {"activity": fresh(5 * DAY)}
    found = one("last_interaction", stored, context("activity", sources=sources))
    assert (found.state, found.value) == ("stale", 15.0)


def test_touches_are_as_stale_as_the_worst_of_their_sources() -> None:
    stored = built(("ticket", {"last_customer_message_at": at(3), "status": "closed"}))
    sources = {"activity": fresh(9 * DAY), "ticket": fresh()}
    found = one("last_interaction", stored, context("activity", "ticket", sources=sources))
    assert (found.state, found.broken) == ("unlinked", True)
    known = context("activity", "ticket", sources=sources, linked=frozenset({"ticket"}))
    assert one("last_interaction", stored, known).value == 3.0


def test_several_connections_are_as_fresh_as_the_one_that_goes_stale_first() -> None:
    slow = SourceFreshness(True, NOW - 10 * HOUR, 108_000, source="crm")
    quick = fresh(23 * HOUR)
    expected = SourceFreshness(True, quick.fresh_at, 86_400, None, "crm, desk")
    assert combine([slow, quick]) == expected
    assert combine([slow, fresh(2 * HOUR)]).fresh_at == slow.fresh_at
    assert combine([slow, SourceFreshness(True, None)]).fresh_at is None
    assert combine([slow, SourceFreshness(False, None)]).fresh_at == slow.fresh_at
    assert not combine([SourceFreshness(False)]).connected


TICKET = {"status": "open", "opened_at": at(8)}


@pytest.mark.parametrize(
    ("ticket", "urgent", "caps"),
    [
        ({"priority": "urgent"}, 1, ("urgent_open",)),
        ({"priority": "urgent", "opened_at": at(7)}, 1, ()),
        ({"priority": "high"}, 1, ()),
        ({"priority": "low", "escalated": True}, 1, ("urgent_open",)),
        ({"priority": "normal"}, 0, ()),
        ({"priority": "urgent", "status": "solved"}, 0, ()),
        ({"priority": "urgent", "is_spam": True}, 0, ()),
        ({"priority": "urgent", "merged": True}, 0, ()),
    ],
)
def test_urgent_tickets(ticket: dict[str, Any], urgent: int, caps: tuple[str, ...]) -> None:
    found = one("open_urgent", built(("ticket", TICKET | ticket)))
    assert (found.value, found.caps) == (urgent, caps)
    assert found.evidence == (("c:ticket:0",) if urgent else ())


def test_waiting_counts_from_the_last_word_of_the_customer() -> None:
    spoke = {"last_customer_message_at": at(3)}
    assert one("oldest_waiting", built(("ticket", TICKET | spoke))).value == 3
    assert one("oldest_waiting", built(("ticket", TICKET))).value == 8
    pending = TICKET | {"status": "pending"}
    assert one("oldest_waiting", built(("ticket", pending))).value == 0


@pytest.mark.parametrize(("ago", "counted"), [(29, 1), (30, 0)])
def test_the_window_of_30_days(ago: int, counted: int) -> None:
    stored = built(("ticket", {"status": "closed", "opened_at": at(ago)}))
    assert one("ticket_load", stored).value == counted


def test_load_is_for_each_25_seats() -> None:
    types = ["question", "question", "feature_request", "incident", "problem"]
    stored = built(*(("ticket", TICKET | {"type": kind}) for kind in types))
    assert one("ticket_load", stored).value == 3.0
    assert one("ticket_load", stored, context(seats=10)).value == 3.0
    assert one("ticket_load", stored, context(seats=100)).value == 0.75


@pytest.mark.parametrize(
    ("values", "reopened"),
    [
        ({"solved_at": at(89), "closed_at": at(95)}, 2),
        ({"closed_at": at(90), "opened_at": at(5)}, 0),
        ({"opened_at": at(5)}, 2),
    ],
)
def test_the_day_of_a_reopening(values: dict[str, Any], reopened: int) -> None:
    stored = built(("ticket", {"status": "closed", "reopen_count": 2} | values))
    assert one("reopens", stored).value == reopened


def test_features_of_the_list_that_anyone_used() -> None:
    parts = [
        facts.contact_usage(["2026-03-01"], {"export": ["2026-02-05"], "api": ["2026-02-04"]}),
        facts.contact_usage(["2026-03-01"], {"other": ["2026-03-01"]}),
    ]
    stored = state.rebuild(parts, TODAY)
    given = context(key_features=("export", "api", "sso", "audit"))
    assert one("feature_breadth", stored, given).value == 0.25


def test_a_trend_of_use_needs_ten_days_before() -> None:
    def used(before: int) -> dict[str, Any]:
        days = [0, *range(28, 28 + before)]
        return state.rebuild([facts.contact_usage([str(TODAY - n * DAY) for n in days])], TODAY)

    assert one("usage_trend", used(9)).state == "no_answer"
    assert one("usage_trend", used(10)).value == 0.1


@pytest.mark.parametrize(
    ("ago", "expected", "known"),
    [(0, "ok", 1.0), (60, "ok", 1.0), (75, "ok", 0.5), (89, "ok", 1 / 30), (90, "no_answer", 0.0)],
)
def test_a_pulse_fades_between_60_and_90_days(ago: int, expected: str, known: float) -> None:
    given = context(pulse=Pulse("green", TODAY - ago * DAY, "Ada"))
    found = one("csm_pulse", {}, given)
    assert found.state == expected
    assert found.known == found.blend == pytest.approx(known)


def test_only_the_latest_nps_of_a_contact_counts_and_halves_in_90_days() -> None:
    def answer(who: str, points: int, ago: int) -> facts.Contribution:
        values = {"kind": "nps", "score_raw": points, "responded_at": at(ago)}
        return facts.contribution("satisfaction", values, f"{who}{ago}", False, [who])

    stored = state.rebuild(
        [answer("ada", 2, 50), answer("ada", 10, 0), answer("bob", 4, 90)], TODAY
    )
    assert one("nps", stored).value == pytest.approx((10 * 1 + 4 * 0.5) / 1.5)
    old = state.rebuild([answer("ada", 2, 181), answer("bob", 7, 180)], TODAY)
    assert one("nps", old).value == pytest.approx(7)


def test_a_seat_field_that_is_empty_is_no_answer_and_none_at_all_not_configured() -> None:
    assert one("seat_utilisation", {}, context("usage")).state == "not_configured"
    assert one("seat_utilisation", {}, context("usage", seats_field=True)).state == "no_answer"
    assert one("seat_utilisation", {}, context("usage", seats=4)).value == 0.0


def test_measuring_and_scoring_fit_into_the_pipeline() -> None:
    """50 open items and 90 buckets of each counter; the fastest of many runs, in microseconds."""
    stored = large_state()
    given, card = context(seats=50), scorecard.default()

    def run() -> float:
        begun = time.perf_counter()
        score.score(measures.measure(stored, given, TODAY), card, [], TODAY)
        return (time.perf_counter() - begun) * 1e6

    assert min(run() for _ in range(200)) < 600


def large_state() -> dict[str, Any]:
    records: list[tuple[str, dict[str, Any]]] = []
    for n in range(90):
        records.append(
            ("satisfaction", {"kind": "csat", "label": "positive", "responded_at": at(n)})
        )
        records.append(("activity", {"touch": True, "started_at": at(n)}))
        records.append(("ticket", {"status": "closed", "opened_at": at(n), "reopen_count": 1}))
    records += [("ticket", TICKET | {"priority": "high", "type": "incident"})] * 50
    days = [str(TODAY - n * DAY) for n in range(90)]
    parts = [facts.contact_usage(days) for _ in range(20)]
    for n, (entity, values) in enumerate(records):
        parts.append(facts.contribution(entity, values, f"k{n}", False, [f"p{n % 20}"]))
    return state.rebuild(parts, TODAY)
