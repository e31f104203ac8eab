"""What a project allows: 60 queries an hour, of the export and of the query API each.

Facts: developer.mixpanel.com (reference: rate limits; raw event export). Answers do not say what is
left, and the other tools of the tenant draw on the same project, so a fifth is left to them.
"""

from __future__ import annotations

from hub.api import Limits, Rate

HOUR_S = 3600.0
EXPORT, QUERY = "/api/2.0/export$", "/api/query/"
AT_ONCE = 5
"""Of the query API; the export would take a hundred."""

LIMITS = Limits(
    rates=(Rate(60, HOUR_S, EXPORT), Rate(3, 1.0, EXPORT), Rate(60, HOUR_S, QUERY)),
    concurrent=AT_ONCE,
    share=lambda settings: 0.8,
)
