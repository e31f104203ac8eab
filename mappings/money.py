"""Money: exact whole minor units of an ISO 4217 currency, never a float."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from mappings.errors import Unmappable
from mappings.plain import blank, refuse

__all__ = ["EXPONENTS", "decimal", "money", "money_minor"]

_TWO = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD"
    " CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ"
    " GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL"
    " MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR"
    " PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT"
    " TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
)
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"

EXPONENTS: dict[str, int] = {
    code: exponent
    for exponent, codes in ((2, _TWO), (0, _NONE), (3, _THREE), (4, _FOUR))
    for code in codes.split()
}
"""Digits after the point of each currency in use (ISO 4217 list one)."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")
_EXACT = Context(prec=200, rounding=ROUND_HALF_EVEN)
_INT64 = 2**63


def decimal(value: Any) -> Decimal | None:
    """An exact decimal of a JSON number or its text; None for a blank one, else Unmappable."""
    if isinstance(value, str):
        return _from_text(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        refuse(value, "a number")
        return None
    amount = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not amount.is_finite():
        raise Unmappable("", "it is not a finite number")
    return amount


def _from_text(text: str) -> Decimal | None:
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise Unmappable("", "a number is due, and this text is not one")
    return Decimal(text)


def money(value: Any, currency: Any) -> dict[str, Any] | None:
    """Major units (number or decimal text) as {"minor", "currency", "exponent"}.

    More digits than the currency has are rounded half to even. Raises Unmappable for an unknown or
    missing currency and for amounts beyond 64 bits.
    """
    amount = decimal(value)
    if amount is None:
        return None
    code, exponent = _currency(currency)
    return _record(_whole(amount, exponent), code, exponent)


def money_minor(value: Any, currency: Any) -> dict[str, Any] | None:
    """Whole minor units as {"minor", "currency", "exponent"}; fractions are Unmappable."""
    amount = decimal(value)
    if amount is None:
        return None
    code, exponent = _currency(currency)
    minor = _whole(amount, 0)
    if minor != amount:
        raise Unmappable("", "minor units are whole numbers")
    return _record(minor, code, exponent)


def _record(minor: int, code: str, exponent: int) -> dict[str, Any]:
    return {"minor": minor, "currency": code, "exponent": exponent}


def _whole(amount: Decimal, exponent: int) -> int:
    if amount.is_finite() and amount.adjusted() + exponent < 19:
        minor = int(_EXACT.to_integral_value(_EXACT.scaleb(amount, exponent)))
        if -_INT64 <= minor < _INT64:
            return minor
    raise Unmappable("", "the amount is beyond 64 bits")


def _currency(value: Any) -> tuple[str, int]:
    if blank(value):
        raise Unmappable("", "the amount has no currency")
    code = value.strip().upper() if isinstance(value, str) else ""
    if code not in EXPONENTS:
        raise Unmappable("", "the amount's currency is not an ISO 4217 code")
    return code, EXPONENTS[code]
