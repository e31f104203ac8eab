"""What Stripe holds of the world: customers, subscriptions, invoices and their prices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from hub.sandbox import Subscription, World
from hub.sandbox.truth import Company, Person, Presence

Json = dict[str, Any]

COUPON: Json = {
    "id": "LOYAL10",
    "object": "coupon",
    "percent_off": 10.0,
    "amount_off": None,
    "currency": None,
    "duration": "forever",
}
TIERS: list[Json] = [
    {"up_to": 10, "unit_amount_decimal": "1000", "flat_amount_decimal": None},
    {"up_to": None, "unit_amount_decimal": "800.5", "flat_amount_decimal": "500"},
]
TIERED = "price_tiered"
INVOICES = 8


def seconds(when: datetime) -> int:
    return int(when.timestamp())


def customer(presence: Presence, company: Company, person: Person | None) -> Json:
    number = {"customer_no": presence.customer_no} if presence.customer_no else {}
    return {
        "id": f"cus_{presence.id}",
        "object": "customer",
        "created": seconds(company.created_at),
        "name": presence.name,
        "business_name": None,
        "individual_name": person.full_name if person else None,
        "email": person.email if person else None,
        "phone": company.phone,
        "address": {"country": company.country, "city": company.city},
        "balance": 0,
        "currency": company.currency.lower(),
        "delinquent": company.mood == "bad",
        "discount": None,
        "metadata": number,
        "livemode": False,
    }


def price(id: str, currency: str, each: int, interval: str) -> Json:
    recurring = {"interval": interval, "interval_count": 1, "usage_type": "licensed"}
    return {
        "id": f"price_{id}",
        "object": "price",
        "product": "prod_seat",
        "currency": currency,
        "unit_amount": each,
        "unit_amount_decimal": str(each),
        "billing_scheme": "per_unit",
        "recurring": recurring,
        "transform_quantity": None,
        "type": "recurring",
    }


def tiered(currency: str) -> Json:
    made = price("tiered", currency, 0, "month")
    blank = {"unit_amount": None, "unit_amount_decimal": None, "tiers": TIERS}
    scheme = {"billing_scheme": "tiered", "tiers_mode": "graduated", "product": "prod_extra"}
    return {**made, **blank, **scheme}


def discount(id: str) -> Json:
    source = {"type": "coupon", "coupon": COUPON}
    return {"id": f"di_{id}", "object": "discount", "start": 0, "end": None, "source": source}


def subscription(world: World, presence: Presence, company: Company, place: int) -> Json:
    """Seats at a price a month or a year; every ninth has tiers, every fifth a discount."""
    id, currency = presence.id, company.currency.lower()
    seats, mrr = company.seats or 1, company.mrr_minor or 0
    yearly = place % 3 == 0
    each = mrr // seats * (12 if yearly else 1)
    ends = datetime.combine(company.renewal_on, time(), UTC) if company.renewal_on else None
    end = ends or world.now + timedelta(days=30)
    sold = price(id, currency, each, "year" if yearly else "month")
    items = [item(f"si_{id}", sold, seats, end)]
    if place % 9 == 4:
        items.append(item(f"si_{id}b", tiered(currency), 12, end))
    if place % 5 == 2:
        items[0]["discounts"] = [discount(f"{id}i")]
    churned = company.lifecycle == "churned"
    return {
        "id": f"sub_{id}",
        "object": "subscription",
        "status": "canceled" if churned else "past_due" if company.mood == "bad" else "active",
        "customer": f"cus_{id}",
        "currency": currency,
        "created": seconds(company.created_at),
        "start_date": seconds(company.created_at),
        "trial_end": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": seconds(world.now) if churned else None,
        "ended_at": seconds(world.now) if churned else None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "send_invoice",
        "pause_collection": None,
        "discounts": [discount(id)] if place % 5 == 1 else [],
        "items": {"object": "list", "has_more": False, "data": items},
        "metadata": {},
        "livemode": False,
    }


def item(id: str, sold: Json, quantity: int, end: datetime) -> Json:
    return {
        "id": id,
        "object": "subscription_item",
        "quantity": quantity,
        "current_period_start": seconds(end - timedelta(days=30)),
        "current_period_end": seconds(end),
        "discounts": [],
        "price": sold,
        "metadata": {},
    }


def invoices(world: World, presence: Presence, company: Company) -> Iterator[Json]:
    """One a month; the last is open and late for a company in a bad mood, the others are paid."""
    for back in range(INVOICES):
        made = world.now - timedelta(days=30 * back + 20)
        is_open = back == 0 and company.mood == "bad" and company.lifecycle != "churned"
        yield invoice(f"in_{presence.id}{back}", presence, company, made, is_open)


def invoice(id: str, presence: Presence, company: Company, made: datetime, is_open: bool) -> Json:
    due, total = made + timedelta(days=14), company.mrr_minor or 0
    parent = {"type": "subscription_details"}
    paid = None if is_open else seconds(min(due, made + timedelta(days=2)))
    return {
        "id": id,
        "object": "invoice",
        "status": "open" if is_open else "paid",
        "customer": f"cus_{presence.id}",
        "currency": company.currency.lower(),
        "created": seconds(made),
        "due_date": seconds(due),
        "amount_due": total,
        "amount_paid": 0 if is_open else total,
        "amount_remaining": total if is_open else 0,
        "attempt_count": 0,
        "next_payment_attempt": None,
        "collection_method": "send_invoice",
        "hosted_invoice_url": f"https://invoice.stripe.com/i/{id}",
        "status_transitions": {"finalized_at": seconds(made), "paid_at": paid},
        "parent": {**parent, "subscription_details": {"subscription": f"sub_{presence.id}"}},
        "metadata": {},
        "livemode": False,
    }


def endpoint(found: Subscription) -> Json:
    """A webhook endpoint as it is listed; its secret was shown once, when it was made."""
    return {
        "id": f"we_{found.id}",
        "object": "webhook_endpoint",
        "created": seconds(found.created_at),
        "enabled_events": ["*"],
        "livemode": False,
        "status": found.extra.get("status", "enabled"),
        "url": found.url,
    }
