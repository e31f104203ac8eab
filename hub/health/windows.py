"""How many days back each measure looks, and how far it may."""

from __future__ import annotations

WINDOWS = {
    "seat_utilisation": 28,
    "usage_trend": 28,
    "feature_breadth": 28,
    "ticket_load": 30,
    "reopens": 90,
    "csat": 90,
    "nps": 180,
    "engaged_contacts": 90,
}
"""Days of each measure that counts within a window, unless the scorecard says otherwise."""

LONGEST = {
    "seat_utilisation": 365,
    "usage_trend": 56,
    "feature_breadth": 112,
    "ticket_load": 112,
    "reopens": 112,
    "csat": 112,
    "nps": 200,
    "engaged_contacts": 112,
}
"""What an account's state keeps, less a week for a source that went stale; the trend needs its
window twice. `state.HORIZON_DAYS` and its kin set these limits."""
