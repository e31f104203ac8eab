"""What a site allows: a burst a second, and for apps points an hour.

Facts: developer.atlassian.com/cloud/jira/platform/rate-limiting. A call costs points by what it
reads, so that only the answers know what is left; headers that begin with `Beta-` tell of a quota
that is not enforced yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hub.api import Left, Limits, Rate
from hub.api.limits import Counted, announced

BURST = 50
"""Calls a second of the slowest methods; the others have 100 and more."""
AT_ONCE = 5
CALLS = Counted(1.0)


def left(headers: Mapping[str, str]) -> Iterator[Left]:
    """The burst of this kind of call, and the tightest quota of each length."""
    yield from (burst for burst in CALLS.left(headers) if burst.of is not None)
    yield from announced(headers)


LIMITS = Limits(rates=(Rate(BURST, 1.0),), concurrent=AT_ONCE, left=left)
