"""Waiting as vendors and stores ask for it, and what is kept, set aside or let go meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from hub import bootstrap, queue
from hub.bootstrap import Hub
from hub.embedded import Embedded, Services
from hub.engine import drain, purge, replay, sync
from hub.errors import RetryLater
from hub.http import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, Guard, wait_of
from hub.settings import ROOT, Settings
from hub.store.errors import StoreLost
from tests.engine.toy import Toy
from tests.stage import MASTER_KEY, Stage


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
    with queue.connect(embedded.services.redis_url) as redis:
        redis.flushdb()
    embedded.kill("redis")
    worker = subprocess.Popen(
        [sys.executable, "worker.py", "--burst"], cwd=ROOT, env=environment(embedded.services)
    )
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(6)
    finally:
        embedded.restart("redis")
        ended = worker.wait(30)
    assert ended == 0


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
