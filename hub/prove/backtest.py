"""The back-test on a world whose truth is known, and on public tables where they are at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.health.backtest import falls, report
from hub.prove import leavers, tables
from hub.prove.result import Options, Result

FIRMS = 800
TABLES = ("churn.csv", "wa_churn.csv", "mlc_churn.csv")


def backtest(options: Options) -> Result:
    """The score finds who leaves where leaving is driven by what it looks at; circular."""
    told = report(
        leavers.world(options.of(FIRMS, 120), options.seed), leavers.HORIZON, options.seed
    )
    facts: dict[str, Any] = {"made-up world (circular)": _said(told)}
    problems = [] if told["auc"] and told["auc"] > 0.6 else [f"made-up world: {_said(told)}"]
    if told["auc"] and not falls(told["map"]):
        problems.append("the map from health to the chance of leaving rises somewhere")
    if options.data and all((options.data / name).exists() for name in TABLES):
        found = tables.saas(options.data, options.seed)
        facts["SaaS table (probably made up)"] = _said(found)
        facts["SaaS table, three steps in place of curves"] = round(found["three_steps"], 3)
        gaps = {name: round(area, 3) for name, area in found["gaps"].items()}
        facts["SaaS table, 30 to 60 % blank, by what fills the gaps"] = gaps
        facts["telephone tables, who left"] = tables.cohorts(options.data)
    else:
        facts["public tables"] = f"not at hand; --data names a folder with {', '.join(TABLES)}"
    return Result(facts, problems)


def _said(told: Mapping[str, Any]) -> str:
    if told["refused"]:
        return str(told["refused"])
    low, high = told["auc_interval"]
    best, red = told["compared"]["best_measure"], told["red"]
    parts = [
        f"{told['snapshots']} snapshots, {told['left']} left",
        f"AUC {told['auc']:.3f} ({low:.3f} to {high:.3f})",
        f"equal weights {told['compared']['equal_weights']:.3f}",
        f"best measure {best['key']} {best['auc']:.3f}",
        f"worst decile {100 * told['deciles'][0]['rate']:.0f} %, best "
        f"{100 * told['deciles'][-1]['rate']:.0f} %, lift {told['lift']:.2f}",
        f"red: precision {100 * (red['precision'] or 0):.0f} %, recall {100 * red['recall']:.0f} %",
        f"green when last seen {100 * told['green_before']['share']:.0f} % of who left",
    ]
    if told["lead_days"]["median"] is not None:
        parts.append(f"median warning {told['lead_days']['median']:.0f} days")
    return "; ".join(parts)
