"""Missed by webhooks, in stories worked by hand: one edit, and what became of its telling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hub.store.client import Doc
from hub.subscriptions import missed
from tests.subscriptions.watched import Watched

LAG_S = 120
"""How long Asana's deliveries usually take, at most."""


@pytest.fixture
def quiet(asana: Watched) -> Iterator[Watched]:
    """An hour after whatever was before, with all heartbeats worked off, and nothing counted."""
    asana.told()
    asana.later(hours=1)
    asana.stage.store.missed_days.delete({})
    asana.stage.store.missed.delete({})
    before = asana.endpoints()
    yield asana
    for endpoint in before:
        asana.put(endpoint)


def task(watched: Watched) -> str:
    """A task in a project that is subscribed to."""
    targets = {e["target"] for e in watched.endpoints()}
    return next(
        str(t["gid"])
        for t in watched.vendor.table("tasks").all()
        if t["memberships"] and t["memberships"][0]["project"]["gid"] in targets
    )


def edit(watched: Watched, name: str, *, dropped: bool = False) -> str:
    found = task(watched)
    if dropped:
        watched.vendor.faults.add("drop")
    watched.vendor.table("tasks").patch(found, {"name": f"{name} ({watched.vendor.next_id()})"})
    watched.vendor.faults.clear()
    return found


def poll(watched: Watched, **how: Any) -> Doc:
    watched.stage.sync(watched.connection, ["tasks"], **how)
    return watched.stage.run_of(watched.connection, "tasks")


def judged(watched: Watched) -> list[Doc]:
    """What is counted once the usual lag is over."""
    watched.later(seconds=LAG_S + 1)
    watched.look()
    return list(watched.stage.store.missed_days.find({"connection_id": watched.id}))


def test_an_edit_that_nobody_told_of_is_counted_with_its_record_and_time(quiet: Watched) -> None:
    found = edit(quiet, "Lost on the way", dropped=True)
    run = poll(quiet)
    assert not run["full"]
    quiet.look()
    assert quiet.stage.store.missed_days.count({}) == 0, "the usual lag is not over"
    [day] = judged(quiet)
    assert (day["count"], day["stream"]) == (1, "tasks")
    assert day["day"] == run["started_at"].date().isoformat()
    [record] = day["records"]
    assert record["native_id"] == found
    assert record["version"] <= run["started_at"] <= record["found_at"]


def test_it_is_counted_once_however_often_it_is_polled_and_looked_at(quiet: Watched) -> None:
    edit(quiet, "Lost", dropped=True)
    for _ in range(2):
        poll(quiet)
        judged(quiet)
    [day] = judged(quiet)
    assert day["count"] == 1


def test_what_was_told_before_the_poll_is_not_counted(quiet: Watched) -> None:
    edit(quiet, "Told in time")
    quiet.told()
    poll(quiet)
    assert quiet.stage.store.missed.count({}) == 0
    assert judged(quiet) == []


def test_what_is_told_after_the_poll_but_in_time_is_not_counted(quiet: Watched) -> None:
    edit(quiet, "Told a little later")
    assert quiet.vendor.settle(20)
    poll(quiet)
    assert quiet.stage.store.missed.count({}) == 1
    quiet.told()
    assert quiet.stage.store.missed.count({}) == 0
    assert judged(quiet) == []


def test_a_delivery_that_waits_to_be_worked_on_is_waited_for(quiet: Watched) -> None:
    edit(quiet, "Told, but we are slow")
    assert quiet.vendor.settle(20)
    poll(quiet)
    assert judged(quiet) == []
    quiet.told()
    assert judged(quiet) == []
    assert quiet.stage.store.missed.count({}) == 0


def test_a_delivery_of_an_older_edit_does_not_tell_of_a_newer_one(quiet: Watched) -> None:
    """The first edit is told at last, ten minutes after; the second never is."""
    edit(quiet, "The first")
    assert quiet.vendor.settle(20)
    quiet.later(minutes=10)
    found = edit(quiet, "The second", dropped=True)
    poll(quiet)
    quiet.told()
    [day] = judged(quiet)
    assert [record["native_id"] for record in day["records"]] == [found]


