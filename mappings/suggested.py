"""Lines for a tenant's overlay that a described or observed field suggests, and putting them in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from mappings.canonical import ENTITIES
from mappings.described import Described
from mappings.document import read
from mappings.errors import BrokenMapping
from mappings.language import ObjectMapping, overlay
from mappings.survey import Place, below

__all__ = ["Overlay", "known_words", "left_out", "line", "merged", "picked", "text"]

Overlay = dict[str, Any]
CONVERSIONS = {
    "number": "number",
    "integer": "integer",
    "boolean": "bool",
    "date": "day",
    "time": "timestamp",
}
LONGEST_NAME = 64


def picked(
    base: ObjectMapping, path: str, told: Described | None, taken: Iterable[str] = ()
) -> Overlay | None:
    """Take a field along under `custom`; None if it is not in the part that a tenant picks from.

    base: the connector's own mapping. taken: custom names that are in use.
    """
    made = line(base, path, told, taken)
    return _fitting(base, made) if made else None


def line(
    base: ObjectMapping, path: str, told: Described | None, taken: Iterable[str] = ()
) -> Overlay | None:
    """As `picked`, for lists of fields: it is yet to be checked against the mapping."""
    own = below(base, path)
    if own is None:
        return None
    name = _name(told.title if told else own, own, set(taken))
    makes = CONVERSIONS.get(told.type) if told else None
    return {"custom": {name: {"from": own, "as": makes} if makes else own}}


def left_out(base: ObjectMapping, places: Iterable[Place]) -> Overlay | None:
    """Read these values no longer; None where one of them cannot be left out."""
    made: Overlay = {}
    for part, name in places:
        if part == "head":
            return None
        made.setdefault(part, {})[name] = None
    return _fitting(base, made) if made else None


def known_words(base: ObjectMapping, name: str, words: Iterable[str]) -> Overlay | None:
    """Say what words of a field mean; as a start, what they are taken for already."""
    rule = base.definition["fields"].get(name, {})
    spec = ENTITIES[base.entity].fields.get(name)
    ours = rule.get("else", spec.enum[0] if spec and spec.enum else None)
    table = {word.strip(): ours for word in words if word.strip() and "@" not in word}
    return _fitting(base, {"fields": {name: {"map": table}}}) if table else None


def text(document: Overlay) -> str:
    """The overlay as YAML, a rule on each line."""
    lines: list[str] = []
    for part, rules in document.items():
        if not isinstance(rules, Mapping):
            lines.append(f"{_flow(part)}: {_flow(rules)}")
            continue
        lines.append(f"{part}:")
        lines += [_line(name, rule) for name, rule in rules.items()]
    return "\n".join(lines) + "\n"


def merged(written: str, document: Overlay) -> str:
    """An overlay's text with further rules in it; what its author wrote stays, with its comments.

    Where a rule for the same name is there, the text is written anew. Raises BrokenMapping for a
    text that is no YAML.
    """
    before = _data(written)
    due = _together(before, document)
    lines = written.rstrip().splitlines()
    for part, rules in document.items():
        start = re.compile(rf"{part}:\s*(?:#.*)?")
        heads = [n for n, line in enumerate(lines) if start.fullmatch(line)]
        fresh = [_line(name, rule, _indent(lines, heads)) for name, rule in rules.items()]
        at = heads[0] + 1 if heads else len(lines)
        lines[at:at] = fresh if heads else [f"{part}:", *fresh]
    together = "\n".join(lines) + "\n"
    try:
        return together if _data(together) == due else text(due)
    except BrokenMapping:
        return text(due)


def _indent(lines: list[str], heads: list[int]) -> str:
    following = lines[heads[0] + 1] if heads and heads[0] + 1 < len(lines) else ""
    return following[: len(following) - len(following.lstrip())] or "  "


def _data(written: str) -> Overlay:
    found, problems = read(written, "your overlay")
    problems.check()
    return dict(found) if isinstance(found, Mapping) else {}


def _together(before: Mapping[str, Any], more: Mapping[str, Any]) -> Overlay:
    made = dict(before)
    for name, value in more.items():
        old = made.get(name)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        made[name] = _together(old, value) if both and isinstance(old, Mapping) else value
    return made


def _fitting(base: ObjectMapping, document: Overlay) -> Overlay | None:
    """Only what the mapping accepts is ever suggested."""
    try:
        overlay(base, document)
    except BrokenMapping:
        return None
    return document


def _name(title: str, own: str, taken: set[str]) -> str:
    """A custom name made of the title, or of the path where the title has no Latin letters."""
    found = _slug(title) or _slug(own) or "field"
    name, count = found, 1
    while name in taken:
        count += 1
        name = f"{found[: LONGEST_NAME - 4]}_{count}"
    return name


def _slug(words: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    return re.sub(r"^[^a-z]+", "", slug)[:LONGEST_NAME].strip("_")


def _line(name: str, rule: Any, indent: str = "  ") -> str:
    return f"{indent}{_flow(name)}: {_flow(rule)}"


def _flow(value: Any) -> str:
    plain = json.dumps(value, ensure_ascii=False).isprintable()
    made = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=plain, width=10_000, sort_keys=False
    )
    return made.removesuffix("\n").removesuffix("\n...").strip()
