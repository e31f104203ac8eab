"""What the mapping language cannot say of Sugar: money, addresses, deals, who an activity is with.

Each takes a vendor value and the context, whose `account` is what `describe` returned.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from mappings.errors import Unmappable
from mappings.money import money
from mappings.record import Context, Link, LinkKind

Record = Mapping[str, Any]
COUNT = re.compile(r"\d{1,12}|\d{1,3}(?:([,.' ])\d{3})(?:\1\d{3}){0,2}", re.ASCII)
DECIMAL = re.compile(r"-?\d{1,20}(?:\.\d{1,10})?", re.ASCII)
WON, LOST = "Closed Won", "Closed Lost"
CLOSED = ("Closed", "Rejected", "Duplicate")
SET = (True, 1, "1", "true")
"""Flags are flags, but inside the list of addresses they may be text."""
PERSON = ("last_name", "full_name", "email")


def revenue(value: Any, context: Context) -> dict[str, Any] | None:
    """`annual_revenue` in the system's currency: free text, of which only a plain amount counts."""
    text = value.strip() if isinstance(value, str) else ""
    code = context.account.get("currency")
    return money(text, code) if code and DECIMAL.fullmatch(text) else None


def amount(record: Record, context: Context) -> dict[str, Any] | None:
    """`amount` in the record's own currency. An id that the instance does not list is a currency
    that was deleted: no amount is better than one of the wrong currency."""
    account = context.account
    id = record.get("currency_id")
    code = (account.get("currencies") or {}).get(id) if id else account.get("currency")
    return money(record.get("amount"), code) if code else None


def count(value: Any, context: Context) -> int | None:
    """`employees` is free text: `250` and `1,200` are counts, `50-100` is none."""
    text = value.strip() if isinstance(value, str) else str(value)
    return int(re.sub(r"\D", "", text)) if COUNT.fullmatch(text) else None


def emails(value: Any, context: Context) -> list[str] | None:
    """Addresses, the primary one first."""
    found = [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
    found.sort(key=lambda one: one.get("primary_address") not in SET)
    texts = [str(one.get("email_address") or "").strip().lower() for one in found]
    return list(dict.fromkeys(text for text in texts if "@" in text)) or None


def contact_status(record: Record, context: Context) -> str:
    """erased for privacy, unsubscribed (its primary address takes no mail), or active."""
    erased = record.get("_erased_fields")
    if isinstance(erased, list) and any(name in PERSON for name in map(_erased_name, erased)):
        return "erased"
    rows = record.get("email")
    mails = [one for one in rows if isinstance(one, Mapping)] if isinstance(rows, list) else []
    out = any(m.get("primary_address") in SET and m.get("opt_out") in SET for m in mails)
    return "unsubscribed" if out else "active"


def _erased_name(entry: Any) -> str:
    """A field's name, or {"field_name": the list of addresses, "id": of one of them}."""
    return str(entry.get("field_name")) if isinstance(entry, Mapping) else str(entry)


def deal_status(record: Record, context: Context) -> str:
    """By stage, or by status where the instance keeps deals by Revenue Line Items."""
    word = record.get(str(context.account.get("deal_field") or "sales_stage"))
    return "won" if word == WON else "lost" if word == LOST else "open"


def deal_stage(record: Record, context: Context) -> str | None:
    """The stored word of the field that counts."""
    word = record.get(str(context.account.get("deal_field") or "sales_stage"))
    return str(word) if word else None


def deal_closed_at(record: Record, context: Context) -> Any:
    """`date_closed` of a closed deal; an open deal's is only a plan."""
    return None if deal_status(record, context) == "open" else record.get("date_closed")


def deal_kind(record: Record, context: Context) -> str:
    if record.get("renewal") in SET:
        return "renewal"
    kinds = {"New Business": "new_business", "Existing Business": "expansion"}
    return kinds.get(str(record.get("opportunity_type")), "other")


def case_closed_at(record: Record, context: Context) -> Any:
    """When it was resolved; older releases have only the last change of a closed case."""
    if record.get("status") not in CLOSED:
        return None
    return record.get("resolved_datetime") or record.get("date_modified")


def number(record: Record, context: Context) -> str | None:
    """The tenant's own customer number, from the field that the settings name."""
    name = context.settings.get("customer_number_field", "").strip()
    value = record.get(name) if name else None
    return str(value).strip() or None if isinstance(value, str | int) else None


def parent(module: str, kind: LinkKind) -> Callable[[Record, Context], Link | None]:
    """What an activity belongs to, where that is of this module."""

    def link(record: Record, context: Context) -> Link | None:
        id = record.get("parent_id")
        if record.get("parent_type") != module or not isinstance(id, str) or not id:
            return None
        if len(id) > 1000:
            raise Unmappable("", "the id is too long")
        return Link(kind, "record", f"{module}:{id}")

    return link


def touch(record: Record, context: Context) -> bool:
    """A call or meeting that took place and belongs to a customer, a person or their case."""
    return record.get("status") == "Held" and bool(record.get("parent_id"))


CONVERSIONS: Mapping[str, Callable[[Any, Context], Any]] = {
    "sugar_revenue": revenue,
    "sugar_amount": amount,
    "sugar_count": count,
    "sugar_emails": emails,
    "sugar_contact_status": contact_status,
    "sugar_deal_status": deal_status,
    "sugar_deal_stage": deal_stage,
    "sugar_deal_closed_at": deal_closed_at,
    "sugar_deal_kind": deal_kind,
    "sugar_case_closed_at": case_closed_at,
    "sugar_number": number,
    "sugar_account": parent("Accounts", "account"),
    "sugar_contact": parent("Contacts", "contact"),
    "sugar_ticket": parent("Cases", "ticket"),
    "sugar_touch": touch,
}
