"""What stored records say of a vendor's fields: who carries which, of what kind, and which words no
mapping knows. Pure, and only ever about a sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mappings.compiler import compile_plan
from mappings.described import of_source, of_steps
from mappings.document import Problems
from mappings.errors import Unmappable
from mappings.language import Context, ObjectMapping
from mappings.paths import BadPath, Expression, Path, Source, parse
from mappings.plain import blank, kind
from mappings.plan import Plan, plan
from mappings.steps import word

__all__ = ["Seen", "Survey", "below", "is_own", "readers", "survey", "value_at"]

LATE = 20
"""The newest records: where none of them carries a field, it is gone."""
MOST_PATHS = 1000
LONGEST_WORD = 200
Place = tuple[str, str]
"""("fields" | "custom" | "links" | "head", the name in it): where a mapping reads a path."""


@dataclass(slots=True)
class Seen:
    """One path: how many records carry it, and have a value there; the kinds of these values, and
    the same of the newest ones."""

    carried: int = 0
    filled: int = 0
    late: int = 0
    kinds: set[str] = field(default_factory=set)
    late_kinds: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Survey:
    """of: how many records were looked at, late: how many of these count as the newest.

    unknown: field of the mapping -> word that its `map` lacks -> the records that say it, by place
    in the sample.
    """

    of: int
    late: int
    seen: dict[str, Seen]
    unknown: dict[str, dict[str, list[int]]]


def survey(
    mapping: ObjectMapping, described: Iterable[str], records: Sequence[Any], context: Context
) -> Survey:
    """Look at some records, the newest first. `described`: paths that the vendor has told of."""
    sources = _sources(mapping, described)
    found = Survey(len(records), min(LATE, len(records)), {name: Seen() for name in sources}, {})
    base, ask = _base(mapping), _asker(mapping)
    covered = {*sources, *(start for name in sources for start in _starts(name))}
    for place, record in enumerate(records):
        for name, source in sources.items():
            _note(found, name, _values(record, source), place)
        if base is not None:
            _note_own(found, base, record, place, covered)
        for name, said in ask(record, context):
            found.unknown.setdefault(name, {}).setdefault(said, []).append(place)
    return found


def readers(mapping: ObjectMapping) -> dict[str, list[Place]]:
    """Path -> the places of the mapping that read it."""
    found: dict[str, list[Place]] = {}
    for place, source in _places(_plan(mapping)):
        if isinstance(source, Expression) or (source.root == "record" and source.steps):
            found.setdefault(of_source(source), []).append(place)
    return found


def below(mapping: ObjectMapping, path: str) -> str | None:
    """How an overlay's `custom` names this path; None if it is not in the tenant's own part."""
    base = _base(mapping)
    if base is None:
        return None
    if not base:
        return path
    start = f"{of_steps(base)}."
    return path.removeprefix(start) if path.startswith(start) else None


def is_own(mapping: ObjectMapping, path: str) -> bool:
    """Whether a path is in a part of the record that holds only the tenant's own fields."""
    return bool(_base(mapping)) and below(mapping, path) is not None


def value_at(record: Any, path: str) -> Any:
    """What a record holds at a path or expression; None where it holds nothing."""
    found = _values(record, parse(path))
    return found[0] if found else None


def _plan(mapping: ObjectMapping) -> Plan:
    made = plan(mapping.definition, (), Problems(mapping.object), mapping.conversions)
    assert made is not None, "a loaded mapping has been checked"
    return made


def _places(made: Plan) -> Iterable[tuple[Place, Source]]:
    parts = {"head": made.head.values(), "fields": made.fields, "custom": made.custom}
    for part, rules in parts.items():
        for rule in rules:
            yield from (((part, rule.name), source) for source in rule.sources)
    for link in made.links:
        yield from ((("links", link.rule.name), source) for source in link.rule.sources)


def _sources(mapping: ObjectMapping, described: Iterable[str]) -> dict[str, Source]:
    """What the mapping reads first, then what the vendor has told of."""
    found: dict[str, Source] = {}
    for name in [*readers(mapping), *described]:
        try:
            found.setdefault(name, parse(name))
        except BadPath:
            continue
    return dict(list(found.items())[:MOST_PATHS])


def _base(mapping: ObjectMapping) -> tuple[str, ...] | None:
    """The steps to the part that a tenant may pick from."""
    if mapping.custom_path is None:
        return None
    source = parse(mapping.custom_path)
    return tuple(str(s) for s in source.steps) if isinstance(source, Path) else None


def _values(record: Any, source: Source) -> list[Any]:
    """[the value] where the record carries the path, else []."""
    if isinstance(source, Expression):
        try:
            found = source.compiled.search(record)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            return []
        return [] if blank(found) else [found]
    for step in source.steps:
        if isinstance(step, int):
            if not isinstance(record, list) or not -len(record) <= step < len(record):
                return []
        elif not isinstance(record, dict) or step not in record:
            return []
        record = record[step]
    return [record]


def _note(found: Survey, name: str, values: list[Any], place: int) -> None:
    if not values:
        return
    seen = found.seen.setdefault(name, Seen())
    late = place < found.late
    seen.carried += 1
    seen.late += late
    if blank(values[0]):
        return
    seen.filled += 1
    seen.kinds.add(kind(values[0]))
    if late:
        seen.late_kinds.add(kind(values[0]))


def _note_own(
    found: Survey, base: tuple[str, ...], record: Any, place: int, covered: set[str]
) -> None:
    """Names in the tenant's part of which nobody has told."""
    part = _values(record, Path("", "record", base))
    names = part[0] if part and isinstance(part[0], Mapping) else {}
    for name, value in names.items():
        path = of_steps((*base, str(name)))
        known = path in found.seen or len(found.seen) < MOST_PATHS
        if known and path not in covered and '"' not in str(name):
            _note(found, path, [value], place)


def _starts(name: str) -> Iterable[str]:
    """What stands before each dot and bracket: someone who reads `a.b[0]` knows of `a` and `a.b`"""
    return (name[:place] for place, sign in enumerate(name) if sign in ".[" and place)


def _asker(mapping: ObjectMapping) -> Any:
    """A function (record, context) -> (field, word that its map lacks) of one record.

    It is the mapping itself, with the vendor's words in the place of ours.
    """
    rules = {
        n: r for n, r in mapping.definition["fields"].items() if isinstance(r.get("map"), dict)
    }
    kept = ("from", "join", "lookup", "pick", "as")
    asked = {name: {k: rule[k] for k in kept if k in rule} for name, rule in rules.items()}
    asked = {name: rule for name, rule in asked.items() if "from" in rule or "join" in rule}
    head = {k: mapping.definition[k] for k in ("stream", "object", "entity", "id")}
    definition = {**head, "fields": {}, "links": {}, "custom": {"from": ".", "fields": asked}}
    made = plan(definition, (), Problems(mapping.object), mapping.conversions)
    run = compile_plan(made) if made is not None and asked else None

    def ask(record: Any, context: Context) -> list[tuple[str, str]]:
        if run is None:
            return []
        try:
            said = {name: word(value) for name, value in run(record, context).custom.items()}
        except Unmappable:
            return []
        return [
            (name, one)
            for name, one in said.items()
            if one is not None and len(one) <= LONGEST_WORD and one not in rules[name]["map"]
        ]

    return ask
