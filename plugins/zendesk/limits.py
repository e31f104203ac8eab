"""What Zendesk allows: calls a minute of the plan, and the exports' own few. Pure.

Facts: developer.zendesk.com/api-reference/introduction/rate-limits and .../incremental_exports. The
plan allows the whole account 200 to 2,500 calls a minute, and the answers say so. Some endpoints
have a limit of their own besides, told as `zendesk-ratelimit-tickets-index: total=100;
remaining=99; resets=41`; a 429 can come for one of these while calls of the plan are left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from hub.api import Left, Limits, Rate
from hub.api.limits import whole

MINUTE_S = 60.0
EXPORTS = r"GET /api/v2/incremental/"
FEWEST, FEWEST_EXPORTS = 200, 10
"""What the smallest plan allows; the add-on for many calls has 30 exports, told by the header."""
ENDPOINT = re.compile(r"zendesk-ratelimit-.*incremental", re.IGNORECASE)
PART = re.compile(r"\b(total|remaining|resets)\s*=\s*(\d{1,9})\b", re.ASCII)


def left(headers: Mapping[str, str]) -> Iterator[Left]:
    """What is left of the account's calls of this minute, and of its exports."""
    calls = _either(headers, "X-Rate-Limit-Remaining", "ratelimit-remaining")
    if calls is not None:
        of = _either(headers, "X-Rate-Limit", "ratelimit-limit")
        yield Left(MINUTE_S, calls, of, _seconds(whole(headers, "ratelimit-reset")))
    for name, value in headers.items():
        parts = {word: int(digits) for word, digits in PART.findall(value)}
        if ENDPOINT.match(name) and "remaining" in parts:
            resets = _seconds(parts.get("resets"))
            yield Left(MINUTE_S, parts["remaining"], parts.get("total"), resets, EXPORTS)


def _either(headers: Mapping[str, str], older: str, newer: str) -> int | None:
    found = whole(headers, older)
    return whole(headers, newer) if found is None else found


def _seconds(number: int | None) -> float | None:
    return None if number is None else float(number)


LIMITS = Limits(
    rates=(Rate(FEWEST, MINUTE_S), Rate(FEWEST_EXPORTS, MINUTE_S, only=EXPORTS)), left=left
)
