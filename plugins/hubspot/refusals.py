"""What HubSpot's error answers mean for us: the one table of statuses, bodies and limits.

Facts: developers.hubspot.com "Error handling" and "Usage guidelines".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from hub.api import GiveUp, Reconnect, RetryLater, VendorError

WINDOW_S = 10.0
"""The rolling window of the burst limit, where the answer does not name it."""
SEARCH_S = 1.0
DAILY_S = 3600.0
"""A spent day ends at midnight in the account's time zone: look again each hour."""
LOCKED_S = 2.0
MOVING_S = 3600.0


def refusal(status: int, body: str, headers: Mapping[str, str]) -> VendorError:
    """The hub's error for one refused call. Keeps HubSpot's words out, but for scope names."""
    found = _fields(body)
    if status == 401:
        return Reconnect("HubSpot no longer accepts the access token.", field="access_token")
    if status == 403:
        return _forbidden(found)
    if status == 404:
        return GiveUp("HubSpot does not have what was asked for.", reason="not_found")
    if status == 429:
        return _limited(found, headers)
    if status == 423:
        return _later("A record is locked in HubSpot.", headers, LOCKED_S, "locked")
    if status == 477:
        return _later("HubSpot is moving this account.", headers, MOVING_S, "moving")
    if status == 0 or status >= 500:
        return _later(f"HubSpot is not well (status {status}).", headers, None, "unavailable")
    category = found.get("category")
    word = f", {category}" if isinstance(category, str) and category.isascii() else ""
    return GiveUp(f"HubSpot refused the request (status {status}{word}).", reason="refused")


def _forbidden(found: Mapping[str, Any]) -> VendorError:
    scopes = missing_scopes(found)
    named = f": grant {', '.join(scopes)}" if scopes else ": grant the scope for this object"
    return GiveUp(f"The access token may not read this{named}.", reason="missing_scope")


def missing_scopes(found: Mapping[str, Any]) -> list[str]:
    """Scope names that an error body lists, under any of the places where HubSpot puts them."""
    contexts = [found.get("context"), *(_context(one) for one in found.get("errors") or ())]
    names = [
        str(name)
        for context in contexts
        if isinstance(context, dict)
        for key in ("requiredGranularScopes", "requiredScopes", "missingScopes")
        for name in context.get(key) or ()
    ]
    return sorted(set(names))


def _context(error: Any) -> Any:
    return error.get("context") if isinstance(error, dict) else None


def _limited(found: Mapping[str, Any], headers: Mapping[str, str]) -> VendorError:
    policy = str(found.get("policyName") or "")
    if policy == "DAILY":
        return _later("HubSpot's daily limit is spent.", headers, DAILY_S, "daily_limit")
    wait = SEARCH_S if policy == "SECONDLY" else _interval(headers)
    return _later("HubSpot's rate limit is reached.", headers, wait, "rate_limit")


def _interval(headers: Mapping[str, str]) -> float:
    value = _header(headers, "X-HubSpot-RateLimit-Interval-Milliseconds") or ""
    return int(value) / 1000 if value.isascii() and value.isdigit() else WINDOW_S


def _later(
    sentence: str, headers: Mapping[str, str], otherwise: float | None, reason: str
) -> RetryLater:
    asked = retry_after(_header(headers, "Retry-After"))
    wait = otherwise if asked is None else asked
    return RetryLater(sentence, retry_after=wait, reason=reason)


def retry_after(value: str | None) -> float | None:
    """Seconds to wait by a Retry-After header, which is a number or an HTTP date."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _header(headers: Mapping[str, str], name: str) -> str | None:
    return next((v for k, v in headers.items() if k.lower() == name.lower()), None)


def _fields(body: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
