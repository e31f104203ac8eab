"""The score of an account from whole lists of records, written from the definitions alone.

It shares no code with `hub.health`: no state, no counters, no windows kept in step. Every value is
counted anew for one day from what is known at that moment.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from typing import Any

Body = dict[str, Any]

# measure: (dimension, weight of the dimension, weight inside, curve)
CARD: dict[str, tuple[str, int, int, list[tuple[float, float]]]] = {
    "seat_utilisation": ("a", 35, 35, [(0, 0), (0.1, 10), (0.5, 50), (0.8, 85), (1, 100)]),
    "usage_trend": (
        "a",
        35,
        25,
        [(0, 0), (0.5, 20), (0.8, 55), (0.95, 75), (1.05, 80), (1.3, 100)],
    ),
    "usage_recency": ("a", 35, 20, [(2, 100), (7, 80), (14, 50), (30, 15), (45, 0)]),
    "feature_breadth": ("a", 35, 20, [(0, 0), (0.25, 40), (0.5, 70), (0.75, 90), (1, 100)]),
    "open_urgent": ("s", 20, 35, [(0, 100), (1, 60), (2, 30), (4, 0)]),
    "ticket_load": ("s", 20, 25, [(3, 100), (4, 70), (8, 30), (15, 0)]),
    "oldest_waiting": ("s", 20, 25, [(1, 100), (3, 90), (7, 60), (14, 30), (30, 0)]),
    "reopens": ("s", 20, 15, [(0, 100), (1, 80), (3, 40), (6, 0)]),
    "payment": ("c", 20, 60, [(0, 100), (1, 70), (7, 50), (15, 25), (30, 0)]),
    "mrr_trend": ("c", 20, 40, [(0, 0), (0.7, 20), (0.95, 70), (1, 80), (1.2, 100)]),
    "csm_pulse": ("m", 10, 40, [(0, 0), (1, 50), (2, 100)]),
    "csat": ("m", 10, 35, [(0.5, 0), (0.75, 40), (0.9, 80), (1, 100)]),
    "nps": ("m", 10, 25, [(4, 0), (6, 30), (7, 55), (8, 70), (9, 90), (10, 100)]),
    "last_interaction": ("r", 10, 60, [(14, 100), (30, 80), (60, 45), (90, 15), (120, 0)]),
    "engaged_contacts": ("r", 10, 40, [(0, 0), (1, 40), (2, 70), (3, 90), (5, 100)]),
    "overdue_items": ("d", 5, 60, [(0, 100), (1, 70), (3, 30), (5, 0)]),
    "oldest_bug": ("d", 5, 40, [(7, 100), (30, 70), (90, 20), (120, 0)]),
}
REFERENCE = 60.0
FEATURES = ("export", "api")
NEVER = 400


@dataclass
class Customer:
    """What is known of one customer: living records by kind, each with its own id.

    `external`: the people who count as theirs. `pulse`: (level, day). `mrr_then`: the revenue at
    the close of 90 days ago, None when there was none.
    """

    records: dict[str, list[Body]] = field(default_factory=dict)
    external: frozenset[str] = frozenset()
    pulse: tuple[str, date] | None = None
    mrr_then: int | None = None

    def of(self, kind: str) -> list[Body]:
        return self.records.get(kind, [])

    @property
    def tickets(self) -> list[Body]:
        return [t for t in self.of("ticket") if not t["spam"]]

    @property
    def open_tickets(self) -> list[Body]:
        return [t for t in self.tickets if t["status"] in ("new", "open", "pending", "on_hold")]

    @property
    def live(self) -> list[Body]:
        return [s for s in self.of("subscription") if s["status"] in ("active", "past_due")]

    @property
    def seats(self) -> int:
        return sum(s["seats"] for s in self.live)

    @property
    def mrr(self) -> int | None:
        """Cents; None without any subscription."""
        return sum(s["mrr"] for s in self.live) if self.of("subscription") else None


def on(text: str) -> date:
    return datetime.fromisoformat(text).date()


def ago(text: str, today: date) -> int:
    return (today - on(text)).days


def within(text: str, today: date, days: int) -> bool:
    return 0 <= ago(text, today) < days


def values(who: Customer, today: date) -> dict[str, float | None]:
    """Every measure's value on a day; None where there is no answer."""
    return {
        **_adoption(who, today),
        **_support(who, today),
        **_commercial(who, today),
        **_sentiment(who, today),
        **_relationship(who, today),
        **_delivery(who, today),
    }


def _use(who: Customer, today: date) -> dict[str, set[date]]:
    """Days of use by person; of what came later, a past day knows nothing."""
    days: dict[str, set[date]] = {}
    for record in who.of("usage"):
        if record["person"] in who.external:
            days.setdefault(record["person"], set()).update(map(on, record["days"]))
    until = {person: {day for day in used if day <= today} for person, used in days.items()}
    return {person: used for person, used in until.items() if used}


def _adoption(who: Customer, today: date) -> dict[str, float | None]:
    use = _use(who, today)
    active = sum((today - max(used)).days < 28 for used in use.values())
    every = [(today - day).days for used in use.values() for day in used]
    recent, earlier = sum(0 <= n < 28 for n in every), sum(28 <= n < 56 for n in every)
    last = [(today - max(used)).days for used in use.values()]
    features = {
        feature["feature"]
        for record in who.of("usage")
        if record["person"] in who.external and use.get(record["person"])
        for feature in record["features"]
        if (today - on(feature["day"])).days < 28
    }
    return {
        "seat_utilisation": min(1.0, active / who.seats) if who.seats else None,
        "usage_trend": recent / earlier if earlier >= 10 else None,
        "usage_recency": min([n for n in last if n < NEVER], default=NEVER),
        "feature_breadth": len(features & set(FEATURES)) / len(FEATURES),
    }


