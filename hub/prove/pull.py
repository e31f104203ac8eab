"""One stream of a million records, pulled by a worker that is killed five times on the way."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import requests

from hub.bench.vendor import PAGE
from hub.bench.world import World
from hub.prove.ground import Ground, Tenant
from hub.prove.growth import SLOWEST_S, UNTIL, differences, rss_mb, vendor
from hub.prove.result import Options, Result
from hub.waiting import wait_until

RECORDS, LEAST, KILLS = 1_000_000, 3_000, 5
ACCOUNTS = 20_000
STREAM = "tickets"
GROWN_MB = 100.0
"""How much more a worker may hold in the last part than in the first."""


@dataclass(slots=True)
class Watched:
    """Kills done so far, and the largest memory in MB of each life of the worker."""

    kills: int = 0
    peaks: list[float] = field(default_factory=lambda: [0.0])


def pull(options: Options) -> Result:
    """Every record is there once; a kill repeats one page at most, and memory stays flat."""
    tickets = options.of(RECORDS, LEAST)
    accounts = options.of(ACCOUNTS, 20)
    world = World("pull", accounts, tickets, UNTIL)
    with Ground(options.folder / "pull", accounts=1) as ground, vendor(world) as url:
        tenant = ground.tenant()
        tenant.connect("loopback", {"url": url, "account": world.name}, {})
        watched = _follow(ground, tenant, _marks(options.seed, tickets))
        tenant.await_calm(600)
        asked = int(requests.get(f"{url}/asked", timeout=10).json())
        problems = differences(tenant, world)
    needed = sum(-(-world.count(name) // PAGE) for name in ("companies", "people", STREAM))
    return _judged(world, watched, asked - needed, problems)


def _marks(seed: int, tickets: int) -> list[int]:
    """After how many records the worker is killed: somewhere within each sixth but the first."""
    part = tickets // (KILLS + 1)
    rng = random.Random(seed)
    return [part * n + rng.randrange(part // 2) for n in range(1, KILLS + 1)]


def _follow(ground: Ground, tenant: Tenant, marks: list[int]) -> Watched:
    """Kill at each mark until the stream's run has ended."""
    watched = Watched()
    mine = {"stream": STREAM}

    def look() -> bool:
        run = tenant.store.runs.find_one(mine, {"counts": 1, "state": 1}) or {}
        peaks = [rss_mb(pid) for pid in ground.stack.pids("worker-1")]
        watched.peaks[-1] = max([watched.peaks[-1], *peaks])
        read = run.get("counts", {}).get("read", 0)
        if watched.kills < len(marks) and read >= marks[watched.kills]:
            ground.stack.kill("worker-1")
            watched.kills += 1
            watched.peaks.append(0.0)
        return run.get("state") in ("done", "failed")

    wait_until(look, within_s=SLOWEST_S, every_s=0.1)
    return watched


def _judged(world: World, watched: Watched, repeated: int, problems: list[str]) -> Result:
    grown = max(watched.peaks) - watched.peaks[0]
    if watched.kills < KILLS:
        problems.append(f"only {watched.kills} of {KILLS} kills were done")
    if repeated > KILLS:
        problems.append(f"{repeated} pages were asked for twice, for {KILLS} kills")
    if grown > GROWN_MB:
        problems.append(f"a worker held {grown:.0f} MB more than the first one did")
    return Result(
        {
            "records": world.records,
            "of one stream": world.count(STREAM),
            "kills": watched.kills,
            "pages repeated": repeated,
            "largest worker of each life, MB": [round(peak) for peak in watched.peaks],
        },
        problems,
    )
