"""What a vendor allows one account: rates, calls at once, and what its answers say is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Headers = Mapping[str, str]
Settings = Mapping[str, str]
Purpose = Literal["first", "next", "last"]
"""Whose turn a call is: `first` = a person waits or a webhook asks for a record; `next` = an
incremental sync; `last` = everything is listed again."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` within any `per_s` seconds: 60 for a minute, 86,400 for a daily quota.

    only: a regular expression; the window then counts only calls in whose name it is found. A plain
    request is named "GET /path", an SDK call by the operation given to `Http.call`.
    """

    calls: int
    per_s: float
    only: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """What an answer says of one window: `calls` left of `of`, until `reset_s` from now.

    `per_s` and `only` name the window as in `Rate`; a window the connector did not declare is taken
    in, if it has no `only`. calls: None where the answer says only how much the window holds.
    reset_s: given where the whole window starts again then, None where it rolls or nobody says.
    """

    per_s: float
    calls: int | None
    of: int | None = None
    reset_s: float | None = None
    only: str = ""


def _nothing(headers: Headers) -> Iterable[Left]:
    return ()


def _whole(settings: Settings) -> float:
    return 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one vendor account, shared by all our processes and all its connections.

    rates: known beforehand, for what headers do not say or before the first answer; a function of a
    connection's settings where they depend on its plan. concurrent: calls at once. left: reads an
    answer's headers (any case); must not raise on what it does not know. share: how much of every
    window we may use at all, 0 to 1, by the settings; other apps of the tenant use the rest.
    """

    rates: tuple[Rate, ...] | Callable[[Settings], tuple[Rate, ...]] = ()
    concurrent: int | None = None
    left: Callable[[Headers], Iterable[Left]] = _nothing
    share: Callable[[Settings], float] = _whole

    def rates_of(self, settings: Settings) -> tuple[Rate, ...]:
        """The rates that hold for a connection with these settings."""
        return self.rates(settings) if callable(self.rates) else self.rates


def whole(headers: Headers, name: str) -> int | None:
    """A header's number, whatever the case of its name; None where there is none in it."""
    for key, value in headers.items():
        if key.lower() == name.lower():
            text = str(value).strip()
            return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
    return None
