"""A scorecard: dimensions, weights, curves, reference values, caps and bands, as data.

Every change makes a new revision. Reference values are frozen in a revision (the tenant's median of
a measure's score; 60 until 30 accounts have it), so that scores do not depend on order of arrival.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from hub.errors import CorrectInput
from hub.health import defaults
from hub.health.checks import check, known_keys, number, weight, whole
from hub.health.curve import Curve
from hub.health.measures import KEYS

DEFAULT_REVISION = f"{defaults.NAME}/{defaults.NUMBER}"
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


@dataclass(frozen=True, slots=True)
class Tenure:
    """Measures of which a new account is asked its share only, growing over so many days."""

    measures: frozenset[str]
    days: int


@dataclass(frozen=True, eq=False, slots=True)
class Scorecard:
    """A checked and normalised card of a revision; `key` names it among the revision's cards.

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
    key: str = "default"
    tenure: Tenure | None = None


def default(references: Mapping[str, float] | None = None, suffix: str = "") -> Scorecard:
    """`hub-default/1`; with a tenant's own `references` give the revision a `suffix`."""
    document = default_document()
    document["revision"] += suffix
    return from_document(document, references or {})


def default_document() -> Document:
    """The default scorecard in the shape in which a tenant's own is stored."""
    shared = ("caps", "bands", "hysteresis")
    whole = defaults.document()
    return {
        "revision": DEFAULT_REVISION,
        "dimensions": defaults.dimensions(),
        **{key: whole[key] for key in shared},
    }


def from_document(
    document: Mapping[str, Any],
    references: Mapping[str, float] | None = None,
    known: Collection[str] | None = KEYS,
) -> Scorecard:
    """Check a stored scorecard and normalise its weights (any numbers not below zero).

    `references` are the frozen ones, used where a measure names none of its own. `known` are the
    measures there are; None takes any, for what was checked when it was new. Raises CorrectInput
    with `field` naming what cannot be right.
    """
    dimensions = tuple(
        _dimension(d, references or {}, known) for d in document.get("dimensions", ())
    )
    _refuse_twice(dimensions)
    total = _total(dimensions, "dimensions")
    scaled = tuple(
        Dimension(d.key, d.weight * 100 / total, d.measures) for d in dimensions if d.weight
    )
    yellow, green = _bands(document.get("bands", {}))
    points, closes = _hysteresis(document.get("hysteresis", {}))
    return Scorecard(
        revision=str(document["revision"]),
        dimensions=scaled,
        caps=_caps(document.get("caps", defaults.CAPS)),
        yellow_from=yellow,
        green_from=green,
        hysteresis_points=points,
        hysteresis_closes=closes,
        key=str(document.get("key", "default")),
        tenure=_tenure(
            document.get("scaled_by_tenure"), [r.key for d in scaled for r in d.measures]
        ),
    )


def _refuse_twice(dimensions: tuple[Dimension, ...]) -> None:
    keys = [rule.key for dimension in dimensions for rule in dimension.measures]
    for key in keys:
        check(keys.count(key) == 1, key, f"{key} is in the scorecard twice: leave one of them out")
    names = [dimension.key for dimension in dimensions]
    for name in names:
        check(names.count(name) == 1, name, f"the dimension {name} is there twice: join them")


def _dimension(
    document: Mapping[str, Any], references: Mapping[str, float], known: Collection[str] | None
) -> Dimension:
    key = str(document.get("key", ""))
    check(bool(key), "dimensions", "each dimension needs a key, such as adoption")
    rules = tuple(_rule(rule, references, known) for rule in document.get("measures", ()))
    own = weight(document, key)
    total = _total(rules, key) if own else 1.0
    scaled = tuple(
        MeasureRule(r.key, r.weight * 100 / total, r.curve, r.reference) for r in rules if r.weight
    )
    return Dimension(key, own, scaled)


def _rule(
    document: Mapping[str, Any], references: Mapping[str, float], known: Collection[str] | None
) -> MeasureRule:
    key = str(document.get("key", ""))
    if known is not None:
        check(key in known, key, f"{key!r} is no measure; there are {', '.join(known)}")
    given = document.get("reference")
    reference = references.get(key, DEFAULT_REFERENCE) if given is None else given
    check(number(reference) and reference <= 100, f"{key}.reference", "a score of 0 to 100 is due")
    try:
        curve = Curve(document.get("curve", ()))
    except (TypeError, ValueError) as error:
        raise CorrectInput(f"{key}: {error}", field=f"{key}.curve") from error
    return MeasureRule(key, weight(document, key), curve, float(reference))


def _total(rules: tuple[MeasureRule, ...] | tuple[Dimension, ...], field: str) -> float:
    total = math.fsum(rule.weight for rule in rules)
    check(total > 0, field, "at least one weight has to be above zero")
    check(math.isfinite(total), field, "the weights are too large to be added up")
    return total


def _bands(bands: Mapping[str, Any]) -> tuple[float, float]:
    known_keys(bands, ("yellow", "green"), "bands")
    yellow, green = bands.get("yellow", 50), bands.get("green", 75)
    right = number(yellow) and number(green) and 0 < yellow < green <= 100
    check(right, "bands", "0 < yellow < green <= 100 has to hold")
    return float(yellow), float(green)


def _hysteresis(given: Mapping[str, Any]) -> tuple[float, int]:
    known_keys(given, ("points", "closes"), "hysteresis")
    points, closes = given.get("points", 2), given.get("closes", 3)
    check(number(points) and points <= 20, "hysteresis.points", "0 to 20 points are due")
    check(whole(closes, 1, 14), "hysteresis.closes", "1 to 14 day closes are due")
    return float(points), closes


def _caps(caps: Mapping[str, Any]) -> dict[str, float]:
    for key, limit in caps.items():
        names = ", ".join(defaults.CAPS)
        check(key in defaults.CAPS, f"caps.{key}", f"no such cap; there are {names}")
        check(number(limit) and limit <= 100, f"caps.{key}", "a cap lies between 0 and 100")
    return {key: float(limit) for key, limit in caps.items()}


def _tenure(given: Mapping[str, Any] | None, keys: list[str]) -> Tenure | None:
    if given is None:
        return None
    known_keys(given, ("measures", "days"), "scaled_by_tenure")
    names, days = given.get("measures", ()), given.get("days", 90)
    for name in names:
        check(name in keys, "scaled_by_tenure.measures", f"{name} is not on this card")
    check(whole(days, 1, 365), "scaled_by_tenure.days", "1 to 365 days are due")
    return Tenure(frozenset(names), days)


@lru_cache(maxsize=4096)
def at_tenure(scorecard: Scorecard, tenure_days: int | None) -> Scorecard:
    """The card for an account so many days old: a new one is asked its share of some measures."""
    rule = scorecard.tenure
    if rule is None or tenure_days is None or tenure_days >= rule.days:
        return scorecard
    share = max(1, tenure_days) / rule.days
    dimensions = tuple(
        replace(
            dimension,
            measures=tuple(
                replace(m, curve=m.curve.squeezed(share)) if m.key in rule.measures else m
                for m in dimension.measures
            ),
        )
        for dimension in scorecard.dimensions
    )
    return replace(scorecard, dimensions=dimensions)


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
