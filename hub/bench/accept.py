"""Accept: verified and durable before the 2xx, without workers; and a burst of one vendor."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from pathlib import Path

from bson.binary import Binary

from hub.bench.load import Job, request
from hub.bench.report import Report, Row, row, spread
from hub.bench.rig import Rig, fates, job, rig, sender, today_world, vendor
from hub.bench.sizes import Size
from hub.bench.world import World

CONNECTIONS = 4


def run(folder: Path, size: Size, report: Report) -> None:
    world = today_world("w000", 200, 2_000)
    with rig(folder, workers=0) as made, vendor(made, world) as port:
        found = [made.connect(world, port, n) for n in range(CONNECTIONS)]
        targets = [made.target(connection) for connection in found]
        report.add(bare(made, world, size.accepts))
        _warm(made, job(made, world, targets, 500, seed=99))
        sat = load(made, job(made, world, targets, size.accepts), "accept", "closed loop, 64 open")
        sat.budget, sat.met = "5,000/s", sat.rate >= 5_000
        report.add(sat)
        paced = job(made, world, targets, size.accepts, rate=2_500.0, seed=2)
        calm = load(made, paced, "accept", "open loop, 2,500/s")
        calm.budget, calm.met = "p99 < 50 ms", calm.ms["p99"] < 50
        report.add(calm)
        report.add(_burst(made, world, targets[0], size.burst))


def load(made: Rig, what: Job, bench: str, case: str) -> Row:
    """Send a job and measure its answers."""
    with sender(made, what) as process, made.meter() as meter:
        assert process.stdout is not None
        result = json.loads(process.stdout.readline())
    good = result["statuses"].get("200", 0)
    made_row = row(bench, case, good, meter, result["seconds"], ms=spread(result["latencies"]))
    made_row.notes = {"answers": result["statuses"]}
    return made_row


def _warm(made: Rig, what: Job) -> None:
    with sender(made, what) as process:
        assert process.stdout is not None
        process.stdout.readline()


def _burst(made: Rig, world: World, target: list[str], count: int) -> Row:
    """Everything at once on one connection; every 2xx must be a row."""
    before = sum(fates(made.store).values())
    what = job(made, world, [target], count, seed=3, connections=256, again=True)
    burst = load(made, what, "accept", f"burst of {count:,} of one vendor")
    stored = sum(fates(made.store).values()) - before
    burst.notes |= {"stored": stored, "lost": burst.items - stored}
    burst.budget, burst.met = "none lost", stored == count == burst.items
    return burst


def bare(made: Rig, world: World, count: int) -> Row:
    """The floor: verify, parse nothing, and insert 100 at a time, durable, in one process."""
    what = Job(0, [["/", "secret"]], world.name, world.accounts, world.tickets, count, seed=77)
    bodies = [request(what, world, n).partition(b"\r\n\r\n")[2] for n in range(100)]
    floor = made.store.database["bench_floor"]
    with made.meter() as meter:
        start = time.monotonic()
        for first in range(0, count, 100):
            for body in bodies:
                hmac.digest(b"secret", body, hashlib.sha256)
            rows = [{"_id": first + n, "body": Binary(body)} for n, body in enumerate(bodies)]
            floor.insert_many(rows, ordered=False)
        seconds = time.monotonic() - start
    floor.drop()
    return row("accept", "floor: bare insert of 100, durable", count, meter, seconds)
