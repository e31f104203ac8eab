"""The conversions of the mapping language: one vendor value in, one canonical value out.

Each returns None for a blank value and raises Unmappable("", sentence) for one that cannot be used.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mappings import normalise
from mappings.canonical import Kind
from mappings.country import country_code
from mappings.errors import Unmappable
from mappings.money import decimal, money, money_minor
from mappings.plain import blank, clean, plain, refuse
from mappings.prose import adf_text, html_text
from mappings.times import day, epoch_ms, epoch_s, timestamp

__all__ = ["BUILTINS", "Builtin"]

LONGEST_ID = 1024
LONGEST_ADDRESS = 2048
_INT64 = 2**63
_SMALL = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,3})?")
_SEPARATORS = re.compile(r"[;,]")
_PHONE_NOISE = re.compile(r"[\s().\-/\u00a0]+")
_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{6,14}")


def text(value: Any, context: Any = None) -> str | None:
    """Trimmed text."""
    if not isinstance(value, str):
        refuse(value, "text")
        return None
    return clean(value).strip() or None


def identifier(value: Any, context: Any = None) -> str | None:
    """A vendor's id as text; whole numbers are ids too."""
    if value.__class__ is str and value.isascii() and value.isalnum() and len(value) <= LONGEST_ID:
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) < _INT64 * 2:
            return str(value)
        raise _too_long()
    if not isinstance(value, str):
        refuse(value, "an id (text or a whole number)")
        return None
    if len(value) > LONGEST_ID:
        raise _too_long()
    if clean(value) != value:
        raise Unmappable("", "the id holds characters that no id has")
    return value.strip() or None


def _too_long() -> Unmappable:
    return Unmappable("", f"the id is too long: at most {LONGEST_ID:,} characters fit")


def integer(value: Any, context: Any = None) -> int | None:
    """A whole number of at most 64 bits, from a number or its text."""
    if value.__class__ is int and -_INT64 <= value < _INT64:
        return int(value)
    if value.__class__ is str and "." not in value and _SMALL.fullmatch(value):
        return int(value)
    amount = decimal(value)
    if amount is None:
        return None
    if amount.adjusted() > 19 or amount != int(amount):
        raise Unmappable("", "a whole number of at most 64 bits is due")
    return _int64(int(amount))


def _int64(value: int) -> int:
    if not -_INT64 <= value < _INT64:
        raise Unmappable("", "the number is beyond 64 bits")
    return value


def number(value: Any, context: Any = None) -> int | float | None:
    """A finite number, from a number or its text."""
    if value.__class__ is int and -_INT64 <= value < _INT64:
        return int(value)
    if value.__class__ is str and _SMALL.fullmatch(value):
        return int(value) if "." not in value else _tidy(float(value))
    amount = decimal(value)
    return None if amount is None else _number(amount)


def _number(amount: Decimal) -> int | float:
    if amount == amount.to_integral_value() and abs(amount) < _INT64:
        return int(amount)
    found = float(amount)
    if not math.isfinite(found):
        raise Unmappable("", "the number is too large")
    return found


