"""What a site allows: a burst a second, and for apps points an hour.

Facts: developer.atlassian.com/cloud/jira/platform/rate-limiting. A call costs points by what it
reads, so that only the answers know what is left; headers that begin with `Beta-` tell of a quota
that is not enforced yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from hub.api import Left, Limits, Rate
from hub.api.limits import whole

BURST = 50
"""Calls a second of the slowest methods; the others have 100 and more."""
AT_ONCE = 5
ITEM = re.compile(r'"([^"]{1,80})"((?:\s*;\s*[a-z]{1,8}=\d{1,12})*)')
PARAMETER = re.compile(r"([a-z]{1,8})=(\d{1,12})")


def left(headers: Mapping[str, str]) -> Iterator[Left]:
    """The burst of this kind of call, and the tightest quota of each length."""
    burst, most = whole(headers, "X-RateLimit-Remaining"), whole(headers, "X-RateLimit-Limit")
    if burst is not None and most is not None:
        yield Left(1.0, burst, most)
    known = {k.lower(): str(v) for k, v in headers.items()}
    policies, states = _items(known.get("ratelimit-policy", "")), _items(known.get("ratelimit", ""))
    tightest: dict[int, Left] = {}
    for name, policy in policies.items():
        if policy.get("w") and "q" in policy:
            found = _quota(policy, states.get(name, {}))
            before = tightest.get(policy["w"])
            if before is None or _room(found) < _room(before):
                tightest[policy["w"]] = found
    yield from tightest.values()


def _quota(policy: Mapping[str, int], state: Mapping[str, int]) -> Left:
    return Left(float(policy["w"]), state.get("r"), policy["q"], state.get("t"))


def _room(one: Left) -> int:
    return one.calls if one.calls is not None else one.of or 0


def _items(text: str) -> dict[str, dict[str, int]]:
    """A list of RFC 9651 items with whole-number parameters: `"name";q=65000;w=3600, ...`."""
    return {
        name: {key: int(value) for key, value in PARAMETER.findall(parameters)}
        for name, parameters in ITEM.findall(text)
    }


LIMITS = Limits(rates=(Rate(BURST, 1.0),), concurrent=AT_ONCE, left=left)
