"""What is shown of an account's limits to machines."""

from __future__ import annotations

from prometheus_client import CollectorRegistry
from redis import Redis

from hub.budget import Wait
from hub.reads.limits import titled
from hub.web.limit_metrics import LimitCollector
from tests.limits.conftest import Account, per_minute


def test_prometheus_is_told_what_is_allowed_used_and_waiting(redis: Redis) -> None:
    account = Account(redis, per_minute(4))
    account.spend(3, "last")
    assert isinstance(account.budget("last").take(), Wait)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(LimitCollector(redis))

    def told(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, {"account": account.name, **labels})

    assert told("hub_vendor_calls_allowed", window="60") == 4
    assert told("hub_vendor_calls_used", window="60") == 3
    assert told("hub_vendor_calls_waiting") == 1


def test_windows_are_named_in_words() -> None:
    named = [titled(s) for s in (1, 10, 60, 3600, 86_400, 0.5)]
    assert named == ["a second", "10 seconds", "a minute", "an hour", "a day", "0.5 seconds"]
