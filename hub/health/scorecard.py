"""A scorecard: dimensions, weights, curves, reference values, caps and bands, as data.

Every change makes a new revision. Reference values are frozen in a revision (the tenant's median of
a measure's score; 60 until 30 accounts have it), so that scores do not depend on order of arrival.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hub.errors import CorrectInput
from hub.health.curve import Curve
from hub.health.measures import KEYS

DEFAULT_REVISION = "hub-default/1"
DEFAULT_REFERENCE = 60.0
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MeasureRule:
    """How one measure is scored: `weight` is of 100 in its dimension, `reference` a score."""

    key: str
    weight: float
    curve: Curve
    reference: float


@dataclass(frozen=True, slots=True)
class Dimension:
    """A group of measures; `weight` is of 100 in the scorecard."""

    key: str
    weight: float
    measures: tuple[MeasureRule, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Scorecard:
    """A checked and normalised revision.

    `yellow_from` and `green_from` are the lower bounds of their bands and belong to them.
    A band is left `hysteresis_points` past its edge or after `hysteresis_closes` day closes.
    """

    revision: str
    dimensions: tuple[Dimension, ...]
    caps: Mapping[str, float]
    yellow_from: float
    green_from: float
    hysteresis_points: float
    hysteresis_closes: int


def default(references: Mapping[str, float] | None = None, suffix: str = "") -> Scorecard:
    """`hub-default/1`; with a tenant's own `references` give the revision a `suffix`."""
    document = default_document()
    document["revision"] += suffix
    for dimension in document["dimensions"]:
        for rule in dimension["measures"]:
            rule["reference"] = (references or {}).get(rule["key"], DEFAULT_REFERENCE)
    return from_document(document)


def default_document() -> Document:
    """The default scorecard in the shape in which a tenant's own is stored."""
    return {
        "revision": DEFAULT_REVISION,
        "dimensions": [
            {
                "key": key,
                "weight": weight,
                "measures": [
                    {"key": k, "weight": w, "curve": [list(point) for point in curve]}
                    for k, w, curve in rules
                ],
            }
            for key, weight, rules in _DEFAULT
        ],
        "caps": dict(_CAPS),
        "bands": {"yellow": 50, "green": 75},
        "hysteresis": {"points": 2, "closes": 3},
    }


def from_document(document: Mapping[str, Any]) -> Scorecard:
    """Check a stored scorecard and normalise its weights (any numbers not below zero).

    Raises CorrectInput with `field` naming what cannot be right.
    """
    dimensions = tuple(_dimension(d) for d in document.get("dimensions", ()))
    keys = [rule.key for dimension in dimensions for rule in dimension.measures]
    for key in keys:
        _check(keys.count(key) == 1, key, f"{key} is in the scorecard twice")
    total = _total(dimensions, "dimensions")
    scaled = tuple(
        Dimension(d.key, d.weight * 100 / total, d.measures) for d in dimensions if d.weight
    )
    bands, hysteresis = document.get("bands", {}), document.get("hysteresis", {})
    yellow, green = float(bands.get("yellow", 50)), float(bands.get("green", 75))
    _check(0 < yellow < green <= 100, "bands", "0 < yellow < green <= 100 has to hold")
    caps = document.get("caps", _CAPS)
    for key, limit in caps.items():
        _check(key in _CAPS, f"caps.{key}", f"no such cap; there are {', '.join(_CAPS)}")
        _check(_number(limit) and limit <= 100, f"caps.{key}", "a cap lies between 0 and 100")
    return Scorecard(
        revision=str(document["revision"]),
        dimensions=scaled,
        caps={key: float(limit) for key, limit in caps.items()},
        yellow_from=yellow,
        green_from=green,
        hysteresis_points=float(hysteresis.get("points", 2)),
        hysteresis_closes=int(hysteresis.get("closes", 3)),
    )


def _dimension(document: Mapping[str, Any]) -> Dimension:
    key = str(document.get("key", ""))
    rules = tuple(_rule(rule) for rule in document.get("measures", ()))
    weight = _weight(document, key)
    total = _total(rules, key) if weight else 1.0
    scaled = tuple(
        MeasureRule(r.key, r.weight * 100 / total, r.curve, r.reference) for r in rules if r.weight
    )
    return Dimension(key, weight, scaled)


