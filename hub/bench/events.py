"""Usage events: durable before the answer, in batches as SDKs send them, and one by one."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from hub import connections, write_keys
from hub.bench.event_load import GROUPS, PEOPLE, template
from hub.bench.load import Job
from hub.bench.report import Report, Row, row, spread
from hub.bench.rig import UNLIMITED, Rig, child, rig
from hub.bench.sizes import Size
from hub.engine import apply, usage

BATCH = 100
"""As many as Segment's Python SDK sends at once."""
RATE = 10_000
COUNTING_S = 20.0
"""So long a worker counts of what was sent."""


def run(folder: Path, size: Size, report: Report) -> None:
    with rig(folder, workers=0) as made:
        key = _source(made)
        report.add(bare(made, size.events))
        send(made, key, size.events // 10, BATCH, "warm", connections=16)
        closed = send(made, key, size.events, BATCH, f"closed loop, batches of {BATCH}")
        closed.budget, closed.met = f"{RATE:,}/s", closed.rate >= RATE
        report.add(closed)
        paced = f"open loop, {RATE:,}/s"
        report.add(send(made, key, size.events, BATCH, paced, rate=RATE / BATCH))
        report.add(send(made, key, size.events // 10, 1, "closed loop, one by one", connections=64))
        report.add(counted(made))


def send(
    made: Rig, key: str, count: int, batch: int, case: str, rate: float = 0.0, connections: int = 16
) -> Row:
    """Send `count` events and measure the answers; every event answered for must be stored."""
    before = made.store.database["usage_events"].estimated_document_count()
    seed = before + 1
    target = [[key, str(batch)]]
    job = Job(
        made.stack.settings.port,
        target,
        case,
        PEOPLE,
        GROUPS,
        max(1, count // batch),
        rate=rate,
        connections=connections,
        seed=seed,
        again=True,
    )
    with _sender(made, job) as line, made.meter() as meter:
        result = json.loads(line())
    good = result["statuses"].get("200", 0) * batch
    found = row("events", case, good, meter, result["seconds"], ms=spread(result["latencies"]))
    stored = made.store.database["usage_events"].estimated_document_count() - before
    found.notes = {"requests": result["statuses"], "lost": good - stored}
    return found


def counted(made: Rig) -> Row:
    """What one worker makes of them: people, days, catalogue and records, settled into health."""
    made.extra["worker"] = [os.getpid()]
    waiting = made.store.usage_events.count(usage.DUE)
    with made.meter() as meter:
        start = time.monotonic()
        while not usage.work(made.hub, made.store, start + COUNTING_S):
            if time.monotonic() > start + COUNTING_S:
                break
        apply.settle(made.hub, made.tenant_id)
        seconds = time.monotonic() - start
    made.extra.pop("worker")
    done = waiting - made.store.usage_events.count(usage.DUE)
    return row("events", "counted and settled by one worker", done, meter, seconds)


def bare(made: Rig, count: int) -> Row:
    """The floor: parse a batch and insert its events, durable, in one process."""
    job = Job(0, [["key", str(BATCH)]], "", PEOPLE, GROUPS, 0)
    body = template(job).partition(b"\r\n\r\n")[2]
    floor = made.store.database["bench_floor"]
    with made.meter() as meter:
        start = time.monotonic()
        for first in range(0, count, BATCH):
            some = json.loads(body)["batch"]
            rows = [{**event, "_id": first + n} for n, event in enumerate(some)]
            floor.insert_many(rows, ordered=False)
        seconds = time.monotonic() - start
    floor.drop()
    return row("events", f"floor: bare insert of {BATCH}, durable", count, meter, seconds)


def _source(made: Rig) -> str:
    given = {"source": "Measured"}
    source = connections.add(made.hub, made.tenant_id, "product_usage", given, {})
    return write_keys.create(made.hub, made.tenant_id, source["_id"], "Measuring", rate=UNLIMITED)[
        1
    ]


@contextmanager
def _sender(made: Rig, job: Job) -> Iterator[Callable[[], str]]:
    with child("hub.bench.event_load") as process:
        made.extra["generator"] = [process.pid]
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(asdict(job)) + "\n")
        process.stdin.flush()
        yield process.stdout.readline
        made.extra.pop("generator")
