"""The way out to a vendor: time-outs, shared back-off and short retries around every call.

A vendor's `Retry-After` is written to Redis, so that all workers of a connection wait together.
Without Redis the calls go on unguarded: a limit is a courtesy, a standstill would be our fault.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any, TypeVar

import requests
import stamina
from redis import Redis
from redis.exceptions import RedisError
from requests.adapters import HTTPAdapter

from hub.errors import Reconnect, RetryLater

T = TypeVar("T")
CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 5.0, 30.0
LOOPBACK = ("https://127.0.0.1:", "https://localhost:")
SHORT_WAIT_S = 2.0
"""Waits up to this long are slept through; longer ones go back as a due time."""
DEFAULT_PAUSE_S = 30.0
LONGEST_PAUSE_S = 86_400.0
"""A day: the longest window of a limit that the vendors we know have."""
BREAK_AFTER, BREAK_FOR_S = 5, 15.0
"""So many failures in a row, by any worker, open the breaker for so many seconds."""


class Guard:
    """Shared waiting of one connection: a pause asked for by the vendor, and a circuit breaker."""

    def __init__(self, redis: Redis | None, connection_id: str) -> None:
        self._redis = redis
        self._pause = f"hub:pause:{connection_id}"
        self._failures = f"hub:failures:{connection_id}"

    def enter(self) -> None:
        """Raises RetryLater while the connection is to be left alone."""
        left = self._ask(lambda r: r.pttl(self._pause))
        if left and left > 0:
            raise RetryLater(
                "The vendor asked us to wait, or has failed several times in a row.",
                retry_after=left / 1000,
                reason="paused",
            )

    def failed(self, error: RetryLater) -> None:
        if error.retry_after:
            self._rest(error.retry_after)
            return
        count = self._ask(lambda r: r.incr(self._failures))
        self._ask(lambda r: r.expire(self._failures, 60))
        if count and count >= BREAK_AFTER:
            self._rest(BREAK_FOR_S * random.uniform(1, 1.3))
            self._ask(lambda r: r.delete(self._failures))

    def succeeded(self) -> None:
        self._ask(lambda r: r.delete(self._failures))

    def _rest(self, seconds: float) -> None:
        """A shorter pause never cuts a longer one that another worker was told."""
        wait_ms = max(1, int(seconds * 1000))
        left = self._ask(lambda r: r.pttl(self._pause))
        if left is None or left < wait_ms:
            self._ask(lambda r: r.set(self._pause, "1", px=wait_ms))

    def _ask(self, command: Callable[[Redis], Any]) -> Any:
        if self._redis is None:
            return None
        try:
            return command(self._redis)
        except RedisError:
            return None


class VendorHttp:
    """What a connector gets as `Http`: a guarded session, and a guard for SDK calls."""

    def __init__(self, redis: Redis | None, connection_id: str, loopback_ca: str = "") -> None:
        self._guard = Guard(redis, connection_id)
        self.session: requests.Session = GuardedSession(self._guard, loopback_ca)

    def call(self, operation: str, function: Callable[[], T]) -> T:
        return _guarded(self._guard, function)


class GuardedSession(requests.Session):
    """A session with default time-outs that turns transport trouble into the hub's errors."""

    def __init__(self, guard: Guard, loopback_ca: str = "") -> None:
        super().__init__()
        self._guard = guard
        self._loopback_ca = loopback_ca
        self.headers["User-Agent"] = "customer-hub/0.1"
        self.mount("http://", HTTPAdapter(pool_maxsize=8, max_retries=0))
        self.mount("https://", HTTPAdapter(pool_maxsize=8, max_retries=0))

    def request(self, method: Any, url: Any, *args: Any, **options: Any) -> requests.Response:
        options.setdefault("timeout", (CONNECT_TIMEOUT_S, READ_TIMEOUT_S))
        if self._loopback_ca and str(url).startswith(LOOPBACK):
            options["verify"] = self._loopback_ca
        return _guarded(self._guard, lambda: self._once(method, url, *args, **options))

    def _once(self, method: Any, url: Any, *args: Any, **options: Any) -> requests.Response:
        try:
            answer = super().request(method, url, *args, **options)
        except requests.RequestException as error:
            raise RetryLater(
                f"The vendor could not be reached ({type(error).__name__}).", reason="unreachable"
            ) from error
        refuse_trouble(answer.status_code, answer.headers.get("Retry-After"))
        return answer


def refuse_trouble(status: int, retry_after: str | None) -> None:
    """Raise what a bare HTTP status means for us; other statuses are the connector's to read."""
    if status == 429:
        seconds = wait_of(retry_after) or DEFAULT_PAUSE_S
        raise RetryLater("The vendor limits our calls.", retry_after=seconds, reason="limited")
    if status >= 500:
        raise RetryLater(
            f"The vendor answered {status}.", retry_after=wait_of(retry_after), reason="vendor_down"
        )
    if status == 401:
        raise Reconnect("The vendor no longer accepts the credentials (401).")


def wait_of(header: str | None) -> float | None:
    """Seconds from a Retry-After header: a number, or an HTTP date."""
    if not header:
        return None
    if header.strip().isdigit():
        return float(min(int(header.strip()[:9]), LONGEST_PAUSE_S))
    try:
        until = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return _fraction(header)
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    seconds = (aware - datetime.now(UTC)).total_seconds()
    return min(max(0.0, seconds), LONGEST_PAUSE_S)


def _fraction(text: str) -> float | None:
    """Some vendors send fractions of a second; "nan" and "inf" are no time."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return min(max(0.0, seconds), LONGEST_PAUSE_S) if isfinite(seconds) else None


def _guarded(guard: Guard, function: Callable[[], T]) -> T:
    for attempt in stamina.retry_context(on=_worth_a_moment, attempts=3, wait_max=SHORT_WAIT_S):
        with attempt:
            return _try(guard, function)
    raise AssertionError("unreachable")


def _try(guard: Guard, function: Callable[[], T]) -> T:
    guard.enter()
    try:
        result = function()
    except RetryLater as error:
        guard.failed(error)
        raise
    guard.succeeded()
    return result


def _worth_a_moment(error: Exception) -> bool | float:
    """Sleep through a short wait; a longer one becomes a due time in the database."""
    if not isinstance(error, RetryLater):
        return False
    if error.retry_after is None:
        return error.reason != "paused"
    return error.retry_after if error.retry_after <= SHORT_WAIT_S else False
