"""Any JSON value made safe to store: what BSON or MongoDB cannot hold is rewritten or refused."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from mappings.errors import Unmappable

__all__ = ["LONGEST_TEXT", "blank", "clean", "kind", "plain", "refuse"]

LONGEST_TEXT = 262_144
"""Characters in one value; the longest text field of the vendors we know holds half of that."""
DEEPEST = 32
MOST_VALUES = 10_000
_INT64 = 2**63

_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSAFE_NAME = re.compile("^\\$|[%.\0\ud800-\udfff]")


def kind(value: Any) -> str:
    """What a person would call this JSON value."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float | Decimal):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list | tuple):
        return "a list"
    return "an object" if isinstance(value, Mapping) else f"a {type(value).__name__}"


def blank(value: Any) -> bool:
    """Null, empty or white text, an empty list or object: nothing is there."""
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or (isinstance(value, list | tuple | dict) and not value)


def refuse(value: Any, due: str) -> None:
    """None for a blank value; raises Unmappable for any other, saying what was due."""
    if not blank(value):
        raise Unmappable("", f"{due} is due, not {kind(value)}")


def clean(text: str) -> str:
    """Text without NUL and broken surrogates; raises Unmappable where it is too long."""
    if len(text) > LONGEST_TEXT:
        raise Unmappable("", f"the text has {len(text):,} characters; at most {LONGEST_TEXT:,} fit")
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def plain(value: Any) -> Any:
    """The value as it can be stored; None where nothing is left.

    Raises Unmappable for more than 32 levels, 10,000 values, a text over the limit, or what JSON
    does not know.
    """
    return _plain(value, 0, [MOST_VALUES])


def _plain(value: Any, depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if left[0] < 0:
        raise Unmappable("", f"there are more than {MOST_VALUES:,} values in it")
    if depth > DEEPEST:
        raise Unmappable("", f"it is nested more than {DEEPEST} levels deep")
    if isinstance(value, str):
        return clean(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {_name(key): _plain(item, depth + 1, left) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1, left) for item in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, int):
        return int(value) if -_INT64 <= value < _INT64 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return value.isoformat()
    raise Unmappable("", f"a {type(value).__name__} cannot be stored")


def _name(key: Any) -> str:
    text = clean_name(key if isinstance(key, str) else str(key))
    if len(text) > LONGEST_TEXT:
        raise Unmappable("", "the name of a field in it is too long")
    return text


def clean_name(text: str) -> str:
    """A name of a field without what MongoDB gives a meaning: each such character as %XX."""
    return _UNSAFE_NAME.sub(lambda found: f"%{ord(found[0]):02X}", text)
