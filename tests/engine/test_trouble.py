"""What goes wrong at vendors, in bodies and between workers stays where it belongs."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub import bootstrap, connections, jobs
from hub.api import Page, hookimpl
from hub.bootstrap import Hub
from hub.embedded import Embedded, Services
from hub.engine import apply, drain, purge, replay, sync
from hub.errors import RetryLater
from hub.http import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, Guard, wait_of
from hub.queue import JobTimeout
from hub.settings import ROOT, Settings
from hub.store import leases
from hub.store.errors import StoreLost
from tests.engine.toy import Toy
from tests.stage import MASTER_KEY, Stage, build_hub


@pytest.fixture(scope="module")
def hub(services: Services) -> Iterator[Hub]:
    made = build_hub(services)
    yield made
    made.close()


@pytest.fixture
def stage(hub: Hub) -> Stage:
    return Stage(hub)


@pytest.fixture
def toy(hub: Hub) -> Toy:
    return Toy(hub)


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


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("0.5", 0.5),
        ("-5", 0),
        ("nan", None),
        ("inf", None),
        ("99999999999999999999", 86_400),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("soon", None),
        ("", None),
    ],
)
def test_any_retry_after_is_understood(header: str, seconds: float | None) -> None:
    """RFC 9110: a number of seconds or a date; a date without a zone (-0000) is UTC."""
    assert wait_of(header) == seconds


def test_a_short_pause_does_not_cut_a_longer_one(stage: Stage) -> None:
    """Two workers were limited at once, one for a minute and one for ten seconds."""
    guard = Guard(stage.hub.redis, stage.tenant_id)
    guard.failed(RetryLater("wait", retry_after=60))
    guard.failed(RetryLater("wait", retry_after=10))
    with pytest.raises(RetryLater) as refused:
        guard.enter()
    assert refused.value.retry_after == pytest.approx(60, abs=5)


def test_a_store_that_is_down_is_not_taken_for_a_wrong_key(services: Services, hub: Hub) -> None:
    """The library wraps a lost connection in the same error as a key that does not fit."""
    tenant = hub.catalogue.control.add_tenant("T", hub.now())["_id"]
    sealed = hub.catalogue.vault.seal(tenant, {"token": "s"})
    settings = Settings(
        mongodb_uri="mongodb://127.0.0.1:1/?replicaSet=hub&serverSelectionTimeoutMS=100",
        redis_url=services.redis_url,
        master_key=MASTER_KEY,
    )
    nowhere = bootstrap.build(settings, timeout_ms=200)
    with pytest.raises(StoreLost):
        nowhere.catalogue.vault.open(sealed)
    nowhere.close()


def test_retention_takes_runs_and_mended_records_along(stage: Stage, toy: Toy) -> None:
    toy.records["company", "1"] = {"id": "1", "name": 7}
    connection = toy.connect(stage.tenant_id)
    stage.sync(connection)
    toy.put("company", "1", stage.hub.now(), name="Seven")
    stage.sync(connection, full=True)
    assert stage.store.quarantine.count({"state": "mended"}) == 1
    after = stage.hub.now() + timedelta(days=stage.hub.settings.retention_days, hours=1)
    purge.purge(stage.hub, stage.store, after)
    assert stage.store.runs.count({}) == stage.store.quarantine.count({}) == 0


def test_marks_of_a_listing_are_kept_only_where_they_are_evidence(stage: Stage, toy: Toy) -> None:
    """Streams whose vendor tells of deletes need none; they would be kept for ever."""
    connection = toy.connect(stage.tenant_id)
    connector = stage.hub.plugins.connectors[toy.name]
    streams = tuple(replace(stream, deletes="events") for stream in connector.streams)
    stage.hub.plugins.connectors[toy.name] = replace(connector, streams=streams)
    toy.put("company", "1", stage.hub.now(), name="One")
    stage.sync(connection, full=True)
    assert stage.store.listings.count({}) == 0


def test_a_body_too_large_to_be_kept_whole_stays_in_quarantine(stage: Stage, toy: Toy) -> None:
    toy.records["company", "1"] = {"id": "1", "name": "x" * 5_000_000}
    connection = toy.connect(stage.tenant_id)
    stage.sync(connection)
    key = f"{connection['_id']}:company:1"
    answer = replay.quarantined(stage.hub, stage.tenant_id, [key])
    assert answer == {"mended": 0, "still": 1}


def test_a_record_that_cannot_be_settled_is_set_aside_and_the_rest_goes_on(
    stage: Stage, toy: Toy
) -> None:
    """A stored value of another kind, as a fault of an earlier release could have left it."""
    for number in ("1", "2", "3"):
        toy.put("company", number, stage.hub.now(), name=f"Company {number}")
    connection = toy.connect(stage.tenant_id)
    stage.sync(connection)
    broken = {"_id": f"{connection['_id']}:company:2"}
    stage.store.records.update(broken, {"$set": {"values.domains": 5, "due": 1}})
    later = stage.hub.now() + timedelta(seconds=5)
    toy.put("company", "3", later, name="Renamed")
    stage.sync(connection, full=True)
    assert {a["flat"].get("name") for a in stage.store.accounts.find({})} >= {"Renamed"}
    assert "TypeError" in (stage.store.records.find_one(broken) or {})["stuck"]
    toy.put("company", "2", later, name="Mended")
    stage.sync(connection, full=True)
    assert "stuck" not in (stage.store.records.find_one(broken) or {})


def test_a_worker_that_starts_before_redis_waits_for_it(embedded: Embedded) -> None:
    embedded.kill("redis")
    worker = subprocess.Popen(
        [sys.executable, "worker.py", "--burst"], cwd=ROOT, env=environment(embedded.services)
    )
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(6)
    finally:
        embedded.restart("redis")
    assert worker.wait(30) == 0


def environment(services: Services) -> dict[str, str]:
    settings = Settings(
        mongodb_uri=services.mongodb_uri, redis_url=services.redis_url, master_key=MASTER_KEY
    )
    return {**os.environ, **settings.environment()}


@pytest.mark.parametrize("lease_s", [drain.LEASE_S, sync.LEASE_S])
def test_a_lease_outlasts_a_call_that_hangs_each_time_it_is_tried(lease_s: int) -> None:
    """Three tries of a connect and a read; otherwise workers take turns and nothing is noted."""
    assert lease_s > 3 * (CONNECT_TIMEOUT_S + READ_TIMEOUT_S)


def test_a_vendor_down_for_a_day_and_a_half_fails_no_delivery() -> None:
    """Waits of half to the whole of 5, 10, 20 ... 900 s; the shortest that chance allows."""
    waits = [min(5 * 2**n, 900) * 0.5 for n in range(drain.ATTEMPTS - 1)]
    assert sum(waits) > timedelta(days=1.5).total_seconds()
