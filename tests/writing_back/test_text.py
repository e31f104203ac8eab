"""The text that people read in another system: short, whole, and the same until something moved."""

from __future__ import annotations

from typing import Any

import pytest

from hub.writing_back.text import text_of

Doc = dict[str, Any]


def measure(key: str, lost: float, value: float | None = 1.0, **more: Any) -> Doc:
    return {"key": key, "lost": lost, "value": value, **more}


def account(*measures: Doc, **more: Any) -> Doc:
    health: Doc = {
        "health": 41.4,
        "health_shown": 41,
        "band": "red",
        "band_since": "2026-10-03",
        "trend": {"direction": "down"},
        "caps": [],
        "final": None,
        "dimensions": [{"measures": list(measures)}],
    }
    return {"health": health | more}


def test_it_names_the_band_the_score_and_what_costs_most() -> None:
    found = text_of(
        account(
            measure("ticket_load", 2.4),
            measure("payment", 9.5),
            measure("open_urgent", 7.0),
            measure("seat_utilisation", 5.0),
        )
    )
    assert found == (
        "At risk since 2026-10-03, 41 of 100, going down. "
        "Costs most: Payment -10, Open urgent tickets -7, Seats in use -5."
    )


def test_what_nobody_knows_costs_nothing_and_less_than_a_point_is_not_told() -> None:
    found = text_of(account(measure("nps", 30.0, None), measure("payment", 0.49)))
    assert found.endswith("Nothing that is known weighs on it.")


def test_a_cap_that_binds_is_said_first() -> None:
    caps = [
        {"key": "payment_overdue", "limit": 45.0, "binding": True},
        {"key": "urgent_open", "limit": 60.0, "binding": False},
    ]
    found = text_of(account(measure("payment", 12.0), caps=caps, trend={"direction": None}))
    assert found == (
        "At risk since 2026-10-03, 41 of 100. At most 45: an invoice is 30 days overdue or a "
        "subscription is unpaid. Costs most: Payment -12."
    )


@pytest.mark.parametrize(
    ("health", "text"),
    [
        (
            {"health": None, "health_shown": None, "band": "unknown"},
            "Health unknown: too little is known of this account.",
        ),
        (
            {"health": None, "band": "churned", "final": 38.5},
            "Left on 2026-10-03; its last health was 39.",
        ),
        ({"health": None, "band": "churned"}, "Left on 2026-10-03."),
    ],
)
def test_no_number_is_made_of_what_is_not_known(health: Doc, text: str) -> None:
    assert text_of(account(**health)) == text


def test_a_parent_is_as_its_children_are() -> None:
    family = {"basis": "children", "health": 76.5, "band": "green"}
    found = text_of(account() | {"family": family})
    assert found == "Healthy, 77 of 100: the mean of the accounts below it."
    assert text_of(account() | {"family": family | {"basis": "own"}}).startswith("At risk")


def test_nothing_is_written_of_who_has_no_score_yet() -> None:
    assert text_of({}) == text_of({"health": {}}) == ""


def test_a_day_that_only_passes_changes_nothing_of_it() -> None:
    aged = [measure("last_interaction", 4.6, n, text=f"{n} days ago") for n in (30, 31)]
    texts = {text_of(account(one, as_of=f"2026-11-2{n}")) for n, one in enumerate(aged)}
    assert len(texts) == 1


def test_it_fits_the_shortest_field() -> None:
    long = [measure(f"own{n}", 10.0, title="A measure of our own, " * 5) for n in range(3)]
    found = text_of(account(*long))
    assert len(found) == 255
    assert found.endswith("…")
