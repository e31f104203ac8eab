"""What the mapping language cannot say of Stripe: its amounts, its items, its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from hub.api import Record, Unmappable
from mappings.language import Context
from plugins.stripe import revenue

DASHBOARD = "https://dashboard.stripe.com"
AMOUNTS = ("amount_due", "amount_paid", "amount_remaining")
Money = dict[str, Any]


def billed(name: str, invoice: Record, context: Context) -> Money | None:
    """One of an invoice's amounts. Raises Unmappable for what is no whole number."""
    found = invoice.get(name)
    if found is not None and (isinstance(found, bool) or not isinstance(found, int)):
        raise Unmappable("", "Stripe's amounts are whole numbers")
    return None if found is None else revenue.amount(found, invoice.get("currency"))


def mrr(subscription: Record, context: Context) -> Money | None:
    """Monthly revenue; absent where a part of it could not be read, which is not nothing."""
    return revenue.monthly(subscription)


def items(subscription: Record, context: Context) -> list[dict[str, Any]]:
    """[{product, price, currency, interval, interval_count, quantity, usage}], as billed."""
    return [_item(item) for item in _items(subscription)]


def seats(subscription: Record, context: Context) -> int | None:
    """The quantity of what the tenant counts as seats: all licensed items if it does not say."""
    wanted = {w.strip() for w in context.settings.get("seat_products", "").split(",")} - {""}
    found = [
        int(item["quantity"])
        for item in _items(subscription)
        if item.get("quantity") is not None
        and _usage(item["price"]) == "licensed"
        and (not wanted or wanted & {item["price"]["id"], item["price"]["product"]})
    ]
    return sum(found) if found else None


def period_end(subscription: Record, context: Context) -> datetime | None:
    """When the first item renews: since 2025 the period is the item's, and items may differ."""
    ends = [item.get("current_period_end") for item in _items(subscription)]
    found = [end for end in ends if isinstance(end, int)]
    return datetime.fromtimestamp(min(found), UTC) if found else None


def day(seconds: Any, context: Context) -> str | None:
    """The UTC day of a time in seconds."""
    return datetime.fromtimestamp(int(seconds), UTC).date().isoformat()


def customer_number(metadata: Any, context: Context) -> str | None:
    """The tenant's own number of a customer, in the metadata key that the settings name."""
    key = context.settings.get("customer_key", "")
    value = metadata.get(key) if key and isinstance(metadata, Mapping) else None
    return value if isinstance(value, str) else None


def page(record: Record, context: Context) -> str:
    """The record's page in Stripe's dashboard."""
    mode = "" if context.settings.get("mode", "live") == "live" else "/test"
    return f"{DASHBOARD}{mode}/{record['object']}s/{record['id']}"


def _items(subscription: Record) -> Iterator[Record]:
    yield from (subscription.get("items") or {}).get("data") or ()


def _item(item: Record) -> dict[str, Any]:
    price, recurring = item["price"], item["price"].get("recurring") or {}
    made = {
        "id": item["id"],
        "product": price["product"],
        "unit_amount": price.get("unit_amount_decimal"),
        "currency": price["currency"].upper(),
        "interval": recurring.get("interval"),
        "interval_count": recurring.get("interval_count"),
        "quantity": item.get("quantity"),
        "usage": _usage(price),
    }
    return {name: value for name, value in made.items() if value is not None}


def _usage(price: Mapping[str, Any]) -> str | None:
    found: str | None = (price.get("recurring") or {}).get("usage_type")
    return found


CONVERSIONS: Mapping[str, Callable[..., Any]] = {
    **{f"stripe_{name}": partial(billed, name) for name in AMOUNTS},
    "stripe_mrr": mrr,
    "stripe_items": items,
    "stripe_seats": seats,
    "stripe_period_end": period_end,
    "stripe_day": day,
    "stripe_customer_number": customer_number,
    "stripe_page": page,
}
