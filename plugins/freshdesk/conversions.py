"""What the mapping language cannot say: who a ticket waits for, reopenings, ratings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mappings.language import Context

Record = Mapping[str, Any]

OUTBOUND = 10
"""The source of a ticket that an agent began by writing to the customer."""
WAITING_BY_CODE = {2: "us", 3: "customer", 4: "nobody", 5: "nobody"}
WAITING_BY_NAME = {"waiting on customer": "customer", "waiting on third party": "third_party"}
"""The two statuses of its own that every account starts with, as they are named in English."""
STEPS = {-103: 0, -102: 1, -101: 2, 100: 3, 101: 4, 102: 5, 103: 6}
"""The seven answers of a survey, extremely unhappy to extremely happy."""


def waiting_on(record: Record, context: Context) -> str | None:
    """By the status code; a status of the account's own by its name, where it has a known one."""
    code = record.get("status")
    if code in WAITING_BY_CODE:
        return WAITING_BY_CODE[code]
    names = context.account.get("statuses") or {}
    return WAITING_BY_NAME.get(str(names.get(str(code), "")).strip().lower())


def reopens(record: Record, context: Context) -> int | None:
    """1 if Freshdesk says when the ticket was last reopened, else 0: it does not say how often."""
    stats = record.get("stats")
    return None if stats is None else int(bool(stats.get("reopened_at")))


def last_customer_message(record: Record, context: Context) -> str | None:
    """The requester's last answer; until then the opening, unless an agent wrote first."""
    stats = record.get("stats")
    if stats is None:
        return None
    answered = stats.get("requester_responded_at")
    began = None if record.get("source") == OUTBOUND else record.get("created_at")
    return answered or began


def rating_label(code: Any, context: Context) -> str | None:
    """By the sign: over 100 positive, 100 neutral, under 0 negative; other codes say nothing."""
    if isinstance(code, bool) or not isinstance(code, int):
        return None
    if code < 0:
        return "negative"
    return "positive" if code > 100 else "neutral" if code == 100 else None


def rating_norm(code: Any, context: Context) -> float | None:
    """0 to 100 in equal steps; None for a code that is not one of the seven."""
    step = STEPS.get(code) if isinstance(code, int) else None
    return None if step is None else round(step * 100 / 6, 2)


def customer_number(fields: Any, context: Context) -> str | None:
    """The tenant's own customer number, from the field that the connection's settings name."""
    name = context.settings.get("customer_number_field", "")
    value = fields.get(name) if name and isinstance(fields, Mapping) else None
    return None if value is None else str(value).strip() or None


CONVERSIONS = {
    "freshdesk_waiting_on": waiting_on,
    "freshdesk_reopens": reopens,
    "freshdesk_last_customer_message": last_customer_message,
    "freshdesk_rating_label": rating_label,
    "freshdesk_rating_norm": rating_norm,
    "freshdesk_customer_number": customer_number,
}
