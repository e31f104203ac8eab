"""A run says how far it is and how long it will take, by its own pace; and streams run at once."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from hub import progress
from hub.api import Limits, Page, RetryLater
from hub.engine import apply
from hub.reads import runs
from tests.engine.toy import Toy
from tests.stage import Stage


def run(read: int, total: int | None, spent_s: float, state: str = "running") -> dict[str, Any]:
    return {"counts": {"read": read}, "total": total, "spent_s": spent_s, "state": state}


@pytest.mark.parametrize(
    ("given", "seconds", "words"),
    [
        (run(1200, 5000, 36), 114.0, "1,200 of about 5,000, about 2 minutes left"),
        (run(4990, 5000, 499), 1.0, "4,990 of about 5,000, less than a minute left"),
        (run(10, 100_010, 1), 10_000.0, "10 of about 100,010, about 3 hours left"),
        (run(1, 901, 10), 9000.0, "1 of about 901, about 2.5 hours left"),
        (run(1200, None, 36), None, "1,200 so far"),
        (run(1200, 1000, 36), None, "1,200 so far"),
        (run(0, 1000, 0), None, "0 of about 1,000"),
        (run(500, 1000, 5, "failed"), None, "500 of about 1,000"),
    ],
)
def test_what_is_left_is_said_at_the_runs_own_pace(
    given: dict[str, Any], seconds: float | None, words: str
) -> None:
    assert progress.remaining_s(given) == seconds
    assert progress.told(given) == words


def page(toy: Toy, number: int, total: int | None = 40) -> Page:
    at = toy.hub.now().isoformat()
    return Page([{"id": f"{number}", "name": "A", "at": at}], {"page": number}, total)


@pytest.mark.parametrize("reason", ["budget", "preparing"])
def test_a_run_that_waits_without_trouble_has_not_failed(
    reason: str, stage: Stage, toy: Toy
) -> None:
    """A turn will be waited for again and counts in the pace, what is made ready once does not."""

    def pages(object: str, cursor: Any) -> Iterator[Page]:
        if cursor is None:
            yield page(toy, 1)
            raise RetryLater("Not now.", retry_after=390, reason=reason)
        yield page(toy, 2)

    toy.pages = pages
    connection = toy.connect(stage.tenant_id)
    assert apply.sync(stage.hub, stage.tenant_id, connection["_id"], "companies")
    stream = stage.store.streams.find_one({"_id": f"{connection['_id']}:companies"}) or {}
    assert (stream["failures"], stream.get("error"), stream["waits"]["sentence"]) == (
        0,
        None,
        "Not now.",
    )
    shown = runs.shown(stage.run_of(connection, "companies"))
    assert shown["remaining_s"] == pytest.approx(39 * 390 if reason == "budget" else 0, abs=39 * 5)
    stage.sync(connection, ["companies"])
    ended = runs.shown(stage.run_of(connection, "companies"))
    assert (ended["id"], ended["state"], ended["remaining_s"]) == (shown["id"], "done", None)
    assert ended["counts"]["read"] == 2


def two_at_work(stage: Stage, toy: Toy, concurrent: int, patience_s: float) -> int:
    """Both streams synced by a worker each; returns how many calls were under way at most.

    A call waits so long for one of the other stream.
    """
    inside, most, lock, meet = 0, 0, threading.Lock(), threading.Barrier(2)

    def work() -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        try:
            meet.wait(patience_s)
        except threading.BrokenBarrierError:
            meet.reset()
        with lock:
            inside -= 1

    def pages(client: Any, cursor: Any, fields: Any) -> Iterable[Page]:
        for number in range(cursor["page"] + 1 if cursor else 0, 3):
            client.call("list", work)
            yield page(toy, number, None)

    made = toy.hub.plugins.connectors[toy.name]
    streams = tuple(replace(stream, pages=pages) for stream in made.streams)
    limited = replace(made, streams=streams, limits=Limits(concurrent=concurrent))
    toy.hub.plugins.connectors[toy.name] = limited
    connection = toy.connect(stage.tenant_id)

    def sync(name: str) -> None:
        apply.sync(stage.hub, stage.tenant_id, connection["_id"], name)

    workers = [threading.Thread(target=sync, args=(stream.name,)) for stream in streams]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for name in ("companies", "people"):
        while stage.run_of(connection, name)["state"] == "running":
            sync(name)
        assert stage.run_of(connection, name)["counts"]["read"] == 3
    return most


def test_two_streams_of_a_connection_are_pulled_at_once(stage: Stage, toy: Toy) -> None:
    """Three calls at once are allowed, and two of them to full listings: they meet each time."""
    assert two_at_work(stage, toy, 3, 20) == 2


def test_calls_at_once_are_bounded_over_all_streams(stage: Stage, toy: Toy) -> None:
    assert two_at_work(stage, toy, 1, 0.1) == 1