def _rule(document: Mapping[str, Any]) -> MeasureRule:
    key = str(document.get("key", ""))
    _check(key in KEYS, key, f"{key!r} is no measure; there are {', '.join(KEYS)}")
    reference = document.get("reference", DEFAULT_REFERENCE)
    _check(_number(reference) and reference <= 100, f"{key}.reference", "a score of 0 to 100")
    try:
        curve = Curve(document.get("curve", ()))
    except (TypeError, ValueError) as error:
        raise CorrectInput(f"{key}: {error}", field=f"{key}.curve") from error
    return MeasureRule(key, _weight(document, key), curve, float(reference))


def _weight(document: Mapping[str, Any], key: str) -> float:
    weight = document.get("weight")
    _check(_number(weight), f"{key}.weight", "a weight is a number not below zero")
    return float(weight or 0)


def _total(rules: tuple[MeasureRule, ...] | tuple[Dimension, ...], field: str) -> float:
    total = math.fsum(rule.weight for rule in rules)
    _check(total > 0, field, "at least one weight has to be above zero")
    return total


def _number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and value >= 0


def _check(right: bool, field: str, sentence: str) -> None:
    if not right:
        raise CorrectInput(f"{field}: {sentence}", field=field)


@lru_cache(maxsize=4096)
def max_points(scorecard: Scorecard, missing: frozenset[str]) -> dict[str, float]:
    """Points that each measure can bring, summing to 100, when some are not configured.

    The weight of a missing measure goes to its dimension, that of an empty dimension to the others.
    """
    present = [
        (dimension, [rule for rule in dimension.measures if rule.key not in missing])
        for dimension in scorecard.dimensions
    ]
    present = [(dimension, rules) for dimension, rules in present if rules]
    total = math.fsum(dimension.weight for dimension, _ in present)
    points = {}
    for dimension, rules in present:
        inside = math.fsum(rule.weight for rule in rules)
        for rule in rules:
            points[rule.key] = 100 * dimension.weight / total * rule.weight / inside
    return points


_CAPS = {
    "cancellation_scheduled": 25.0,
    "payment_overdue": 45.0,
    "urgent_open": 60.0,
    "unused_seats": 45.0,
}

_Rules = tuple[tuple[str, float, tuple[tuple[float, float], ...]], ...]
_DEFAULT: tuple[tuple[str, float, _Rules], ...] = (
    (
        "adoption",
        35,
        (
            ("seat_utilisation", 35, ((0, 0), (0.10, 10), (0.50, 50), (0.80, 85), (1, 100))),
            (
                "usage_trend",
                25,
                ((0, 0), (0.5, 20), (0.8, 55), (0.95, 75), (1.05, 80), (1.3, 100)),
            ),
            ("usage_recency", 20, ((2, 100), (7, 80), (14, 50), (30, 15), (45, 0))),
            ("feature_breadth", 20, ((0, 0), (0.25, 40), (0.5, 70), (0.75, 90), (1, 100))),
        ),
    ),
    (
        "support",
        20,
        (
            ("open_urgent", 35, ((0, 100), (1, 60), (2, 30), (4, 0))),
            ("ticket_load", 25, ((3, 100), (4, 70), (8, 30), (15, 0))),
            ("oldest_waiting", 25, ((1, 100), (3, 90), (7, 60), (14, 30), (30, 0))),
            ("reopens", 15, ((0, 100), (1, 80), (3, 40), (6, 0))),
        ),
    ),
    (
        "commercial",
        20,
        (
            ("payment", 60, ((0, 100), (1, 70), (7, 50), (15, 25), (30, 0))),
            ("mrr_trend", 40, ((0, 0), (0.7, 20), (0.95, 70), (1, 80), (1.2, 100))),
        ),
    ),
    (
        "sentiment",
        10,
        (
            ("csm_pulse", 40, ((0, 0), (1, 50), (2, 100))),
            ("csat", 35, ((0.5, 0), (0.75, 40), (0.9, 80), (1, 100))),
            ("nps", 25, ((4, 0), (6, 30), (7, 55), (8, 70), (9, 90), (10, 100))),
        ),
    ),
    (
        "relationship",
        10,
        (
            ("last_interaction", 60, ((14, 100), (30, 80), (60, 45), (90, 15), (120, 0))),
            ("engaged_contacts", 40, ((0, 0), (1, 40), (2, 70), (3, 90), (5, 100))),
        ),
    ),
    (
        "delivery",
        5,
        (
            ("overdue_items", 60, ((0, 100), (1, 70), (3, 30), (5, 0))),
            ("oldest_bug", 40, ((7, 100), (30, 70), (90, 20), (120, 0))),
        ),
    ),
)