def _support(who: Customer, today: date) -> dict[str, float | None]:
    counted = {"question": 0.5, "feature_request": 0.0}
    load = sum(counted.get(t["type"], 1) for t in who.tickets if within(t["opened"], today, 30))
    waiting = [
        ago(t["message"] or t["opened"], today)
        for t in who.open_tickets
        if t["status"] in ("new", "open")
    ]
    return {
        "open_urgent": sum(
            t["escalated"] or t["priority"] in ("urgent", "high") for t in who.open_tickets
        ),
        "ticket_load": load * 25 / max(25, who.seats),
        "oldest_waiting": max(waiting, default=0),
        "reopens": sum(
            t["reopens"] for t in who.tickets if within(t["solved"] or t["opened"], today, 90)
        ),
    }


def _commercial(who: Customer, today: date) -> dict[str, float | None]:
    late = [0]
    for invoice in who.of("invoice"):
        if invoice["status"] in ("open", "uncollectible"):
            late.append((today - date.fromisoformat(invoice["due"])).days)
        if invoice["status"] == "uncollectible":
            late.append(30)
    late += [30 for s in who.of("subscription") if s["status"] == "unpaid"]
    then = who.mrr_then
    grown = who.mrr / then if then and who.mrr is not None else None
    return {"payment": max(late), "mrr_trend": grown}


def _sentiment(who: Customer, today: date) -> dict[str, float | None]:
    answers = [r for r in who.of("rating") if r["kind"] == "csat"]
    labels = [r["label"] for r in answers if within(r["answered"], today, 90)]
    latest: dict[str, Body] = {}
    for answer in who.of("rating"):
        if answer["kind"] == "nps" and within(answer["answered"], today, 181):
            key = answer["person"] if answer["person"] in who.external else answer["id"]
            mine = max([answer, latest.get(key, answer)], key=lambda r: (r["answered"], r["id"]))
            latest[key] = mine
    weights = [(0.5 ** (ago(r["answered"], today) / 90), r["score"]) for r in latest.values()]
    level = {"green": 2.0, "yellow": 1.0, "red": 0.0}
    spoken = who.pulse is not None and 0 <= (today - who.pulse[1]).days < 90
    return {
        "csm_pulse": level[who.pulse[0]] if who.pulse and spoken else None,
        "csat": (labels.count("positive") + 3.6) / (len(labels) + 4) if labels else None,
        "nps": sum(w * n for w, n in weights) / sum(w for w, _ in weights) if weights else None,
    }


def _touches(who: Customer) -> list[tuple[str, str | None]]:
    held = [
        (a["started"], a["person"])
        for a in who.of("activity")
        if (a["kind"] in ("meeting", "call") and a["outcome"] == "held")
        or (a["kind"] == "email" and a["direction"] == "inbound")
    ]
    return held + [(t["message"], t["person"]) for t in who.tickets if t["message"]]


def _relationship(who: Customer, today: date) -> dict[str, float | None]:
    touches = _touches(who)
    ages = [ago(day, today) for day, _ in touches]
    engaged = {p for day, p in touches if within(day, today, 90) and p in who.external}
    return {
        "last_interaction": min([n for n in ages if 0 <= n < NEVER], default=NEVER),
        "engaged_contacts": len(engaged),
    }


def _delivery(who: Customer, today: date) -> dict[str, float | None]:
    work = [w for w in who.of("task") if w["category"] != "done"]
    bugs = [ago(w["opened"], today) for w in work if w["kind"] == "bug"]
    late = [w for w in work if w["visible"] and date.fromisoformat(w["due"]) < today]
    return {"overdue_items": len(late), "oldest_bug": max(bugs, default=0)}


def caps(who: Customer, today: date) -> list[float]:
    """The limits in force."""
    found: list[float] = []
    if any(s["cancels"] for s in who.of("subscription") if s["status"] != "canceled"):
        found.append(25)
    if _commercial(who, today)["payment"] >= 30:
        found.append(45)
    if any(
        (t["escalated"] or t["priority"] == "urgent") and ago(t["opened"], today) > 7
        for t in who.open_tickets
    ):
        found.append(60)
    used = [n for n in _last_days(who, today) if n < 30]
    if not used and any(s["seats"] and ago(s["started"], today) >= 30 for s in who.live):
        found.append(45)
    return found


def _last_days(who: Customer, today: date) -> list[int]:
    return [(today - max(days)).days for days in _use(who, today).values()]


def score(who: Customer, today: date) -> tuple[float, float]:
    """(health, coverage) by the default scorecard with every source connected."""
    found = values(who, today)
    health, known = [], []
    for key, (dimension, weight, inside, curve) in CARD.items():
        total = sum(w for d, _, w, _ in CARD.values() if d == dimension)
        most = weight * inside / total
        share = _share(who, key, found[key], today)
        at = REFERENCE if found[key] is None else _curve(curve, found[key])
        health.append(most * (share * at + (1 - share) * REFERENCE) / 100)
        known.append(most * share / 100)
    return min([math.fsum(health), *caps(who, today)]), math.fsum(known)


def _share(who: Customer, key: str, value: float | None, today: date) -> float:
    """How much of a value counts: a pulse fades between its 60th and its 90th day."""
    if value is None:
        return 0.0
    if key != "csm_pulse" or who.pulse is None:
        return 1.0
    return min(1.0, (90 - (today - who.pulse[1]).days) / 30)


def _curve(points: Sequence[tuple[float, float]], x: float) -> float:
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]
