"""What a conversion reads in a record that it is given whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, SupportsIndex

from mappings.compiler import WILD
from mappings.errors import Unmappable

__all__ = ["Steps", "read_by"]

Steps = tuple[str | int, ...]


def read_by(conversion: Callable[[Any, Any], Any], value: Any, context: Any) -> list[Steps]:
    """Paths of the plain values that the conversion looked at in `value`, in that order.

    What it makes of them, and what it raises, is no concern here.
    """
    seen: dict[Steps, None] = {}
    with suppress(Unmappable, *WILD):
        conversion(_watched(value, (), seen), context)
    return list(seen)


def _watched(value: Any, at: Steps, seen: dict[Steps, None]) -> Any:
    """Objects and lists are watched in turn; a plain value is noted as seen."""
    if isinstance(value, dict):
        return _Object(value, at, seen)
    if isinstance(value, list):
        return _List(value, at, seen)
    seen.setdefault(at)
    return value


class _Object(dict[str, Any]):
    """A dict that notes which of its values are looked at."""

    def __init__(self, value: dict[str, Any], at: Steps, seen: dict[Steps, None]) -> None:
        super().__init__(value)
        self._at, self._seen = at, seen

    def __getitem__(self, key: str) -> Any:
        return _watched(super().__getitem__(key), (*self._at, key), self._seen)

    def get(self, key: str, default: Any = None) -> Any:
        try:
            return self[key]
        except KeyError:
            return default

    def values(self) -> Any:
        return [self[key] for key in self]

    def items(self) -> Any:
        return [(key, self[key]) for key in self]


class _List(list[Any]):
    """A list that notes which of its items are looked at."""

    def __init__(self, value: list[Any], at: Steps, seen: dict[Steps, None]) -> None:
        super().__init__(value)
        self._at, self._seen = at, seen

    def __getitem__(self, place: SupportsIndex | slice) -> Any:
        if isinstance(place, slice):
            return [self[n] for n in range(*place.indices(len(self)))]
        n = place.__index__()
        return _watched(super().__getitem__(n), (*self._at, n % len(self)), self._seen)

    def __iter__(self) -> Iterator[Any]:
        return (self[n] for n in range(len(self)))
