"""A tenant is stale when none of its sources has been heard for three days."""

from __future__ import annotations

from datetime import datetime, timedelta

from hub.engine import supply
from tests.stage import Stage
from tests.usage.senders import Source, source, track


def _is_stale(stage: Stage, at: datetime) -> bool:
    found = supply.load(stage.store, stage.hub.plugins.connectors).stale(at)
    return any(name.endswith(":usage") for name in found)


def _heard(ours: Source, batch: str = "b") -> datetime:
    ours.send(track("u", "Heartbeat", ours.stage.hub.now()), batch=batch)
    ours.work()
    stream = ours.stage.store.streams.find_one({"_id": f"{ours.id}:usage"})
    assert stream is not None
    at: datetime = stream["heard_at"]
    return at


def test_three_days_of_silence_are_stale_and_any_event_is_a_sign_of_life(stage: Stage) -> None:
    ours = source(stage)
    heard_at = _heard(ours)
    assert not _is_stale(stage, heard_at + timedelta(days=3))
    assert _is_stale(stage, heard_at + timedelta(days=3, seconds=1))


def test_one_quiet_source_beside_a_busy_one_is_no_fault(stage: Stage) -> None:
    quiet = source(stage)
    heard_at = _heard(quiet)
    busy = source(stage, "Mobile")
    _heard(busy)
    stage.store.streams.update(
        {"_id": f"{quiet.id}:usage"}, {"$set": {"heard_at": heard_at - timedelta(days=30)}}
    )
    assert not _is_stale(stage, heard_at + timedelta(days=2))


def test_a_pull_that_brings_nothing_makes_nothing_fresh(stage: Stage) -> None:
    ours = source(stage)
    stage.sync(ours.connection)
    known = supply.load(stage.store, stage.hub.plugins.connectors)
    assert known.feeds[ours.id]["usage"].fresh_at is None
