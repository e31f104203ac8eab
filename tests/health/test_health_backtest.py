"""The test of the score: known answers, shyness, and months of closes read as they were known."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from hub import backtest
from hub.bootstrap import Hub
from hub.embedded import Services
from hub.health import defaults, scorecard
from hub.health.backtest import Snapshot, auc, chance, falls, hanley_mcneil, isotonic, report
from hub.health.history import History, keep
from hub.health.measures import Measure
from hub.health.score import score
from hub.reads import tested
from tests.stage import build_hub

CARD = scorecard.default()


def snapshot(n: int, health: float, left: bool, **more: Any) -> Snapshot:
    band = "red" if health < 50 else "yellow" if health < 75 else "green"
    given = {"lead": 30 if left else None, "measures": {"open_urgent": health}} | more
    return Snapshot(f"acc_{n}", "2026-01-31", health, band, left, **given)


def test_the_area_is_the_share_of_pairs_in_the_right_order() -> None:
    rng = random.Random(3)
    rows = [(rng.randrange(12), rng.random() < 0.4) for _ in range(80)]
    pairs = [(a, b) for a, left in rows if left for b, stays in rows if not stays]
    expected = sum((a < b) + (a == b) / 2 for a, b in pairs) / len(pairs)
    assert auc((float(v), left, 1.0) for v, left in rows) == pytest.approx(expected)


def test_the_standard_error_is_that_of_the_published_formula() -> None:
    # At an area of 0.75 with 5 % leaving: 0.09 with 10 of them, 0.064 with 20, 0.041 with 50.
    assert hanley_mcneil(0.75, 10, 190) == pytest.approx(0.090, abs=0.001)
    assert hanley_mcneil(0.75, 20, 380) == pytest.approx(0.064, abs=0.001)
    assert hanley_mcneil(0.75, 50, 950) == pytest.approx(0.041, abs=0.001)


def test_below_twenty_who_left_there_are_counts_and_no_claim() -> None:
    stayed = [snapshot(n, 80, False) for n in range(100)]
    told = report([*stayed, *(snapshot(200 + n, 20, True) for n in range(19))], 90)
    assert (told["left"], told["accounts"], told["passes"]) == (19, 119, False)
    assert "19 accounts left" in told["refused"]
    assert "auc" not in told
    assert "No claim" in " ".join(backtest.words(told))


def test_a_perfect_score_and_a_blind_one() -> None:
    stayed = [snapshot(n, 80 + n % 10, False) for n in range(100)]
    perfect = report([*stayed, *(snapshot(200 + n, 20 + n, True) for n in range(25))], 90)
    assert perfect["auc"] == 1.0
    assert perfect["auc_interval"] == (1.0, 1.0)
    assert perfect["passes"] is True
    assert perfect["red"] == {"snapshots": 25, "precision": 1.0, "recall": 1.0}
    # The worst tenth is 12 of 125 snapshots; all of them left, against 25 of 125 of all.
    assert perfect["lift"] == pytest.approx(5)
    blind = report([snapshot(n, 60, n % 4 == 0) for n in range(120)], 90)
    assert blind["auc"] == 0.5
    assert blind["passes"] is False


def test_green_before_leaving_and_days_of_warning_are_of_accounts() -> None:
    rows = [snapshot(n, 60, False) for n in range(60)]
    for n in range(20):
        rows.append(snapshot(100 + n, 40, True, lead=80))
        later = snapshot(100 + n, 40 if n < 15 else 90, True, lead=50)
        rows.append(
            Snapshot("acc_" + str(100 + n), "2026-02-28", later.health, later.band, True, 50)
        )
    told = report(rows, 90)
    assert told["green_before"] == {"accounts": 5, "share": 0.25}
    assert told["lead_days"] == {"accounts": 20, "median": 80}


def test_snapshots_of_one_account_are_drawn_together() -> None:
    """A hundred copies of each account say no more than one: the interval does not shrink."""
    rng = random.Random(1)
    rows = [snapshot(n, rng.gauss(50 if n % 2 else 60, 15), n % 2 == 1) for n in range(60)]
    once = report(rows, 90)["auc_interval"]
    often = report([row for row in rows for _ in range(20)], 90)["auc_interval"]
    assert often == pytest.approx(once)
    assert once[1] - once[0] > 0.1


def test_the_map_never_rises_and_keeps_the_rate() -> None:
    rng = random.Random(2)
    rows = [snapshot(n, rng.randrange(100), rng.random() < 0.3) for n in range(300)]
    steps = isotonic(rows)
    assert falls(steps)
    mean = sum(chance(steps, s.health) or 0 for s in rows) / len(rows)
    assert mean == pytest.approx(sum(s.left for s in rows) / len(rows))


def test_equal_weights_and_the_best_measure_are_told_beside() -> None:
    rows = [
        snapshot(n, 50, n % 2 == 0, measures={"csat": 10.0 if n % 2 == 0 else 90.0, "nps": None})
        for n in range(60)
    ]
    told = report(rows, 90)["compared"]
    assert told["best_measure"] == {"key": "csat", "auc": 1.0}
    assert told["measures"]["nps"] == 0.5
    assert told["equal_weights"] == 1.0


# What is read of the store, by hand-made closes.

START = date(2026, 1, 1)


def kept(urgent: float, day: date, **more: Any) -> dict[str, Any]:
    caps = more.pop("caps", ())
    found = {
        "open_urgent": Measure("open_urgent", "ok", urgent, "", "", known=1.0),
        "mrr_trend": Measure("mrr_trend", "ok", 0.2, "", "", known=1.0, caps=caps),
    }
    return keep(score(found, CARD, [], day), **more)


def money(euros: int) -> dict[str, Any]:
    return {"minor": euros * 100, "currency": "EUR", "exponent": 2}


def past(*some: tuple[int, dict[str, Any]]) -> History:
    history = History(())
    for day, close in some:
        history.write(str(START + timedelta(days=day)), close)
    return history


def test_half_of_the_revenue_gone_within_the_horizon_is_leaving() -> None:
    one = kept(0, START, mrr=money(100))
    history = past((0, one), (70, {**one, "mrr": money(50)}))
    assert backtest.fate_after(history, "2026-01-31", 90).left_on == "2026-03-12"
    assert backtest.fate_after(history, "2026-01-31", 39).left_on is None
    less = past((0, one), (70, {**one, "mrr": money(51)}))
    assert backtest.fate_after(less, "2026-01-31", 90) == backtest.Fate()


def test_who_was_merged_away_says_nothing() -> None:
    one = kept(0, START)
    history = past((0, one), (60, {**one, "gone": True}))
    assert backtest.fate_after(history, "2026-01-31", 90).unknown is True


def test_the_outcome_is_no_part_of_the_score_that_is_tested() -> None:
    card = backtest.without_outcome(CARD)
    found = backtest.snapshot("acc_1", kept(0, START), "2026-01-31", card, None)
    # Revenue fell to a fifth, which would bring next to nothing; without it all is well.
    assert found is not None
    assert found.health == 100
    assert found.others["shown_score"] < 80


@pytest.fixture(scope="module")
def hub(services: Services) -> Iterator[Hub]:
    made = build_hub(services)
    yield made
    made.close()


def test_a_tenants_closes_become_snapshots_and_the_report_is_kept(hub: Hub) -> None:
    store = hub.store(hub.catalogue.control.add_tenant("Tested", hub.now())["_id"])
    start = (datetime.now(UTC) - timedelta(days=200)).date().replace(day=1)
    for n in range(45):
        leaves = n < 22
        history = History(())
        first = kept(3 if leaves else 0, start)
        entries = history.write(str(start), first)
        end = keep(score({}, CARD, [], start, churned=True)) if leaves else first
        entries += history.write(str(start + timedelta(days=75)), end)
        if n == 44:
            entries = History(()).write(
                str(start), kept(3, start, caps=("cancellation_scheduled",))
            )
        account = {"_id": f"acc_{store.tenant_id}_{n}", "listed": True}
        store.accounts.insert(account)
        documents: dict[str, Any] = {}
        for entry in entries:
            month = documents.setdefault(
                entry.day[:7],
                {
                    "_id": f"{account['_id']}:{entry.day[:7]}",
                    "account_id": account["_id"],
                    "month": entry.day[:7],
                    "base": entry.base,
                    "days": {},
                },
            )
            month["days"][entry.day[8:]] = entry.what
        store.health_days.insert_many(documents.values())
    document = defaults.document()
    store.scorecards.insert(
        {"_id": f"{store.tenant_id}:old/1", "name": "old", "revision": 1, "state": "retired"}
        | {"document": document, "frozen": {}}
    )
    told = backtest.run(hub, store, 60)
    assert told["compared"]["revision_before"] > 0.9
    assert told["left"] == 22
    assert told["accounts"] == 44
    assert told["auc"] > 0.9
    kept_report = backtest.last(store)
    assert {k: kept_report[k] for k in ("left", "auc", "passes")} == {
        k: told[k] for k in ("left", "auc", "passes")
    }
    assert tested.passes(store) is told["passes"] is True
