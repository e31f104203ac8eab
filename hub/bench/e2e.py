"""End to end: from a webhook to profile, identity and health visible to a reader."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pymongo import UpdateOne

from hub.bench.load import Job, schedule
from hub.bench.report import Report, Row, row, spread
from hub.bench.rig import Rig, fates, job, rig, sender, today_world, vendor
from hub.bench.sizes import Size
from hub.bench.world import World

MOST_ACCOUNTS = 1_000
EVERY = 10
"""One in so many deliveries is watched until it is visible."""
LOOK_S = 0.008
RATES = (500.0, 1_000.0)


def run(folder: Path, size: Size, report: Report) -> None:
    world = today_world("w000", min(MOST_ACCOUNTS, size.accounts), 200_000)
    with rig(folder, workers=1) as made, vendor(made, world) as port:
        connection = made.connect(world, port)
        targets = [made.target(connection)]
        made.pull(connection, "companies")
        made.pull(connection, "people")
        report.add(bare(made, world, size.visible))
        first = 0
        full = _saturate(made, job(made, world, targets, size.visible, seed=5))
        report.add(full)
        for rate in RATES:
            first += size.visible
            paced = job(made, world, targets, size.paced, rate=rate, seed=6, first=first)
            report.add(_paced(made, connection["_id"], paced))


def _saturate(made: Rig, what: Job) -> Row:
    """All at once; the clock stops when the last is visible."""
    with sender(made, what) as process, made.meter() as meter:
        start = time.monotonic()
        assert process.stdout is not None
        answers = json.loads(process.stdout.readline())["statuses"]
        accepted = time.monotonic() - start
        made.drained()
        seconds = time.monotonic() - start
        meter.stop()
    found = row("e2e", "all at once, to the last visible", what.count, meter, seconds)
    found.budget, found.met = "1,500/s", found.rate >= 1_500 and answers == {"200": what.count}
    found.notes = {"accepted in s": round(accepted, 1), "rows": dict(fates(made.store))}
    return found


def _paced(made: Rig, connection_id: str, what: Job) -> Row:
    """Open loop; latency from the time a delivery was due to its visibility."""
    what = replace(what, start=time.monotonic() + 0.5)
    with sender(made, what) as process, made.meter() as meter:
        waits = _watch(made, connection_id, what)
        seconds = time.monotonic() - what.start
        ack = _answer(process)
    found = row("e2e", f"open loop, {what.rate:g}/s", what.count, meter, seconds, ms=spread(waits))
    found.notes = {"ack": spread(ack["latencies"]), "watched": len(waits)}
    if what.rate == RATES[0]:
        found.budget = "p95 < 100 ms, p99 < 250 ms"
        found.met = found.ms["p95"] < 100 and found.ms["p99"] < 250
    return found


def _answer(process: subprocess.Popen[str]) -> dict[str, list[float]]:
    assert process.stdout is not None
    answer: dict[str, list[float]] = json.loads(process.stdout.readline())
    return answer


def _watch(made: Rig, connection_id: str, what: Job) -> list[float]:
    """Milliseconds from due to visible of the watched deliveries; looks every few ms."""
    due = schedule(what.count, what.rate, what.seed)
    waiting: dict[str, float] = {}
    waits: list[float] = []
    place = 0
    give_up = what.start + due[-1] + 60
    while (place < what.count or waiting) and time.monotonic() < give_up:
        now = time.monotonic() - what.start
        while place < what.count and due[place] <= now:
            number = (what.first + place) % what.tickets
            waiting[f"{connection_id}:ticket:{what.world}-t{number}"] = due[place]
            place += EVERY
        for key in _visible(made, list(waiting)):
            waits.append((time.monotonic() - what.start - waiting.pop(key)) * 1000)
        time.sleep(LOOK_S)
    return waits + [60_000.0] * len(waiting)


def _visible(made: Rig, keys: Sequence[str]) -> list[str]:
    """Records whose account shows them: settling is one transaction with the projection."""
    if not keys:
        return []
    settled = {"_id": {"$in": keys}, "due": {"$exists": False}}
    return [doc["_id"] for doc in made.store.records.find(settled, {"_id": 1})]


def bare(made: Rig, world: World, count: int) -> Row:
    """The floor: insert raw rows, read them, map, guarded upsert of each, in batches of 500."""
    mapping = made.hub.plugins.mappings["loopback"]["ticket"]
    database = made.store.database
    inbox, records = database["bench_inbox"], database["bench_records"]
    from mappings.language import Context

    context = Context({}, {})
    with made.meter() as meter:
        start = time.monotonic()
        for first in range(0, count, 500):
            inbox.insert_many(
                {"_id": first + n, "body": text.encode()}
                for n, text in enumerate(world.page("tickets", first, 500))
            )
            writes = []
            for doc in inbox.find({"_id": {"$gte": first, "$lt": first + 500}}):
                mapped = mapping.apply(json.loads(doc["body"]), context)
                fresh = {"_id": mapped.native_id, "version": {"$lt": mapped.version}}
                writes.append(
                    UpdateOne(
                        {"_id": fresh["_id"]},
                        [
                            {
                                "$set": {
                                    "version": mapped.version,
                                    "values": mapped.values,
                                    "raw": doc["body"],
                                }
                            }
                        ],
                        upsert=True,
                    )
                )
            records.bulk_write(writes, ordered=False)
            inbox.delete_many({"_id": {"$gte": first, "$lt": first + 500}})
        seconds = time.monotonic() - start
    inbox.drop()
    records.drop()
    return row("e2e", "floor: bare insert, map, upsert", count, meter, seconds)
