"""What a vendor allows one account: rates, calls at once, and what its answers say is left."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
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


@dataclass(frozen=True, slots=True)
class Counted:
    """Headers that say in whole numbers what is left of one window; `left` is for `Limits.left`.

    remaining, limit, reset: the names of the headers for the calls left, for those that the window
    holds, and for the seconds until it starts again; "" where the vendor has none.
    """

    per_s: float
    remaining: str = "X-RateLimit-Remaining"
    limit: str = "X-RateLimit-Limit"
    reset: str = ""
    only: str = ""

    def left(self, headers: Headers) -> Iterator[Left]:
        """Nothing where the answer does not speak of it."""
        calls = whole(headers, self.remaining)
        if calls is not None:
            reset_s = whole(headers, self.reset)
            yield Left(self.per_s, calls, whole(headers, self.limit), reset_s, self.only)


_ITEM = re.compile(r'"([^"]{1,80})"((?:\s*;\s*[a-z]{1,8}=\d{1,12})*)')
_PARAMETER = re.compile(r"([a-z]{1,8})=(\d{1,12})")


def announced(headers: Headers) -> Iterator[Left]:
    """What `RateLimit-Policy` and `RateLimit` say (the IETF's draft "RateLimit header fields for
    HTTP"): of several quotas of one length the tightest."""
    known = {name.lower(): str(value) for name, value in headers.items()}
    states = _items(known.get("ratelimit", ""))
    tightest: dict[int, Left] = {}
    for name, policy in _items(known.get("ratelimit-policy", "")).items():
        if policy.get("w") and "q" in policy:
            state = states.get(name, {})
            found = Left(float(policy["w"]), state.get("r"), policy["q"], state.get("t"))
            before = tightest.get(policy["w"])
            if before is None or _room(found) < _room(before):
                tightest[policy["w"]] = found
    yield from tightest.values()


def _room(one: Left) -> int:
    return one.calls if one.calls is not None else one.of or 0


def _items(text: str) -> dict[str, dict[str, int]]:
    """A list of RFC 9651 items with whole-number parameters: `"name";q=65000;w=3600, ...`."""
    return {
        name: {key: int(value) for key, value in _PARAMETER.findall(parameters)}
        for name, parameters in _ITEM.findall(text)
    }
