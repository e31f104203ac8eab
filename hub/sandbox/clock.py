"""The sandbox clock: the real time plus an offset that tests and demos may move on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """Real now plus an offset, in UTC; `save` is told each new offset."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self._offset = offset
        self._lock = threading.Lock()
        self.save: Callable[[timedelta], None] | None = None

    @classmethod
    def starting_at(cls, start: datetime) -> Clock:
        """A clock that shows `start` at this moment and runs on from there."""
        return cls(start - datetime.now(UTC))

    @property
    def offset(self) -> timedelta:
        """How far the sandbox is ahead of the real time."""
        return self._offset

    def now(self) -> datetime:
        """The sandbox time."""
        return datetime.now(UTC) + self._offset

    def advance(self, seconds: float) -> datetime:
        """Move the sandbox time on and return it; raises ValueError for a step back."""
        if seconds < 0:
            raise ValueError("the sandbox clock cannot go back")
        with self._lock:
            self._offset += timedelta(seconds=seconds)
            if self.save:
                self.save(self._offset)
        return self.now()
