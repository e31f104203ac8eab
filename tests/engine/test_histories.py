"""Order-free and twice is once: any dealing of a history ends as one clean full sync does."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Sequence
from functools import partial
from time import monotonic

import pytest

from hub.engine.record import record
from hub.engine.settle import Settler
from hub.engine.supply import Supply
from hub.health.context import SourceFreshness
from hub.store.tenant import TenantStore
from tests.engine.tinyworld import AUTHORITATIVE, NOW, Happening, TinyWorld, bodies, dealt, sources
from tests.stage import picture, unlike

HISTORIES = int(os.environ.get("HUB_TEST_HISTORIES", "5"))
FIRST = int(os.environ.get("HUB_TEST_FIRST", "0"))
BLOCKS = min(HISTORIES, 10)
FRESH = SourceFreshness(connected=True, fresh_at=NOW, stale_after_s=86_400, source="desk")


def fresh_store(hub) -> TenantStore:
    return hub.store(hub.catalogue.control.add_tenant("History", NOW)["_id"])


def settler(store: TenantStore) -> Settler:
    feeds = {f"desk_{store.tenant_id}": {"ticket": FRESH}, f"crm_{store.tenant_id}": {}}
    supply = Supply(feeds, {"crm": "crm", "desk": "support"})
    return Settler(store, lambda _: supply, AUTHORITATIVE, lambda: NOW)


def settle(store: TenantStore) -> None:
    while not settler(store).run(monotonic() + 60):
        pass


def take(store: TenantStore, batch: Sequence[Happening]) -> None:
    here = sources(store.tenant_id)
    for system, items in bodies(batch, here).items():
        if items:
            store.transact(partial(record, source=here[system], batch=items, now=NOW))


def clean_sync(hub, world: TinyWorld) -> dict:
    store = fresh_store(hub)
    take(store, world.final())
    settle(store)
    return picture(store)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_any_order_duplication_and_batching_ends_as_one_clean_full_sync(hub, block: int) -> None:
    first, last = (FIRST + place * HISTORIES // BLOCKS for place in (block, block + 1))
    for seed in range(first, last):
        rng = random.Random(seed)
        world = TinyWorld(seed)
        store = fresh_store(hub)
        for batch in dealt(world, rng):
            take(store, batch)
            if rng.random() < 0.3:
                settle(store)
        settle(store)
        assert list(unlike(picture(store), clean_sync(hub, world))) == [], f"seed {seed}"


@pytest.mark.parametrize("seed", range(1))
def test_four_workers_at_once_end_as_one_clean_full_sync(hub, seed: int) -> None:
    world = TinyWorld(1000 + seed, steps=80)
    batches = dealt(world, random.Random(seed))
    store = fresh_store(hub)

    def work(share: list[list[Happening]]) -> None:
        mine = hub.store(store.tenant_id)
        for batch in share:
            take(mine, batch)
            settler(mine).run(monotonic() + 60)

    threads = [threading.Thread(target=work, args=(batches[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    settle(store)
    assert picture(store) == clean_sync(hub, world)


def test_a_second_run_of_everything_changes_nothing(hub) -> None:
    world = TinyWorld(5)
    store = fresh_store(hub)
    take(store, world.history)
    settle(store)
    before = {d["_id"]: d for d in store.accounts.find({})}
    take(store, world.history)
    settle(store)
    assert {d["_id"]: d for d in store.accounts.find({})} == before


def test_a_restart_between_record_and_settle_is_due_again(hub) -> None:
    """Recorded is not yet applied: what was not settled stays marked, by index."""
    world = TinyWorld(6)
    store = fresh_store(hub)
    take(store, world.history)
    again = hub.store(store.tenant_id)
    assert again.records.count({"due": {"$gte": 1}}) > 0
    settle(again)
    assert picture(again) == clean_sync(hub, world)
