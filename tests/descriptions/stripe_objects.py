"""Stripe's objects against those that Stripe publishes, field by field. Pure.

Facts: `fixtures3.json` of Stripe's public repository of descriptions has one object of each kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Fixtures = Mapping[str, Mapping[str, Any]]


def differences(value: Any, fixtures: Fixtures) -> Iterator[str]:
    """For each object in an answer: its fields that Stripe's has not, or has of another type."""
    if isinstance(value, list):
        for one in value:
            yield from differences(one, fixtures)
    if not isinstance(value, dict):
        return
    word = value.get("object")
    if value.get("deleted"):
        word = f"deleted_{word}"
    if isinstance(word, str) and word in fixtures:
        yield from _fields(value, fixtures[word], word)
    elif isinstance(word, str) and word != "list":
        yield f"{word} is no object of Stripe's"
    for part in value.values():
        yield from differences(part, fixtures)


def _fields(value: Mapping[str, Any], theirs: Mapping[str, Any], place: str) -> Iterator[str]:
    for name, part in value.items():
        if name not in theirs:
            yield f"{place}.{name} is unknown"
        elif not _fits(part, theirs[name]):
            yield f"{place}.{name} is {_kind(part)}, not {_kind(theirs[name])}"
        elif isinstance(part, dict) and theirs[name] and _is_part(part, name):
            yield from _fields(part, theirs[name], f"{place}.{name}")


def _is_part(value: Mapping[str, Any], name: str) -> bool:
    """Neither an object of its own, nor one that holds what people call as they like."""
    return "object" not in value and name not in ("metadata", "previous_attributes")


def _fits(ours: Any, theirs: Any) -> bool:
    """Null says nothing of the type, and an id may be expanded into its object."""
    if ours is None or theirs is None:
        return True
    expanded = isinstance(ours, dict) and "object" in ours and isinstance(theirs, str)
    return expanded or _kind(ours) == _kind(theirs)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, int | float) else type(value).__name__
