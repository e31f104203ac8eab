"""Refusals that the streams know how to answer."""

from __future__ import annotations

from hub.api import GiveUp

TOO_LONG = ("query_timeout", "operation_too_large")
"""Reasons that concern one query, so that no other call need wait."""


class StaleLocator(GiveUp):
    """The server-side cursor is gone (they live two days): ask again from the last stamp."""

    reason = "stale_locator"


class UnknownField(GiveUp):
    """A field or object of the query is no longer visible to this user."""

    reason = "fields_changed"
