"""What the tests of a score share: a card, measures on its curves, and day closes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hub.health import measures, score, scorecard
from hub.health.measures import Measure

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
