"""The words of the customers' lives: what there is, how it is mapped, and bodies at random."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from tests.health.oracle import FEATURES, Body

OBJECTS = {
    "company": "account",
    "person": "contact",
    "ticket": "ticket",
    "activity": "activity",
    "rating": "satisfaction",
    "task": "work_item",
    "subscription": "subscription",
    "invoice": "invoice",
    "usage": "usage",
}
FACTS = tuple(name for name in OBJECTS if name not in ("company", "person"))
LINKED = "account: {record: company, from: company}"
FIELDS = {
    "company": ("name: name",),
    "person": ("full_name: name", "is_internal: internal"),
    "ticket": (
        "status: status",
        "priority: priority",
        "type: type",
        "opened_at: {from: opened, as: timestamp}",
        "solved_at: {from: solved, as: timestamp}",
        "last_customer_message_at: {from: message, as: timestamp}",
        "reopen_count: reopens",
        "escalated: escalated",
        "is_spam: spam",
    ),
    "activity": (
        "kind: kind",
        "direction: direction",
        "outcome: outcome",
        "started_at: {from: started, as: timestamp}",
    ),
    "rating": (
        "kind: kind",
        "label: label",
        "score_raw: score",
        "responded_at: {from: answered, as: timestamp}",
    ),
    "task": (
        "kind: kind",
        "status_category: category",
        "opened_at: {from: opened, as: timestamp}",
        "due_on: due",
        "customer_visible: visible",
    ),
    "subscription": (
        "status: status",
        "seats: seats",
        "mrr: {from: mrr, as: money_minor, currency: currency}",
        "started_at: {from: started, as: timestamp}",
        "cancel_at_period_end: cancels",
    ),
    "invoice": ("status: status", "due_on: due"),
    "usage": (
        "active_days: {from: days, as: plain}",
        "features: {from: features, as: plain}",
        "group_key: company",
    ),
}
PERSON = {"ticket": "requester", "activity": "contact", "rating": "contact", "usage": "user"}


def mapping() -> str:
    """The mapping of all objects, in the mapping language."""
    parts = []
    for name, entity in OBJECTS.items():
        links = [] if name == "company" else [LINKED]
        if name in PERSON:
            links.append(f"{PERSON[name]}: {{record: person, from: person}}")
        parts.append(f"- stream: {name}s\n  object: {name}\n  entity: {entity}\n  id: id")
        parts.append("  modified_at: at\n  fields:")
        parts += [f"    {line}" for line in FIELDS[name]]
        parts += ["  links:", *(f"    {line}" for line in links)] if links else []
    return "\n".join(parts) + "\n"


class Bodies:
    """Bodies of one moment; what comes late lands on its own day."""

    def __init__(self, rng: random.Random, now: datetime) -> None:
        self.rng = rng
        self.now = now

    def of(self, kind: str) -> Body:
        found: Body = getattr(self, f"_{kind}")()
        return found

    def _past(self, most: int = 70) -> str:
        """A moment that may be long ago: what comes late lands on its own day."""
        back = min(self.rng.randrange(1, most + 1), self.rng.randrange(1, most + 1))
        moment = self.now - timedelta(days=back * self.rng.randrange(0, 2), seconds=back)
        return moment.isoformat()

    def _day(self, low: int, high: int) -> str:
        return (self.now.date() + timedelta(days=self.rng.randrange(low, high))).isoformat()

    def _ticket(self) -> Body:
        rng = self.rng
        solved = rng.choice([None, self._past()])
        return {
            "status": rng.choice(["solved", "closed"] if solved else ["new", "open", "pending"]),
            "priority": rng.choice(["low", "normal", "high", "urgent"]),
            "type": rng.choice(["question", "incident", "feature_request", "other"]),
            "opened": self._past(),
            "solved": solved,
            "message": rng.choice([None, self._past()]),
            "reopens": rng.choice([0, 0, 1]),
            "escalated": rng.random() < 0.1,
            "spam": rng.random() < 0.05,
        }

    def _activity(self) -> Body:
        rng = self.rng
        return {
            "kind": rng.choice(["meeting", "call", "email"]),
            "direction": rng.choice(["inbound", "outbound"]),
            "outcome": rng.choice(["held", "no_show"]),
            "started": self._past(),
        }

    def _rating(self) -> Body:
        rng = self.rng
        labels = ["positive", "negative"]
        kind = rng.choice(["csat", "nps"])
        answer = {"label": rng.choice(labels) if kind == "csat" else None}
        score = rng.randrange(11) if kind == "nps" else None
        return {"kind": kind, "score": score, "answered": self._past(), **answer}

    def _task(self) -> Body:
        rng = self.rng
        return {
            "kind": rng.choice(["bug", "task"]),
            "category": rng.choice(["to_do", "in_progress", "done"]),
            "opened": self._past(),
            "due": self._day(-10, 20),
            "visible": rng.random() < 0.7,
        }

    def _subscription(self) -> Body:
        rng = self.rng
        return {
            "status": rng.choice(["active", "active", "past_due", "unpaid", "canceled"]),
            "seats": rng.randrange(1, 60),
            "mrr": rng.choice([10_000, 25_000]),
            "currency": "EUR",
            "started": self._past(),
            "cancels": rng.random() < 0.1,
        }

    def _invoice(self) -> Body:
        states = ["open", "paid", "paid", "uncollectible"]
        return {"status": self.rng.choice(states), "due": self._day(-5, 40)}

    def _usage(self) -> Body:
        rng = self.rng
        days = sorted({self._day(-60, 1) for _ in range(rng.randrange(12))})
        features = [{"feature": f, "day": rng.choice(days)} for f in FEATURES if days]
        return {"days": days, "features": features[: rng.randrange(3)]}
