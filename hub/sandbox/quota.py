"""A vendor's limits in small: windows that are counted and enforced once somebody orders it."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

PLENTY = 1_000_000
"""What a vendor claims to allow while nothing is enforced, so that nobody waits on a sandbox."""


class Told(NamedTuple):
    """What the headers say of one window: calls it holds, calls left, seconds to its start."""

    of: int
    left: int
    reset_s: int


@dataclass(slots=True)
class Window:
    """At most `calls` in `per_s` seconds: of any such stretch, or (`fixed`) by the clock."""

    calls: int
    per_s: float
    fixed: bool = False
    path: str = ""
    times: deque[float] = field(default_factory=deque, repr=False)

    def settle(self, at: float) -> None:
        """Let go of the calls that no longer count."""
        start = at - at % self.per_s if self.fixed else at - self.per_s
        while self.times and (self.times[0] < start or (not self.fixed and self.times[0] == start)):
            self.times.popleft()

    def wait(self, at: float) -> float:
        """Seconds until the next call fits."""
        if len(self.times) < self.calls:
            return 0.0
        if self.fixed or not self.times:
            return self.per_s - at % self.per_s
        return self.times[0] + self.per_s - at


class Quota:
    """The windows now enforced. `refused` counts the calls that did not fit."""

    def __init__(self) -> None:
        self._windows: list[Window] = []
        self._lock = threading.Lock()
        self.refused = 0

    def enforce(self, windows: Iterable[Window]) -> None:
        """Hold every call to these windows from now on; none: to nothing."""
        with self._lock:
            self._windows = list(windows)

    def spend(self, path: str, now: datetime) -> int | None:
        """None when the call fits, else whole seconds to wait; a refused call does not count."""
        at = now.timestamp()
        with self._lock:
            mine = [one for one in self._windows if one.path in path]
            for one in mine:
                one.settle(at)
            wait = max((one.wait(at) for one in mine), default=0.0)
            if wait > 0:
                self.refused += 1
                return math.ceil(wait)
            for one in mine:
                one.times.append(at)
        return None

    def told(self, per_s: float, now: datetime, plenty: int = PLENTY) -> Told:
        """What an answer's headers say of the window of so many seconds."""
        at = now.timestamp()
        with self._lock:
            for one in self._windows:
                if one.per_s == per_s and not one.path:
                    one.settle(at)
                    reset = math.ceil(one.per_s - at % one.per_s)
                    return Told(one.calls, max(0, one.calls - len(one.times)), reset)
        return Told(plenty, plenty - 1, math.ceil(per_s))
