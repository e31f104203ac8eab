"""Whatever a tenant's scorecard says, the points add up to the score exactly."""

from __future__ import annotations

import random
from datetime import date, timedelta
from math import fsum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.health import defaults, measures, revision, score
from hub.health.closes import measures_of
from hub.web.screens import scorecard_form

TODAY = date(2026, 3, 4)
STATES: tuple[measures.MeasureState, ...] = (
    "ok",
    "stale",
    "no_answer",
    "unlinked",
    "not_configured",
)


def weight(rng: random.Random) -> float:
    return rng.choice([0, rng.randrange(1000), rng.random(), rng.random() * 1e6])


def curve(rng: random.Random) -> list[list[float]]:
    xs = sorted(rng.sample(range(-50, 500), rng.randrange(2, 7)))
    return [[x, rng.choice([0, 100, rng.random() * 100])] for x in xs]


def document(rng: random.Random) -> dict[str, Any]:
    """A scorecard document of any weights, curves, references, caps and bands."""
    made = defaults.document()
    for card in made["scorecards"]:
        for dimension in card["dimensions"]:
            dimension["weight"] = weight(rng)
            for rule in dimension["measures"]:
                rule |= {"weight": weight(rng), "curve": curve(rng)}
                if rng.random() < 0.5:
                    rule["reference"] = rng.random() * 100
            rng.choice(dimension["measures"])["weight"] += 1
        rng.choice(card["dimensions"])["weight"] += 1
        card.pop("scaled_by_tenure", None)
    made["caps"] = {key: rng.random() * 100 for key in made["caps"]}
    made["bands"]["yellow"] = 1 + rng.random() * 60
    return made


def measured(rng: random.Random) -> dict[str, measures.Measure]:
    found = {}
    for key in measures.KEYS:
        state = rng.choice(STATES)
        value = rng.uniform(-60, 600) if state in ("ok", "stale") else None
        caps = tuple(cap for cap in defaults.CAPS if rng.random() < 0.05)
        known = {"ok": 1.0, "stale": 0.5}.get(state, 0.0)
        found[key] = measures.Measure(key, state, value, "", "", known=known, caps=caps)
    return found


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**9))
def test_points_of_any_scorecard_sum_to_its_score(seed: int) -> None:
    rng = random.Random(seed)
    facts = {
        "subscribed_on": (TODAY - timedelta(days=rng.randrange(400))).isoformat(),
        "renewal_on": (TODAY + timedelta(days=rng.randrange(-30, 400))).isoformat(),
    }
    card = revision.check_document("own", 1, document(rng)).card_for(facts, TODAY)
    told = score.score(measured(rng), card, [], TODAY, facts=facts)
    rows = measures_of(told)
    assert fsum(row["points"] for row in rows) == told["raw"]
    assert all(0 <= row["points"] <= row["max_points"] + 1e-9 for row in rows)
    assert not rows or abs(fsum(row["max_points"] for row in rows) - 100) < 1e-7
    if told["health"] is not None:
        assert told["raw"] + told["cap_points"] == pytest.approx(told["health"], abs=1e-9)
        shown = sum(round(row["points_shown"] * 10) for row in rows) + 10 * told["cap_shown"]
        assert shown == 10 * told["health_shown"]


def test_the_form_of_a_writtenreads_back_as_the_document() -> None:
    written = defaults.document() | {
        "key_features": ["export", "api"],
        "currency": "EUR",
        "rates": {"USD": 0.92},
        "windows": {"nps": 120},
    }
    written["scorecards"][2]["dimensions"][0]["measures"][0]["reference"] = 55
    assert scorecard_form.read(written, scorecard_form.texts(written)) == written


def test_a_form_offers_a_signal_and_leaves_it_out_without_a_weight() -> None:
    signal = {"key": "mood", "dimension": "feelings", "curve": [[0, 0], [10, 100]]}
    plain = defaults.document()
    offered = scorecard_form.with_signals(plain, [signal])
    texts = scorecard_form.texts(offered)
    assert texts["default.feelings.mood.weight"] == "0"
    assert scorecard_form.read(offered, texts) == plain
    texts |= {"default.feelings.mood.weight": "5", "default.feelings": "10"}
    dimensions = scorecard_form.read(offered, texts)["scorecards"][2]["dimensions"]
    assert dimensions[-1] == {
        "key": "feelings",
        "weight": 10,
        "measures": [{"key": "mood", "weight": 5, "curve": [[0, 0], [10, 100]]}],
    }
