"""The worked example of the default scorecard, to the last digit given."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import fsum
from typing import Any

import pytest

from hub.health import facts, measures, score, scorecard, state
from hub.health.context import HealthContext, SourceFreshness
from hub.health.words import explain_words

TODAY = date(2026, 3, 4)
NOW = datetime(2026, 3, 4, 6, 0, tzinfo=UTC)
REFERENCES = {"nps": 70.0, "csm_pulse": 75.0}
CAPABILITIES = (
    "ticket",
    "satisfaction",
    "activity",
    "work_item",
    "subscription",
    "invoice",
    "usage",
)
VALUES = {
    "seat_utilisation": 31 / 50,
    "usage_trend": 0.78,
    "usage_recency": 1,
    "open_urgent": 1,
    "ticket_load": 5.0,
    "oldest_waiting": 4,
    "reopens": 1,
    "payment": 0,
    "mrr_trend": 1.0,
    "csat": (7 + 4 * 0.9) / (9 + 4),
    "last_interaction": 38,
    "engaged_contacts": 2,
    "overdue_items": 1,
    "oldest_bug": 22,
}


def given(trend: float = 0.78) -> dict[str, measures.Measure]:
    """The measures of the example, given directly."""
    made = {}
    for key in measures.KEYS:
        value = {**VALUES, "usage_trend": trend}.get(key)
        if key == "feature_breadth":
            made[key] = measures.Measure(key, "not_configured", None, "", "")
        elif value is None:
            made[key] = measures.Measure(key, "no_answer", None, "", "")
        else:
            made[key] = measures.Measure(key, "ok", float(value), "", "", known=1.0)
    return made


def explained(found: dict[str, measures.Measure]) -> dict[str, Any]:
    return score.score(found, scorecard.default(REFERENCES), [], TODAY, account="acc_7")


def test_the_example_from_measures() -> None:
    told = explained(given())
    assert round(told["raw"], 6) == 73.944369
    assert told["health"] == told["raw"]
    assert told["health_shown"] == 74
    assert (told["band"], told["coverage"], told["confidence"]) == ("yellow", 0.935, "high")
    assert told["caps"] == []
    shown = [(d["key"], round(d["score"], 1), round(d["weight"], 9)) for d in told["dimensions"]]
    assert shown == [
        ("adoption", 69.5, 35),
        ("support", 68.6, 20),
        ("commercial", 92.0, 20),
        ("sentiment", 67.6, 10),
        ("relationship", 70.4, 10),
        ("delivery", 74.2, 5),
    ]


def test_the_lines_of_the_example() -> None:
    told = explained(given())
    line = next(m for m in told["dimensions"][0]["measures"] if m["key"] == "usage_trend")
    shown = [round(line[name], 2) for name in ("points", "max_points", "lost")]
    assert shown == [5.76, 10.94, 5.18]
    assert round(line["score"], 1) == 52.7
    assert told["top_negative"] == [
        "seat_utilisation -5.51",
        "usage_trend -5.18",
        "open_urgent -2.80",
    ]
    lines = [m for d in told["dimensions"] for m in d["measures"]]
    assert fsum(m["points"] for m in lines) == told["raw"]
    assert sum(Decimal(str(m["points_shown"])) for m in lines) == 74


def test_the_example_with_the_trend_of_its_records() -> None:
    assert round(explained(given(412 / 528))["raw"], 3) == 73.948


def day(ago: int) -> date:
    return TODAY - timedelta(days=ago)


def at(ago: int) -> datetime:
    return datetime.combine(day(ago), datetime.min.time(), UTC) + timedelta(hours=9)


def ticket(opened: int, **more: Any) -> dict[str, Any]:
    return {"opened_at": at(opened), "type": "problem", "priority": "normal"} | more


def records() -> list[tuple[str, dict[str, Any], list[str]]]:
    """The example's tickets, ratings, touches, work, and contract as canonical records."""
    closed = {"status": "closed"}
    made: list[tuple[str, dict[str, Any], list[str]]] = [
        ("ticket", ticket(n, **closed, solved_at=at(n - 1)), []) for n in range(5, 13)
    ]
    made += [
        ("ticket", ticket(4, status="open", priority="high"), []),
        ("ticket", ticket(29, **closed, solved_at=at(20), reopen_count=1), []),
        ("ticket", ticket(30, **closed, solved_at=at(30)), []),
        ("ticket", ticket(95, **closed, solved_at=at(90), reopen_count=3), []),
    ]
    for n, label in enumerate(["positive"] * 7 + ["negative", "neutral"]):
        made.append(("satisfaction", {"kind": "csat", "label": label, "responded_at": at(n)}, []))
    held = {"kind": "meeting", "outcome": "held"}
    made += [
        ("activity", held | {"started_at": at(38)}, ["ada"]),
        ("activity", held | {"started_at": at(89)}, ["ada", "grace"]),
        ("activity", held | {"started_at": at(90)}, ["edsger"]),
        ("activity", {"kind": "meeting", "outcome": "no_show", "started_at": at(2)}, ["edsger"]),
        ("work_item", {"kind": "task", "customer_visible": True, "due_on": str(day(1))}, []),
        ("work_item", {"kind": "task", "customer_visible": True, "due_on": str(day(0))}, []),
        ("work_item", {"kind": "bug", "status_category": "to_do", "opened_at": at(22)}, []),
        ("invoice", {"status": "paid", "due_on": str(day(40))}, []),
        ("subscription", subscription(), []),
    ]
    return made


