"""Vendor accounts' limits for Prometheus, read from Redis when it asks."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis import Redis
from redis.exceptions import RedisError

from hub.budget import KEYS, Budget

LABELS = ("account", "window")


class LimitCollector(Collector):
    """hub_vendor_calls_allowed and hub_vendor_calls_used by account and window (seconds)."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def collect(self) -> Iterator[GaugeMetricFamily]:
        allowed = GaugeMetricFamily(
            "hub_vendor_calls_allowed", "Calls that a vendor allows an account", labels=LABELS
        )
        used = GaugeMetricFamily(
            "hub_vendor_calls_used", "Calls used of a vendor's window", labels=LABELS
        )
        waiting = GaugeMetricFamily(
            "hub_vendor_calls_waiting", "Callers that wait for their turn", labels=("account",)
        )
        for account in self._accounts():
            seen = Budget(self._redis, account).look()
            for window in seen.get("windows") or []:
                allowed.add_metric((account, window["name"]), window["limit"])
                used.add_metric((account, window["name"]), window["used"])
            waiting.add_metric((account,), len(seen.get("waiting") or []))
        yield from (allowed, used, waiting)

    def _accounts(self) -> list[str]:
        try:
            keys = list(self._redis.scan_iter(f"{KEYS}*", count=1000))
        except RedisError:
            return []
        return sorted(key.decode().removeprefix(KEYS) for key in keys)
