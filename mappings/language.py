"""The mapping language: YAML in, one compiled function for each of the vendor's objects out.

docs/mapping.md is the reference.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from mappings.compiler import compile_plan
from mappings.document import Problems, read
from mappings.errors import BrokenMapping
from mappings.lines import Lines, laid_over, of_file, of_overlay
from mappings.plan import Plan, plan
from mappings.record import Context, Conversion, Link, Mapped
from mappings.shape import define, merge

__all__ = ["Context", "Conversion", "Link", "Mapped", "ObjectMapping", "load", "overlay"]

LANGUAGE_REV = 1
"""Raised when the same mapping comes to mean something else, so that records are mapped again."""


@dataclass(frozen=True, slots=True)
class ObjectMapping:
    """One of the vendor's objects, compiled.

    source_fields: dotted names of the vendor's fields that it reads. rev: a hash of what the
    mapping says. custom_path: the part of the record that a tenant may pick custom fields from.
    lines: where each value is written, in the file and in the overlay.
    """

    stream: str
    object: str
    entity: str
    source_fields: tuple[str, ...]
    rev: str
    custom_path: str | None
    definition: Mapping[str, Any] = field(repr=False)
    objects: Mapping[str, str] = field(repr=False)
    conversions: Mapping[str, Conversion] = field(repr=False)
    lines: Lines = field(repr=False)
    run: Callable[[Any, Context], Mapped] = field(repr=False)

    def apply(self, raw: Mapping[str, Any], context: Context) -> Mapped:
        """Map one record; raises Unmappable(path, sentence) and nothing else."""
        return self.run(raw, context)


def load(text: str, file: str, conversions: Mapping[str, Conversion]) -> dict[str, ObjectMapping]:
    """Compile a mapping file, keyed by the vendor's object word.

    Raises BrokenMapping with every problem in it, each as "file:line: place: what; nearest name".
    What the same text came to is remembered, for a process may put up several hubs.
    """
    return dict(_load(text, file, _Conversions(conversions)))


class _Conversions(dict[str, Conversion]):
    """To be remembered by, whatever the functions are; not to be changed."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self))


@lru_cache(maxsize=64)
def _load(text: str, file: str, conversions: _Conversions) -> Mapping[str, ObjectMapping]:
    data, problems = read(text, file)
    items = _items(data, problems)
    objects = _objects(items, problems)
    made: list[tuple[dict[str, Any], Plan]] = []
    for where, item in items:
        definition = define(item, where, objects, problems)
        checked = plan(definition, where, problems, conversions)
        if checked is not None:
            made.append((definition, checked))
    problems.check()
    lines = of_file(text, file)
    return {
        checked.object: _mapping(definition, checked, objects, conversions, lines[checked.object])
        for definition, checked in made
    }


def overlay(
    base: ObjectMapping, document: Mapping[str, Any], text: str = "", file: str = "overlay"
) -> ObjectMapping:
    """A tenant's changes laid over a connector's mapping; raises BrokenMapping like load.

    `text` is the document as its author wrote it, for saying which line makes a value, or is wrong.
    """
    problems = read(text, file)[1] if text else Problems(f"overlay of {base.object}")
    if not isinstance(document, Mapping):
        raise BrokenMapping([f"{problems.file}: an object with fields, custom or links is due"])
    definition = merge(base.definition, document, base.objects, problems)
    checked = plan(definition, (), problems, base.conversions)
    problems.check()
    if checked is None:
        raise BrokenMapping([f"{problems.file}: it cannot be used"])
    lines = laid_over(base.lines, of_overlay(text, file))
    return _mapping(definition, checked, base.objects, base.conversions, lines)


def _items(data: Any, problems: Problems) -> list[tuple[tuple[int], Mapping[str, Any]]]:
    if not isinstance(data, list) or not data:
        problems.add((), "a list of objects is due, each beginning with `- stream:`")
        return []
    for index, item in enumerate(data):
        if not isinstance(item, dict):
            problems.add((index,), "an object with stream, object, entity and id is due")
    return [((index,), item) for index, item in enumerate(data) if isinstance(item, dict)]


def _objects(
    items: list[tuple[tuple[int], Mapping[str, Any]]], problems: Problems
) -> dict[str, str]:
    """Every object of the file with its entity; the same object twice is a problem."""
    objects: dict[str, str] = {}
    for where, item in items:
        name = item.get("object")
        if name in objects:
            problems.add((*where, "object"), f"the object {name!r} is mapped twice")
        if isinstance(name, str):
            objects[name] = str(item.get("entity"))
    return objects


def _mapping(
    definition: Mapping[str, Any],
    checked: Plan,
    objects: Mapping[str, str],
    conversions: Mapping[str, Conversion],
    lines: Lines,
) -> ObjectMapping:
    return ObjectMapping(
        stream=checked.stream,
        object=checked.object,
        entity=checked.entity,
        source_fields=checked.source_fields,
        rev=_rev(definition),
        custom_path=definition["custom"]["from"],
        definition=definition,
        objects=objects,
        conversions=conversions,
        lines=lines,
        run=compile_plan(checked),
    )


def _rev(definition: Mapping[str, Any]) -> str:
    text = json.dumps([LANGUAGE_REV, definition], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
