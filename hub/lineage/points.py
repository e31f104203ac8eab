"""Lineage of a health point: definition, curve, weight, and the records that made the value."""

from __future__ import annotations

from typing import Any

from hub.bootstrap import Hub
from hub.errors import CorrectInput, NotFound
from hub.health.closes import measures_of
from hub.health.scorecard import MeasureRule, Scorecard
from hub.health.words import TITLES
from hub.lineage import card, evidence
from hub.lineage.chain import Tracer
from hub.lineage.definitions import DEFINITIONS
from hub.reads import accounts
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.document import nearest

ROW = ("state", "value", "unit", "text", "score", "points", "points_shown", "max_points", "lost")


def of_measure(hub: Hub, store: TenantStore, account_id: str, key: str) -> Doc:
    """{"account_id", "asked_id", "measure", "title", "definition", "dimension", the line of the
    explanation, "curve", "weight", "source", "fresh_at", "evidence"}.

    Raises CorrectInput for a measure that there is not, naming the nearest, and NotFound for one
    that is left out of this account's score, with the reason.
    """
    account = accounts.find(store, account_id)
    explanation = account["health"]
    rows = {m["key"]: m for m in [*explanation.get("unweighted", ()), *measures_of(explanation)]}
    _check(key, explanation, rows)
    row = rows[key]
    revision = card.revision_of(store, explanation)
    scorecard = card.card_of(revision, explanation)
    found = evidence.gather(Tracer(hub, store), account, row, card.window_days(revision, key))
    return {
        "account_id": account["_id"],
        "asked_id": account_id,
        "measure": key,
        "title": TITLES.get(key, key),
        "definition": card.definition(key),
        "dimension": _dimension_of(explanation, key),
        "scorecard": explanation["scorecard"],
        "as_of": explanation["as_of"],
        "scored_at": account.get("scored_at"),
        **{name: row.get(name) for name in ROW},
        **_weighed(scorecard, row),
        "source": row["source"],
        "fresh_at": row["fresh_at"],
        "evidence": found,
    }


def _check(key: str, explanation: Doc, rows: dict[str, Doc]) -> None:
    left_out = explanation["not_configured"]
    known = sorted({*DEFINITIONS, *rows, *left_out})
    if key not in known:
        raise CorrectInput(
            f"There is no measure {key[:100]!r}; {nearest(key[:100], known)}", field="measure"
        )
    if key in left_out:
        title = TITLES.get(key, key)
        raise NotFound(f"{title} is left out: nothing that knows it is connected.")
    if key not in rows:
        why = "this account has left" if explanation["band"] == "churned" else "no scorecard of it"
        raise NotFound(f"{TITLES.get(key, key)} brings no points here: {why}.")


def _dimension_of(explanation: Doc, key: str) -> str | None:
    """None for a measure to which the scorecard gives no weight."""
    found = (d["key"] for d in explanation["dimensions"] for m in d["measures"] if m["key"] == key)
    return next(found, None)


def _weighed(scorecard: Scorecard | None, row: Doc) -> Doc:
    """{"curve": {"points", "between", "reference"}, "weight": {"measure", "dimension"}}; None
    where the scorecard of that revision is gone."""
    if scorecard is None:
        return {"curve": None, "weight": None}
    for dimension in scorecard.dimensions:
        for rule in dimension.measures:
            if rule.key == row["key"]:
                weight = {"measure": rule.weight, "dimension": dimension.weight}
                return {"curve": _curve(rule, row["value"]), "weight": weight}
    return {"curve": None, "weight": None}


def _curve(rule: MeasureRule, value: Any) -> Doc:
    """The points on both sides of the value; one where it lies outside or on a point."""
    points = rule.curve.points
    below = [p for p in points if value is not None and p[0] <= value]
    above = [p for p in points if value is not None and p[0] > value]
    on = below and below[-1][0] == value
    between = [*below[-1:], *([] if on else above[:1])]
    return {"points": points, "between": between, "reference": rule.reference}
