"""Misbehaviour on request: which fault fires on which call, a number of times or by chance."""

from __future__ import annotations

import random
import re
import threading
from dataclasses import asdict, dataclass
from typing import Any

CALL_FAULTS = ("limit", "error", "hang", "slow", "half", "expired", "repeat_cursor")
WEBHOOK_FAULTS = ("duplicate", "reorder", "unsent", "drop")


@dataclass(slots=True)
class Fault:
    """One order to misbehave; with neither count nor probability it holds until cleared."""

    kind: str
    count: int | None = None
    probability: float | None = None
    path: str = ""
    seconds: float = 30.0
    retry_after: int = 1
    status: int = 503


class Faults:
    """The faults now in force, asked by every call and every sending."""

    def __init__(self, seed: str) -> None:
        self._faults: list[Fault] = []
        self._rng = random.Random(seed)
        self._lock = threading.Lock()
        self.fired: dict[str, int] = {}

    def add(self, kind: str, **details: Any) -> Fault:
        """Order a fault; raises ValueError for an unknown kind or a bad detail."""
        if kind not in CALL_FAULTS + WEBHOOK_FAULTS:
            raise ValueError(f"no fault {kind!r}; there are {', '.join(_ALL)}")
        try:
            fault = Fault(kind, **details)
            re.compile(fault.path)
        except (TypeError, re.error) as error:
            raise ValueError(str(error)) from None
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self._faults.clear()

    def take(self, path: str, *kinds: str) -> Fault | None:
        """The first fault of these kinds that strikes now; its count goes down."""
        if not self._faults:
            return None
        with self._lock:
            for fault in self._faults:
                if fault.kind in kinds and re.search(fault.path, path) and self._strikes(fault):
                    self.fired[fault.kind] = self.fired.get(fault.kind, 0) + 1
                    return fault
        return None

    def _strikes(self, fault: Fault) -> bool:
        if fault.count is not None:
            if fault.count <= 0:
                return False
            fault.count -= 1
            return True
        return fault.probability is None or self._rng.random() < fault.probability

    def listed(self) -> list[dict[str, Any]]:
        """The faults in force, as JSON."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]


_ALL = CALL_FAULTS + WEBHOOK_FAULTS
