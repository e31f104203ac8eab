"""The fields of a vendor's objects as a connector describes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mappings.paths import BadPath, Path, Source, parse

__all__ = ["TYPES", "Described", "fields", "objects", "problems", "written"]

TYPES = (
    "text",
    "number",
    "integer",
    "boolean",
    "date",
    "time",
    "choice",
    "choices",
    "reference",
    "other",
)
KEYS = frozenset({"name", "title", "type", "custom", "values"})
MOST_VALUES = 200
"""Values of one enumeration that are kept; lists of countries and the like are longer."""


@dataclass(frozen=True, slots=True)
class Described:
    """One field. name: the path that a mapping reads, as `written`. values: the words that records
    carry, where the field is a choice; titles: what people see for them, in the same order."""

    name: str
    title: str
    type: str
    custom: bool
    values: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()


def fields(facts: Mapping[str, Any]) -> dict[str, tuple[Described, ...]]:
    """Object -> its fields, sorted by path; what cannot be read is left out."""
    told = facts.get("fields")
    if not isinstance(told, Mapping):
        return {}
    found: dict[str, tuple[Described, ...]] = {}
    for object, rows in told.items():
        known = {one.name: one for row in _rows(rows) if (one := _field(row)) is not None}
        found[str(object)] = tuple(known[name] for name in sorted(known))
    return found


def objects(facts: Mapping[str, Any]) -> dict[str, str]:
    """Objects that the vendor has beside those with fields, as the tenant's own: name -> title."""
    rows = _rows(facts.get("objects"))
    return {str(row["name"]): str(row.get("title") or row["name"]) for row in rows if "name" in row}


def problems(facts: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a description, a sentence each."""
    told = facts.get("fields", {})
    if not isinstance(told, Mapping):
        yield "`fields` is no object of lists."
        return
    for object, rows in told.items():
        if not isinstance(rows, list):
            yield f"The fields of {object} are no list."
            continue
        for row in rows:
            yield from _wrong(str(object), row)
        names = [row.get("name") for row in _rows(rows)]
        if len(set(names)) != len(names):
            yield f"{object} names a field twice."


def _wrong(object: str, row: Any) -> Iterator[str]:
    if not isinstance(row, Mapping) or row.keys() - KEYS or not _path(row.get("name")):
        yield f"A field of {object} has no path as its name, or an unknown key: {row!r}."
        return
    name = f"{object} {row['name']}"
    if row.get("type") not in TYPES:
        yield f"{name} is of the unknown type {row.get('type')!r}."
    if not isinstance(row.get("title"), str) or not isinstance(row.get("custom"), bool):
        yield f"{name} lacks a title, or does not say whether it is the tenant's own."
    values = row.get("values", [])
    if not isinstance(values, list) or any(_value(value) is None for value in values):
        yield f"{name} has values that are no words."


def written(text: str) -> str:
    """A path in one way of writing it, an expression as it is; raises BadPath."""
    return of_source(parse(text))


def of_source(source: Source) -> str:
    """The text of a path or an expression, with what it stands below."""
    if isinstance(source, Path):
        return of_steps(source.steps)
    base = of_steps(source.base.steps) if source.base else ""
    return f"{base}.{source.text}" if base else source.text


def of_steps(steps: tuple[str | int, ...]) -> str:
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            part = step if _is_plain(step) else f'"{step}"'
            text += f".{part}" if text else part
    return text


def _is_plain(name: str) -> bool:
    return bool(name) and all(c.isalnum() or c in "_$-" for c in name)


def _field(row: Mapping[str, Any]) -> Described | None:
    name = _path(row.get("name"))
    if not name:
        return None
    type = row.get("type")
    values = row.get("values")
    given = values if isinstance(values, list) else []
    pairs = [pair for one in given[:MOST_VALUES] if (pair := _value(one))]
    return Described(
        name,
        str(row.get("title") or name),
        type if type in TYPES else "other",
        bool(row.get("custom")),
        tuple(word for word, _ in pairs),
        tuple(title for _, title in pairs),
    )


def _path(name: Any) -> str:
    try:
        return written(name) if isinstance(name, str) and name.strip() else ""
    except BadPath:
        return ""


def _value(value: Any) -> tuple[str, str] | None:
    """(word, title) of a text, a number, or {"value", "title"}."""
    if isinstance(value, Mapping):
        word = _value(value.get("value"))
        return (word[0], str(value.get("title") or word[0])) if word else None
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value), str(value)
    return None


def _rows(rows: Any) -> list[Mapping[str, Any]]:
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
