"""Whatever the history, the hub's customers are those that the rules' words give on all records."""

from __future__ import annotations

import os
import random
from collections import defaultdict
from typing import Any

import pytest

from hub.errors import AlreadyThere, CorrectInput
from hub.identity import decisions
from tests.engine.identity_oracle import Row, Said, customers
from tests.engine.people import AUTHORITATIVE, World
from tests.stage import Stage

HISTORIES = int(os.environ.get("HUB_TEST_IDENTITIES", "2"))
FIRST = int(os.environ.get("HUB_TEST_FIRST", "0"))
STEPS = 20
DOMAINS = ("alpha.io", "beta.de", "gamma.co.uk", "delta.fr", "epsilon.se", "gmail.com")
TAXES = ("811569869", "129273398", None, None)


class Life:
    """A random life of a tenant's accounts and decisions, and what is so of each record."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.rng = random.Random(seed)
        self.rows: dict[tuple[str, str], Row] = {}

    def step(self) -> None:
        acts = [self.write, self.delete, self.merge, self._decide, self._undo]
        self.rng.choices(acts, [12, 2, 2, 5, 2])[0]()

    def write(self) -> None:
        rng = self.rng
        system, native_id = rng.choice([*AUTHORITATIVE]), str(rng.randrange(1, 7))
        row = self.rows.get((system, native_id))
        if row is not None and row.into:
            return
        other, number = rng.choice([*AUTHORITATIVE]), rng.choice(["N1", "N2", None, None, None])
        domains = rng.sample(DOMAINS, rng.choices([0, 1, 2], [2, 6, 1])[0])
        tax, country = rng.choice(TAXES), rng.choice(["DE", "FR"])
        same_as = f"{other}:company:{rng.randrange(1, 7)}" if rng.random() < 0.1 else None
        body = {"number": number, "tax": tax, "country": country, "same_as": same_as}
        self.world.company(system, native_id, domains=domains, name=rng.choice("xyz"), **body)
        self.rows[system, native_id] = Row(
            self.world.key(system, native_id),
            system,
            AUTHORITATIVE[system],
            number=number,
            tax=f"{country}:{tax}" if tax else None,
            domains=frozenset(domains) - {"gmail.com"},
            same_as=same_as,
            ref=f"{system}:company:{native_id}",
        )

    def _pick(self) -> tuple[str, str] | None:
        living = sorted(key for key, row in self.rows.items() if row.live)
        return self.rng.choice(living) if living else None

    def delete(self) -> None:
        if picked := self._pick():
            self.world.delete(*picked)
            self.rows[picked].live = False

    def merge(self) -> None:
        loser, winner = self._pick(), self._pick()
        if loser and winner and loser[0] == winner[0] and loser != winner:
            self.world.merge(loser[0], loser[1], into=winner[1])
            self.rows[loser].live, self.rows[loser].into = False, self.rows[winner].key

    def _decide(self) -> None:
        self.world.settle()
        world, rng = self.world, self.rng
        one, other = self._pick(), self._pick()
        if not one or not other:
            return
        ends = [rng.choice([world.key(*end), world.account(*end)]) for end in (one, other)]
        try:
            if rng.random() < 0.3:
                domain = rng.choice(DOMAINS[:-1])
                decisions.give_domain(world.hub, world.tenant_id, domain, ends[0], "u")
            elif rng.random() < 0.5:
                decisions.same(world.hub, world.tenant_id, *ends, "u")
            elif one != other:
                self._part(ends)
        except (AlreadyThere, CorrectInput):
            return

    def _part(self, ends: list[str]) -> None:
        world = self.world
        members = world.find(ends[0])["members"] if ends[0].startswith("acc_") else []
        if len(members) > 1:
            some = [self.rng.choice(members)["key"]]
            decisions.split(world.hub, world.tenant_id, ends[0], some, "u")
        else:
            decisions.not_same(world.hub, world.tenant_id, *ends, "u")

    def _undo(self) -> None:
        held = list(self.world.store.decisions.find({"undone_at": None}).sort("_id", 1))
        if held:
            taken = self.rng.choice(held)["_id"]
            decisions.undo(self.world.hub, self.world.tenant_id, taken, "u")

    def said(self) -> list[Said]:
        return [
            Said(d["_id"], d["kind"], d["left"], d["right"], d["domain"] or "", d["owner"] or "")
            for d in self.world.store.decisions.find({"undone_at": None})
        ]


def living(world: World) -> set[frozenset[str]]:
    """The hub's own partition, from the records."""
    found: dict[str, set[str]] = defaultdict(set)
    for doc in world.store.records.find({"entity": "account", "life.deleted": False}):
        found[doc["account_id"]].add(doc["_id"])
    return {frozenset(keys) for keys in found.values()}


