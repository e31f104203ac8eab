"""A piecewise-linear curve through points, flat outside."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

Points = Sequence[Sequence[float]]


class Curve:
    """Turns a measure's value into a score of 0 to 100.

    `points` are (x, y) with x strictly rising and y in 0..100; raises ValueError otherwise.
    """

    __slots__ = ("_slopes", "xs", "ys")

    def __init__(self, points: Points) -> None:
        if len(points) < 2 or any(len(point) != 2 for point in points):
            raise ValueError("a curve needs at least two points of two numbers each")
        self.xs = tuple(float(x) for x, _ in points)
        self.ys = tuple(float(y) for _, y in points)
        if any(after <= before for before, after in zip(self.xs, self.xs[1:], strict=False)):
            raise ValueError("the first numbers of a curve's points have to rise")
        if not all(0 <= y <= 100 for y in self.ys):
            raise ValueError("the second numbers of a curve's points lie between 0 and 100")
        self._slopes = tuple(
            (self.ys[i + 1] - self.ys[i]) / (self.xs[i + 1] - self.xs[i])
            for i in range(len(self.xs) - 1)
        )

    @property
    def points(self) -> list[list[float]]:
        """The points as they are stored."""
        return [[x, y] for x, y in zip(self.xs, self.ys, strict=True)]

    def at(self, x: float) -> float:
        """The score of a value."""
        i = bisect_right(self.xs, x) - 1
        if i < 0:
            return self.ys[0]
        if i >= len(self._slopes):
            return self.ys[-1]
        return self.ys[i] + (x - self.xs[i]) * self._slopes[i]

    def squeezed(self, share: float) -> Curve:
        """The same scores for values that are this share of what they were."""
        return Curve([(x * share, y) for x, y in zip(self.xs, self.ys, strict=True)])

    def steps_until_move(self, x: float) -> int | None:
        """After how many steps of +1 the score first differs, for ages in days; None if never."""
        for i, slope in enumerate(self._slopes):
            if slope and x < self.xs[i + 1]:
                return int(max(self.xs[i] - x, 0)) + 1
        return None
