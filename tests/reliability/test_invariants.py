"""Promises of the engine that need a vendor, a store and a clock, but no process of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from hub import connections
from hub.bootstrap import Hub
from hub.embedded import Services
from hub.engine import apply
from hub.errors import LeaseLost, TryAgainSoon
from hub.sandbox import Sandbox, Vendor
from hub.store import inbox, leases
from hub.store.client import Doc
from hub.store.errors import StoreLost
from hub.store.intake import Arrival
from tests.stage import Stage, build_hub, serving
from webhooks.committer import Committer


@pytest.fixture(scope="module")
def hub(services: Services) -> Iterator[Hub]:
    made = build_hub(services)
    with serving(made):
        yield made
    made.close()


@pytest.fixture
def stage(hub: Hub, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Beside Jira in small, unless a test asks for other vendors or more customers."""
    wanted = {"vendors": ["jira"], "accounts": 6} | getattr(request, "param", {})
    with Sandbox(wanted["vendors"], seed=7, accounts=wanted["accounts"]) as sandbox:
        yield Stage(hub, sandbox)


@pytest.fixture
def site(stage: Stage) -> Vendor:
    assert stage.sandbox is not None
    return stage.sandbox["jira"]


def listening(stage: Stage, vendor: str) -> Doc:
    connection = stage.connect(vendor)
    stage.sync(connection)
    stage.listen(connection)
    return connection


def edited(vendor: Vendor, times: int = 1) -> None:
    """So many edits, each told and answered."""
    vendor.burst(times, wait=20)


def states(stage: Stage, connection: Doc) -> dict[str, int]:
    books = inbox.ledger(stage.store, connection["_id"])["deliveries"]
    return {name: n for name, n in books.items() if n}


def test_a_worker_whose_lease_was_taken_over_writes_nothing(stage: Stage, site: Vendor) -> None:
    connection = listening(stage, "jira")
    edited(site)
    name = f"drain:{connection['_id']}"
    slow = leases.acquire(stage.store, name, 0)
    quick = leases.acquire(stage.store, name, 60)
    assert slow
    assert quick
    assert quick.token == slow.token + 1
    before = {d["_id"]: d["rev"] for d in stage.store.records.find({})}
    with pytest.raises(LeaseLost):
        apply._drain(stage.hub, stage.store, connection, slow)
    assert {d["_id"]: d["rev"] for d in stage.store.records.find({})} == before
    assert states(stage, connection) == {"received": 1, "pending": 1}
    apply._drain(stage.hub, stage.store, connection, quick)
    assert states(stage, connection) == {"received": 1, "done": 1}


def test_one_delivery_that_cannot_be_read_does_not_stop_the_others(
    stage: Stage, site: Vendor
) -> None:
    connection = listening(stage, "jira")
    edited(site, 3)
    first = next(stage.store.inbox.find({}).sort("received_at", 1))
    stage.store.inbox.update({"_id": first["_id"]}, {"$set": {"body": b"no json"}})
    stage.drain(connection)
    assert states(stage, connection) == {"received": 3, "done": 2, "failed": 1}
    failed = stage.store.inbox.find_one({"state": "failed"})
    assert failed is not None
    assert "cannot be parsed" in failed["error"]
    stage.store.inbox.update({"_id": first["_id"]}, {"$set": {"body": first["body"]}})
    assert inbox.replay_failed(stage.store, connection["_id"], stage.hub.now()) == 1
    stage.drain(connection)
    assert states(stage, connection) == {"received": 3, "done": 3}


@pytest.mark.parametrize("stage", [{"vendors": ["jira", "freshdesk"]}], indirect=True, ids=[""])
def test_a_vendor_that_limits_us_is_left_alone_and_no_other(stage: Stage, site: Vendor) -> None:
    assert stage.sandbox is not None
    desk = stage.sandbox["freshdesk"]
    limited, other = listening(stage, "jira"), listening(stage, "freshdesk")
    site.faults.add("limit", retry_after=60)
    edited(site)
    edited(desk)
    stage.drain(limited)
    stage.drain(other)
    assert states(stage, limited)["pending"] == 1
    assert states(stage, other)["done"] == 1
    waiting = stage.store.inbox.find_one({"connection_id": limited["_id"]})
    assert waiting is not None
    assert waiting["due_at"] > stage.hub.now() + timedelta(seconds=50)
    refused = dict(site.faults.fired)
    assert refused["limit"] > 0
    assert apply.sync(stage.hub, stage.tenant_id, limited["_id"], "issues")
    assert site.faults.fired == refused


