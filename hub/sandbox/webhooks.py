"""Sending webhooks: a queue, keep-alive sender threads, the vendor's retries, what was acked."""

from __future__ import annotations

import heapq
import itertools
import random
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar
from urllib.parse import urlsplit

from hub.sandbox.calls import Caller
from hub.sandbox.faults import Faults
from hub.sandbox.parcels import Event, Parcel, Post, Subscription, Tally

T = TypeVar("T")
ROOM = 500_000
REORDER_WINDOW = 50


class Sender:
    """Queues events per subscription and sends them from a few threads.

    A failed body is sent again after the vendor's delay times `scale`: the same events as one body,
    or, when the vendor regroups, event by event among the newer ones.
    """

    def __init__(self, post: Post, faults: Faults, *, scale: float, seed: str) -> None:
        self._post, self._faults, self._scale = post, faults, scale
        self._rng = random.Random(seed)
        self._ready: dict[str, deque[Event]] = {}
        self._turn: deque[Subscription] = deque()
        self._whole: deque[Parcel] = deque()
        self._later: list[tuple[float, int, Parcel]] = []
        self._number = itertools.count(1)
        self._lock = threading.RLock()
        self._work_came = threading.Condition(self._lock)
        self._work_done = threading.Condition(self._lock)
        self._flying = 0
        self._stopped = False
        self._threads: list[threading.Thread] = []
        self.tally = Tally()
        self.acked: list[tuple[Parcel, int]] = []
        self.gave_up: list[Parcel] = []

    def grow(self, threads: int) -> None:
        """Have at least so many sender threads, each with its own connections."""
        while len(self._threads) < threads:
            thread = threading.Thread(target=self._work, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Stop after the bodies now in flight; what is queued is forgotten."""
        with self._lock:
            self._stopped = True
            self._work_came.notify_all()
        for thread in self._threads:
            thread.join(timeout=2)

    def push(self, subscription: Subscription, events: Sequence[Event]) -> None:
        """Queue events for one subscription; over the room they are dropped and counted.

        Fault `drop`: the vendor loses the event for good, and tells nobody.
        """
        path = urlsplit(subscription.url).path
        events = [event for event in events if not self._faults.take(path, "drop")]
        if not events:
            return
        with self._lock:
            queue = self._ready.setdefault(subscription.id, deque())
            if not queue:
                self._turn.append(subscription)
            for event in events:
                if len(queue) >= ROOM:
                    self.tally.overflow += 1
                    continue
                queue.append(event)
                self.tally.events += 1
            self._work_came.notify()

    def forget(self, subscription_id: str) -> None:
        """Drop what waits for a subscription that is gone."""
        with self._lock:
            self._ready.pop(subscription_id, None)
            self._turn = deque(s for s in self._turn if s.id != subscription_id)
            self._whole = deque(p for p in self._whole if p.subscription.id != subscription_id)
            self._later = [e for e in self._later if e[2].subscription.id != subscription_id]
            heapq.heapify(self._later)
            self._work_done.notify_all()

    def again(self, times: int) -> int:
        """Queue every acknowledged body again, so many times; returns how many bodies."""
        with self._lock:
            bodies = [parcel for parcel, _ in self.acked] * times
            self._whole.extend(bodies)
            self._work_came.notify()
        return len(bodies)

    def queued(self) -> int:
        """Events and bodies that wait or are in flight."""
        with self._lock:
            waiting = sum(len(q) for q in self._ready.values())
            return waiting + len(self._whole) + len(self._later) + self._flying

    def settle(self, timeout: float) -> bool:
        """Wait until nothing is queued or in flight; False when the time is over."""
        deadline = time.monotonic() + timeout
        with self._lock:
            while self._ready_somewhere() or self._later or self._flying:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._work_done.wait(left)
        return True

    def _ready_somewhere(self) -> bool:
        return bool(self._turn or self._whole)

    def _work(self) -> None:
        caller = Caller()
        while (parcel := self._take()) is not None:
            try:
                self._finish(parcel, *self._send(caller, parcel))
            except Exception:
                traceback.print_exc(file=sys.stderr)
                self._give_up(parcel)
            finally:
                self._land()
        caller.close()

    def _take(self) -> Parcel | None:
        with self._lock:
            while not self._stopped:
                self._wake()
                if self._turn or self._whole:
                    self._flying += 1
                    parcel = self._next()
                    if self._turn or self._whole:
                        self._work_came.notify()
                    return parcel
                self._work_came.wait(self._nap())
        return None

    def _next(self) -> Parcel:
        if self._whole:
            return _pick(self._whole, self._place(len(self._whole)))
        return self._group(self._turn.popleft())

    def _land(self) -> None:
        with self._lock:
            self._flying -= 1
            if not self._flying:
                self._work_done.notify_all()

    def _wake(self) -> None:
        while self._later and self._later[0][0] <= time.monotonic():
            parcel = heapq.heappop(self._later)[2]
            if not self._post.regroups:
                self._whole.append(parcel)
                continue
            queue = self._ready.setdefault(parcel.subscription.id, deque())
            if not queue:
                self._turn.append(parcel.subscription)
            queue.extend(parcel.events)

    def _nap(self) -> float | None:
        return max(0.0, self._later[0][0] - time.monotonic()) if self._later else None

    def _group(self, subscription: Subscription) -> Parcel:
        queue = self._ready[subscription.id]
        events: list[Event] = []
        while queue and len(events) < self._post.batch_size:
            event = _pick(queue, self._place(len(queue)))
            events.append(replace(event, attempt=event.attempt + 1))
        if queue:
            self._turn.append(subscription)
        attempt = max(e.attempt for e in events)
        number = f"{subscription.id}-{events[0].id}-{next(self._number)}"
        return Parcel(subscription, tuple(events), attempt, number, self._post.moment())

    def _place(self, length: int) -> int:
        if length > 1 and self._faults.take("", "reorder"):
            return self._rng.randrange(min(length, REORDER_WINDOW))
        return 0

    def _send(self, caller: Caller, parcel: Parcel) -> tuple[int, bytes]:
        if self._faults.take(urlsplit(parcel.subscription.url).path, "unsent"):
            return 0, b""
        body = self._post.render(parcel)
        headers = self._post.sign(parcel, body)
        try:
            return caller.post(parcel.subscription.url, body, headers)
        except OSError:
            return 0, b""

    def _finish(self, parcel: Parcel, status: int, body: bytes) -> None:
        fine = bool(status) and self._post.acknowledged(parcel, status, body)
        with self._lock:
            self.tally.attempts += 1
            self.tally.by_status[str(status) if status else "none"] += 1
            if fine:
                self._note_ack(parcel, status)
            else:
                self.tally.refused += 1
                self._retry(parcel)

    def _note_ack(self, parcel: Parcel, status: int) -> None:
        self.tally.acked += 1
        self.tally.acked_events += len(parcel.events)
        self.acked.append((parcel, status))
        if self._faults.take(urlsplit(parcel.subscription.url).path, "duplicate"):
            self._whole.append(parcel)
            self._work_came.notify()

    def _retry(self, parcel: Parcel) -> None:
        delay = self._post.retry_delay(parcel.attempt)
        if delay is None:
            self._give_up(parcel)
            return
        due = time.monotonic() + delay * self._scale
        if not self._post.regroups:
            events = tuple(replace(e, attempt=e.attempt + 1) for e in parcel.events)
            moment = self._post.moment()
            parcel = replace(parcel, attempt=parcel.attempt + 1, events=events, at=moment)
        heapq.heappush(self._later, (due, next(self._number), parcel))
        self._work_came.notify()

    def _give_up(self, parcel: Parcel) -> None:
        with self._lock:
            self.tally.gave_up += 1
            self.gave_up.append(parcel)


def _pick(queue: deque[T], place: int) -> T:
    """Take the item at `place` and leave the others in their order."""
    queue.rotate(-place)
    item = queue.popleft()
    queue.rotate(place)
    return item
