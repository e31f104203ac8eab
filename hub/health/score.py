"""Measures and a scorecard become a score that explains itself."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from hub.health.band import band
from hub.health.closes import (
    CHANGE_DAYS,
    Close,
    change,
    close_ago,
    comparable,
    day_close,
    measures_of,
    trend,
)
from hub.health.due import next_due
from hub.health.measures import Measure
from hub.health.scorecard import Dimension, MeasureRule, Scorecard, max_points
from hub.health.shown import half_up, shared_out

__all__ = ["Explanation", "change", "confidence", "day_close", "next_due", "score"]

Explanation = dict[str, Any]
SHOWN_COVERAGE = 0.30
TOP = 3


def score(
    measures: Mapping[str, Measure],
    scorecard: Scorecard,
    closes: Iterable[Close],
    today: date,
    *,
    account: str = "",
    churned: bool = False,
    facts: Mapping[str, Any] | None = None,
) -> Explanation:
    """The explanation as it is stored: health 0 = worst, 100 = best; risk is 100 - health.

    `closes` are day closes of this account (the last 29 days suffice), in any order. BSON-plain.
    `points` are unrounded and math.fsum of them is `raw`; `raw + cap_points` is `health`.
    `points_shown` (tenths) and `cap_shown` sum exactly to `health_shown`. `health` is None when
    too little is known, and when the account has churned; `final` then keeps the last one.
    `facts` are the lifecycle facts that chose the scorecard, kept with it. `scorecard_since` is the
    first day in a row under this scorecard, `scorecard_before` the one that ended then.
    """
    history = list(closes)
    if churned:
        return _churned(account, scorecard, history, today) | {"lifecycle": dict(facts or {})}
    past = comparable(history, scorecard.revision, today)
    rows = _rows(measures, scorecard, past[-1] if past else None)
    explanation = _frame(account, scorecard, today) | _totals(rows, scorecard)
    explanation |= _since(scorecard, history, today) | {"lifecycle": dict(facts or {})}
    explanation["dimensions"] = _dimensions(rows, scorecard)
    explanation["not_configured"] = sorted(
        key for key, measure in measures.items() if measure.state == "not_configured"
    )
    explanation["unweighted"] = [
        _unweighted(measure)
        for key, measure in measures.items()
        if key not in rows and measure.state != "not_configured"
    ]
    explanation |= _banded(explanation, rows, scorecard, past, today)
    return _compared(explanation, past, today)


def confidence(coverage: float) -> str:
    """How much of the weight is known, in a word."""
    for floor, word in ((0.75, "high"), (0.50, "medium"), (SHOWN_COVERAGE, "low")):
        if coverage >= floor:
            return word
    return "none"


def _frame(account: str, scorecard: Scorecard, today: date) -> Explanation:
    return {
        "account": account,
        "as_of": today.isoformat(),
        "scorecard": scorecard.revision,
        "scorecard_key": scorecard.key,
    }


def _since(scorecard: Scorecard, history: list[Close], today: date) -> Explanation:
    """Since when this scorecard has counted for the account, by the closes at hand."""
    now = today.isoformat()
    last = max((c for c in history if c["day"] < now), key=lambda c: c["day"], default=None)
    if last is None:
        return {"scorecard_since": now, "scorecard_before": None}
    if last["revision"] != scorecard.revision:
        return {"scorecard_since": now, "scorecard_before": last["revision"]}
    return {
        "scorecard_since": last.get("scorecard_since") or last["day"],
        "scorecard_before": last.get("scorecard_before"),
    }


def _unweighted(measure: Measure) -> dict[str, Any]:
    """A measure to which the scorecard gives no weight: to be seen, and without points."""
    shown = ("key", "state", "value", "unit", "text", "source", "fresh_at")
    title = {"title": measure.title} if measure.title else {}
    found = {name: getattr(measure, name) for name in shown} | title
    return found | {"evidence": list(measure.evidence)}


def _rows(
    measures: Mapping[str, Measure], scorecard: Scorecard, last: Close | None
) -> dict[str, dict[str, Any]]:
    missing = frozenset(k for k, m in measures.items() if m.state == "not_configured")
    absent = {r.key for d in scorecard.dimensions for r in d.measures} - set(measures)
    points = max_points(scorecard, missing | absent)
    before = last["measures"] if last else {}
    return {
        rule.key: _row(measures[rule.key], rule, points[rule.key], before.get(rule.key))
        for dimension in scorecard.dimensions
        for rule in dimension.measures
        if rule.key in points
    }


def _row(
    measure: Measure, rule: MeasureRule, most: float, before: Mapping[str, Any] | None
) -> dict[str, Any]:
    value = _scored(measure, rule)
    row = {
        "key": rule.key,
        "state": measure.state,
        "value": measure.value,
        "unit": measure.unit,
        "text": measure.text,
        "score": value,
        "points": most * value / 100,
        "max_points": most,
        "lost": most - most * value / 100,
        "known": measure.known,
        "evidence": list(measure.evidence),
        "source": measure.source,
        "fresh_at": measure.fresh_at,
        "kept": value,
        "kept_caps": list(measure.caps),
        "broken": measure.broken,
        "ages": measure.ages,
    }
    if measure.title:
        row["title"] = measure.title
    if measure.broken and before:
        row |= {"kept": before["kept"], "kept_caps": before["kept_caps"]}
    return row


def _scored(measure: Measure, rule: MeasureRule) -> float:
    if measure.value is None:
        return rule.reference
    value = rule.curve.at(measure.value)
    if measure.blend == 1:
        return value
    return measure.blend * value + (1 - measure.blend) * rule.reference


def _totals(rows: Mapping[str, dict[str, Any]], scorecard: Scorecard) -> Explanation:
    raw = math.fsum(row["points"] for row in rows.values())
    caps = _caps(rows, scorecard, raw)
    health = min([raw, *(cap["limit"] for cap in caps)])
    coverage = round(math.fsum(r["max_points"] * r["known"] for r in rows.values()) / 100, 9)
    shown = coverage >= SHOWN_COVERAGE
    _share_out(rows, raw)
    return {
        "health": health if shown else None,
        "health_shown": int(half_up(health)) if shown else None,
        "coverage": coverage,
        "confidence": confidence(coverage),
        "raw": raw,
        "caps": caps,
        "cap_points": health - raw,
        "cap_shown": int(half_up(health)) - int(half_up(raw)),
    }


def _share_out(rows: Mapping[str, dict[str, Any]], raw: float) -> None:
    points = [row["points"] for row in rows.values()]
    most = [row["max_points"] for row in rows.values()]
    shown = shared_out(points, int(half_up(raw)), most)
    for row, tenths in zip(rows.values(), shown, strict=True):
        row["points_shown"] = tenths


def _caps(
    rows: Mapping[str, dict[str, Any]], scorecard: Scorecard, raw: float
) -> list[dict[str, Any]]:
    """The caps that measures with a living source raise; the lowest one binds, if below raw."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows.values():
        for key in row["kept_caps"] if not row["broken"] else ():
            if key in scorecard.caps and key not in found:
                limit = scorecard.caps[key]
                found[key] = {"key": key, "limit": limit, "measure": row["key"], "binding": False}
    caps = sorted(found.values(), key=lambda cap: (cap["limit"], cap["key"]))
    if caps and caps[0]["limit"] < raw:
        caps[0]["binding"] = True
    return caps


