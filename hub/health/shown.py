"""Numbers as people see them: half up, and points that still add up after rounding."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

_GRAINS = 10**12
"""Points are divided as whole numbers, so that no rounding of floats can add or lose a tenth."""


def half_up(value: float, places: int = 0) -> float:
    """Rounded as at school: 0.5 goes up, measured on the shortest decimal text of the number."""
    step = Decimal(1).scaleb(-places)
    return float(Decimal(repr(value)).quantize(step, rounding=ROUND_HALF_UP))


def shared_out(
    parts: Sequence[float], total: int, most: Sequence[float] | None = None
) -> list[float]:
    """The parts in tenths, summing exactly to `total`, by largest remainder.

    Ties go to the earlier part. All parts are nought or more; all nought answers all nought. No
    part is shown with more than its `most`, as long as the others have room for what is over.
    """
    grains = [round(part * _GRAINS) for part in parts]
    whole = sum(grains)
    if not whole:
        return [0.0] * len(parts)
    shares = [divmod(grain * total * 10, whole) for grain in grains]
    tenths = [share for share, _ in shares]
    order = sorted(range(len(parts)), key=lambda i: (-shares[i][1], i))
    for i in order[: total * 10 - sum(tenths)]:
        tenths[i] += 1
    if most is not None:
        _level(tenths, [int(half_up(limit * 10)) for limit in most], order)
    return [tenth / 10 for tenth in tenths]


def _level(tenths: list[int], limits: Sequence[int], order: Sequence[int]) -> None:
    """Move tenths above a limit to parts below theirs, the largest remainder first."""
    while True:
        over = next((i for i in order if tenths[i] > limits[i]), None)
        room = next((i for i in order if 0 < tenths[i] < limits[i]), None)
        if over is None or room is None:
            return
        tenths[over] -= 1
        tenths[room] += 1
