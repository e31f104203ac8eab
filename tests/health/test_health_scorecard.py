"""What a scorecard may say, and that its weights are normalised."""

from __future__ import annotations

from typing import Any

import pytest

from hub.errors import CorrectInput
from hub.health import measures, score, scorecard
from tests.health.cards import TODAY, all_at, explained


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