def test_a_full_listing_counts_nothing(quiet: Watched) -> None:
    edit(quiet, "Lost", dropped=True)
    assert poll(quiet, full=True)["full"]
    assert judged(quiet) == []


def test_what_is_older_than_the_subscription_is_not_counted(quiet: Watched) -> None:
    edit(quiet, "Lost", dropped=True)
    quiet.later(minutes=5)
    for endpoint in quiet.endpoints():
        quiet.change(endpoint["_id"], {"registered_at": quiet.stage.hub.now(quiet.stage.tenant_id)})
    poll(quiet)
    assert judged(quiet) == []


@pytest.mark.parametrize(
    "fields",
    [{"lost": {"given_up": True}}, {"vendor": {"active": False}}, {"target": "another project"}],
)
def test_what_no_live_webhook_announces_is_not_counted(quiet: Watched, fields: Doc) -> None:
    edit(quiet, "Lost", dropped=True)
    for endpoint in quiet.endpoints():
        quiet.change(endpoint["_id"], fields)
    poll(quiet)
    assert quiet.stage.store.missed.count({}) == 0


def test_a_record_that_is_only_mapped_anew_is_not_counted(quiet: Watched) -> None:
    edit(quiet, "Told in time")
    quiet.told()
    store = quiet.stage.store
    store.records.update_many({}, {"$set": {"mapping_rev": "of another day"}})
    poll(quiet)
    assert quiet.stage.run_of(quiet.connection, "tasks")["counts"].get("applied", 0) > 0
    assert store.missed.count({}) == 0


def test_only_so_many_are_named_and_all_are_counted(
    quiet: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missed, "NAMED", 2)
    quiet.vendor.faults.add("drop")
    targets = {e["target"] for e in quiet.endpoints()}
    table = quiet.vendor.table("tasks")
    homes = [t for t in table.all() if t["memberships"]]
    some = [t["gid"] for t in homes if t["memberships"][0]["project"]["gid"] in targets][:3]
    for gid in some:
        table.patch(gid, {"name": f"Lost ({quiet.vendor.next_id()})"})
    quiet.vendor.faults.clear()
    poll(quiet)
    [day] = judged(quiet)
    assert (day["count"], len(day["records"])) == (3, 2)


def name_of(watched: Watched, native_id: str) -> str:
    key = f"{watched.id}:task:{native_id}"
    found = watched.stage.store.records.find_one({"_id": key})
    assert found is not None
    return str(found["values"]["title"])


def meanwhile(quiet: Watched, what: str, happens: Callable[[], None]) -> Any:
    """The answer of the stream's `what` waits while something happens, and is then stale."""
    streams = quiet.stage.hub.connector_of(quiet.connection).streams
    tasks = next(stream for stream in streams if stream.name == "tasks")
    real = getattr(tasks, what)

    def late(*given: Any) -> Iterator[Any]:
        answer = list(real(*given))
        object.__setattr__(tasks, what, real)
        happens()
        yield from answer

    object.__setattr__(tasks, what, late)


def test_a_stale_poll_does_not_overwrite_a_newer_webhook(quiet: Watched) -> None:
    found = edit(quiet, "Polled", dropped=True)

    def told() -> None:
        quiet.later(minutes=1)
        edit(quiet, "Told")
        quiet.told()

    meanwhile(quiet, "pages", told)
    poll(quiet)
    assert name_of(quiet, found).startswith("Told")
    assert judged(quiet) == []


def test_a_stale_webhook_does_not_overwrite_a_newer_poll(quiet: Watched) -> None:
    found = edit(quiet, "Told")
    assert quiet.vendor.settle(20)

    def polled() -> None:
        quiet.later(minutes=1)
        edit(quiet, "Polled", dropped=True)
        poll(quiet)

    meanwhile(quiet, "fetch", polled)
    quiet.told()
    assert name_of(quiet, found).startswith("Polled")
    [day] = judged(quiet)
    assert [record["native_id"] for record in day["records"]] == [found]
