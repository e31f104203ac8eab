"""Real processes are killed, frozen and emptied; nothing is lost or doubled, and work resumes."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from time import monotonic

import pytest
import requests

from hub.child import Child, is_alive, stands, wait_until
from hub.prove import books, trouble
from hub.prove.ground import Ground, Tenant
from hub.prove.refreshes import Crowd
from tests.usage.sending import Sender, track

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]
DRAINING = ["mid-batch@2", "recorded@2", "settled-batch"]


def assert_nothing_lost_or_doubled(ground: Ground, tenant: Tenant) -> None:
    ground.await_calm(tenant)
    assert books.lost(tenant, ground.vendor) == []
    assert books.unbalanced(tenant, ground.vendor) == []
    assert books.unlike_vendor(tenant, ground.vendor) == []
    assert ground.unlike_clean_sync(tenant) == []


def killed_itself(worker: Child, meanwhile: Callable[[], object] = lambda: None) -> bool:
    """Whether it did; `meanwhile` is done again and again until then."""
    return wait_until(lambda: not worker.running or meanwhile(), 40, 0.5)


@pytest.fixture
def no_worker(ground: Ground) -> Iterator[None]:
    """The hub's own worker is down until the test ends or starts it."""
    ground.stack.take_down("worker-1")
    yield
    if not ground.stack.pids("worker-1"):
        ground.stack.restart("worker-1")


@pytest.fixture
def newcomer(ground: Ground, no_worker: None) -> Iterator[Tenant]:
    """Connected, with nobody there to sync it; what it hears ends with the test."""
    made = ground.connecting()
    yield made
    ground.deafen(made)


@pytest.mark.timeout(480)
def test_everything_killed_at_each_point_and_then_hurt_in_turn(
    ground: Ground, newcomer: Tenant
) -> None:
    """One tenant's story: each takes up what the one before it left, and dies elsewhere."""
    die_while_syncing(ground, newcomer)
    with ground.another_worker(HUB_CRASH_AT=DRAINING[0]) as worker:
        newcomer.await_calm()
        assert books.unlike_vendor(newcomer, ground.vendor) == []
        assert ground.unlike_clean_sync(newcomer) == []
        for name, vendor in ground.sandbox.vendors.items():
            newcomer.listen(name, vendor)
        ground.send(20)
        die_while_draining(ground, worker, DRAINING[0])
    for point in DRAINING[1:]:
        with ground.another_worker(HUB_CRASH_AT=point) as worker:
            die_while_draining(ground, worker, point)
    ground.stack.restart("worker-1")
    assert_nothing_lost_or_doubled(ground, newcomer)
    kill_the_web_before_the_doorbell(ground, newcomer)
    hurt_everything(ground)
    assert_nothing_lost_or_doubled(ground, newcomer)


def die_while_syncing(ground: Ground, tenant: Tenant) -> None:
    """Between a page and the next; after the last stream's end, which every score waits for."""
    with ground.another_worker(HUB_CRASH_AT="page-applied@2") as worker:
        assert killed_itself(worker)
    streams = [ground.hub.plugins.connector(name).streams for name in ground.sandbox.vendors]
    left = sum(map(len, streams)) - tenant.store.runs.count({"state": "done"})
    assert left > 1
    with ground.another_worker(HUB_CRASH_AT=f"run-closed@{left}") as worker:
        assert killed_itself(worker)
    assert tenant.store.runs.count({"state": "done"}) == sum(map(len, streams))


def die_while_draining(ground: Ground, worker: Child, point: str) -> None:
    assert killed_itself(worker, lambda: ground.send(2)), point
    assert worker.exit_code == -signal.SIGKILL, point


def kill_the_web_before_the_doorbell(ground: Ground, tenant: Tenant) -> None:
    """Its own master starts it again, so it dies each time; what it stored is still found."""
    done = tenant.store.inbox.count({"state": "done"})
    ground.stack.restart("web", once={"HUB_CRASH_AT": "inserted"})
    assert wait_until(ground.stack.is_ready, 30)
    before = ground.stack.pids("web")
    ground.send(2)
    assert wait_until(lambda: any(not is_alive(pid) for pid in before), 30)
    assert wait_until(lambda: tenant.store.inbox.count({"state": "done"}) > done, 30)


