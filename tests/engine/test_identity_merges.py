"""Merges and their undoing: ids survive as aliases, and what is taken apart is as it was."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from hub.errors import AlreadyThere, CorrectInput
from hub.identity import decisions, history, ruleset
from hub.reads import accounts, timeline
from hub.reads.paging import Asked
from tests.engine.people import World


@pytest.fixture
def world(stage) -> World:
    return World(stage)


def without_stamps(found: dict) -> dict:
    """Profile values say when their record was last modified, which a later write moves."""
    return {
        key: {**doc, "profile": {n: a["v"] for n, a in doc["profile"].items()}}
        for key, doc in found.items()
    }


@pytest.mark.parametrize("seed", range(1))
def test_taking_a_random_set_of_links_back_restores_ids_members_and_profiles(
    world: World, seed: int
) -> None:
    rng = random.Random(seed)
    places = [("crm", "1"), ("hs", "2"), ("desk", "3"), ("desk", "4"), ("desk", "5"), ("crm", "6")]
    for place in places:
        world.company(*place, domain=f"own{place[1]}.io", name=f"Name {place[1]}")
    before = world.accounts()
    back: list[Callable[[], object]] = []
    for _ in range(5):
        one, other = rng.sample(places, 2)
        back.append(_linked(world, rng, one, other))
    assert world.accounts() != before
    rng.shuffle(back)
    for undo in back:
        undo()
    for place in places:
        world.company(*place, domain=f"own{place[1]}.io", name=f"Name {place[1]}")
    assert without_stamps(world.accounts()) == without_stamps(before)


def _linked(
    world: World, rng: random.Random, one: tuple[str, str], other: tuple[str, str]
) -> Callable[[], object]:
    """Make a link of a random kind; returns what takes it back."""
    if rng.random() < 0.5:
        ends = [world.key(*one), world.key(*other)]
        try:
            said = decisions.same(world.hub, world.tenant_id, *ends, "u")
        except (AlreadyThere, CorrectInput):
            return lambda: None
        return lambda: decisions.undo(world.hub, world.tenant_id, said["_id"], "u")
    number = f"N{rng.randrange(100)}"
    for place in (one, other):
        world.company(*place, domain=f"own{place[1]}.io", name=f"Name {place[1]}", number=number)
    return lambda: world.company(*one, domain=f"own{one[1]}.io", name=f"Name {one[1]}")


def test_the_old_id_answers_with_the_account_that_lives_on(world: World) -> None:
    world.company("crm", "1", domain="acme.io")
    world.company("desk", "2", domain="acme.eu")
    first, second = world.account("crm", "1"), world.account("desk", "2")
    world.company("desk", "2", domain="acme.io")
    assert accounts.one(world.store, second)["id"] == first
    assert accounts.one(world.store, first)["aliases"] == [second]
    world.company("desk", "2", domain="acme.eu")
    assert accounts.one(world.store, second)["id"] == second
    assert accounts.one(world.store, first)["aliases"] == []


def test_a_vendor_s_merge_into_a_record_that_is_new_keeps_the_elder_id(world: World) -> None:
    """As HubSpot does: both losers go into a record with an id of its own."""
    world.company("hs", "1", domain="one.io")
    world.company("hs", "2", domain="two.io")
    elder, younger = world.account("hs", "1"), world.account("hs", "2")
    world.merge("hs", "1", into="9")
    world.merge("hs", "2", into="9")
    world.company("hs", "9", domain="one.io", more="two.io")
    assert {world.account("hs", one) for one in "129"} == {elder}
    assert world.find(younger)["merged_into"] == elder


def test_a_merge_known_before_its_survivor_is_held_when_that_comes(world: World) -> None:
    world.company("crm", "1", domain="one.io")
    world.merge("crm", "1", into="2")
    elder = world.account("crm", "1")
    world.company("crm", "2", domain="two.io")
    assert world.account("crm", "2") == world.account("crm", "1") == elder


def test_a_merge_and_a_split_are_kept_with_their_cause_and_told_on_both_sides(
    world: World,
) -> None:
    world.company("crm", "1", domain="acme.io")
    world.company("desk", "2", domain="acme.eu")
    a, b = world.account("crm", "1"), world.account("desk", "2")
    said = decisions.same(world.hub, world.tenant_id, a, b, "u")
    decisions.undo(world.hub, world.tenant_id, said["_id"], "u")
    latest, first = history.read(world.store, a, [])[:2]
    assert (first["kind"], first["moves"]) == (
        "merged",
        [{"record": world.key("desk", "2"), "from": b}],
    )
    assert (latest["kind"], latest["id"], latest["ids"]) == ("split", b, sorted([a, b]))
    assert first["decisions"] == latest["decisions"] == [said["_id"]]
    for subject in (a, b):
        told = [e["what"] for e in world.store.events.find({"account_id": subject})]
        assert {"account merged", "account split"} <= set(told)


def test_a_cross_reference_joins_whichever_comes_first(world: World) -> None:
    world.company("desk", "2", same_as="crm:company:7", domain="acme.eu")
    alone = world.account("desk", "2")
    world.company("crm", "7", domain="acme.io")
    assert world.account("crm", "7") == alone
    world.company("hs", "3", same_as="crm:company:7")
    assert world.account("hs", "3") == alone
    world.company("desk", "2", domain="acme.eu")
    assert world.account("desk", "2") != world.account("crm", "7")


def test_equal_tax_ids_of_one_country_join_and_of_two_do_not(world: World) -> None:
    world.company("crm", "1", tax="811569869", country="DE")
    world.company("desk", "2", tax="DE 811 569 869")
    world.company("hs", "3", tax="811569869", country="FR")
    assert world.account("desk", "2") == world.account("crm", "1")
    assert world.account("hs", "3") != world.account("crm", "1")


def test_what_older_rules_resolved_is_due_again_step_by_step(world: World) -> None:
    for number in range(1, 8):
        world.company("desk", str(number), domain=f"c{number}.io", name="Acme")
    assert ruleset.step(world.store) == 0
    world.store.records.update_many({"_id": world.key("desk", "3")}, {"$set": {"ruleset": "1"}})
    done = {"_id": f"{world.tenant_id}:ruleset"}
    while not world.store.tenant_state.find_one({**done, "done": {"$exists": True}}):
        ruleset.step(world.store)
    world.store.tenant_state.update(done, {"$set": {"done": "1", "target": "1"}})
    assert ruleset.step(world.store) == 1
    assert world.record("desk", "3")["due"] == 1
    world.settle()
    assert world.record("desk", "3")["ruleset"] == ruleset.RULESET


def test_a_dry_run_of_the_rules_finds_what_they_would_move(world: World) -> None:
    world.company("crm", "1", domain="acme.io")
    world.company("desk", "2", domain="acme.io")
    authoritative = {"crm": True}
    found = ruleset.diff(world.store, authoritative, world.hub.now())
    assert (found["looked_at"], found["complete"], found["moves"]) == (2, True, 0)
    stray = {"_id": world.key("desk", "2")}
    world.store.records.update(stray, {"$set": {"account_id": "acc_old"}})
    found = ruleset.diff(world.store, authoritative, world.hub.now())
    assert (found["moves"], found["examples"][0]["id"]) == (1, world.account("crm", "1"))
    assert world.record("desk", "2")["account_id"] == "acc_old"


def test_a_merge_is_on_the_timeline_once_although_both_sides_note_it(world: World) -> None:
    world.company("crm", "1", domain="acme.io")
    world.company("desk", "2", domain="acme.eu")
    whole = world.account("crm", "1")
    world.company("desk", "2", domain="acme.io")
    shown = timeline.read(world.store, whole, Asked(limit=50), ["event"]).items
    assert [entry["what"] for entry in shown if "account" in entry["what"]] == ["account merged"]
