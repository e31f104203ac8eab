"""A hub of its own for measuring: embedded stores, the real processes, one tenant, the vendor."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub import bootstrap, connections, endpoints
from hub.bench.load import Job
from hub.bench.meter import Meter
from hub.bench.world import World
from hub.bootstrap import Hub
from hub.embedded import free_port
from hub.engine import runs
from hub.settings import ROOT, Settings, load_settings
from hub.stack.roles import Role, web
from hub.stack.supervisor import Stack
from hub.store import inbox
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from hub.waiting import wait_until

CONNECTORS = Path(__file__).with_name("connectors")
UNLIMITED = 1_000_000
LONGEST_S = 7_200.0
"""A measurement that has not ended by then never will."""
SECRET = "a-secret-for-measuring"  # noqa: S105


class Rig:
    """The processes of one measurement, their hub as seen from here, and a tenant."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.hub: Hub = bootstrap.build(stack.settings)
        self.tenant_id: str = self.hub.catalogue.control.add_tenant("Bench", self.hub.now())["_id"]
        self.store: TenantStore = self.hub.store(self.tenant_id)
        self.extra: dict[str, list[int]] = {}

    def connect(self, world: World, port: int, number: int = 0) -> Doc:
        """A connection to the vendor at `port`; nothing is pulled by itself."""
        given = {
            "url": f"http://127.0.0.1:{port}/{world.name}",
            "account": f"{world.name}-{number}",
        }
        return connections.add(self.hub, self.tenant_id, "loopback", given, {})

    def target(self, connection: Doc) -> list[str]:
        """[path, secret] of the connection's endpoint."""
        shown = endpoints.describe(self.hub, self.tenant_id, connection)[0]
        endpoints.set_secret(self.hub, self.tenant_id, shown["id"], SECRET)
        return [
            shown["url"].partition("/webhooks/")[1] + shown["url"].partition("/webhooks/")[2],
            SECRET,
        ]

    def meter(self) -> Meter:
        return Meter(self.pids)

    def pids(self) -> dict[str, list[int]]:
        return {name: self.stack.pids(name) for name in self.stack.names()} | self.extra

    def pull(self, connection: Doc, stream: str, *, full: bool = False) -> Doc:
        """Ring for a sync, as the scheduler does, and wait until all it brought is settled."""
        started = self.hub.now()
        runs.ask(self.store, connection["_id"], stream, started, full)
        self.hub.bell.ring_sync(self.tenant_id, connection["_id"], stream)
        mine = {"connection_id": connection["_id"], "stream": stream, "state": "done"}
        found: list[Doc] = []

        def done() -> bool:
            run = self.store.runs.find_one({**mine, "finished_at": {"$gte": started}})
            found.extend([run] if run else [])
            return run is not None

        _await(done)
        self.settled()
        return found[0]

    def settled(self) -> None:
        """Wait until no record and no account is due; rings as the scheduler would."""

        def done() -> bool:
            due = self.store.records.find_one({"due": {"$gte": 1}}, {"_id": 1}) or (
                self.store.accounts.find_one({"score_due": True}, {"_id": 1})
            )
            if due:
                self.hub.bell.ring_settle(self.tenant_id)
            return due is None

        _await(done)

    def drained(self) -> None:
        """Wait until no delivery waits and all is settled."""
        _await(
            lambda: (
                not any(
                    inbox.backlog(self.store, doc["_id"], 1)
                    for doc in self.store.connections.find({})
                )
            )
        )
        self.settled()


@contextmanager
def rig(
    folder: Path, *, web_workers: int = 2, workers: int = 1, cache_gb: float = 1.0, **more: Any
) -> Iterator[Rig]:
    """Stores, `web_workers` web processes (0: none) and `workers` workers; all end with it."""
    settings = load_settings(
        join=False,
        data_dir=folder,
        port=free_port(),
        workers=max(workers, 1),
        web_workers=max(web_workers, 1),
        connectors_path=str(CONNECTORS),
        connection_rate=UNLIMITED,
        connection_backlog=UNLIMITED * 10,
        mongodb_cache_gb=cache_gb,
        log_level="WARNING",
        disk_free_min=0,
        **more,
    )

    def plan(given: Settings) -> Sequence[Role]:
        command = (sys.executable, str(ROOT / "worker.py"))
        some = [Role(f"worker-{n}", command) for n in range(1, workers + 1)]
        return [web(given), *some]

    with Stack(settings, plan=plan) as stack:
        made = Rig(stack)
        try:
            yield made
        finally:
            made.hub.close()


@contextmanager
def vendor(made: Rig, world: World) -> Iterator[int]:
    """The loopback vendor's port."""
    args = [world.name, str(world.accounts), str(world.tickets), world.until.isoformat()]
    with child("hub.bench.vendor", *args) as process:
        assert process.stdout is not None
        made.extra["vendor"] = [process.pid]
        yield int(process.stdout.readline())
        made.extra.pop("vendor")


@contextmanager
def sender(made: Rig, job: Job) -> Iterator[subprocess.Popen[str]]:
    """The load generator at work; its last line is the result."""
    with child("hub.bench.load") as process:
        made.extra["generator"] = [process.pid]
        assert process.stdin is not None
        process.stdin.write(json.dumps(asdict(job)) + "\n")
        process.stdin.flush()
        yield process
        made.extra.pop("generator")


@contextmanager
def child(module: str, *args: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", module, *args]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def today_world(name: str, accounts: int, tickets: int) -> World:
    return World(name, accounts, tickets, datetime.now(UTC).replace(microsecond=0))


def job(made: Rig, world: World, targets: Sequence[Sequence[str]], count: int, **more: Any) -> Job:
    return Job(
        made.stack.settings.port,
        targets,
        world.name,
        world.accounts,
        world.tickets,
        count,
        **more,
    )


def fates(store: TenantStore) -> Mapping[str, int]:
    """Rows of the inbox by state."""
    found = store.inbox.aggregate([{"$group": {"_id": "$state", "n": {"$sum": 1}}}])
    return {row["_id"]: row["n"] for row in found}


def _await(done: Callable[[], bool]) -> None:
    if not wait_until(done, within_s=LONGEST_S, every_s=0.05):
        raise RuntimeError(f"the hub still works after {LONGEST_S:g} s")
