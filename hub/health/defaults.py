"""The default scorecards as plain data: nothing here has been fitted to anyone's customers.

Three cards, of which the first that fits an account is its own: who is new is asked whether they
get going, whose renewal is near whether we are in touch, and everybody else the usual questions.
"""

from __future__ import annotations

from typing import Any

from hub.health.curve import Points

NAME, NUMBER = "hub-default", 1
Document = dict[str, Any]

CAPS = {
    "cancellation_scheduled": 25.0,
    "payment_overdue": 45.0,
    "urgent_open": 60.0,
    "unused_seats": 45.0,
}

Rules = tuple[tuple[str, float, Points], ...]
DIMENSIONS: tuple[tuple[str, float, Rules], ...] = (
    (
        "adoption",
        35,
        (
            ("seat_utilisation", 35, ((0, 0), (0.10, 10), (0.50, 50), (0.80, 85), (1, 100))),
            (
                "usage_trend",
                25,
                ((0, 0), (0.5, 20), (0.8, 55), (0.95, 75), (1.05, 80), (1.3, 100)),
            ),
            ("usage_recency", 20, ((2, 100), (7, 80), (14, 50), (30, 15), (45, 0))),
            ("feature_breadth", 20, ((0, 0), (0.25, 40), (0.5, 70), (0.75, 90), (1, 100))),
        ),
    ),
    (
        "support",
        20,
        (
            ("open_urgent", 35, ((0, 100), (1, 60), (2, 30), (4, 0))),
            ("ticket_load", 25, ((3, 100), (4, 70), (8, 30), (15, 0))),
            ("oldest_waiting", 25, ((1, 100), (3, 90), (7, 60), (14, 30), (30, 0))),
            ("reopens", 15, ((0, 100), (1, 80), (3, 40), (6, 0))),
        ),
    ),
    (
        "commercial",
        20,
        (
            ("payment", 60, ((0, 100), (1, 70), (7, 50), (15, 25), (30, 0))),
            ("mrr_trend", 40, ((0, 0), (0.7, 20), (0.95, 70), (1, 80), (1.2, 100))),
        ),
    ),
    (
        "sentiment",
        10,
        (
            ("csm_pulse", 40, ((0, 0), (1, 50), (2, 100))),
            ("csat", 35, ((0.5, 0), (0.75, 40), (0.9, 80), (1, 100))),
            ("nps", 25, ((4, 0), (6, 30), (7, 55), (8, 70), (9, 90), (10, 100))),
        ),
    ),
    (
        "relationship",
        10,
        (
            ("last_interaction", 60, ((14, 100), (30, 80), (60, 45), (90, 15), (120, 0))),
            ("engaged_contacts", 40, ((0, 0), (1, 40), (2, 70), (3, 90), (5, 100))),
        ),
    ),
    (
        "delivery",
        5,
        (
            ("overdue_items", 60, ((0, 100), (1, 70), (3, 30), (5, 0))),
            ("oldest_bug", 40, ((7, 100), (30, 70), (90, 20), (120, 0))),
        ),
    ),
)

ONBOARDING_WEIGHTS = {
    "adoption": 35,
    "delivery": 20,
    "relationship": 20,
    "support": 15,
    "sentiment": 5,
    "commercial": 5,
}
RENEWAL_WEIGHTS = {"adoption": 30, "relationship": 20}
"""The other dimensions share the rest as they do by default."""
ONBOARDING_ADOPTION = {"feature_breadth": 40}
"""In its dimension; the other measures share the rest as they do by default."""


def dimensions() -> list[Document]:
    """The dimensions of the default card, in the shape in which a tenant's own are stored."""
    return [
        {
            "key": key,
            "weight": weight,
            "measures": [
                {"key": k, "weight": w, "curve": [list(point) for point in curve]}
                for k, w, curve in rules
            ],
        }
        for key, weight, rules in DIMENSIONS
    ]


def document() -> Document:
    """Everything that a revision says, as `revision.check` reads it."""
    return {
        "scorecards": [_onboarding(), _renewal(), {"key": "default", "dimensions": dimensions()}],
        "caps": dict(CAPS),
        "bands": {"yellow": 50, "green": 75},
        "hysteresis": {"points": 2, "closes": 3},
        "pulse": {"full_days": 60, "gone_days": 90},
        "windows": {},
        "seats": {"source": "subscription", "field": "seats"},
        "go_live_field": None,
        "key_features": [],
        "ignored_events": [],
        "internal_domains": [],
        "currency": None,
        "rates": {},
    }


def _onboarding() -> Document:
    made = dimensions()
    _reweigh(made, ONBOARDING_WEIGHTS)
    _reweigh(next(d for d in made if d["key"] == "adoption")["measures"], ONBOARDING_ADOPTION)
    young = {"fact": "tenure_days", "below": 90}
    not_live = {"fact": "go_live", "unset": True}
    return {
        "key": "onboarding",
        "when": {"any": [young, not_live]},
        "scaled_by_tenure": {"measures": ["seat_utilisation"], "days": 90},
        "dimensions": made,
    }


def _renewal() -> Document:
    made = dimensions()
    _reweigh(made, RENEWAL_WEIGHTS)
    near = {"fact": "days_to_renewal", "at_most": 120}
    return {"key": "renewal", "when": {"any": [near]}, "dimensions": made}


def _reweigh(parts: list[Document], given: dict[str, int]) -> None:
    """Give some parts a weight of 100; the others keep their proportions in what is left."""
    others = sum(part["weight"] for part in parts if part["key"] not in given)
    left = 100 - sum(given.values())
    for part in parts:
        kept = round(part["weight"] * left / others, 4) if others else 0
        part["weight"] = given.get(part["key"], kept)
