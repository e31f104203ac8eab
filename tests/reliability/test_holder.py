"""Who held a lease is known to have ended only on its own machine."""

from __future__ import annotations

import subprocess
import sys

from hub.embedded import Services
from hub.settings import ROOT
from hub.store import holder, leases
from tests.stage import Stage, build_hub

SAY = "from hub.store import holder; print(holder.name(), flush=True); input()"


def test_a_holder_has_ended_with_its_process_and_not_before() -> None:
    command = [sys.executable, "-c", SAY]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout
        name = process.stdout.readline().strip()
        assert not holder.has_ended(name)
        process.kill()
    assert holder.has_ended(name)


def test_a_process_id_that_came_again_is_not_the_holder() -> None:
    machine, pid, started, number = holder.name().split(":")
    assert holder.has_ended(f"{machine}:{pid}:{int(started) + 1}:{number}")
    assert not holder.has_ended(f"{machine}:{pid}:{started}:{number}")


def test_what_runs_elsewhere_or_is_unknown_has_not_ended() -> None:
    _, rest = holder.name().split(":", 1)
    assert not holder.has_ended(f"another-boot/1:999999:1:{rest}")
    assert not holder.has_ended("")
    assert not holder.has_ended("0123456789abcdef")


def test_the_lease_of_an_ended_process_is_taken_at_once(services: Services) -> None:
    hub = build_hub(services)
    store = Stage(hub).store
    first = leases.acquire(store, "drain", 60)
    assert first
    assert leases.acquire(store, "drain", 60) is None
    machine, pid, started, number = holder.name().split(":")
    ended = f"{machine}:{pid}:{int(started) + 1}:{number}"
    store.leases.update({"_id": f"{store.tenant_id}:drain"}, {"$set": {"holder": ended}})
    second = leases.acquire(store, "drain", 60)
    assert second
    assert second.token == first.token + 1
    hub.close()
