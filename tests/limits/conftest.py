"""Accounts that nobody else uses, on the suite's Redis, with a clock that the test moves."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from redis import Redis

from hub import queue
from hub.api import Limits, Rate
from hub.api.limits import Purpose
from hub.budget import Budget, Taken
from hub.embedded import Services


@dataclass
class Account:
    """One vendor account as several callers see it; `ahead` moves everybody's clock."""

    redis: Redis | None
    limits: Limits
    ahead: float = 0.0
    name: str = field(default_factory=lambda: f"test:{uuid.uuid4().hex}")

    def budget(self, purpose: Purpose = "first", who: str = "cnx_1", **more: Any) -> Budget:
        given = {"limits": self.limits, "offset_s": lambda: self.ahead, **more}
        return Budget(self.redis, self.name, purpose=purpose, who=who, **given)

    def spend(self, calls: int, purpose: Purpose = "first", operation: str = "") -> int:
        """Make up to so many calls, each ended at once; returns how many were let through."""
        budget = self.budget(purpose)
        for count in range(calls):
            taken = budget.take(operation)
            if not isinstance(taken, Taken):
                return count
            budget.give(taken)
        return calls

    def hear(self, headers: dict[str, str], **pause: Any) -> None:
        """One call whose answer has these headers."""
        budget = self.budget()
        taken = budget.take()
        assert isinstance(taken, Taken)
        budget.give(taken, headers, **pause)


@pytest.fixture(scope="module")
def redis(services: Services) -> Iterator[Redis]:
    with queue.connect(services.redis_url) as client:
        yield client


def per_minute(calls: int, **more: Any) -> Limits:
    return Limits(rates=(Rate(calls, 60),), **more)
