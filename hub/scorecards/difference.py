"""What one revision says otherwise than another, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

KEYED = ("scorecards", "dimensions", "measures")


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """[{"path": "scorecards.default.adoption.usage_trend.weight", "before", "after"}], by path.

    What is not there is None.
    """
    old, new = dict(_leaves(before)), dict(_leaves(after))
    return [
        {"path": path, "before": old.get(path), "after": new.get(path)}
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    ]


def sentences(changes: list[dict[str, Any]]) -> list[str]:
    """The same for people."""
    return [_sentence(change) for change in changes]


def _sentence(change: Mapping[str, Any]) -> str:
    path, before, after = change["path"], change["before"], change["after"]
    if before is None:
        return f"{path} is new: {_shown(after)}."
    if after is None:
        return f"{path} is gone; it was {_shown(before)}."
    return f"{path} is {_shown(after)} instead of {_shown(before)}."


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value)) or "empty"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value) or "empty"


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Lists of things with keys go by their keys and their place; all other lists are values."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key in KEYED and isinstance(part, list) and all(map(_has_key, part)):
                yield from _listed(key, part, path)
            elif key != "key":
                yield from _leaves(part, f"{path}.{key}" if path else key)
    elif value is not None:
        yield path, value


def _has_key(part: Any) -> bool:
    return isinstance(part, Mapping) and "key" in part


def _listed(name: str, parts: list[Any], path: str) -> Iterator[tuple[str, Any]]:
    inside = f"{path}.{name}" if path and name == "scorecards" else (path or name)
    if not path:
        yield f"{name}.order", [part.get("key") for part in parts]
    for part in parts:
        yield from _leaves(part, f"{inside}.{part.get('key')}")
