"""A day of each vendor with a moved clock: whatever goes wrong in it, nothing is apart at the end.

Edits, lost and doubled webhooks, limits that run out, tokens and subscriptions that end, an hour
without the vendor and one without the hub: all by the clock. Nobody asks for anything; then two
quiet days pass, in which full listings find what nobody told of.
"""

from __future__ import annotations

import base64
import random
import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from traceback import format_exception
from typing import Any

from structlog.testing import capture_logs
from werkzeug.serving import WSGIRequestHandler, make_server

from hub.bootstrap import Hub
from hub.embedded import Embedded
from hub.prove import drift, weather
from hub.prove.life import Life
from hub.prove.result import Options, Result
from hub.prove.weather import HOUR_S, PLANS, Plan
from hub.sandbox import Sandbox
from hub.settings import Settings
from hub.store import migrate
from hub.store.client import Doc
from hub.web.app import create_app

ACCOUNTS, EDITS = 6, 2
AT_ONCE = 5
"""Days in parallel: much of one is waiting."""
BETWEEN = 0.2
"""The chance that somebody edits between two jobs."""
STEP_H, QUIET_STEP_H, QUIET_H = 0.25, 6.0, 55.0
"""Two full listings of each stream, a day apart, and what hangs on them."""
PARTS = (240.0,)
"""At these seconds of a step work is looked for too, so that short waits end."""
HEAD = (
    "Vendor", "edits", "webhooks told", "lost", "received", "twice", "missed", "asked for webhooks",
    "tokens renewed", "calls", "over quota", "waits", "apart after an hour", "apart at the end",
)  # fmt: skip


def day(options: Options) -> Result:
    """Every vendor's day, some at a time, each in a process and on stores of its own."""
    step_h = min(1.0, STEP_H / options.scale)
    with ProcessPoolExecutor(AT_ONCE, get_context("spawn")) as pool:
        lives = [
            pool.submit(_alone, place, options.seed, step_h, options.folder / f"{place}")
            for place in range(len(PLANS))
        ]
        tales = [life.result() for life in lives]
    problems = [f"{tale.title}: {problem}"[:600] for tale in tales for problem in tale.problems]
    facts = {
        "days": len(PLANS),
        "hours in a step": step_h,
        "quiet hours after each day": QUIET_H,
        "apart at the end": sum(tale.figures.get("apart at the end", 0) for tale in tales),
    }
    return Result(facts, problems, [HEAD, *(tale.row() for tale in tales)])


def _alone(place: int, seed: int, step_h: float, folder: Path) -> Tale:
    """One plan's day on a hub of its own. What stops it is a problem of its own."""
    with _served(folder) as hub:
        try:
            tale = tell(hub, PLANS[place], seed, step_h=step_h, quiet_step_h=QUIET_STEP_H)
        except Exception as error:
            sentence = "".join(format_exception(error)[-3:])
            tale = Tale(PLANS[place].title, problems=[f"it broke: {sentence}"])
    print("  " + " | ".join(tale.row()), flush=True)
    return tale


@dataclass(slots=True)
class Tale:
    """What became of one vendor's day."""

    title: str
    figures: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def row(self) -> list[str]:
        return [self.title, *(f"{self.figures.get(name, 0):,}" for name in HEAD[1:])]


def tell(
    hub: Hub,
    plan: Plan,
    seed: int,
    *,
    step_h: float = 0.25,
    quiet_step_h: float = 1.0,
    accounts: int = ACCOUNTS,
) -> Tale:
    """Live one day of a vendor on a hub that is served, and look what is apart."""
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0) + timedelta(days=1)
    sandbox = Sandbox(
        [plan.vendor], seed=seed, accounts=accounts, now=noon, retry_scale=1 / 100_000
    )
    with sandbox, capture_logs() as said:
        one = Day(Life(hub, sandbox, plan.vendor), plan, random.Random(f"{seed}/{plan.vendor}"))
        one.live(step_h, quiet_step_h)
        one.tale.problems += [
            f"logged: {line}"[:600] for line in said if line["log_level"] in ("error", "critical")
        ]
    return one.tale


