"""Monthly recurring revenue of a subscription: exact fractions, never a float. Pure.

Ours, by Stripe's published parts (docs.stripe.com/data/metrics/supported-metrics, and
/billing/subscriptions/analytics/glossary): active and past-due subscriptions count, trials, metered
use and tax do not, and of coupons only those for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hub.api import Record, Unmappable
from mappings.money import money

COUNTED = ("active", "past_due")
PER_MONTH = {
    "day": Fraction("365.25") / 12,
    "week": Fraction("365.25") / 84,
    "month": Fraction(1),
    "year": Fraction(1, 12),
}
_WHOLE = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD JOD KWD OMR TND"
DIGITS = {code: n for n, codes in ((0, _WHOLE), (3, _THOUSANDTHS)) for code in codes.split()}
"""Digits in Stripe's amounts where they are not two; for a few not those of ISO 4217."""

Part = tuple[str, Fraction, Fraction]
"""Product, amount a month, and how many of its bills a month has."""


class Unread(Exception):
    """A part of the price is not in the record: the revenue is unknown, not nought."""


def amount(minor: int, currency: Any) -> dict[str, Any] | None:
    """Stripe's count of minor units as money. Raises Unmappable for an unknown currency."""
    digits = DIGITS.get(str(currency).upper(), 2)
    return money(Decimal(minor).scaleb(-digits), currency)


def monthly(subscription: Record) -> dict[str, Any] | None:
    """Money a month; nought for one that is not counted; None where a part cannot be read.

    A paused collection counts nothing. Raises Unmappable where items have two currencies.
    """
    currency = subscription["currency"]
    if subscription["status"] not in COUNTED or subscription.get("pause_collection"):
        return amount(0, currency)
    try:
        parts = [p for item in subscription["items"]["data"] for p in _part(item, currency)]
        total = _total(parts, _lasting(subscription.get("discounts"), currency))
    except Unread:
        return None
    return amount(round(total), currency)


def gross(price: Mapping[str, Any], quantity: int) -> Fraction:
    """What one bill asks for a quantity. Raises Unread."""
    units = _units(price, quantity)
    if price.get("billing_scheme") == "tiered":
        return _tiered(price, units)
    if price.get("unit_amount_decimal") is None:
        raise Unread
    return Fraction(price["unit_amount_decimal"]) * units


def _part(item: Record, currency: str) -> Iterable[Part]:
    """The item's share, if it recurs and is not metered; its own discounts are taken off."""
    price = item["price"]
    recurring = price.get("recurring")
    if not recurring or recurring.get("usage_type") == "metered":
        return
    if price["currency"] != currency:
        raise Unmappable("", "a subscription's items have one currency")
    factor = PER_MONTH[recurring["interval"]] / recurring["interval_count"]
    month = gross(price, item.get("quantity") or 0) * factor
    part = (price["product"], month, factor)
    yield (price["product"], _total([part], _lasting(item.get("discounts"), currency)), factor)


def _total(parts: list[Part], coupons: list[Mapping[str, Any]]) -> Fraction:
    """The sum, with each coupon in its turn taken off what it applies to, never below nought.

    An amount comes off each bill, of those that come most often.
    """
    left = list(parts)
    for coupon in coupons:
        only = (coupon.get("applies_to") or {}).get("products")
        hit = [i for i, part in enumerate(left) if not only or part[0] in only]
        whole = sum((left[i][1] for i in hit), Fraction())
        if not whole:
            continue
        keep = 1 - min(_off(coupon, whole, max(left[i][2] for i in hit)), whole) / whole
        for i in hit:
            product, month, factor = left[i]
            left[i] = (product, month * keep, factor)
    return sum((month for _, month, _ in left), Fraction())


def _off(coupon: Mapping[str, Any], whole: Fraction, factor: Fraction) -> Fraction:
    if coupon.get("percent_off") is not None:
        return whole * Fraction(str(coupon["percent_off"])) / 100
    return Fraction(coupon["amount_off"]) * factor


def _lasting(discounts: Any, currency: str) -> list[Mapping[str, Any]]:
    """Coupons for ever, of our currency where they take an amount off. Raises Unread."""
    found = []
    for discount in discounts or ():
        source = discount.get("source") if isinstance(discount, Mapping) else None
        coupon = (source or {}).get("coupon")
        if not isinstance(coupon, Mapping):
            raise Unread
        fits = coupon.get("percent_off") is not None or coupon.get("currency") == currency
        if coupon.get("duration") == "forever" and fits:
            found.append(coupon)
    return found


def _units(price: Mapping[str, Any], quantity: int) -> int:
    """The quantity in the packs that are priced."""
    pack = price.get("transform_quantity")
    if not pack:
        return quantity
    packs, rest = divmod(quantity, int(pack["divide_by"]))
    return packs + (1 if rest and pack["round"] == "up" else 0)


def _tiered(price: Mapping[str, Any], units: int) -> Fraction:
    """Graduated: each band its own units; volume: all units at the band that holds them."""
    tiers = price.get("tiers")
    if not tiers:
        raise Unread
    total, below = Fraction(), 0
    for tier in tiers:
        inside = units if tier.get("up_to") is None else min(units, tier["up_to"])
        if price.get("tiers_mode") == "volume":
            if inside == units:
                return _band(tier, units)
        elif inside > below:
            total += _band(tier, inside - below)
            below = inside
    return total


def _band(tier: Mapping[str, Any], units: int) -> Fraction:
    each, flat = (Fraction(tier.get(f"{k}_amount_decimal") or 0) for k in ("unit", "flat"))
    return each * units + flat
