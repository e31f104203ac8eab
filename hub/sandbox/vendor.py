"""The base of every vendor server: tables, routes, sign-in, faults, webhooks and control."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from hub.sandbox import answering
from hub.sandbox.calls import Caller, require_loopback
from hub.sandbox.clock import Clock
from hub.sandbox.faults import Faults
from hub.sandbox.journal import Journal
from hub.sandbox.manners import Manners
from hub.sandbox.parcels import Event, Parcel, Subscription
from hub.sandbox.quota import Quota
from hub.sandbox.serving import Refused, Request, Response, Server, routes_of
from hub.sandbox.table import Edit, Row, Table
from hub.sandbox.tls import Authority
from hub.sandbox.webhooks import Sender
from hub.sandbox.world import World


@dataclass(frozen=True)
class Options:
    """How a vendor is run. `retry_scale` shortens its waits; `folder` None keeps no journal.

    It listens on `port`, else where `ports` says it did before, else on a free one.
    """

    clock: Clock
    folder: Path | None = None
    port: int = 0
    ports: Mapping[str, int] = field(default_factory=dict)
    senders: int = 4
    retry_scale: float = 1 / 60
    authority: Authority | None = None


class Vendor(Manners):
    """One vendor in small; a connector's sandbox.py subclasses it (see README.md)."""

    def __init__(self, world: World, options: Options) -> None:
        self.world, self.options, self.clock = world, options, options.clock
        self.rng = random.Random(f"{world.seed_value}/{self.name}")
        self.token = f"{self.rng.getrandbits(160):040x}"
        self.lock = threading.RLock()
        self.closing = threading.Event()
        self.url, self.ca = "", None if not self.tls else options.authority and options.authority.ca
        self.faults = Faults(f"{world.seed_value}/{self.name}/faults")
        self.calls: dict[str, int] = {}
        self.witness: Callable[[Request, Response], object] | None = None
        self.quota = Quota()
        folder = options.folder
        self._journal = Journal(folder / f"{self.name}.jsonl" if folder else None)
        self._tables: dict[str, Table] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._last_id = 0
        self.routes = routes_of(type(self))
        self._sender = Sender(
            self,
            self.faults,
            scale=options.retry_scale,
            seed=f"{world.seed_value}/{self.name}/send",
        )
        self._server: Server | None = None

    # What a vendor calls

    def table(self, name: str) -> Table:
        """The table of this name, made when first asked for."""
        with self.lock:
            return self._tables.setdefault(name, Table(name, self, self.lock))

    def next_cursor(self, request: Request, current: str, following: str) -> str:
        """The cursor behind a page; the same again while the fault `repeat_cursor` strikes."""
        stuck = self.faults.take(request.path, "repeat_cursor")
        return current if stuck else following

    def iso(self, when: datetime, timespec: str = "seconds") -> str:
        """ISO 8601 in UTC with a Z."""
        return when.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")

    def next_id(self) -> int:
        """A number never given before, rising, also over restarts."""
        with self.lock:
            self._last_id = max(self._last_id + 1, time.time_ns() // 1000)
            return self._last_id

    def subscribe(
        self,
        url: str,
        secret: str = "",
        events: Iterable[str] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> Subscription:
        """Add a webhook subscription; raises Refused(400) for a bad URL or a failed greeting."""
        try:
            require_loopback(url)
        except ValueError as error:
            raise Refused(Response({"message": str(error)}, 400)) from None
        found = Subscription(
            str(self.next_id()), url, secret, tuple(events), dict(extra or {}), self.moment()
        )
        if not self.greet(found):
            raise Refused(Response({"message": f"{url} did not answer the handshake"}, 400))
        with self.lock:
            self._subscriptions[found.id] = found
            stored = asdict(found) | {"created_at": found.created_at.isoformat()}
            self.keep({"op": "subscribe", "subscription": stored})
        return found

    def unsubscribe(self, id: str) -> bool:
        """Remove a subscription and what waits for it; False when there is none."""
        with self.lock:
            if self._subscriptions.pop(id, None) is None:
                return False
            self.keep({"op": "unsubscribe", "id": id})
        self._sender.forget(id)
        return True

    def subscriptions(self) -> list[Subscription]:
        """All subscriptions, oldest first."""
        with self.lock:
            return list(self._subscriptions.values())

    def subscription(self, id: str) -> Subscription | None:
        """One subscription, or None."""
        return self._subscriptions.get(id)

    def emit(self, events: Iterable[Event]) -> int:
        """Queue events for the subscriptions that accept them; returns how many were queued."""
        queued = 0
        with self.lock:
            for event in events:
                told = replace(event, id=self.next_id(), at=event.at or self.moment())
                for subscription in self._subscriptions.values():
                    if self.accepts(subscription, told):
                        self._sender.push(subscription, [replace(told)])
                        queued += 1
        return queued

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        """One call out: status (0 when nobody answered), lower-case headers, body."""
        caller = Caller()
        try:
            return caller.exchange(url, body, headers)
        except OSError:
            return 0, {}, b""
        finally:
            caller.close()

    def merge(self, table: str, into: str, losers: Sequence[str]) -> None:
        """Merge records as the vendor does; raises KeyError for unknown ids."""
        with self.lock:
            rows = self.table(table)
            before = rows.get(into)
            if before is None:
                raise KeyError(into)
            for loser in losers:
                rows.delete(loser, quiet=True)
            after = rows.put(into, before, quiet=True)
            gone = tuple(losers)
            self.tell(Edit(table, into, "merge", before, after, self.moment(), (), gone))

    # Running

    def start(self) -> None:
        """Seed, play the journal, listen and send."""
        self.seed(self.world)
        for line in self._journal.read():
            self._play(line)
        authority = self.options.authority
        context = authority.context() if self.tls and authority else None
        self._server = Server(partial(answering.answer, self), context)
        port = self._server.start(self.options.port or self.options.ports.get(self.name, 0))
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{port}"
        self._sender.grow(self.options.senders)

    def stop(self) -> None:
        """Stop listening and sending; the journal keeps the state."""
        self.closing.set()
        if self._server:
            self._server.stop()
        self._sender.stop()
        self._journal.close()

    def stir_many(self, n: int) -> None:
        """Make n plausible edits."""
        for _ in range(n):
            with self.lock:
                self.stir(self.rng)

    def burst(self, n: int, *, wait: float = 600.0, senders: int = 8) -> dict[str, Any]:
        """Edit until n webhook events are queued, send at full speed, report what came of it."""
        self._sender.grow(senders)
        before, began, edits = self.sent(), time.monotonic(), 0
        while self._sender.tally.events - before["events"] < n and edits < 2 * n + 10:
            self.stir_many(1)
            edits += 1
        settled = self.settle(wait) if wait else False
        after = self.sent()
        report = {k: after[k] - before[k] for k in after if k != "by_status"}
        statuses = {k: v - before["by_status"].get(k, 0) for k, v in after["by_status"].items()}
        seconds = round(time.monotonic() - began, 3)
        return report | {
            "edits": edits,
            "settled": settled,
            "seconds": seconds,
            "by_status": {k: v for k, v in statuses.items() if v},
        }

    def storm(self, times: int) -> int:
        """Send every acknowledged body again; returns how many bodies were queued."""
        return self._sender.again(times)

    def settle(self, timeout: float = 30.0) -> bool:
        """Wait until every webhook is acknowledged or given up; False when time is over."""
        return self._sender.settle(timeout)

    def sent(self) -> dict[str, Any]:
        """Tallies of the webhooks since this start."""
        return self._sender.tally.as_json()

    def acked(self) -> list[tuple[Parcel, int]]:
        """Every acknowledged body with its status, in the order of the answers."""
        return list(self._sender.acked)

    def queued(self) -> int:
        """Webhooks that wait or are in flight."""
        return self._sender.queued()

    def tables(self) -> list[Table]:
        """All tables."""
        with self.lock:
            return list(self._tables.values())

    # What tables and the sender ask

    def moment(self) -> datetime:
        """The sandbox time."""
        return self.clock.now()

    def keep(self, line: Row) -> None:
        """Write one line into the journal."""
        self._journal.write(line)

    def tell(self, edit: Edit) -> None:
        """Send the webhooks of an edit."""
        if self._subscriptions:
            self.emit(self.on_change(edit))

    def _play(self, line: Row) -> None:
        if line["op"] == "subscribe":
            stored = line["subscription"]
            made = datetime.fromisoformat(stored["created_at"])
            fields = stored | {"events": tuple(stored["events"]), "created_at": made}
            self._subscriptions[stored["id"]] = Subscription(**fields)
        elif line["op"] == "unsubscribe":
            self._subscriptions.pop(line["id"], None)
        else:
            at = datetime.fromisoformat(line["at"])
            self.table(line["table"]).play(line["op"], line["id"], line.get("record"), at)
