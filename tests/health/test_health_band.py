"""Bands, their hysteresis, and what a broken source may not do to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.health import score
from hub.health.band import band
from hub.health.measures import Measure
from tests.health.cards import CARD, TODAY, all_at, closes, explained, lost, ok


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


def test_closes_that_are_not_in_a_row_do_not_let_go_of_a_band() -> None:
    history = closes(74, 74, 74, 74, band="green")
    assert explained(all_at(74), history)["band"] == "yellow"
    del history[2]
    assert explained(all_at(74), history)["band"] == "green"


def test_caps_bypass_hysteresis_both_ways() -> None:
    found = all_at(80, ("payment_overdue",))
    assert explained(found, closes(90, band="green"))["band"] == "red"
    found = all_at(51)
    assert explained(found, closes(45, band="red", capped=True))["band"] == "yellow"


def test_hysteresis_looks_only_at_closes_before_today_of_this_revision() -> None:
    today = {**closes(80, band="green")[0], "day": str(TODAY)}
    other = {**closes(80, band="green")[0], "revision": "own/2"}
    assert explained(all_at(74), [today, other])["band"] == "yellow"


SCORES = st.sampled_from([0, 20, 50, 80, 90, 100])
DIMENSIONS = [(d.key, [rule.key for rule in d.measures]) for d in CARD.dimensions]


@st.composite
def polarised(draw: st.DrawFn) -> dict[str, Measure]:
    """Dimensions that are as good or as bad as can be, some with a cap."""
    found: dict[str, Measure] = {}
    for _, keys in DIMENSIONS:
        level = all_at(draw(SCORES))
        caps = draw(st.sampled_from([(), (), ("urgent_open",), ("payment_overdue",)]))
        found |= {key: level[key]._replace(caps=caps) for key in keys}
    return found


def broken_for_days(
    found: dict[str, Measure], broken: set[str], stale_days: int = 3
) -> list[dict[str, Any]]:
    """The closes of four good days, of stale days, and of 40 days without the broken sources."""
    stale = found | {k: found[k]._replace(state="stale", known=0.5) for k in broken}
    gone = found | {k: lost(k) for k in broken}
    history: list[dict[str, Any]] = []
    for day, today in enumerate([found] * 4 + [stale] * stale_days + [gone] * 40):
        told = score.score(today, CARD, history[-29:], TODAY + timedelta(days=day))
        history.append(score.day_close(told))
    return history


@settings(max_examples=80, deadline=None)
@given(polarised(), st.sets(st.sampled_from([key for key, _ in DIMENSIONS]), min_size=1))
def test_a_broken_source_never_turns_an_account_red_or_green(
    found: dict[str, Measure], broken: set[str]
) -> None:
    keys = {key for dimension, keys in DIMENSIONS for key in keys if dimension in broken}
    history = broken_for_days(found, keys)
    assert {close["band"] for close in history} <= {history[0]["band"], "yellow", "unknown"}


ADOPTION = set(DIMENSIONS[0][1])


@pytest.mark.parametrize(
    ("adoption", "others", "before", "after"), [(100, 31, 55, 41), (0, 85, 55, 76)]
)
def test_a_reference_value_would_change_the_band_by_itself(
    adoption: float, others: float, before: float, after: float
) -> None:
    best = all_at(adoption)
    found = all_at(others) | {key: best[key] for key in ADOPTION}
    history = broken_for_days(found, ADOPTION)
    assert round(history[0]["health"]) == before
    assert round(history[-1]["health"]) == after
    assert {close["band"] for close in history} == {"yellow"}


def test_a_cap_whose_source_broke_is_lifted_and_the_account_not_green() -> None:
    found = all_at(90)
    found["open_urgent"] = found["open_urgent"]._replace(caps=("urgent_open",))
    history = broken_for_days(found, {"open_urgent"})
    # 90 for all but the 7 points of open_urgent, which take the reference 60.
    assert (history[0]["health"], history[-1]["health"]) == (60, pytest.approx(87.9))
    assert {close["band"] for close in history} == {"yellow"}


def test_a_broken_source_does_not_carry_a_score_over_the_edge_that_holds_it() -> None:
    history = closes(60, band="yellow")
    assert band(78, 76, False, CARD, history) == "yellow"
    assert band(78, 77, False, CARD, history) == "green"
    assert band(47, 49, False, CARD, history) == "yellow"
    assert band(47, 48, False, CARD, history) == "red"


def test_a_broken_source_does_not_hide_what_others_know() -> None:
    """Seats were perfect and their source broke; then everything else goes to the bottom."""
    first = score.score(all_at(60) | {"usage_recency": ok("usage_recency", 0)}, CARD, [], TODAY)
    now = all_at(20) | {"usage_recency": lost("usage_recency")}
    told = score.score(now, CARD, [score.day_close(first)], TODAY + timedelta(days=1))
    assert told["band"] == "red"
