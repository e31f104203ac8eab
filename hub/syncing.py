"""Asking for a sync and following it, for a command or a program that waits for its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from hub import progress
from hub.engine import runs
from hub.errors import CorrectInput
from hub.store.client import Doc
from hub.waiting import wait_until

if TYPE_CHECKING:
    from hub.bootstrap import Hub

EVERY_S = 0.25


def ask(
    hub: Hub, tenant_id: str, connection_id: str, streams: Sequence[str] = (), full: bool = False
) -> list[str]:
    """Make streams (all if none is named) due now and ring; returns their names.

    Raises NotFound for an unknown stream, CorrectInput when the connection is not active.
    """
    store = hub.store(tenant_id)
    connection = hub.connection(store, connection_id)
    if connection["state"] != "active":
        raise CorrectInput(
            f"The connection is {connection['state']} ({connection['reason']}): "
            f"{_remedy(connection['state'])} it first.",
            reason="not_active",
        )
    known = [stream.name for stream in hub.connector_of(connection).streams]
    named = [runs.stream_of(hub, connection, name).name for name in streams] or known
    for name in named:
        runs.ask(store, connection_id, name, hub.now(tenant_id), full)
        hub.bell.ring_sync(tenant_id, connection_id, name)
    return named


def _remedy(state: str) -> str:
    return "reconnect" if state == "reconnect" else "resume"


@dataclass(slots=True)
class Following:
    """The runs that answer one ask. `latest` is each stream's run so far, or None before it."""

    hub: Hub
    tenant_id: str
    connection_id: str
    streams: Sequence[str]
    since: datetime
    full: bool
    latest: dict[str, Doc | None] = field(default_factory=dict)
    errors: dict[str, Doc] = field(default_factory=dict)
    waits: dict[str, str] = field(default_factory=dict)
    """Why a run stands still without having failed, in a sentence."""

    def wait(self, within_s: float, show: Callable[[Following], None]) -> bool:
        """True when every stream has ended, well or not; `show` is called at each look."""

        def ended() -> bool:
            done = [self._look(name) for name in self.streams]
            show(self)
            return all(done)

        return wait_until(ended, within_s=within_s, every_s=EVERY_S)

    def _look(self, name: str) -> bool:
        """Whether this stream's run has ended since it was asked for."""
        store = self.hub.store(self.tenant_id)
        mine = {"connection_id": self.connection_id, "stream": name}
        run = store.runs.find_one(mine, sort=[("started_at", -1)])
        stream = store.streams.find_one({"_id": f"{self.connection_id}:{name}"}) or {}
        self.waits[name] = (stream.get("waits") or {}).get("sentence", "")
        error = stream.get("error")
        if error and error["at"] >= self.since:
            self.errors[name] = error
            self.latest[name] = run
            return True
        finished = run and (run.get("finished_at") or self.since) > self.since
        under_way = run and run["state"] == "running"
        self.latest[name] = run if finished or under_way else None
        if finished and self.full and not (run and run["full"]):
            return self._ask_again(name)
        return bool(finished)

    def _ask_again(self, name: str) -> bool:
        """The run that ended was under way before and listed only what was new."""
        now = self.hub.now(self.tenant_id)
        runs.ask(self.hub.store(self.tenant_id), self.connection_id, name, now, True)
        self.hub.bell.ring_sync(self.tenant_id, self.connection_id, name)
        return False

    def results(self) -> list[Doc]:
        """[{stream, state: done|failed|running|waiting, full, read, counts, error}]."""
        return [self._result(name) for name in self.streams]

    def _result(self, name: str) -> Doc:
        run = self.latest.get(name) or {}
        counts = dict(run.get("counts", {}))
        error = self.errors.get(name)
        return {
            "stream": name,
            "state": "failed" if error else run.get("state", "waiting"),
            "full": run.get("full"),
            "total": run.get("total"),
            "remaining_s": progress.remaining_s(run),
            "progress": progress.told(run),
            "read": counts.pop("read", 0),
            "counts": counts,
            "error": error["sentence"]
            if error
            else run.get("error") or self.waits.get(name) or None,
        }
