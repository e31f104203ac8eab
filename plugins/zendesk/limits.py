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
from hub.api.limits import Counted

MINUTE_S = 60.0
EXPORTS = r"GET /api/v2/incremental/"
FEWEST, FEWEST_EXPORTS = 200, 10
"""What the smallest plan allows; the add-on for many calls has 30 exports, told by the header."""
ENDPOINT = re.compile(r"zendesk-ratelimit-.*incremental", re.IGNORECASE)
OLDER = Counted(MINUTE_S, "X-Rate-Limit-Remaining", "X-Rate-Limit", "ratelimit-reset")
NEWER = Counted(MINUTE_S, "ratelimit-remaining", "ratelimit-limit", "ratelimit-reset")
PART = re.compile(r"\b(total|remaining|resets)\s*=\s*(\d{1,9})\b", re.ASCII)


def left(headers: Mapping[str, str]) -> Iterator[Left]:
    """What is left of the account's calls of this minute, and of its exports."""
    yield from list(OLDER.left(headers)) or NEWER.left(headers)
    for name, value in headers.items():
        parts = {word: int(digits) for word, digits in PART.findall(value)}
        if ENDPOINT.match(name) and "remaining" in parts:
            found = parts["remaining"], parts.get("total"), parts.get("resets")
            yield Left(MINUTE_S, *found, EXPORTS)


LIMITS = Limits(
    rates=(Rate(FEWEST, MINUTE_S), Rate(FEWEST_EXPORTS, MINUTE_S, only=EXPORTS)), left=left
)
