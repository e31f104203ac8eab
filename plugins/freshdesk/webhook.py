"""Freshdesk's automation rules: a body that our guide publishes, unsigned. Pure.

Facts: support.freshdesk.com, "Using webhooks in automation rules". There is no signature, no
delivery id and no time: the sender proves itself by our secret, and the body is only a hint to
fetch the ticket. Placeholders are filled in as they are, so that a quote in one breaks the JSON.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import Any

from hub.api import Change, Delivery, Malformed
from hub.api.signing import SharedSecret

TICKET = "ticket"
WRAPPER = "freshdesk_webhook"
"""The key around a body whose fields the admin only ticks (content "Simple")."""
TICKET_ID = re.compile(r'"ticket_id"\s*:\s*"?([0-9]{1,19})\b', re.ASCII)
verify = SharedSecret().verify

UNDER_WAY = timedelta(seconds=60)
"""Nothing says when it happened; a fetch that is older than this before the receipt is early."""


def delivery_key(delivery: Delivery) -> str:
    """The hash of the raw body; two edits may share one, so it does not hold. Raises Malformed."""
    ticket_id(delivery.body)
    return f"sha256:{hashlib.sha256(delivery.body).hexdigest()}"


def parse(delivery: Delivery) -> list[Change]:
    """One thin change of the ticket, whatever happened to it: deleted ones can be fetched too."""
    return [Change(TICKET, ticket_id(delivery.body), "upsert", delivery.received_at - UNDER_WAY)]


def ticket_id(body: bytes) -> str:
    """The ticket's id, also from a body whose JSON is broken by a placeholder's text."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8.") from None
    found = _whole(text)
    if found is None:
        match = TICKET_ID.search(text)
        found = match[1] if match else None
    if found is None:
        raise Malformed("The body has no ticket_id: paste the one of our guide into the rule.")
    return found


def _whole(text: str) -> str | None:
    """`ticket_id` of a body that is JSON, also below the wrapper; None for any other body."""
    try:
        body: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(body, dict) and isinstance(body.get(WRAPPER), dict):
        body = body[WRAPPER]
    value = body.get("ticket_id") if isinstance(body, dict) else None
    digits = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return digits if re.fullmatch(r"[0-9]{1,19}", digits) else None
