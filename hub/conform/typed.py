"""Whether mapped values are of the types that the canonical model says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from mappings.canonical import ENTITIES, FieldSpec

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def wrong(entity: str, values: Mapping[str, Any]) -> str:
    """The first value that is not of its type, in a sentence; "" when all are."""
    fields = ENTITIES[entity].fields
    for name, value in values.items():
        if name not in fields:
            return f"{entity} has no field {name}."
        spec = fields[name]
        each = value if spec.many and isinstance(value, list) else [value]
        if spec.many and not isinstance(value, list):
            return f"{entity}.{name} is no list."
        if not all(_fits(spec, one) for one in each):
            return f"{entity}.{name} is {type(each[0]).__name__} and no {spec.type}."
    return ""


def _fits(spec: FieldSpec, value: Any) -> bool:
    if spec.enum is not None:
        return value in spec.enum
    return CHECKS.get(spec.type, _text)(value)


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    return _integer(value) or isinstance(value, float)


def _timestamp(value: Any) -> bool:
    """UTC, in whole milliseconds, as MongoDB keeps it."""
    aware = isinstance(value, datetime) and value.tzinfo is not None
    return aware and value.utcoffset() == UTC.utcoffset(None) and value.microsecond % 1000 == 0


def _money(value: Any) -> bool:
    """Integer minor units with a currency: never a float."""
    return (
        isinstance(value, Mapping)
        and _integer(value.get("minor"))
        and isinstance(value.get("currency"), str)
        and len(value["currency"]) == 3
        and _integer(value.get("exponent"))
    )


CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "integer": _integer,
    "number": _number,
    "bool": lambda value: isinstance(value, bool),
    "timestamp": _timestamp,
    "day": lambda value: isinstance(value, str) and DAY.fullmatch(value) is not None,
    "money": _money,
    "email": lambda value: _text(value) and "@" in value and value == value.lower(),
    "country": lambda value: _text(value) and len(value) == 2 and value.isupper(),
    "map": lambda value: isinstance(value, Mapping),
}