def hurt_everything(ground: Ground) -> None:
    """The web is killed altogether, and all others after it, while vendors send."""
    names = ["worker-1", "scheduler", "redis", "mongod"]
    others = trouble.schedule(seed=6, kills=4, names=names, every_s=0.5)
    blows = [trouble.Blow(0.0, "kill", "web"), *others]
    assert {blow.deed for blow in blows} >= {"kill", "freeze"}
    late = monotonic() + 200
    with ground.sending(100), trouble.going_wrong(ground.stack, blows) as struck:
        while len(struck) < len(blows) and monotonic() < late:
            ground.send(5)
            wait_until(lambda: len(struck) == len(blows), 0.5)
    assert struck == blows


@pytest.mark.long
def test_the_web_killed_after_storing_events_doubles_none_when_they_are_sent_again(
    ground: Ground,
) -> None:
    """It dies between the write and the answer, so the sender knows nothing and sends again."""
    sender = Sender(ground.hub, ground.stack.url)
    batch = {"batch": [track(messageId=str(n)) for n in range(20)]}
    ground.stack.restart("web", once={"HUB_CRASH_AT": "events-inserted"})
    assert wait_until(ground.stack.is_ready, 30)
    with pytest.raises(requests.ConnectionError):
        sender.post("/v1/batch", batch)
    assert len(sender.rows()) == 20
    ground.stack.restart("web")
    assert wait_until(ground.stack.is_ready, 30)
    assert sender.post("/v1/batch", batch).json() == {"success": True}
    assert len(sender.rows()) == 20
    assert sender.book()["duplicate"] == 20


@pytest.mark.long
def test_a_frozen_worker_cannot_write_what_another_has_taken_over(
    ground: Ground, tenant: Tenant
) -> None:
    """It stands still between reading and writing; meanwhile its lease ends and the world moves."""
    ground.stack.restart("worker-1", once={"HUB_FREEZE_AT": "mid-batch"})
    frozen = ground.stack.pids("worker-1")
    with ground.sending(30):
        lease = {"_id": f"{tenant.tenant_id}:drain:{tenant.connections['jira']['_id']}"}
        held = {**lease, "expires_at": {"$ne": None}}
        assert wait_until(lambda: tenant.store.leases.find_one(held), 20)
        assert wait_until(lambda: any(map(stands, frozen)), 20)
    ground.vendor.stir_many(30)
    assert ground.vendor.settle(20)
    tenant.store.leases.update(lease, {"$set": {"expires_at": None}})
    with ground.another_worker():
        tenant.await_calm()
        ground.stack.thaw("worker-1")
        said = ground.stack.log("worker-1")
        assert wait_until(lambda: "lease_lost" in said.read_text(), 20)
    assert_nothing_lost_or_doubled(ground, tenant)


@pytest.mark.long
def test_redis_emptied_while_work_waits(ground: Ground, tenant: Tenant) -> None:
    """The bells are gone; the sweep finds the work where it is kept."""
    ground.stack.freeze("worker-1")
    with ground.sending(200):
        assert wait_until(lambda: tenant.store.inbox.count({"state": "pending"}) >= 100, 30)
    assert trouble.empty(ground.stack)
    ground.stack.thaw("worker-1")
    assert_nothing_lost_or_doubled(ground, tenant)


@pytest.mark.long
def test_a_stop_under_load_is_quick_leaves_nothing_and_loses_nothing(
    ground: Ground, tenant: Tenant
) -> None:
    pids = [pid for name in ground.stack.names() for pid in ground.stack.pids(name)]
    with ground.sending(500):
        assert wait_until(lambda: tenant.store.inbox.count({"state": "done"}) > 0, 30)
        assert ground.stop() < 8
        assert [pid for pid in pids if is_alive(pid)] == []
        ground.start()
    assert_nothing_lost_or_doubled(ground, ground.met_again(tenant))


@pytest.mark.long
def test_a_token_that_three_processes_want_at_once_is_renewed_once(ground: Ground) -> None:
    """A small case of the proof `refreshes`: what is lost here would need a person to reconnect."""
    with ground.another_worker():
        crowd = Crowd(ground)
        rounds = 0
        while rounds < 10 or (not crowd.shared() and rounds < 30):
            assert crowd.play() == []
            rounds += 1
    granting = crowd.granting
    assert (granting.renewals, granting.refusals, granting.reused) == (rounds, 0, 0)
    assert crowd.shared() >= 1, "they have to meet for this to prove anything"
