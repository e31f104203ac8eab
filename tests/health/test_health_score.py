"""Aggregation, caps, bands and their hysteresis, trend, coverage, and what a break may not do."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from math import fsum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.health import score
from hub.health.measures import Measure
from hub.health.words import explain_words
from tests.health.cards import CARD, STATES, TODAY, XS, all_at, closes, explained, lost, ok


@st.composite
def some_measures(draw: st.DrawFn) -> dict[str, Measure]:
    found = {}
    for key, (low, high) in XS.items():
        state = draw(st.sampled_from(STATES))
        if state in ("ok", "stale"):
            value = draw(st.floats(low, high))
            caps = draw(st.sampled_from([(), (), (), ("urgent_open",), ("payment_overdue",)]))
            known = 1.0 if state == "ok" else 0.5
            found[key] = Measure(key, state, value, "", "", known=known, caps=caps)
        else:
            found[key] = Measure(key, state, None, "", "")
    return found


@settings(max_examples=100, deadline=None)
@given(some_measures())
def test_points_add_up_exactly(found: dict[str, Measure]) -> None:
    told = explained(found)
    lines = [m for d in told["dimensions"] for m in d["measures"]]
    if not lines:
        assert (told["health"], told["band"], told["coverage"]) == (None, "unknown", 0)
        return
    assert fsum(m["points"] for m in lines) == told["raw"]
    assert fsum(m["max_points"] for m in lines) == pytest.approx(100)
    assert all(m["points"] + m["lost"] == pytest.approx(m["max_points"]) for m in lines)
    shown = sum(Decimal(str(m["points_shown"])) for m in lines) + told["cap_shown"]
    if told["health"] is not None:
        assert shown == told["health_shown"]
        assert told["raw"] + told["cap_points"] == pytest.approx(told["health"])
    assert len(explain_words(told)) >= 1 + len(lines)


def test_a_weight_left_over_stays_in_its_dimension() -> None:
    found = all_at(100)
    found["feature_breadth"] = Measure("feature_breadth", "not_configured", None, "", "")
    found["overdue_items"] = Measure("overdue_items", "not_configured", None, "", "")
    found["oldest_bug"] = Measure("oldest_bug", "not_configured", None, "", "")
    told = explained(found)
    most = {m["key"]: m["max_points"] for d in told["dimensions"] for m in d["measures"]}
    # Delivery's 5 are gone: adoption has 35 of 95, and its seats 35 of the 80 left inside.
    assert most["seat_utilisation"] == pytest.approx(100 * 35 / 95 * 35 / 80)
    assert [d["key"] for d in told["dimensions"]] == [
        "adoption",
        "support",
        "commercial",
        "sentiment",
        "relationship",
    ]
    assert told["not_configured"] == ["feature_breadth", "oldest_bug", "overdue_items"]


@pytest.mark.parametrize(
    ("caps", "limit"),
    [
        (("cancellation_scheduled",), 25),
        (("payment_overdue",), 45),
        (("urgent_open",), 60),
        (("unused_seats",), 45),
        (("urgent_open", "cancellation_scheduled"), 25),
    ],
)
def test_caps_hold_the_score_down(caps: tuple[str, ...], limit: float) -> None:
    told = explained(all_at(80, caps))
    assert (told["health"], told["health_shown"]) == (limit, limit)
    assert told["cap_points"] == pytest.approx(limit - 80)
    assert {cap["key"] for cap in told["caps"]} == set(caps)
    assert [cap["limit"] for cap in told["caps"] if cap["binding"]] == [limit]


def test_a_cap_above_the_score_takes_nothing() -> None:
    told = explained(all_at(40, ("urgent_open",)))
    assert told["health"] == pytest.approx(40)
    assert [cap["binding"] for cap in told["caps"]] == [False]


@pytest.mark.parametrize(
    ("health", "name"),
    [(49.99, "red"), (50, "yellow"), (74.99, "yellow"), (75, "green"), (0, "red"), (100, "green")],
)
def test_a_lower_bound_belongs_to_its_band(health: float, name: str) -> None:
    assert explained(all_at(health))["band"] == name


@pytest.mark.parametrize(
    ("health", "direction"), [(65, "up"), (64.9, "steady"), (55, "down"), (55.1, "steady")]
)
def test_trend_against_the_close_of_28_days_ago(health: float, direction: str) -> None:
    history = closes(60, *[70] * 27, band="yellow")
    assert history[-1]["day"] == "2026-02-04"
    told = explained(all_at(health), list(reversed(history)))
    assert told["trend"]["direction"] == direction
    assert told["trend"]["delta_28d"] == pytest.approx(health - 60)
    assert explained(all_at(health), history[:-1])["trend"]["direction"] is None


@pytest.mark.parametrize(
    ("coverage", "word", "known"),
    [(0.75, "high", True), (0.749, "medium", True), (0.5, "medium", True), (0.3, "low", True),
     (0.299, "none", False)],
)  # fmt: skip
def test_confidence(coverage: float, word: str, known: bool) -> None:
    assert score.confidence(coverage) == word
    found = {k: Measure(k, "stale", m.value, "", "", known=coverage) for k, m in all_at(90).items()}
    told = explained(found)
    assert (told["confidence"], told["health"] is not None) == (word, known)
    assert told["band"] == ("green" if known else "unknown")


def test_a_fading_pulse_blends_into_the_reference() -> None:
    found = all_at(50)
    found["csm_pulse"] = Measure("csm_pulse", "ok", 2.0, "", "", known=0.25, blend=0.25)
    told = explained(found)
    line = next(m for d in told["dimensions"] for m in d["measures"] if m["key"] == "csm_pulse")
    # A quarter of 100 and three quarters of the reference 60; a quarter of its 4 points is known.
    assert line["score"] == pytest.approx(70)
    assert told["coverage"] == pytest.approx(0.97)


def test_why_a_score_moved_adds_up() -> None:
    before = all_at(60)
    week_ago = score.score(before, CARD, [], TODAY - timedelta(days=7))
    now = before | {
        "open_urgent": ok("open_urgent", 4, ("urgent_open",)),
        "payment": ok("payment", 0),
    }
    told = explained(now, [score.day_close(week_ago)])
    # 7 points of 60 lost; 12 points from 60 to 100 won: 57.6 + ... stays under the cap of 60.
    assert told["change"] == {
        "since": "2026-02-25",
        "delta": 0.0,
        "by": [["payment", 4.8], ["open_urgent", -4.2], ["cap", -0.6]],
    }
    lines = {m["key"]: m for d in told["dimensions"] for m in d["measures"]}
    assert lines["payment"]["delta_7d"] == pytest.approx(4.8)
    assert "Since 2026-02-25" in explain_words(told)[-1]


def test_who_has_left_keeps_the_last_score_as_evidence() -> None:
    told = explained(all_at(80), closes(61.5, band="yellow"), churned=True)
    assert (told["health"], told["band"], told["final"]) == (None, "churned", 61.5)
    later = score.score({}, CARD, [score.day_close(told)], TODAY + timedelta(days=9), churned=True)
    assert (later["final"], later["band_since"]) == (61.5, str(TODAY))
    assert explain_words(later) == ["This account left on 2026-03-04; its last health was 62."]


def test_an_account_that_was_never_linked_takes_the_reference() -> None:
    found = all_at(90) | {"payment": lost("payment", broken=False)}
    told = explained(found)
    assert told["raw"] == pytest.approx(90 * 0.88 + 60 * 0.12)
    assert told["coverage"] == pytest.approx(0.88)
