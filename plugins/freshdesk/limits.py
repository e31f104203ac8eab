"""What an account allows: calls a minute, shared by all its keys and apps, and lists apart.

Facts: developers.freshdesk.com/api "Rate limit" and support article 225439. The published numbers
disagree, so the headers decide; those do not speak of the lists' own limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hub.api import Left, Limits, Rate
from hub.api.limits import whole

MINUTE_S = 60.0
SHARE = 0.5
"""How much of the account's calls may be used up before we rest; others share them."""
LISTS = r"GET /api/v2/(tickets|contacts)$"
PLANS = ((700, 200), (400, 100))
"""Calls a minute of a plan, and how many of them may list tickets or contacts."""
FEWEST = 20
RATES = (Rate(50, MINUTE_S), Rate(FEWEST, MINUTE_S, only=LISTS))


def left(headers: Mapping[str, str]) -> Iterator[Left]:
    """The minute, and what its size says of the lists' limit."""
    total, remaining = whole(headers, "X-RateLimit-Total"), whole(headers, "X-RateLimit-Remaining")
    if total is None or remaining is None:
        return
    yield Left(MINUTE_S, remaining, total)
    yield Left(MINUTE_S, None, lists(total), only=LISTS)


def lists(total: int) -> int:
    """How many lists a minute an account with so many calls a minute may ask for."""
    return next((total * some // calls for calls, some in PLANS if total >= calls), FEWEST)


LIMITS = Limits(rates=RATES, concurrent=1, left=left, share=lambda settings: SHARE)