def subscription() -> dict[str, Any]:
    mrr = {"minor": 250_000, "currency": "EUR", "exponent": 2}
    return {"status": "active", "seats": 50, "mrr": mrr, "started_at": at(400)}


def usage() -> list[facts.Contribution]:
    """31 contacts with 412 user-days in 28 days (the last one yesterday), 528 in the 28 before."""
    recent = [14 if n < 9 else 13 for n in range(31)]
    earlier = [18 if n < 1 else 17 for n in range(31)]
    assert (sum(recent), sum(earlier)) == (412, 528)
    return [
        facts.contact_usage(
            [str(day(1 + d)) for d in range(a)] + [str(day(28 + d)) for d in range(b)]
        )
        for a, b in zip(recent, earlier, strict=True)
    ]


def test_the_example_from_records() -> None:
    contributions = usage()
    for n, (entity, values, contacts) in enumerate(records()):
        contributions.append(facts.contribution(entity, values, f"c:{entity}:{n}", False, contacts))
    built = state.rebuild(contributions, TODAY)
    fresh = SourceFreshness(True, NOW - timedelta(minutes=5), 86_400, source="sandbox")
    context = HealthContext(
        now=NOW,
        sources=dict.fromkeys(CAPABILITIES, fresh),
        linked=frozenset(CAPABILITIES),
        mrr_then={"minor": 250_000, "currency": "EUR", "exponent": 2},
    )
    found = measures.measure(built, context, TODAY)
    expected = {**VALUES, "usage_trend": 412 / 528}
    assert {k: m.value for k, m in found.items() if m.value is not None} == pytest.approx(expected)
    told = explained(found)
    assert round(told["raw"], 3) == 73.948
    assert told["coverage"] == 0.935
    assert found["usage_trend"].text == "412 active user-days vs 528 in the 28 days before"
    assert found["usage_trend"].evidence == ("usage:2026-02-05..2026-03-04",)
    words = explain_words(told)
    assert words[0] == (
        "Health 74 of 100, yellow since 2026-03-04; 94 % of the weight is known, confidence high."
    )
    assert (
        "  Usage trend: 412 active user-days vs 528 in the 28 days before: 5.8 of 10.9 points"
        " (from sandbox, fresh at 2026-03-04 05:55 UTC)."
    ) in words
    assert "  Open urgent tickets: 1 open ticket urgent, high or escalated: 4.2 of 7.0 points" in (
        line.partition(" (from")[0] for line in words
    )
    assert words[-1] == "Not configured and left out: Key features in use."
