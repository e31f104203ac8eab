"""How a mapping makes one value of one record: where it reads, what it finds, and what turns it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from mappings.canonical import ENTITIES
from mappings.conversions import BUILTINS
from mappings.document import Problems
from mappings.language import Context, ObjectMapping
from mappings.lines import HEAD_PART, Line, Part
from mappings.paths import Path, Source, reads
from mappings.plain import blank
from mappings.plan import Plan, plan
from mappings.rules import Rule
from mappings.watching import Steps, read_by

__all__ = ["Look", "Making", "making", "part_of"]

MOST_LOOKS = 40
Root = Literal["record", "account", "settings"]


@dataclass(frozen=True, slots=True)
class Look:
    """One place that a rule looks at. `steps` lead there from `root`; () is all of it.

    A connector's conversion that is handed an object looks at several places in it.

    used: the value was taken from here; of several places to fall back on only one is.
    """

    path: str
    root: Root
    steps: Steps
    value: Any
    used: bool


@dataclass(frozen=True, slots=True)
class Making:
    """What made a value: the lines as written, the places read, the conversion and its module.

    conversion: None where the value is taken as it is; own: it is a connector's and not the
    language's. translated: whether a table of words turned it. const: written in the mapping.
    """

    part: Part
    lines: tuple[Line, ...]
    looks: tuple[Look, ...]
    conversion: str | None
    module: str | None
    own: bool
    translated: bool
    const: bool


def part_of(mapping: ObjectMapping, name: str, custom: bool = False) -> Part | None:
    """Where a mapping defines a canonical value, or a custom one; None where it does not."""
    if custom:
        return ("custom", name) if name in mapping.definition["custom"]["fields"] else None
    if name in mapping.definition["fields"]:
        return "fields", name
    known = name in ENTITIES[mapping.entity].fields or name in ("created_at", "external_id")
    return (HEAD_PART, name) if known and name in mapping.definition else None


def making(mapping: ObjectMapping, part: Part, raw: Any, context: Context) -> Making:
    """How the value of `part` comes out of one raw record; raises KeyError for an unknown part."""
    rule = _rules(mapping)[part]
    name, module = _conversion(rule, mapping)
    return Making(
        part=part,
        lines=mapping.lines.get(part, ()),
        looks=tuple(_looks(rule, raw, context)),
        conversion=name,
        module=module,
        own=rule.own is not None,
        translated="map" in _written(mapping, part),
        const=rule.mode == "const",
    )


def _rules(mapping: ObjectMapping) -> dict[Part, Rule]:
    checked: Plan | None = plan(mapping.definition, (), Problems("mapping"), mapping.conversions)
    assert checked is not None, "a mapping that was loaded is whole"
    return {
        **{(HEAD_PART, name): rule for name, rule in checked.head.items()},
        **{("fields", rule.name): rule for rule in checked.fields},
        **{("custom", rule.name): rule for rule in checked.custom},
        **{("links", link.rule.name): link.rule for link in checked.links},
    }


def _written(mapping: ObjectMapping, part: Part) -> Mapping[str, Any]:
    where, name = part
    definition = mapping.definition
    table = {HEAD_PART: definition, "custom": definition["custom"]["fields"]}
    found: Mapping[str, Any] = table.get(where, definition.get(where, {}))[name]
    return found


def _conversion(rule: Rule, mapping: ObjectMapping) -> tuple[str | None, str | None]:
    if rule.own is not None:
        name = next(n for n, call in mapping.conversions.items() if call is rule.own)
        return name, _place(rule.own)
    if rule.builtin is None:
        return None, None
    name = next(n for n, one in BUILTINS.items() if one is rule.builtin)
    return name, _place(rule.builtin.call)


def _place(call: Any) -> str:
    """Where the function behind a conversion is written; a partial or an object is callable too."""
    call = call.func if isinstance(call, partial) else call
    named = call if hasattr(call, "__qualname__") else type(call)
    return f"{named.__module__}.{named.__qualname__}"


def _looks(rule: Rule, raw: Any, context: Context) -> Iterator[Look]:
    for look in _places(rule, raw, context):
        inside = _inside(rule, look, context)
        yield from inside or [look]


def _inside(rule: Rule, look: Look, context: Context) -> list[Look]:
    """What a connector's conversion reads in an object or list that it is handed."""
    if rule.own is None or not look.used or not isinstance(look.value, dict | list):
        return []
    found = read_by(rule.own, look.value, context)[:MOST_LOOKS]
    return [
        Look(
            ".".join(map(str, (*look.steps, *steps))),
            look.root,
            (*look.steps, *steps),
            _walk(look.value, steps),
            True,
        )
        for steps in found
    ]


def _places(rule: Rule, raw: Any, context: Context) -> Iterator[Look]:
    parts = [part for part in rule.parts if not isinstance(part, str)]
    together = rule.mode in ("join", "template") or bool(rule.builtin and rule.builtin.many)
    yield from _in_turn(parts, raw, context, together)
    yield from _in_turn([p for p in rule.currency if not isinstance(p, str)], raw, context, False)
    if rule.lookup is not None:
        yield from _of_source(rule.lookup, raw, context, True)


def _in_turn(
    sources: Sequence[Source], raw: Any, context: Context, together: bool
) -> Iterator[Look]:
    """Of several places the first that holds something is used, if not all of them are."""
    found = False
    for source in sources:
        held = _holds(source, raw, context)
        yield from _of_source(source, raw, context, together or (held and not found))
        found = found or held


def _holds(source: Source, raw: Any, context: Context) -> bool:
    if isinstance(source, Path):
        return not blank(_walk(_root(source.root, raw, context), source.steps))
    base = _walk(raw, source.base.steps) if source.base else raw
    return not blank(source.compiled.search(base))


def _of_source(source: Source, raw: Any, context: Context, used: bool) -> Iterator[Look]:
    """A path is one place; an expression may read several fields of the record."""
    if isinstance(source, Path):
        value = _walk(_root(source.root, raw, context), source.steps)
        yield Look(source.text, source.root, source.steps, value, used)
        return
    for name in reads([source]) or (".",):
        steps: Steps = () if name == "." else tuple(name.split("."))
        yield Look(name, "record", steps, _walk(raw, steps), used)


def _root(root: Root, raw: Any, context: Context) -> Any:
    return {"record": raw, "account": context.account, "settings": context.settings}[root]


def _walk(value: Any, steps: Steps) -> Any:
    for step in steps:
        if isinstance(step, int):
            fits = isinstance(value, list) and -len(value) <= step < len(value)
            value = value[step] if fits else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value