def test_what_comes_for_a_paused_connection_is_kept_and_drains_when_it_is_resumed(
    stage: Stage, site: Vendor
) -> None:
    connection = listening(stage, "jira")
    connections.pause(stage.hub, stage.tenant_id, connection["_id"])
    edited(site, 2)
    stage.drain(connection)
    assert states(stage, connection) == {"received": 2, "pending": 2, "held": 2}
    connections.resume(stage.hub, stage.tenant_id, connection["_id"])
    stage.drain(connection)
    assert states(stage, connection) == {"received": 2, "done": 2}


def vanished(site: Vendor, stage: Stage, connection: Doc, count: int) -> int:
    """Let issues vanish without a word; returns how many still live with us after two listings.

    They have been listed twice before, so that only their absence can be evidence.
    """
    stage.sync(connection, ["issues"], full=True)
    stored = stage.store.records.find({"object": "issue", "life.deleted": False})
    gone = [doc["native_id"] for doc in stored][:count]
    for id in gone:
        site.table("issues").delete(id, quiet=True)
    stage.sync(connection, ["issues"], full=True)
    alive = {"native_id": {"$in": gone}, "object": "issue", "life.deleted": False}
    assert stage.store.records.count(alive) == count
    stage.sync(connection, ["issues"], full=True)
    return stage.store.records.count(alive)


def test_absence_counts_from_the_second_complete_listing(stage: Stage, site: Vendor) -> None:
    connection = stage.connect("jira")
    stage.sync(connection)
    assert vanished(site, stage, connection, 2) == 0


@pytest.mark.parametrize("stage", [{"accounts": 12}], indirect=True, ids=[""])
def test_many_absences_at_once_stop_and_ask(stage: Stage, site: Vendor) -> None:
    connection = stage.connect("jira")
    stage.sync(connection)
    assert vanished(site, stage, connection, 11) == 11
    stream = stage.store.streams.find_one({"stream": "issues"})
    assert stream is not None
    assert stream["missing"]["count"] == 11


def test_a_repeat_of_everything_that_was_acknowledged_changes_nothing(
    stage: Stage, site: Vendor
) -> None:
    connection = listening(stage, "jira")
    edited(site, 20)
    stage.drain(connection)
    before = revisions(stage)
    site.storm(2)
    assert site.settle(20)
    stage.drain(connection)
    assert revisions(stage) == before
    assert states(stage, connection) == {"received": 60, "done": 20, "duplicate": 40}


def test_work_that_is_done_again_changes_nothing(stage: Stage, site: Vendor) -> None:
    """Every delivery is replayed, every stream listed anew."""
    connection = listening(stage, "jira")
    edited(site, 20)
    stage.drain(connection)
    before = revisions(stage)
    ids = [row["_id"] for row in stage.store.inbox.find({})]
    assert inbox.replay(stage.store, ids, stage.hub.now()) == 20
    stage.drain(connection)
    stage.sync(connection, full=True)
    assert revisions(stage) == before
    books = inbox.ledger(stage.store, connection["_id"])
    assert {fate: n for fate, n in books["changes"].items() if n} == {"duplicate": 20}


def revisions(stage: Stage) -> dict[str, int]:
    return {doc["_id"]: doc["rev"] for doc in stage.store.records.find({})}


def test_a_write_that_fails_is_told_to_everyone_who_waits_for_it() -> None:
    def write(arrivals: Sequence[Arrival]) -> None:
        raise StoreLost("the store went away")

    committer = Committer(write)
    row = Arrival("ten_1", {"_id": "1"}, holds=True)
    for _ in range(2):
        with pytest.raises(TryAgainSoon):
            committer.commit([row], 10)
