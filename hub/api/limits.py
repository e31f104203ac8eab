"""What a vendor allows one account: rates, calls at once, and what its answers say is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` within any `per_s` seconds: 60 for a minute, 86,400 for a daily quota."""

    calls: int
    per_s: float


@dataclass(frozen=True, slots=True)
class Left:
    """What an answer says of one window: `calls` left of `of`, until `reset_s` from now.

    `per_s` names the window as in `Rate`; a window the connector did not declare is taken in.
    """

    per_s: float
    calls: int
    of: int | None = None
    reset_s: float | None = None


def _nothing(headers: Headers) -> Iterable[Left]:
    return ()


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one vendor account, shared by all our processes and all its connections.

    rates: known beforehand, for plans that say nothing in their headers. concurrent: calls at once.
    left: reads an answer's headers (any case); must not raise on what it does not know.
    """

    rates: tuple[Rate, ...] = ()
    concurrent: int | None = None
    left: Callable[[Headers], Iterable[Left]] = _nothing
