"""Who is let in: the process refuses before it collapses, a connection before it drowns others."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from hub.errors import TooMany, TryAgainSoon

LOOK_EVERY_S = 5.0


@dataclass(slots=True)
class Bucket:
    """A token bucket that holds one second's worth."""

    level: float
    at: float


@dataclass(slots=True)
class Admission:
    """Limits of one web process. `backlog(tenant, connection)` counts stored rows that wait."""

    queued: Callable[[], tuple[int, float]]
    backlog: Callable[[str, str], int]
    max_queue: int
    max_age_s: float
    rate: float
    max_backlog: int
    disk: Path | None
    disk_free_min: int
    _buckets: dict[str, Bucket] = field(default_factory=dict)
    _backlogs: dict[str, tuple[float, int]] = field(default_factory=dict)
    _disk_seen: tuple[float, int] = (0.0, 1 << 62)

    def admit(self) -> None:
        """Raises TryAgainSoon when the commit queue is too long or old, or the disk too full."""
        length, age = self.queued()
        if length >= self.max_queue or age > self.max_age_s:
            raise TryAgainSoon("The hub is at its limit.", retry_after=2, reason="overload")
        if self.disk is not None and self._disk_free(self.disk) < self.disk_free_min:
            raise TryAgainSoon("The hub's disk is nearly full.", retry_after=60, reason="disk")

    def admit_connection(self, tenant_id: str, connection_id: str) -> None:
        """Raises TooMany over the connection's rate or its backlog limit."""
        if not self._spend(connection_id):
            raise TooMany(
                "This connection sends faster than its limit.", retry_after=1, reason="rate"
            )
        if self._backlog(tenant_id, connection_id) >= self.max_backlog:
            raise TooMany(
                "This connection has too many deliveries waiting.", retry_after=30, reason="backlog"
            )

    def _spend(self, connection_id: str) -> bool:
        now = monotonic()
        bucket = self._buckets.setdefault(connection_id, Bucket(self.rate, now))
        bucket.level = min(self.rate, bucket.level + (now - bucket.at) * self.rate)
        bucket.at = now
        if bucket.level < 1:
            return False
        bucket.level -= 1
        return True

    def _backlog(self, tenant_id: str, connection_id: str) -> int:
        seen = self._backlogs.get(connection_id)
        if seen is None or monotonic() - seen[0] > LOOK_EVERY_S:
            self._backlogs[connection_id] = (monotonic(), seen[1] if seen else 0)
            seen = (monotonic(), self.backlog(tenant_id, connection_id))
            self._backlogs[connection_id] = seen
        return seen[1]

    def _disk_free(self, disk: Path) -> int:
        if monotonic() - self._disk_seen[0] > LOOK_EVERY_S:
            self._disk_seen = (monotonic(), shutil.disk_usage(disk).free)
        return self._disk_seen[1]
