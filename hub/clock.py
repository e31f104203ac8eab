"""The time. Leases and locks alone use the servers' clocks instead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """The real time plus `offset_s` seconds; only a sandbox tenant may have an offset."""

    offset_s: float = 0.0

    def now(self) -> datetime:
        """Aware, in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.offset_s)
