"""What an account allows: a burst in ten rolling seconds, a day, and searches a second.

Facts: developers.hubspot.com, "API usage guidelines and limits". Answers of search say nothing,
and those of an OAuth app nothing of the day. Associations have a burst of their own, which does not
grow with the account's as far.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hub.api import Left, Limits, Rate
from hub.api.limits import Counted, whole

BURST_S, DAY_S = 10.0, 86_400.0
SEARCH = r"\.search$"
ASSOCIATIONS = r"\.associations\.read$"
RATES = (
    Rate(100, BURST_S),
    Rate(250_000, DAY_S),
    Rate(5, 1.0, only=SEARCH),
    Rate(100, BURST_S, only=ASSOCIATIONS),
)
"""The least of all plans; answers name the account's own."""
PREFIX = "X-HubSpot-RateLimit-"


def left(headers: Mapping[str, str]) -> Iterator[Left]:
    """The burst and the day, as far as the answer speaks of them."""
    length_ms = whole(headers, f"{PREFIX}Interval-Milliseconds") or int(BURST_S * 1000)
    yield from Counted(length_ms / 1000, f"{PREFIX}Remaining", f"{PREFIX}Max").left(headers)
    yield from Counted(DAY_S, f"{PREFIX}Daily-Remaining", f"{PREFIX}Daily").left(headers)


LIMITS = Limits(rates=RATES, left=left)
