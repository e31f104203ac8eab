"""Aggregation, caps, bands and their hysteresis, trend, coverage, and what a break may not do."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from math import fsum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import CorrectInput
from hub.health import measures, score, scorecard
from hub.health.measures import Measure
from hub.health.words import explain_words

TODAY = date(2026, 3, 4)
CARD = scorecard.default()
XS = {r.key: (r.curve.xs[0], r.curve.xs[-1]) for d in CARD.dimensions for r in d.measures}
STATES: tuple[measures.MeasureState, ...] = (
    "ok",
    "stale",
    "no_answer",
    "unlinked",
    "not_configured",
)


def ok(key: str, value: float, caps: tuple[str, ...] = ()) -> Measure:
    return Measure(key, "ok", value, "", "", known=1.0, caps=caps)


def lost(key: str, broken: bool = True) -> Measure:
    return Measure(key, "unlinked", None, "", "", broken=broken)


def all_at(target: float, caps: tuple[str, ...] = ()) -> dict[str, Measure]:
    """Every measure scoring exactly `target`, by walking its curve back."""
    found = {}
    for rule in (r for d in CARD.dimensions for r in d.measures):
        found[rule.key] = ok(rule.key, value_for(rule.curve, target), caps)
    return found


def value_for(curve: Any, target: float) -> float:
    for i in range(len(curve.xs) - 1):
        low, high = curve.ys[i], curve.ys[i + 1]
        if min(low, high) <= target <= max(low, high):
            return float(
                curve.xs[i] + (target - low) / (high - low) * (curve.xs[i + 1] - curve.xs[i])
            )
    raise AssertionError(target)


def explained(found: dict[str, Measure], closes: list[Any] | None = None, **more: Any) -> Any:
    return score.score(found, CARD, closes or [], TODAY, **more)


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


@settings(max_examples=200, deadline=None)
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


def closes(*healths: float, band: str, capped: bool = False) -> list[dict[str, Any]]:
    """Closes of the days up to yesterday, all in one band since 1 January."""
    made = []
    for ago, health in enumerate(reversed(healths), start=1):
        made.append(
            {
                "day": str(TODAY - timedelta(days=ago)),
                "revision": "hub-default/1",
                "health": health,
                "raw": health,
                "cap_points": 0.0,
                "band": band,
                "band_since": "2026-01-01",
                "coverage": 1.0,
                "capped": capped,
                "final": None,
                "measures": {},
            }
        )
    return made


@pytest.mark.parametrize(
    ("before", "history", "health", "expected"),
    [
        ("green", (80,), 74, "green"),
        ("green", (80,), 73.1, "green"),
        ("green", (80,), 73, "yellow"),
        ("green", (80,), 49, "red"),
        ("green", (74, 74), 74, "green"),
        ("green", (74, 74, 74), 74, "yellow"),
        ("green", (74, 75, 74), 74, "green"),
        ("green", (74, 74, 74, 76), 74, "green"),
        ("yellow", (60,), 76.9, "yellow"),
        ("yellow", (60,), 77, "green"),
        ("yellow", (75, 75, 75), 75, "green"),
        ("yellow", (60,), 49, "yellow"),
        ("yellow", (60,), 48, "red"),
        ("yellow", (49, 49, 49), 49, "red"),
        ("red", (40,), 51, "red"),
        ("red", (40,), 52, "yellow"),
        ("red", (40,), 75.5, "green"),
        ("unknown", (40,), 51, "yellow"),
    ],
)
def test_hysteresis(before: str, history: tuple[float, ...], health: float, expected: str) -> None:
    told = explained(all_at(health), closes(*history, band=before))
    assert told["band"] == expected
    assert told["band_since"] == ("2026-01-01" if expected == before else str(TODAY))


def test_caps_bypass_hysteresis_both_ways() -> None:
    found = all_at(80, ("payment_overdue",))
    assert explained(found, closes(90, band="green"))["band"] == "red"
    found = all_at(51)
    assert explained(found, closes(45, band="red", capped=True))["band"] == "yellow"


def test_hysteresis_looks_only_at_closes_before_today_of_this_revision() -> None:
    today = {**closes(80, band="green")[0], "day": str(TODAY)}
    other = {**closes(80, band="green")[0], "revision": "own/2"}
    assert explained(all_at(74), [today, other])["band"] == "yellow"


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


BROKEN = st.sets(st.sampled_from(sorted(XS)), min_size=1)


@settings(max_examples=150, deadline=None)
@given(some_measures(), BROKEN, st.integers(1, 3))
def test_a_broken_source_never_turns_an_account_red_or_green(
    found: dict[str, Measure], broken: set[str], days_stale: int
) -> None:
    """Days of health, then of a stale source, then of one that is gone: nothing else changes."""
    kept = [k for k in broken if found[k].state in ("ok", "stale")]
    stale = found | {
        k: Measure(k, "stale", found[k].value, "", "", known=0.5, caps=found[k].caps) for k in kept
    }
    gone = found | {k: lost(k) for k in kept}
    history: list[dict[str, Any]] = []
    for day, today in enumerate([found] * 4 + [stale] * days_stale + [gone] * 40):
        told = score.score(today, CARD, history[-29:], TODAY + timedelta(days=day))
        history.append(score.day_close(told))
    allowed = {history[0]["band"], "yellow", "unknown"}
    if history[0]["band"] == "unknown":
        return
    assert {close["band"] for close in history} <= allowed


def test_a_broken_source_does_not_hide_what_others_know() -> None:
    """Seats were perfect and their source broke; then everything else goes to the bottom."""
    first = score.score(all_at(60) | {"usage_recency": ok("usage_recency", 0)}, CARD, [], TODAY)
    now = all_at(20) | {"usage_recency": lost("usage_recency")}
    told = score.score(now, CARD, [score.day_close(first)], TODAY + timedelta(days=1))
    assert told["band"] == "red"


def test_an_account_that_was_never_linked_takes_the_reference() -> None:
    found = all_at(90) | {"payment": lost("payment", broken=False)}
    told = explained(found)
    assert told["raw"] == pytest.approx(90 * 0.88 + 60 * 0.12)
    assert told["coverage"] == pytest.approx(0.88)


def document() -> dict[str, Any]:
    return scorecard.default_document()


def test_weights_are_normalised() -> None:
    made = document()
    for dimension in made["dimensions"]:
        dimension["weight"] *= 3
        for rule in dimension["measures"]:
            rule["weight"] /= 7
    told = score.score(all_at(80), scorecard.from_document(made), [], TODAY)
    usual = explained(all_at(80))
    assert told["raw"] == pytest.approx(usual["raw"])
    assert [d["weight"] for d in told["dimensions"]] == pytest.approx([35, 20, 20, 10, 10, 5])


def test_the_default_weights_sum_to_a_hundred() -> None:
    made = document()
    assert sum(d["weight"] for d in made["dimensions"]) == 100
    assert {sum(r["weight"] for r in d["measures"]) for d in made["dimensions"]} == {100}
    assert [r["key"] for d in made["dimensions"] for r in d["measures"]] == list(measures.KEYS)
    assert len(measures.KEYS) == 17


def set_in(path: str, value: Any) -> Any:
    made: Any = document()
    *way, last = path.split(".")
    target = made
    for step in way:
        target = target[int(step) if step.isdigit() else step]
    target[int(last) if last.isdigit() else last] = value
    return made


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("dimensions.0.weight", -1, "adoption.weight"),
        ("dimensions.0.measures.1.weight", "much", "usage_trend.weight"),
        ("dimensions.0.measures.1.weight", float("nan"), "usage_trend.weight"),
        ("dimensions.1.measures.0.key", "open_urgnet", "open_urgnet"),
        ("dimensions.1.measures.0.key", "nps", "nps"),
        ("dimensions.1.measures.0.curve", [[1, 0], [0, 1]], "open_urgent.curve"),
        ("dimensions.1.measures.0.reference", 101, "open_urgent.reference"),
        ("dimensions", [], "dimensions"),
        ("bands.yellow", 80, "bands"),
        ("caps.no_such", 10, "caps.no_such"),
        ("caps.urgent_open", 101, "caps.urgent_open"),
    ],
)
def test_a_scorecard_that_cannot_be_right_is_refused(path: str, value: Any, field: str) -> None:
    with pytest.raises(CorrectInput) as caught:
        scorecard.from_document(set_in(path, value))
    assert caught.value.field == field