@pytest.mark.parametrize("seed", range(FIRST, FIRST + HISTORIES))
def test_after_any_history_with_decisions_the_customers_are_the_oracle_s(stage, seed: int) -> None:
    world = World(stage)
    life = Life(world, seed)
    for number in range(STEPS):
        world.is_idle = life.rng.random() < 0.5
        life.step()
        if not world.is_idle or number == STEPS - 1:
            world.settle()
            rows, said = list(life.rows.values()), life.said()
            assert living(world) == customers(rows, said), f"seed {seed}, step {number}"


@pytest.mark.parametrize("seed", range(FIRST, FIRST + max(HISTORIES // 3, 1)))
def test_any_order_with_repeats_and_with_decisions_at_any_time_ends_the_same(
    hub, seed: int
) -> None:
    world, rng = World(Stage(hub)), random.Random(seed)
    life = Life(world, seed)
    world.is_idle = True
    for _ in range(25):
        rng.choice([life.write, life.write, life.merge, life.delete])()
    world.settle()
    made = decided(world, rng)
    again = World(Stage(hub))
    cards = [*world.told, *rng.choices(world.told, k=10)]
    rng.shuffle(cards)
    for card in cards:
        again.is_idle = rng.random() < 0.7
        again.take(card)
        made = [one for one in made if not repeated(again, one, rng)]
    again.settle()
    assert [one for one in made if not repeated(again, one, rng)] == []
    assert picture(again) == picture(world)


Decided = tuple[str, tuple[str, str]]
"""What was decided, and the two ends as "system:native id", or a domain and its owner."""


def decided(world: World, rng: random.Random) -> list[Decided]:
    """Make some decisions; those that no earlier one contradicts, in the order made."""
    ends = sorted({f"{h.system}:{h.native_id}" for h in world.told if h.body is not None})
    made: list[Decided] = []
    for kind in ("same", "not_same", "domain", "same", "not_same"):
        one, other = rng.sample(ends, 2)
        asked = (kind, (rng.choice(DOMAINS[:-1]) if kind == "domain" else one, other))
        try:
            decide(world, asked)
        except AlreadyThere:
            continue
        made.append(asked)
    return made


def decide(world: World, asked: Decided) -> str:
    kind, (one, other) = asked
    keys = [world.key(*end.split(":")) for end in (one, other) if ":" in end]
    if kind == "domain":
        given = decisions.give_domain(world.hub, world.tenant_id, one, keys[0], "u")
    else:
        say = decisions.same if kind == "same" else decisions.not_same
        given = say(world.hub, world.tenant_id, *keys, "u")
    return str(given["_id"])


def repeated(world: World, asked: Decided, rng: random.Random) -> bool:
    """Decide the same elsewhere, now and then with a change of mind, once its ends are known."""
    keys = [world.key(*end.split(":")) for end in asked[1] if ":" in end]
    if world.store.records.count({"_id": {"$in": keys}, "account_id": {"$ne": None}}) < len(keys):
        return False
    if rng.random() < 0.5:
        taken = decide(world, asked)
        decisions.undo(world.hub, world.tenant_id, taken, "u")
    decide(world, asked)
    return True


def picture(world: World) -> dict[tuple[str, ...], dict[str, Any]]:
    """Every customer by its living records without the tenant's own ids, and its profile."""
    return {
        tuple(sorted(m["key"].replace(f"_{world.tenant_id}", "") for m in living)): doc["flat"]
        for doc in world.store.accounts.find({"merged_into": None})
        if (living := [m for m in doc["members"] if not m["deleted"]])
    }