class Day:
    """One tenant's day with one vendor."""

    def __init__(self, life: Life, plan: Plan, rng: random.Random) -> None:
        self.life, self.plan, self.rng = life, plan, rng
        self.vendor: Any = life.vendor
        self.tale = Tale(plan.title)
        self.edits = self.waits = self.unheard = self._subscribed = 0
        self.tenant_id = life.tenant()
        self.store = life.hub.store(self.tenant_id)
        self.connection: Doc = {}

    def live(self, step_h: float, quiet_step_h: float) -> None:
        """Connect, let the day and the quiet time pass, and look."""
        self.connection = self.life.connect(self.tenant_id)
        self.life.work()
        self.life.subscribe(self.tenant_id, self.connection)
        self.vendor.quota.enforce(self.plan.windows)
        self._subscribed = len(self.vendor.subscriptions())
        self._pass(self.plan.hours, max(step_h, self.plan.least_step_h), self._trouble)
        self.vendor.faults.clear()
        self.vendor.quota.enforce(self.plan.windows)
        self.life.pass_time(HOUR_S)
        self.life.work()
        if quiet_step_h <= QUIET_STEP_H:
            self._count("apart after an hour", len(self._apart()))
        self._pass(QUIET_H - 1, quiet_step_h, _calm, since=self.plan.hours + 1)
        found = self._apart()
        self._count("apart at the end", len(found))
        self.tale.problems += found + self._unwell()
        self._tally()
        self.life.forget(self.tenant_id)

    def _pass(self, hours: float, step_h: float, begin: Any, since: float = 0.0) -> None:
        for place in range(round(hours / step_h)):
            hour = since + place * step_h
            begin(hour, step_h)
            weather.beat(self.vendor, hour, self._heartbeat_h())
            self.life.work(self._stir_some if begin == self._trouble else _calm)
            done = 0.0
            for part in (*PARTS, step_h * HOUR_S):
                self.life.pass_time(part - done)
                self.life.work()
                done = part
            self.waits += self.store.streams.count({"waits": {"$ne": None}})

    def _trouble(self, hour: float, step_h: float) -> None:
        weather.trouble(self.vendor, self.plan, hour, step_h)
        acts = self.plan.acts
        for place, act in enumerate(acts):
            at = 1.0 + 22.0 * place / len(acts)
            if hour <= at < hour + step_h:
                act(self.vendor, self.rng)
                self.edits += 1
        self._stir(EDITS)

    def _stir(self, count: int) -> None:
        self.vendor.stir_many(count)
        self.edits += count
        if len(self.vendor.subscriptions()) < self._subscribed:
            self.unheard += count

    def _stir_some(self) -> None:
        if self.rng.random() < BETWEEN:
            self._stir(1)

    def _heartbeat_h(self) -> float:
        beats = [w.heartbeat_s for w in self._connector().webhooks if w.heartbeat_s]
        return beats[0] / HOUR_S if beats else 0.0

    def _connector(self) -> Any:
        return self.life.hub.plugins.connector(self.plan.vendor)

    def _apart(self) -> list[str]:
        """Record by record against the vendor, and all against a tenant that reads it all now."""
        before = self.vendor.quota.refused
        self.vendor.quota.enforce([])
        clean = self.life.tenant()
        self.life.connect(clean)
        self.life.work()
        found = drift.from_vendor(self.store, self.vendor, self.plan.tables)
        now = self.life.hub.now(clean)
        found += drift.from_clean(self.store, self.life.hub.store(clean), now)
        self.life.forget(clean)
        self.vendor.quota.enforce(self.plan.windows)
        assert self.vendor.quota.refused == before
        return found

    def _unwell(self) -> list[str]:
        """What is left of the day's troubles, or was lost in them."""
        found = list(drift.unbalanced(self.store, self.connection["_id"]))
        stored = self.life.hub.connection(self.store, self.connection["_id"])
        if stored["state"] != "active":
            found.append(f"the connection is {stored['state']}: {stored['reason']}")
        if trouble := (stored.get("watch") or {}).get("trouble"):
            found.append(f"the look ends in trouble: {trouble}")
        for stream in self.store.streams.find({}):
            if stream.get("error") or stream.get("missing") or stream.get("failing_since"):
                found.append(f"{stream['stream']}: {stream.get('error') or stream.get('missing')}")
        granting = getattr(self.vendor, "granting", None)
        if granting and (granting.refusals or granting.reused):
            found.append(f"{granting.refusals} tokens refused, {granting.reused} used again")
        if self.vendor.quota.refused > weather.FEW:
            found.append(f"{self.vendor.quota.refused} calls over the quota")
        if self._missed() > self._lost() + self.unheard:
            found.append(f"{self._missed()} missed, only {self._lost()}+{self.unheard} not told")
        return found

    def _missed(self) -> int:
        return sum(one["count"] for one in self.store.missed_days.find({}))

    def _lost(self) -> int:
        return int(self.vendor.faults.fired.get("drop", 0) + self.vendor.sent()["gave_up"])

    def _tally(self) -> None:
        sent, books = self.vendor.sent(), drift.books(self.store, self.connection["_id"])
        granting = getattr(self.vendor, "granting", None)
        self._count("edits", self.edits)
        self._count("webhooks told", sent["events"] + self.vendor.faults.fired.get("drop", 0))
        self._count("lost", self._lost())
        self._count("received", books["received"])
        self._count("twice", books["duplicate"])
        self._count("missed", self._missed())
        asked = sum(self.vendor.calls.get(name, 0) for name in self.plan.asks)
        self._count("asked for webhooks", asked)
        self._count("tokens renewed", granting.renewals if granting else 0)
        self._count("calls", sum(self.vendor.calls.values()))
        self._count("over quota", self.vendor.quota.refused)
        self._count("waits", self.waits)

    def _count(self, name: str, value: int) -> None:
        self.tale.figures[name] = value


def _calm(*_: float) -> None:
    """Nobody does anything."""


@contextmanager
def _served(folder: Path) -> Iterator[Hub]:
    """A hub on stores of its own, whose edge and pages are served from this process."""
    with Embedded(folder / "stores") as services:
        server_settings = Settings(
            mongodb_uri=services.mongodb_uri,
            redis_url=services.redis_url,
            master_key=base64.b64encode(secrets.token_bytes(96)).decode(),
            disk_free_min=0,
            loopback_limits=True,
        )
        app = create_app(server_settings)
        hub: Hub = app.extensions["hub"]
        migrate.run(hub.catalogue)
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        url = f"http://127.0.0.1:{server.server_port}"
        hub.settings = hub.settings.model_copy(update={"public_url": url})
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield hub
        finally:
            server.shutdown()
            server.server_close()
            hub.close()


class _Quiet(WSGIRequestHandler):
    """No line on standard error for each request."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None: ...
