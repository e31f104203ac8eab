"""What goes wrong at vendors, in bodies and between workers stays where it belongs."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from hub import connections, jobs, syncing
from hub.api import Page, hookimpl
from hub.engine import apply
from hub.queue import JobTimeout
from hub.store import leases
from tests.engine.toy import Toy
from tests.stage import Stage


def test_a_worker_that_lost_its_sync_leaves_the_run_to_the_other(stage: Stage, toy: Toy) -> None:
    """While the vendor answers slowly, another worker takes the stream over."""
    connection = toy.connect(stage.tenant_id)
    name = f"{stage.tenant_id}:sync:{connection['_id']}:companies"

    def slow(object: str, cursor: object) -> Iterator[Page]:
        stage.store.leases.update({"_id": name}, {"$inc": {"token": 1}})
        yield Page([{"id": "1", "name": "One"}], "a")

    toy.pages = slow
    assert apply.sync(stage.hub, stage.tenant_id, connection["_id"], "companies")
    assert stage.run_of(connection, "companies")["state"] == "running"
    stream = stage.store.streams.find_one({"stream": "companies"})
    assert stream["failures"] == 0
    assert stage.store.records.count({}) == 0


def test_a_vendor_that_answers_nonsense_is_noted_and_left_alone_for_a_while(
    stage: Stage, toy: Toy
) -> None:
    connection = toy.connect(stage.tenant_id)

    def nonsense(object: str, cursor: object) -> Iterator[Page]:
        raise KeyError("results")

    toy.pages = nonsense
    assert apply.sync(stage.hub, stage.tenant_id, connection["_id"], "companies")
    stream = stage.store.streams.find_one({"stream": "companies"})
    assert "KeyError" in stream["error"]["sentence"]
    assert stream["next_sync_at"] > stage.hub.now() + timedelta(seconds=200)


def test_empty_pages_that_go_nowhere_are_a_loop(stage: Stage, toy: Toy) -> None:
    connection = toy.connect(stage.tenant_id)

    def circle(object: str, cursor: object) -> Iterator[Page]:
        for _ in range(1000):
            yield Page([], "same")
        raise AssertionError("it went on for ever")

    toy.pages = circle
    assert apply.sync(stage.hub, stage.tenant_id, connection["_id"], "companies")
    stream = stage.store.streams.find_one({"stream": "companies"})
    assert stream["error"]["reason"] == "cursor_loop"


def test_a_bell_rung_while_another_worker_drains_is_not_lost(stage: Stage, toy: Toy) -> None:
    """The bell must be free again, or the worker that drains cannot ring for what came late."""
    connection = toy.connect(stage.tenant_id)
    other = leases.acquire(stage.store, f"drain:{connection['_id']}", 60)
    assert other is not None
    jobs.use(stage.hub)
    stage.hub.bell.ring_drain(stage.tenant_id, connection["_id"])
    jobs.drain(stage.tenant_id, connection["_id"])
    leases.release(stage.store, other)
    flag = f"hub:bell:drain:{stage.tenant_id}:{connection['_id']}"
    assert not stage.hub.redis.exists(flag)


def test_bells_that_rang_while_a_stream_was_read_ask_the_vendor_for_nothing_more(
    stage: Stage, toy: Toy
) -> None:
    connection = toy.connect(stage.tenant_id)
    jobs.use(stage.hub)
    for _ in range(4):
        jobs.sync(stage.tenant_id, connection["_id"], "companies")
    assert toy.asked == 1
    for full in (False, True):
        syncing.ask(stage.hub, stage.tenant_id, connection["_id"], ["companies"], full)
        for _ in range(2):
            jobs.sync(stage.tenant_id, connection["_id"], "companies")
    assert toy.asked == 3


@pytest.mark.parametrize("full", [False, True])
def test_a_wish_made_while_a_stream_is_read_is_done_when_that_has_ended(
    stage: Stage, toy: Toy, full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a slice has time for one page only."""
    monkeypatch.setattr(apply, "SYNC_SLICE_S", 0)
    connection = toy.connect(stage.tenant_id)
    jobs.use(stage.hub)

    def three(object: str, cursor: object) -> Iterator[Page]:
        if toy.asked == 2:
            syncing.ask(stage.hub, stage.tenant_id, connection["_id"], ["companies"], full)
        for page in range(int(str(cursor or 0)), 3):
            yield Page([{"id": f"{toy.asked}", "name": "One"}], str(page + 1))

    toy.pages = three
    for _ in range(12):
        jobs.sync(stage.tenant_id, connection["_id"], "companies")
    runs = list(stage.store.runs.find({"stream": "companies"}, sort=[("started_at", 1)]))
    assert [(run["state"], run["full"]) for run in runs] == [("done", True), ("done", full)]
    stream = stage.store.streams.find_one({"stream": "companies"})
    assert stream["next_sync_at"] > stage.hub.now()