def _tidy(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def percent(value: Any, context: Any = None) -> int | float | None:
    """0 to 100 as 0 to 1."""
    amount = decimal(value)
    return None if amount is None else _number(amount.scaleb(-2))


def minutes(value: Any, context: Any = None) -> int | None:
    """Seconds as whole minutes, rounded half to even."""
    amount = decimal(value)
    if amount is None:
        return None
    if amount.adjusted() > 20:
        raise Unmappable("", "the number is beyond 64 bits")
    return _int64(round(amount / 60))


_FLAGS = {"true": True, "false": False, "1": True, "0": False}


def boolean(value: Any, context: Any = None) -> bool | None:
    """A flag, from true, false, 1, 0 or their text."""
    if isinstance(value, bool):
        return value
    if value.__class__ is str and value in _FLAGS:
        return _FLAGS[value]
    word = str(value) if isinstance(value, int) and value in (0, 1) else value
    if not isinstance(word, str):
        refuse(word, "true or false")
        return None
    flag = _FLAGS.get(word.strip().lower())
    if flag is None and not blank(word):
        raise Unmappable("", "true or false is due, not other text")
    return flag


def present(value: Any, context: Any = None) -> bool:
    """Whether anything is there."""
    return not blank(value)


def each(value: Any) -> Iterable[Any]:
    """The values of a value that may be a list of lists, blank ones left out."""
    for item in value if isinstance(value, list | tuple) else (value,):
        for inner in item if isinstance(item, list | tuple) else (item,):
            if not blank(inner):
                yield inner


def _distinct(values: Iterable[str | None]) -> list[str] | None:
    return list(dict.fromkeys(value for value in values if value)) or None


def _pieces(value: Any) -> Iterable[str]:
    for item in each(value):
        for piece in _SEPARATORS.split(text(item) or ""):
            if piece.strip():
                yield piece.strip()


def email(value: Any, context: Any = None) -> str | None:
    """A lower-case e-mail address; None for what is not one."""
    address = text(value)
    return normalise.email(address) if address and len(address) <= LONGEST_ADDRESS else None


def emails(value: Any, context: Any = None) -> list[str] | None:
    """Several addresses, each once, in the order given."""
    return _distinct(email(piece) for piece in _pieces(value))


def domains(value: Any, context: Any = None) -> list[str] | None:
    """The registrable domains of hosts, URLs or addresses, each once, in the order given."""
    return _distinct(
        normalise.registrable_domain(piece)
        for piece in _pieces(value)
        if len(piece) <= LONGEST_ADDRESS
    )


def phone(value: Any, context: Any = None) -> str | None:
    """E.164 where the number says its country, else as written."""
    written = text(value)
    if written is None:
        return None
    digits = _PHONE_NOISE.sub("", written)
    digits = "+" + digits[2:] if digits.startswith("00") else digits
    return digits if _INTERNATIONAL.fullmatch(digits) else written


def phones(value: Any, context: Any = None) -> list[str] | None:
    """Several phone numbers, each once."""
    return _distinct(phone(item) for item in each(value))


def country(value: Any, context: Any = None) -> str | None:
    """ISO 3166-1 alpha-2 of a code or an English name; None where it is not known."""
    written = text(value)
    return country_code(written) if written else None


def texts(value: Any, context: Any = None) -> list[str] | None:
    """Several texts or whole numbers as a list of text, each once."""
    return _distinct(_word(item) for item in each(value))


def _word(value: Any) -> str | None:
    return str(_int64(value)) if type(value) is int else text(value)


def tags(value: Any, context: Any = None) -> list[str] | None:
    """Like a list, but text is also split by `;` and `,`."""
    return _distinct(
        piece.strip() for item in each(value) for piece in _SEPARATORS.split(_word(item) or "")
    )


def plain_value(value: Any, context: Any = None) -> Any:
    """Any JSON, safe to store; blank text is trimmed away, other text is as it was."""
    if value.__class__ is bool:
        return value
    if value.__class__ is str:
        return clean(value) if value and not value.isspace() else None
    return None if blank(value) else plain(value)


@dataclass(frozen=True, slots=True)
class Builtin:
    """A conversion of the language: what it makes, whether it takes many, or needs a currency."""

    call: Callable[[Any, Any], Any]
    makes: Kind | None
    many: bool = False
    currency: bool = False


BUILTINS: Mapping[str, Builtin] = {
    "text": Builtin(text, "text"),
    "id": Builtin(identifier, "text"),
    "timestamp": Builtin(timestamp, "timestamp"),
    "epoch_s": Builtin(epoch_s, "timestamp"),
    "epoch_ms": Builtin(epoch_ms, "timestamp"),
    "day": Builtin(day, "day"),
    "money": Builtin(money, "money", currency=True),
    "money_minor": Builtin(money_minor, "money", currency=True),
    "integer": Builtin(integer, "integer"),
    "number": Builtin(number, "number"),
    "percent": Builtin(percent, "number"),
    "minutes": Builtin(minutes, "integer"),
    "bool": Builtin(boolean, "bool"),
    "present": Builtin(present, "bool"),
    "email": Builtin(email, "email"),
    "emails": Builtin(emails, "email", many=True),
    "domains": Builtin(domains, "domain", many=True),
    "phone": Builtin(phone, "phone"),
    "phones": Builtin(phones, "phone", many=True),
    "country": Builtin(country, "country"),
    "list": Builtin(texts, "text", many=True),
    "tags": Builtin(tags, "text", many=True),
    "html_text": Builtin(html_text, "text"),
    "adf_text": Builtin(adf_text, "text"),
    "plain": Builtin(plain_value, None),
}
