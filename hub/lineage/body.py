"""A stored body as it may be shown: secrets masked, the places that a value came from marked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.logs import MASK, is_secret

Steps = tuple[str | int, ...]
MOST_LINES = 4000


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a body; `marked` where it belongs to a place that was read."""

    text: str
    marked: bool


def read(raw: bytes | None) -> Any:
    """The body as JSON; None where none is kept, or where it is no JSON."""
    try:
        return json.loads(bytes(raw)) if raw is not None else None
    except ValueError:
        return None


def masked(value: Any, key: str = "") -> Any:
    """The value with everything that is named like a secret hidden, at any depth."""
    if isinstance(value, Mapping):
        return {name: masked(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [masked(item, key) for item in value]
    hides = isinstance(value, str) and value and is_secret(key)
    return MASK if hides else value


def rows(value: Any, marks: Iterable[Steps]) -> list[Row]:
    """The body in lines of indented JSON, those below each of `marks` marked."""
    wanted = frozenset(marks)
    found = []
    for row in _rows(value, (), wanted, marked=False):
        found.append(row)
        if len(found) == MOST_LINES:
            return [*found, Row("… (cut)", marked=False)]
    return found


def _rows(
    value: Any, at: Steps, wanted: frozenset[Steps], marked: bool, head: str = "", tail: str = ""
) -> Iterator[Row]:
    marked = marked or (bool(at) and at in wanted)
    pad = "  " * len(at)
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, Mapping):
        inner, signs = list(value.items()), "{}"
    elif isinstance(value, list):
        inner, signs = list(enumerate(value)), "[]"
    if not inner:
        yield Row(f"{pad}{head}{_text(value)}{tail}", marked)
        return
    yield Row(f"{pad}{head}{signs[0]}", marked)
    for n, (step, item) in enumerate(inner):
        name = f"{_text(step)}: " if isinstance(step, str) else ""
        comma = "," if n < len(inner) - 1 else ""
        yield from _rows(item, (*at, step), wanted, marked, name, comma)
    yield Row(f"{pad}{signs[1]}{tail}", marked)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
