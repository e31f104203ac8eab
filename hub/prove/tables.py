"""The back-test's arithmetic on public tables of customers who left, read from a folder.

`churn.csv`: from the source archive of PyPI's pysurvival 0.1.2 (2,000 rows, SaaS-shaped, probably
made up). `wa_churn.csv`, `mlc_churn.csv`: from Debian's r-cran-modeldata 1.1.0 (telephone
customers). None of them is kept in this repository. The curves are set by hand, knowing how each
column is spread and which way it points; they are not fitted.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

from hub.health.backtest import Snapshot, auc, report
from hub.health.curve import Curve

Row = Mapping[str, str]
SAAS: Mapping[str, tuple[float, Curve, Callable[[Row], float]]] = {
    "csat": (
        40,
        Curve([[5, 0], [7, 20], [8, 45], [9, 75], [10, 100]]),
        lambda row: float(row["csat_score"]),
    ),
    "products_in_use": (25, Curve([[0, 0], [1, 100]]), lambda row: _products(row)),
    "tenure": (
        25,
        Curve([[0, 0], [3, 50], [6, 80], [12, 100]]),
        lambda row: float(row["months_active"]),
    ),
    "support_minutes": (
        10,
        Curve([[10, 100], [30, 40], [60, 0]]),
        lambda row: float(row["minutes_customer_support"]),
    ),
}
STATES = {"Active": 1.0, "Free-Trial": 0.5, "No": 0.0}
PRODUCTS = ("product_travel_expense", "product_payroll", "product_accounting")
BLANKED, REPEATS = (0.3, 0.6), 20
THREE_STEPS = ((34.0, 0.0), (67.0, 50.0), (101.0, 100.0))


def _products(row: Row) -> float:
    return fmean(STATES[row[name]] for name in PRODUCTS)


def read(path: Path) -> list[Row]:
    """The rows of a table."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def saas(folder: Path, seed: int) -> dict[str, Any]:
    """The report of the SaaS table, and how other ways with curves and gaps would do."""
    rows = read(folder / "churn.csv")
    left = [float(row["churned"]) == 1 for row in rows]
    scores = [{key: curve.at(of(row)) for key, (_, curve, of) in SAAS.items()} for row in rows]
    total = [_weighted(one) for one in scores]
    told = report(
        [
            Snapshot(f"row {n}", "", health, _band(health), left[n], measures=scores[n])
            for n, health in enumerate(total)
        ],
        0,
        seed,
    )
    stepped = [{k: _stepped(v) for k, v in one.items()} for one in scores]
    told["three_steps"] = _auc(map(_weighted, stepped), left)
    told["gaps"] = _gaps(scores, left, seed)
    return told


def _weighted(scores: Mapping[str, float]) -> float:
    known = sum(SAAS[key][0] for key in scores)
    return sum(SAAS[key][0] * value for key, value in scores.items()) / known if known else 50.0


def _band(health: float) -> str:
    return "red" if health < 50 else "yellow" if health < 75 else "green"


def _stepped(score: float) -> float:
    return next(value for limit, value in THREE_STEPS if score < limit)


def _auc(scores: Iterable[float], left: Sequence[bool]) -> float:
    return auc((s, gone, 1.0) for s, gone in zip(scores, left, strict=True)) or 0.5


def _gaps(
    scores: Sequence[Mapping[str, float]], left: Sequence[bool], seed: int
) -> dict[str, float]:
    """The AUC with 30 to 60 % of the values blanked at random, by what is put in their place."""
    means = {key: fmean(one[key] for one in scores) for key in SAAS}
    medians = {key: median(one[key] for one in scores) for key in SAAS}
    fills: dict[str, Mapping[str, float]] = {
        "as nought": dict.fromkeys(SAAS, 0.0),
        "renormalised": {},
        "fifty": dict.fromkeys(SAAS, 50.0),
        "sixty": dict.fromkeys(SAAS, 60.0),
        "median": medians,
        "mean": means,
    }
    found: dict[str, list[float]] = {name: [] for name in fills}
    rng = random.Random(seed)
    for _ in range(REPEATS):
        share = rng.uniform(*BLANKED)
        blanked = [{k: v for k, v in one.items() if rng.random() >= share} for one in scores]
        for name, fill in fills.items():
            found[name].append(_auc((_weighted({**fill, **one}) for one in blanked), left))
    return {name: fmean(areas) for name, areas in found.items()}


def cohorts(folder: Path) -> dict[str, str]:
    """Who leaves, by contract, payment and tenure; and by calls to the help desk."""
    rows = read(folder / "wa_churn.csv")
    gone = {id(row): row["churn"] == "Yes" for row in rows}
    found = {
        f"{name} = {word}": _rate([gone[id(row)] for row in rows if row[column] == word])
        for name, column in (("contract", "contract"), ("payment", "payment_method"))
        for word in sorted({row[column] for row in rows})
    }
    months = [(int(float(row["tenure"])), gone[id(row)]) for row in rows]
    found["tenure up to 3 months"] = _rate([left for n, left in months if n <= 3])
    found["tenure above 48 months"] = _rate([left for n, left in months if n > 48])
    calls = [
        (int(row["number_customer_service_calls"]), row["churn"] == "yes")
        for row in read(folder / "mlc_churn.csv")
    ]
    found["0 to 3 service calls"] = _rate([left for n, left in calls if n <= 3])
    found["4 service calls or more"] = _rate([left for n, left in calls if n >= 4])
    return found


def _rate(left: Sequence[bool]) -> str:
    return f"{100 * fmean(left):.1f} % of {len(left)}" if left else "none"