def test_a_connection_that_needs_a_person_says_so_once(stage: Stage, toy: Toy) -> None:
    """Several workers are refused by the vendor at the same moment."""
    connection = toy.connect(stage.tenant_id)
    told: list[str] = []
    stage.hub.plugins.manager.register(Teller(told), f"teller {toy.name}")
    together = threading.Barrier(8)

    def refused() -> None:
        together.wait()
        connections.needs_reconnect(stage.hub, stage.store, connection["_id"], "refused")

    threads = [threading.Thread(target=refused) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["reconnect"]


class Teller:
    """A plugin that listens."""

    def __init__(self, told: list[str]) -> None:
        self.told = told

    @hookimpl
    def connection_changed(self, event: dict[str, str]) -> None:
        self.told.append(event["state"])


def test_a_jobs_time_out_is_not_taken_for_a_bad_body_or_a_bad_plugin(
    stage: Stage, toy: Toy
) -> None:
    connection = toy.connect(stage.tenant_id)
    row = toy.deliver(stage.tenant_id, connection)

    def hang(delivery: object) -> Iterator[None]:
        raise JobTimeout("too long")

    toy.parse = hang  # type: ignore[assignment]
    with pytest.raises(JobTimeout):
        apply.drain(stage.hub, stage.tenant_id, connection["_id"])
    assert stage.store.inbox.find_one({"_id": row})["state"] == "pending"


def test_a_repeated_read_that_breaks_fails_no_delivery_and_is_not_tried_for_ever(
    stage: Stage, toy: Toy
) -> None:
    connection = toy.connect(stage.tenant_id)
    now = stage.hub.now()
    stage.store.fetches.insert(
        {
            "_id": f"{connection['_id']}:company:bad",
            "connection_id": connection["_id"],
            "object": "company",
            "native_id": "bad",
            "since": now,
            "attempts": 1,
            "due_at": now,
        }
    )
    good = toy.put("company", "1", now, name="One")
    row = toy.deliver(stage.tenant_id, connection, {"object": "company", "id": "1"})

    def fetch(object: str, ids: list[str]) -> list[dict]:
        if "bad" in ids:
            raise TypeError("nonsense")
        return [good]

    toy.fetch = fetch  # type: ignore[assignment]
    stage.drain(connection)
    assert stage.store.inbox.find_one({"_id": row})["state"] == "done"
    [waits] = stage.store.fetches.find({})
    assert (waits["attempts"], waits["due_at"] > stage.hub.now()) == (2, True)


def test_bodies_that_mongodb_cannot_hold_are_quarantined_and_the_page_goes_on(
    stage: Stage, toy: Toy
) -> None:
    connection = toy.connect(stage.tenant_id)
    deep: list = []
    for _ in range(20_000):
        deep = [deep]
    bad = [
        {"id": "\ud800", "name": 1},
        {"name": "without id"},
        {"id": "2", "at": "0001-01-01T00:00:00Z"},
        {"id": "3", "name": "x" * 1_000_000},
        {"id": "4", "name": 4},
        {"id": "5", "employees": 2**70},
        {"id": "6", "deep": deep},
        {"id": ["7"]},
        ["8"],
        None,
        {"id": "9", "name": "x" * (17 * 1024 * 1024)},
        {"id": "1\0", "name": "NUL"},
    ]
    toy.pages = lambda object, cursor: [Page([*bad, {"id": "10", "name": "Ten"}], "a")]  # type: ignore
    stage.sync(connection, ["companies"])
    run = stage.run_of(connection, "companies")
    assert (run["state"], run["counts"]["quarantined"]) == ("done", len(bad))
    assert [a["flat"]["name"] for a in stage.store.accounts.find({})] == ["Ten"]


def test_a_slow_vendor_does_not_cost_a_worker_its_drain(stage: Stage, toy: Toy) -> None:
    """200 records read in two calls, the first of which outlasts the lease."""
    connection = toy.connect(stage.tenant_id)
    name = f"drain:{connection['_id']}"
    others: list[object] = []

    def fetch(object: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        if others:
            others.append(leases.acquire(stage.store, name, 60))
            return []
        long_ago = stage.hub.now() - timedelta(hours=1)
        key = {"_id": f"{stage.tenant_id}:{name}"}
        stage.store.leases.update(key, {"$set": {"expires_at": long_ago}})
        others.append(None)
        return []

    toy.fetch = fetch
    toy.deliver(
        stage.tenant_id, connection, *({"object": "company", "id": str(i)} for i in range(200))
    )
    stage.drain(connection)
    assert others == [None, None]


def test_what_is_known_of_a_held_delivery_counts_at_once(stage: Stage, toy: Toy) -> None:
    toy.put("company", "1", stage.hub.now(), name="One")
    connection = toy.connect(stage.tenant_id)
    stage.sync(connection)
    later = (stage.hub.now() + timedelta(seconds=1)).isoformat()
    row = toy.deliver(
        stage.tenant_id,
        connection,
        {"object": "company", "id": "1", "kind": "delete", "at": later},
        {"object": "unheard_of", "id": "2"},
    )
    stage.drain(connection)
    held = stage.store.inbox.find_one({"_id": row})
    assert held is not None
    assert (held["state"], stage.store.accounts.count({"listed": True})) == ("held", 0)
