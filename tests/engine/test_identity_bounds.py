"""Work follows what a change touches, and never the tenant: counted by MongoDB itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.identity import decisions
from tests.engine.people import World
from tests.stage import Stage

SMALL, LARGE = 70, 280


def scanned(world: World, act: Callable[[], object]) -> int:
    """Documents and index entries that the server looks at while something is done."""
    before = _looked_at(world)
    act()
    return _looked_at(world) - before


def _looked_at(world: World) -> int:
    admin = world.store.database.client["admin"]
    found = admin.command("serverStatus")["metrics"]["queryExecutor"]
    return int(found["scanned"]) + int(found["scannedObjects"])


def peopled(stage, size: int) -> World:
    """Companies that all share a name and a domain, and each a domain with its twin elsewhere."""
    world = World(stage)
    world.is_idle = True
    for number in range(size):
        for system in ("crm", "desk"):
            own = f"{number}.io"
            world.company(system, str(number), name="Agency", domain="shared.io", more=own)
    world.settle()
    world.is_idle = False
    return world


def changes(world: World) -> list[Callable[[], object]]:
    """An edit, a claim that goes and comes, a merge, a decision and its undoing."""
    hub, tenant = world.hub, world.tenant_id

    def decide() -> None:
        a, b = world.key("desk", "5"), world.key("crm", "6")
        said = decisions.same(hub, tenant, a, b, "u")
        decisions.undo(hub, tenant, said["_id"], "u")

    return [
        lambda: world.company("desk", "1", name="Agency", domain="shared.io", more="1.io"),
        lambda: world.company("desk", "1", name="Agency", domain="2.io"),
        lambda: world.company("desk", "1", name="Agency", domain="shared.io", more="1.io"),
        lambda: world.merge("crm", "3", into="4"),
        decide,
    ]


def test_a_change_looks_at_no_more_in_a_tenant_four_times_as_large(hub) -> None:
    small, large = (peopled(Stage(hub), size) for size in (SMALL, LARGE))
    for act, same_act in zip(changes(small), changes(large), strict=True):
        few, many = scanned(small, act), scanned(large, same_act)
        assert many <= few * 1.1 + 50, (few, many)


def test_what_a_crowd_shares_links_nothing_and_says_so(stage) -> None:
    world = peopled(stage, 60)
    edges = world.find(world.account("crm", "7"))["edges"]
    assert world.account("crm", "7") == world.account("desk", "7")
    said = {e["reason"] for e in edges if e["value"] == "shared.io"}
    assert said == {"more than 50 live records share it"}
    assert world.store.reviews.count({"kind": "candidate", "state": "open"}) == 0


@pytest.mark.parametrize("system", ["crm", "desk"])
def test_a_claim_links_again_when_the_crowd_has_gone(stage, system: str) -> None:
    world = World(stage)
    world.is_idle = True
    for number in range(1, 53):
        world.company("desk", str(number), number="N-1")
    world.settle()
    assert world.account("desk", "1") != world.account("desk", "2")
    for number in range(1, 51):
        world.company("desk", str(number), number=None)
    if system == "crm":
        world.company("crm", "1", number="N-1")
    world.settle()
    assert world.account("desk", "51") == world.account("desk", "52")
    if system == "crm":
        assert world.account("crm", "1") == world.account("desk", "51")
