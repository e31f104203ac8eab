"""Where a mapping reads: plain paths, and JMESPath expressions where a path is not enough."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import jmespath
from jmespath.exceptions import JMESPathError

__all__ = ["BadPath", "Expression", "Path", "Source", "parse", "reads", "template"]

_PART = r'(?:[\w$-]+|"[^"]+")'
_PLAIN = re.compile(rf"{_PART}(?:\[-?[0-9]+\])*(?:\.{_PART}(?:\[-?[0-9]+\])*)*")
_STEP = re.compile(r'([\w$-]+)|"([^"]+)"|\[(-?[0-9]+)\]')
_BRACES = re.compile(r"\{([^{}]*)\}")
_ROOTS = ("account", "settings")


class BadPath(ValueError):
    """The text is neither a path nor an expression; the message says where it goes wrong."""


@dataclass(frozen=True, slots=True)
class Path:
    """Steps from a root: names of fields and positions in lists."""

    text: str
    root: Literal["record", "account", "settings"]
    steps: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Expression:
    """A JMESPath expression, evaluated on the record or on what `base` finds in it."""

    text: str
    compiled: Any
    base: Path | None = None


Source = Path | Expression


def parse(text: str, base: Path | None = None) -> Source:
    """Read a path or expression, below `base` if given; raises BadPath."""
    if text.strip() == ".":
        return base or Path(".", "record", ())
    if _PLAIN.fullmatch(text.strip()):
        return _plain(text.strip(), base)
    try:
        return Expression(text, jmespath.compile(text), base)
    except (JMESPathError, RecursionError) as error:
        raise BadPath(" ".join(str(error).split("\n", 1)[0].split())) from None


def _plain(text: str, base: Path | None) -> Path:
    found = [_step(*match) for match in _STEP.findall(text)]
    first = text.split(".", 1)[0]
    if first in _ROOTS and len(found) > 1:
        return Path(text, "account" if first == "account" else "settings", tuple(found[1:]))
    if base is None:
        return Path(text, "record", tuple(found))
    shown = f"{base.text}.{text}" if base.steps else text
    return Path(shown, "record", (*base.steps, *found))


def _step(name: str, quoted: str, position: str) -> str | int:
    return int(position) if position else name or quoted


def template(text: str, base: Path | None = None) -> tuple[str | Source, ...]:
    """Split text with paths in braces into literal text and sources; raises BadPath."""
    parts: list[str | Source] = []
    for index, piece in enumerate(_BRACES.split(text)):
        if index % 2:
            parts.append(parse(piece, base))
        elif "{" in piece or "}" in piece:
            raise BadPath("a brace is not closed")
        elif piece:
            parts.append(piece)
    return tuple(parts)


def reads(sources: Iterable[Source]) -> tuple[str, ...]:
    """The dotted names of the record's fields that these sources read, sorted."""
    found: set[str] = set()
    for source in sources:
        if isinstance(source, Expression):
            start = _names(source.base) if source.base else ()
            found.update(".".join(names) for names in _ends(source.compiled.parsed, start))
        elif source.root == "record":
            found.add(".".join(_names(source)))
    return tuple(sorted(found - {""}))


def _names(path: Path) -> tuple[str, ...]:
    names: list[str] = []
    for step in path.steps:
        if isinstance(step, int):
            break
        names.append(step)
    return tuple(names)


Names = tuple[str, ...]
_CHAINS = frozenset({"subexpression", "index_expression", "pipe", "projection", "value_projection"})


def _ends(node: dict[str, Any], start: Names) -> list[Names]:
    """Where an expression may end when it begins at `start`; every end is a field it reads."""
    kind, children = node["type"], node["children"]
    if kind == "field":
        return [(*start, str(node["value"]))]
    if kind == "literal":
        return []
    if kind == "filter_projection":
        left, right, condition = children
        return [end for at in _ends(left, start) for end in _both(right, condition, at)]
    if kind in _CHAINS:
        ends = [start]
        for child in children:
            ends = [end for at in ends for end in _ends(child, at)]
        return ends
    if not children:
        return [start]
    return [end for child in children for end in _ends(child, start)]


def _both(one: dict[str, Any], other: dict[str, Any], start: Names) -> list[Names]:
    return [*_ends(one, start), *_ends(other, start)]