def _dimensions(rows: Mapping[str, dict[str, Any]], scorecard: Scorecard) -> list[dict[str, Any]]:
    present = [
        (d, [rows[r.key] for r in d.measures if r.key in rows]) for d in scorecard.dimensions
    ]
    return [_dimension(dimension, mine) for dimension, mine in present if mine]


def _dimension(dimension: Dimension, rows: list[dict[str, Any]]) -> dict[str, Any]:
    weight = math.fsum(row["max_points"] for row in rows)
    points = math.fsum(row["points"] for row in rows)
    return {
        "key": dimension.key,
        "score": points * 100 / weight,
        "weight": weight,
        "points": points,
        "measures": rows,
    }


def _banded(
    explanation: Explanation,
    rows: Mapping[str, dict[str, Any]],
    scorecard: Scorecard,
    past: list[Close],
    today: date,
) -> Explanation:
    health = explanation["health"]
    if health is None:
        now = "unknown"
    else:
        capped = any(cap["binding"] for cap in explanation["caps"])
        now = band(health, _kept(health, rows, scorecard), capped, scorecard, past)
    same = past and past[-1]["band"] == now
    return {"band": now, "band_since": past[-1]["band_since"] if same else today.isoformat()}


def _kept(health: float, rows: Mapping[str, dict[str, Any]], scorecard: Scorecard) -> float:
    """Health with the last known score and caps of every measure whose source is broken."""
    if not any(row["broken"] for row in rows.values()):
        return health
    raw = math.fsum(row["max_points"] * row["kept"] / 100 for row in rows.values())
    keys = {key for row in rows.values() for key in row["kept_caps"] if key in scorecard.caps}
    return min([raw, *(scorecard.caps[key] for key in keys)])


def _compared(explanation: Explanation, past: list[Close], today: date) -> Explanation:
    """Adds what the score is compared with: trend, what moved in a week, and the worst losses."""
    explanation["final"] = None
    explanation["trend"] = trend(explanation["health"], past, today)
    week = close_ago(past, today, CHANGE_DAYS)
    explanation["change"] = change(day_close(explanation), week)
    for row in measures_of(explanation):
        before = week["measures"].get(row["key"]) if week else None
        row["delta_7d"] = round(row["points"] - before["points"], 9) if before else None
    explanation["top_negative"] = _top_negative(explanation)
    return explanation


def _top_negative(explanation: Explanation) -> list[str]:
    """The largest losses that are known, not those of a reference value."""
    known = [m for m in measures_of(explanation) if m["value"] is not None and m["lost"] >= 0.005]
    worst = sorted(known, key=lambda m: -m["lost"])[:TOP]
    return [f"{m['key']} -{half_up(m['lost'], 2):.2f}" for m in worst]


def _churned(account: str, scorecard: Scorecard, closes: list[Close], today: date) -> Explanation:
    """No score for who has left; the last one stays as evidence."""
    past = sorted((c for c in closes if c["day"] < today.isoformat()), key=lambda c: c["day"])
    last = past[-1] if past else None
    gone = last is not None and last["band"] == "churned"
    scored = [c["health"] for c in past if c["health"] is not None]
    final = last["final"] if last and gone else (scored[-1] if scored else None)
    since = last["band_since"] if last and gone else today.isoformat()
    nothing = dict.fromkeys(("health", "health_shown", "raw", "change"))
    return {
        **_frame(account, scorecard, today),
        **nothing,
        "band": "churned",
        "band_since": since,
        "final": final,
        "coverage": 0.0,
        "confidence": "none",
        "caps": [],
        "cap_points": 0.0,
        "cap_shown": 0,
        "dimensions": [],
        "not_configured": [],
        "unweighted": [],
        "scorecard_since": None,
        "scorecard_before": None,
        "trend": trend(None, [], today),
        "top_negative": [],
    }
