"""What an org allows: requests of a rolling day, shared by all its apps, and long ones at once.

Facts: developer.salesforce.com, "API Request Limits and Allocations", and the REST API's header
`Sforce-Limit-Info`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from hub.api import Left, Limits, Rate

DAY_S = 86_400.0
LEAST = 15_000
"""A Developer Edition's day; every answer names the org's own."""
LONG_AT_ONCE = 5
"""Requests of 20 s and more that a Developer or trial org bears at once; others bear 25."""
USAGE = re.compile(r"(?:^|[;,\s])(?:per-app-)?api-usage=(\d{1,15})/(\d{1,15})(?!\d)")
"""By name: the header has grown further parts behind and may grow some before."""


def left(headers: Mapping[str, str]) -> Iterator[Left]:
    """The tighter of the org's day and the part of it that the org gives this app."""
    said = next((v for k, v in headers.items() if k.lower() == "sforce-limit-info"), "")
    pairs = [(int(used), int(most)) for used, most in USAGE.findall(said)]
    days = [(most - used, most) for used, most in pairs if most]
    if days:
        calls, most = min(days)
        yield Left(DAY_S, max(0, calls), most)


def share(settings: Mapping[str, str]) -> float:
    """How much of the day the hub may have used when it stops; other apps need the rest."""
    text = settings.get("quota_percent", "").strip()
    return min(max(int(text) if text.isascii() and text.isdigit() else 80, 1), 100) / 100


LIMITS = Limits(rates=(Rate(LEAST, DAY_S),), concurrent=LONG_AT_ONCE, left=left, share=share)
