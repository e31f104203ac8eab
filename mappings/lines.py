"""Which lines of a mapping file, or of a tenant's overlay, say how a value is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from mappings.document import compose
from mappings.shape import PARTS

__all__ = ["HEAD_PART", "Line", "Lines", "Part", "laid_over", "of_file", "of_overlay"]

HEAD_PART = "head"
Part = tuple[str, str]
"""("fields" | "links" | "custom" | "head", the name in it)."""


@dataclass(frozen=True, slots=True)
class Line:
    """Lines of a document as they are written: `line` is the first one, counted from 1."""

    file: str
    line: int
    text: str


Lines = Mapping[Part, tuple[Line, ...]]
"""For each value all the places that define it: what a YAML alias names, and last an overlay."""


def of_file(text: str, file: str) -> dict[str, Lines]:
    """The lines of every object of a mapping file; raises BrokenMapping for what is no YAML."""
    node, written = compose(text, file), text.splitlines()
    items = node.value if isinstance(node, yaml.SequenceNode) else []
    return {
        name: dict(_of_object(item, written, file))
        for item in items
        if isinstance(item, yaml.MappingNode) and (name := _object(item))
    }


def of_overlay(text: str, file: str) -> Lines:
    """The lines of a tenant's overlay; raises BrokenMapping for what is no YAML."""
    node = compose(text, file)
    return dict(_of_object(node, text.splitlines(), file)) if _is_table(node) else {}


def laid_over(base: Lines, over: Lines) -> Lines:
    """Both together: what an overlay changes keeps the connector's own lines before its own."""
    return {**base, **{part: (*base.get(part, ()), *lines) for part, lines in over.items()}}


def _is_table(node: yaml.Node | None) -> bool:
    return isinstance(node, yaml.MappingNode)


def _object(item: yaml.MappingNode) -> str:
    return next((str(value.value) for key, value in item.value if key.value == "object"), "")


def _of_object(
    node: yaml.Node | None, written: Sequence[str], file: str
) -> Iterator[tuple[Part, tuple[Line, ...]]]:
    for key, value in node.value if node is not None else ():
        if key.value in PARTS and isinstance(value, yaml.MappingNode):
            for name, rule in value.value:
                yield (key.value, str(name.value)), _lines(name, rule, written, file)
        else:
            part = key.value if key.value in PARTS else HEAD_PART
            yield (part, str(key.value)), _lines(key, value, written, file)


def _lines(key: yaml.Node, value: yaml.Node, written: Sequence[str], file: str) -> tuple[Line, ...]:
    """An alias stands on its own line, and what it names on others."""
    first, begun = key.start_mark.line, value.start_mark.line
    if begun < first:
        return _cut(begun, value, written, file), Line(file, first + 1, written[first].strip())
    return (_cut(first, value, written, file),)


def _cut(first: int, value: yaml.Node, written: Sequence[str], file: str) -> Line:
    """A block ends where the next begins, so that its end says one line too many."""
    flows = not isinstance(value, yaml.CollectionNode) or bool(value.flow_style)
    last = value.end_mark.line + (1 if flows and value.end_mark.column else 0)
    lines = list(written[first : max(last, first + 1)])
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    indent = len(lines[0]) - len(lines[0].lstrip(" -"))
    return Line(file, first + 1, "\n".join(_without(line, indent) for line in lines))


def _without(line: str, indent: int) -> str:
    return line[indent:] if not line[:indent].strip(" -") else line.lstrip()
