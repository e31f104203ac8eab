"""A million records from one vendor: all there in the end, at a pace and a size that hold."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from hub.bench.world import STREAMS, World
from hub.prove.ground import Ground, Tenant
from hub.prove.result import Options, Result
from hub.settings import ROOT
from hub.store.client import patiently
from hub.waiting import wait_until

RECORDS = 1_000_000
UNTIL = datetime(2026, 3, 4, tzinfo=UTC)
OBJECTS = {"companies": "company", "people": "person", "tickets": "ticket"}
SLOWEST_S = 3 * 3600.0
COUNTING_S = 600.0
ALLOWED = 1.3
"""The last fifth may cost so many times the first one."""
MAX_RSS_MB = 400.0


def growth(options: Options) -> Result:
    """Sync them with two workers; the cost of a record must not grow with what is stored."""
    records = options.of(RECORDS, 10_000)
    accounts = records // 20
    world = World("grow", accounts, records - 6 * accounts, UNTIL)
    with (
        Ground(options.folder / "growth", accounts=1, workers=2) as ground,
        vendor(world) as url,
    ):
        tenant = ground.tenant()
        tenant.connect("loopback", {"url": url, "account": world.name}, {})
        marks, memory = _follow(ground, tenant, world.records)
        tenant.await_calm(600)
        problems = differences(tenant, world)
    fifth = len(marks) // 5
    ratio = (marks[-1] - marks[-1 - fifth]) / (marks[fifth] - marks[0]) if fifth else 1.0
    if memory > MAX_RSS_MB:
        problems.append(f"a worker grew to {memory:.0f} MB")
    return Result(
        {
            "records": world.records,
            "accounts": accounts,
            "records a second": round(world.records / (marks[-1] - marks[0])),
            "cost of a record, last fifth against first": round(ratio, 2),
            "allowed": ALLOWED,
            "largest worker, MB": round(memory),
        },
        problems + ([f"the cost grew {ratio:.2f} times"] if ratio > ALLOWED else []),
    )


@contextmanager
def vendor(world: World) -> Iterator[str]:
    """The loopback vendor as a process; yields its address."""
    sizes = [world.name, str(world.accounts), str(world.tickets), world.until.isoformat()]
    command = [sys.executable, "-m", "hub.bench.vendor", *sizes]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


def _follow(ground: Ground, tenant: Tenant, records: int) -> tuple[list[float], float]:
    """Times at which each hundredth part was read, and the largest worker's memory in MB."""
    marks, memory = [monotonic()], [0.0]

    def look() -> bool:
        read = sum(run["counts"]["read"] for run in tenant.store.runs.find({}, {"counts": 1}))
        while len(marks) <= 100 * read // records:
            marks.append(monotonic())
        pids = [pid for name in ("worker-1", "worker-2") for pid in ground.stack.pids(name)]
        memory[0] = max([memory[0], *map(rss_mb, pids)])
        return bool(read >= records)

    wait_until(look, within_s=SLOWEST_S, every_s=0.5)
    return marks, memory[0]


def rss_mb(pid: int) -> float:
    """Memory that a process holds now; 0 when it has ended."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = [line.split()[1] for line in text.splitlines() if line.startswith("VmRSS")]
    return int(found[0]) / 1024 if found else 0.0


def differences(tenant: Tenant, world: World) -> list[str]:
    """What is not stored as the world has it, or was read more than once."""
    problems = []
    for stream in STREAMS:
        wanted = {"object": OBJECTS[stream], "life.deleted": False}
        with patiently(COUNTING_S):
            live = tenant.store.records.count(wanted)
        if live != world.count(stream):
            problems.append(f"{live} {stream} stored, {world.count(stream)} there")
    if (listed := tenant.store.accounts.count({"listed": True})) != world.accounts:
        problems.append(f"{listed} accounts, {world.accounts} companies")
    read = sum(run["counts"]["read"] for run in tenant.store.runs.find({}, {"counts": 1}))
    if read != world.records:
        problems.append(f"{read} records read for {world.records}")
    return problems
