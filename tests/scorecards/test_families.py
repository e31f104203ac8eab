"""Parents and children: weighted by revenue, with the worst child, whatever comes first."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from hub.bootstrap import Hub
from hub.store.client import Doc
from tests.scorecards.desk import Desk


def urgent(company: str, *numbers: int) -> list[dict[str, object]]:
    return [
        {
            "object": "ticket",
            "id": f"{company}-{n}",
            "company": company,
            "status": "open",
            "priority": "urgent",
            "opened": "2020-01-01T00:00:00Z",
        }
        for n in numbers
    ]


def mrr(amount: int) -> dict[str, object]:
    return {"mrr": amount, "currency": "EUR"}


def test_a_parent_is_the_mean_of_its_children_by_revenue_and_names_the_worst(desk: Desk) -> None:
    desk.company("top")
    desk.company("calm", parent="top", **mrr(300))
    desk.company("sick", parent="top", **mrr(100))
    desk.put(*urgent("sick", 1, 2, 3, 4))
    calm, sick = (desk.account(n)["health"]["health"] for n in ("calm", "sick"))
    family = desk.account("top")["family"]
    assert calm > sick
    assert family["mean"] == pytest.approx((calm * 300 + sick * 100) / 400)
    assert family["worst_child"]["name"] == "Company sick"
    assert (family["basis"], family["weights"], family["counted"]) == ("children", "mrr", 2)
    assert family["mrr"] == {"minor": 40_000, "currency": "EUR", "exponent": 2}
    assert desk.account("top")["sort"]["health"] == family["mean"]


def test_a_child_that_moves_moves_its_parent_and_nothing_else(desk: Desk) -> None:
    desk.company("top")
    desk.company("one", parent="top")
    aside = desk.company("aside")
    before = desk.account("top")["family"]["mean"]
    desk.put(*urgent("one", 1, 2, 3, 4))
    assert desk.account("top")["family"]["mean"] < before
    assert desk.account("aside")["version"] == aside["version"]


def test_a_parent_that_comes_after_its_children_finds_them(desk: Desk) -> None:
    desk.company("one", parent="late")
    assert "parent" not in desk.account("one")
    late = desk.company("late")
    assert desk.account("one")["parent"]["id"] == late["_id"]
    assert desk.account("late")["family"]["children"] == 1


def test_a_parent_that_is_left_forgets_its_child(desk: Desk) -> None:
    desk.company("top")
    desk.company("one", parent="top")
    desk.company("one", at=(desk.now + timedelta(seconds=2)).isoformat())
    assert "parent_id" not in desk.account("one")
    assert "family" not in desk.account("top")


def test_a_parent_with_seats_of_its_own_counts_itself(desk: Desk) -> None:
    desk.company("top", seats=5)
    child = desk.company("one", parent="top")
    top = desk.account("top")
    assert top["family"]["basis"] == "own"
    assert top["family"]["health"] == top["health"]["health"]
    assert top["family"]["mean"] == child["health"]["health"]


def test_who_left_or_is_on_trial_is_not_counted(desk: Desk) -> None:
    desk.company("top")
    desk.company("gone", parent="top", stage="gone")
    desk.company("new", parent="top", stage="trial")
    family = desk.account("top")["family"]
    assert (family["children"], family["counted"], family["mean"]) == (2, 0, None)
    assert family["left_out"] == [["left", 1], ["on trial", 1]]


def test_a_parent_of_nobody_who_counts_counts_itself(desk: Desk) -> None:
    desk.company("root")
    desk.company("mid", parent="root")
    desk.company("new", parent="mid", stage="trial")
    assert desk.account("mid")["family"]["health"] is None
    own = desk.account("mid")["health"]["health"]
    assert own is not None
    assert desk.account("root")["family"]["mean"] == own


def test_amounts_in_two_currencies_weigh_alike_until_there_are_rates(desk: Desk) -> None:
    desk.company("top")
    desk.company("one", parent="top", **mrr(300))
    desk.company("two", parent="top", mrr=100, currency="USD")
    family = desk.account("top")["family"]
    assert (family["weights"], family["mrr"]) == ("equal", None)


@pytest.mark.parametrize("size", [2, 3, 12])
def test_accounts_in_a_circle_come_to_rest(desk: Desk, size: int) -> None:
    names = [f"c{n}" for n in range(size)]
    desk.put(
        *(
            {"object": "company", "id": name, "name": name, "parent": names[(n + 1) % size]}
            for n, name in enumerate(names)
        )
    )
    desk.put(*urgent("c0", 1))
    assert desk.store.accounts.count({"score_due": True}) == 0
    for name in names:
        account: Doc = desk.account(name)
        assert account["parent_id"]
        assert account["family"]["counted"] == 0
    desk.company("c0", at=(desk.now + timedelta(seconds=2)).isoformat())
    if size <= 10:
        assert desk.account("c0")["family"]["counted"] == 1


def test_a_grandparent_counts_the_family_of_its_child(desk: Desk) -> None:
    desk.company("root")
    desk.company("mid", parent="root")
    leaf = desk.company("leaf", parent="mid", **mrr(50))
    root = desk.account("root")["family"]
    assert root["mean"] == leaf["health"]["health"]
    assert root["mrr"]["minor"] == 5_000


TREE = {"a": None, "b": "a", "c": "a", "d": "b", "e": "b", "f": "g", "g": "f", "h": "f"}
"""f and g are each other's parent; h hangs below the circle."""


def told(desk: Desk) -> dict[str, object]:
    """What each account's family says, without ids."""
    found = {}
    for name in TREE:
        family = desk.account(name).get("family") or {}
        worst = family.get("worst_child") or {}
        kept = ("health", "mean", "children", "counted", "weights", "mrr", "circle")
        found[name] = [family.get(key) for key in kept] + [worst.get("name"), worst.get("health")]
    return found


@pytest.mark.parametrize("seed", range(2))
def test_families_do_not_depend_on_what_comes_first(hub: Hub, seed: int) -> None:
    rng = random.Random(seed)
    bodies = [
        {"object": "company", "id": name, "name": name, "parent": parent, **mrr(10 + n)}
        for n, (name, parent) in enumerate(TREE.items())
    ]
    bodies += [body for name in "deh" for body in urgent(name, *range(rng.randrange(4)))]
    at_once, dealt = Desk(hub), Desk(hub)
    at_once.put(*bodies)
    rng.shuffle(bodies)
    while bodies:
        size = rng.randrange(1, 4)
        dealt.put(*bodies[:size])
        bodies = bodies[size:]
    assert told(dealt) == told(at_once)
    assert dealt.store.accounts.count({"score_due": True}) == 0
