"""Curves, rounding and sharing out, against values worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.health import scorecard
from hub.health.curve import Curve
from hub.health.shown import half_up, shared_out

CURVES = {rule.key: rule.curve for d in scorecard.default().dimensions for rule in d.measures}

# Below the first point, at each point, once or more between points, and beyond the last.
TABLE: dict[str, list[tuple[float, float]]] = {
    "seat_utilisation": [
        (0, 0), (0.05, 5), (0.1, 10), (0.3, 30), (0.5, 50), (0.65, 67.5), (0.8, 85), (0.9, 92.5),
        (1, 100),
    ],
    "usage_trend": [
        (0, 0), (0.25, 10), (0.5, 20), (0.65, 37.5), (0.8, 55), (0.875, 65), (0.95, 75), (1, 77.5),
        (1.05, 80), (1.175, 90), (1.3, 100), (9, 100),
    ],
    "usage_recency": [
        (0, 100), (2, 100), (3, 96), (7, 80), (14, 50), (22, 32.5), (30, 15), (35, 10), (45, 0),
        (400, 0),
    ],
    "feature_breadth": [
        (0, 0), (0.125, 20), (0.25, 40), (0.5, 70), (0.75, 90), (0.875, 95), (1, 100),
    ],
    "open_urgent": [(0, 100), (1, 60), (2, 30), (3, 15), (4, 0), (9, 0)],
    "ticket_load": [
        (0, 100), (3, 100), (3.5, 85), (4, 70), (6, 50), (8, 30), (11.5, 15), (15, 0), (99, 0),
    ],
    "oldest_waiting": [
        (0, 100), (1, 100), (2, 95), (3, 90), (5, 75), (7, 60), (14, 30), (22, 15), (30, 0),
        (31, 0),
    ],
    "reopens": [(0, 100), (1, 80), (2, 60), (3, 40), (4.5, 20), (6, 0), (7, 0)],
    "payment": [
        (0, 100), (1, 70), (4, 60), (7, 50), (11, 37.5), (15, 25), (21, 15), (30, 0), (90, 0),
    ],
    "mrr_trend": [
        (0, 0), (0.35, 10), (0.7, 20), (0.825, 45), (0.95, 70), (1, 80), (1.1, 90), (1.2, 100),
        (3, 100),
    ],
    "csm_pulse": [(0, 0), (1, 50), (2, 100)],
    "csat": [(0.4, 0), (0.5, 0), (0.625, 20), (0.75, 40), (0.9, 80), (0.95, 90), (1, 100)],
    "nps": [
        (0, 0), (4, 0), (5, 15), (6, 30), (7, 55), (8, 70), (8.5, 80), (9, 90), (10, 100),
    ],
    "last_interaction": [
        (0, 100), (14, 100), (22, 90), (30, 80), (45, 62.5), (60, 45), (75, 30), (90, 15),
        (105, 7.5), (120, 0), (400, 0),
    ],
    "engaged_contacts": [(0, 0), (1, 40), (2, 70), (3, 90), (4, 95), (5, 100), (40, 100)],
    "overdue_items": [(0, 100), (1, 70), (2, 50), (3, 30), (4, 15), (5, 0), (6, 0)],
    "oldest_bug": [
        (0, 100), (7, 100), (18.5, 85), (30, 70), (60, 45), (90, 20), (105, 10),
        (120, 0),
    ],
}  # fmt: skip


def test_every_curve_is_in_the_table() -> None:
    assert set(TABLE) == set(CURVES)


@pytest.mark.parametrize("key", TABLE)
def test_scores_by_hand(key: str) -> None:
    for x, y in TABLE[key]:
        assert CURVES[key].at(x) == pytest.approx(y, abs=1e-9), (key, x)


@pytest.mark.parametrize(
    ("key", "age", "steps"),
    [
        ("oldest_waiting", 0, 2),
        ("oldest_waiting", 1, 1),
        ("usage_recency", 2, 1),
        ("usage_recency", 0, 3),
        ("usage_recency", 44, 1),
        ("usage_recency", 45, None),
        ("oldest_bug", 3, 5),
        ("payment", 30, None),
    ],
)
def test_when_an_age_moves_its_score(key: str, age: int, steps: int | None) -> None:
    assert CURVES[key].steps_until_move(age) == steps


@pytest.mark.parametrize(
    "points",
    [
        [(0, 0)],
        [(0, 0), (0, 1)],
        [(1, 0), (0, 1)],
        [(0, -1), (1, 1)],
        [(0, 0), (1, 101)],
        [(0,), (1, 2)],
    ],
)
def test_a_bad_curve_is_refused(points: list[tuple[float, ...]]) -> None:
    with pytest.raises(ValueError):
        Curve(points)


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [
        (0.5, 0, 1), (1.5, 0, 2), (2.5, 0, 3), (74.5, 0, 75), (74.49999, 0, 74),
        (73.944369, 2, 73.94),
        (73.945, 2, 73.95), (1.005, 2, 1.01), (0.0, 0, 0), (100.0, 0, 100),
    ],
)  # fmt: skip
def test_rounding_is_half_up(value: float, places: int, expected: float) -> None:
    assert half_up(value, places) == expected


def test_largest_remainder_by_hand() -> None:
    # 30 tenths for thirds of 3: ten each; for 2, six each and two left over for the first.
    assert shared_out([1.0, 1.0, 1.0], 3) == [1.0, 1.0, 1.0]
    assert shared_out([1.0, 1.0, 1.0], 2) == [0.7, 0.7, 0.6]
    assert shared_out([0.0, 0.0], 0) == [0.0, 0.0]


def test_no_part_is_shown_above_its_most_and_the_sum_still_holds() -> None:
    """45.56 points are shown as 46: the full part stays full, the others take its share."""
    assert shared_out([11.1, 34.46], 46) == [11.2, 34.8]
    assert shared_out([11.1, 34.46], 46, [11.1, 60.0]) == [11.1, 34.9]
    assert shared_out([50.0, 49.6], 100, [50.0, 50.0]) == [50.0, 50.0]


@given(st.lists(st.floats(0, 20, allow_nan=False), min_size=1, max_size=17), st.integers(0, 100))
@example([20 / 3] * 3, 20)
def test_shares_sum_to_the_total(parts: list[float], total: int) -> None:
    shares = shared_out(parts, total)
    some = sum(round(part * 10**12) for part in parts) > 0
    assert sum(Decimal(str(share)) for share in shares) == (total if some else 0)
    assert all(share >= 0 for share in shares)
    if some and sum(parts) > 1e-6:
        for part, share in zip(parts, shares, strict=True):
            assert abs(share - part * total / sum(parts)) < 0.1 + 1e-9
