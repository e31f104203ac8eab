"""Each measurement runs on real processes at a small size, and what it says adds up."""

from __future__ import annotations

import random
import statistics
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from hub.bench import sizes
from hub.bench.__main__ import BENCHES
from hub.bench.load import schedule
from hub.bench.meter import percentile
from hub.bench.report import Report
from hub.bench.world import World

LINES: list[str] = []
LONG = ("e2e", "events", "health", "identity", "page", "sync")


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.long) if n in LONG else n for n in sorted(BENCHES)],
)
def test_a_measurement_says_what_it_did(name: str, tmp_path: Path) -> None:
    report = Report(LINES.append)
    BENCHES[name](tmp_path, sizes.SMOKE, report)
    assert [row.case for row in report.rows if "floor" in row.case]
    assert all(row.items > 0 and row.rate > 0 for row in report.rows)
    assert all(row.notes.get("lost", 0) == 0 for row in report.rows)
    assert all(
        row.notes.get("answers", [200]) in ([200], {"200": row.items}) for row in report.rows
    )


def test_every_delivery_of_the_open_loop_is_sent_at_its_random_time() -> None:
    due = schedule(20_000, 500.0, seed=4)
    assert due == sorted(due)
    assert due[-1] == pytest.approx(40, rel=0.05)
    gaps = [b - a for a, b in pairwise(due)]
    assert statistics.pstdev(gaps) == pytest.approx(1 / 500, rel=0.05)


@pytest.mark.parametrize(("share", "wanted"), [(0.5, 51), (0.95, 96), (0.99, 100)])
def test_a_percentile_is_the_value_below_which_so_many_lie(share: float, wanted: int) -> None:
    values = [float(n) for n in range(1, 101)]
    random.Random(1).shuffle(values)
    assert percentile(values, share) == wanted


def test_worlds_of_other_names_have_records_of_the_same_length() -> None:
    until = datetime(2026, 6, 1, tzinfo=UTC)
    one, two = (World(name, 10, 50, until) for name in ("w000", "w001"))
    assert [len(t) for t in one.page("tickets", 0, 50)] == [
        len(t) for t in two.page("tickets", 0, 50)
    ]
    assert next(one.page("people", 3, 1)).replace("w000", "w001") == next(two.page("people", 3, 1))
