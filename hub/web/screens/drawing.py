"""A curve as points of an SVG picture: no script has to run to see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT, PAD = 320.0, 110.0, 12.0


@dataclass(frozen=True, slots=True)
class Chart:
    """The line of a curve, and where on it a value lies (None without one)."""

    line: str
    corners: list[tuple[float, float]]
    at: tuple[float, float] | None
    first: float
    last: float
    width: float = WIDTH
    height: float = HEIGHT


def curve(
    shape: Mapping[str, Any] | None, value: float | None, score: float | None
) -> Chart | None:
    """The picture of a measure's curve; None where its scorecard is gone."""
    if shape is None:
        return None
    points = shape["points"]
    first, last = points[0][0], points[-1][0]
    corners = [_place(x, y, first, last) for x, y in points]
    ends = [(0.0, corners[0][1]), *corners, (WIDTH, corners[-1][1])]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in ends)
    at = None if value is None or score is None else _place(value, score, first, last)
    return Chart(line, corners, at, first, last)


def _place(x: float, y: float, first: float, last: float) -> tuple[float, float]:
    """Values outside the curve are drawn at its ends."""
    share = (min(max(x, first), last) - first) / (last - first)
    left = PAD + share * (WIDTH - 2 * PAD)
    return round(left, 1), round(HEIGHT - PAD - y / 100 * (HEIGHT - 2 * PAD), 1)
