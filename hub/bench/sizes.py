"""How much is measured: the suite's smoke, the ordinary run, and the long proof."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Deliveries, records, accounts, firms and usage events of each measurement."""

    accepts: int
    burst: int
    visible: int
    paced: int
    pulled: int
    accounts: int
    stored: int
    pages: int
    firms: int
    events: int


SMOKE = Size(150, 200, 100, 60, 300, 20, 600, 5, 12, 500)
MIDDLE = Size(6_000, 5_000, 4_000, 2_000, 10_000, 1_000, 10_000, 30, 300, 50_000)
ORDINARY = Size(30_000, 50_000, 15_000, 7_500, 20_000, 10_000, 100_000, 200, 600, 200_000)
LONG = Size(100_000, 50_000, 50_000, 15_000, 100_000, 10_000, 1_000_000, 500, 5_000, 500_000)
