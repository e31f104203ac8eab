"""What a document has to keep to: each check names the field and what would be right."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from hub.errors import CorrectInput


def check(right: bool, field: str, sentence: str) -> None:
    """Raises CorrectInput for this field unless it is right."""
    if not right:
        raise CorrectInput(f"{field}: {sentence}", field=field)


def number(value: object) -> bool:
    """A finite number, not below nought."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and value >= 0


def whole(value: object, least: int, most: int) -> bool:
    """A whole number within these bounds."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def weight(document: Mapping[str, Any], field: str) -> float:
    found = document.get("weight")
    right = number(found)
    check(right, f"{field}.weight", "a weight is a number not below zero")
    assert isinstance(found, int | float)
    return float(found)


def known_keys(given: object, known: Collection[str], field: str) -> None:
    """A name that means nothing is refused and not passed over."""
    check(isinstance(given, Mapping), field, f"an object with {', '.join(known)} is due")
    assert isinstance(given, Mapping)
    for key in given:
        place = f"{field}.{key}" if field else str(key)
        check(key in known, place, f"no such setting; there are {', '.join(known)}")


def words(value: object, field: str, most: int = 500) -> tuple[str, ...]:
    """A list of texts, each once."""
    right = isinstance(value, list | tuple) and all(isinstance(v, str) and v for v in value)
    check(right, field, "a list of texts is due")
    assert isinstance(value, list | tuple)
    check(len(value) <= most, field, f"at most {most} are possible")
    return tuple(dict.fromkeys(value))
