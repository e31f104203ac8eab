"""The way out to a vendor: time-outs, the account's budget, a breaker and short retries.

A vendor's `Retry-After` and what its answers say is left are kept in Redis for the whole account,
so that all who use it wait together. Without Redis the calls go on unguarded: a limit is a
courtesy, a standstill would be our fault.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
import stamina
from redis import Redis
from requests.adapters import HTTPAdapter

from hub.breaker import Breaker
from hub.budget import Budget, Taken, Wait
from hub.errors import HubError, Reconnect, RetryLater

T = TypeVar("T")
CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 5.0, 30.0
LOOPBACK = ("https://127.0.0.1:", "https://localhost:")
SHORT_WAIT_S = 2.0
"""Waits up to this long are slept through; longer ones go back as a due time."""
DEFAULT_PAUSE_S = 30.0
LONGEST_PAUSE_S = 86_400.0
"""A day: the longest window of a limit that the vendors we know have."""
WAITING = ("budget", "paused")
"""Reasons of our own for not calling: no word of the vendor's."""


@dataclass(slots=True)
class Pass:
    """One call on its way: its leave, whether others failed before it, its last answer's headers.

    answers: how many came; an SDK may make several requests in what is one call to us.
    """

    taken: Taken
    after_failures: bool = False
    headers: Mapping[str, str] | None = None
    answers: int = 0


class Guard:
    """Decides for one connection when a call may go, and notes how it went."""

    def __init__(
        self, redis: Redis | None, connection_id: str, budget: Budget | None = None
    ) -> None:
        self._budget = budget or Budget(redis, connection_id, who=connection_id)
        self._breaker = Breaker(redis, connection_id, self._budget.offset_s)
        self._mine = threading.local()

    @property
    def inside(self) -> bool:
        """Whether this thread is in a call already, as a session below an SDK call is."""
        return getattr(self._mine, "now", None) is not None

    def enter(self, operation: str = "") -> Pass:
        """Leave for one call; waits for it a short while. Raises RetryLater beyond that."""
        away, after_failures = self._breaker.enter()
        if away:
            raise RetryLater(
                "The vendor has failed several times in a row.", retry_after=away, reason="paused"
            )
        try:
            self._mine.now = Pass(self._leave(operation), after_failures)
        except RetryLater:
            self._breaker.let_go()
            raise
        passed: Pass = self._mine.now
        return passed

    def _leave(self, operation: str) -> Taken:
        until = time.monotonic() + SHORT_WAIT_S
        while isinstance(answer := self._budget.take(operation), Wait):
            if time.monotonic() + answer.seconds > until:
                raise _over_budget(answer)
            time.sleep(answer.seconds)
        return answer

    def note(self, headers: Mapping[str, str]) -> None:
        """What the answer to this thread's call said."""
        if self.inside:
            self._mine.now.headers = headers
            self._mine.now.answers += 1

    def failed(self, error: RetryLater) -> None:
        """The vendor did not serve the call; what it asked for holds for the whole account."""
        if error.reason in WAITING:
            self._end()
            return
        self._end(error)
        if error.retry_after:
            self._breaker.let_go()
        else:
            self._breaker.failed()

    def succeeded(self) -> None:
        """The vendor answered, whatever it said."""
        if self._end().after_failures:
            self._breaker.succeeded()

    def broke_off(self) -> None:
        """Nobody knows how the vendor would have answered: another call may find out."""
        if self._end().after_failures:
            self._breaker.let_go()

    def _end(self, error: RetryLater | None = None) -> Pass:
        passed: Pass = getattr(self._mine, "now", None) or Pass(Taken())
        self._mine.now = None
        pause = error.retry_after if error and error.retry_after else None
        why = error.reason if error else ""
        calls = max(1, passed.answers)
        self._budget.give(passed.taken, passed.headers, calls=calls, pause_s=pause, why=why)
        return passed


def _over_budget(wait: Wait) -> RetryLater:
    what = {
        "pause": "The vendor asked us to wait.",
        "at once": "As many calls as the vendor allows are under way.",
    }
    sentence = what.get(wait.window, "Our share of what the vendor allows is used up for now.")
    return RetryLater(sentence, retry_after=max(wait.seconds, 1.0), reason="budget")


class VendorHttp:
    """What a connector gets as `Http`: a guarded session, and a guard for SDK calls."""

    def __init__(
        self,
        redis: Redis | None,
        connection_id: str,
        loopback_ca: str = "",
        budget: Budget | None = None,
    ) -> None:
        self._guard = Guard(redis, connection_id, budget)
        self.session: requests.Session = GuardedSession(self._guard, loopback_ca)

    def call(self, operation: str, function: Callable[[], T]) -> T:
        return _guarded(self._guard, operation, function)

    def note(self, headers: Mapping[str, str]) -> None:
        """What an SDK's answer said; to be called inside the function given to `call`."""
        self._guard.note(headers)


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
        operation = f"{method} {urlsplit(str(url)).path}"
        return _guarded(self._guard, operation, lambda: self._once(method, url, *args, **options))

    def _once(self, method: Any, url: Any, *args: Any, **options: Any) -> requests.Response:
        try:
            answer = super().request(method, url, *args, **options)
        except requests.RequestException as error:
            raise RetryLater(
                f"The vendor could not be reached ({type(error).__name__}).", reason="unreachable"
            ) from error
        self._guard.note(answer.headers)
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


def _guarded(guard: Guard, operation: str, function: Callable[[], T]) -> T:
    """One budgeted call with short retries; a call within a call is a part of it."""
    if guard.inside:
        return function()
    for attempt in stamina.retry_context(on=_worth_a_moment, attempts=3, wait_max=SHORT_WAIT_S):
        with attempt:
            return _try(guard, operation, function)
    raise AssertionError("unreachable")


def _try(guard: Guard, operation: str, function: Callable[[], T]) -> T:
    guard.enter(operation)
    try:
        result = function()
    except RetryLater as error:
        guard.failed(error)
        raise
    except HubError:
        guard.succeeded()
        raise
    except BaseException:
        guard.broke_off()
        raise
    guard.succeeded()
    return result


def _worth_a_moment(error: Exception) -> bool | float:
    """Sleep through a short wait; a longer one becomes a due time in the database."""
    if not isinstance(error, RetryLater) or error.reason in WAITING:
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= SHORT_WAIT_S else False
