"""A mapping file as plain data that remembers its lines, and the problems found in it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from mappings.errors import BrokenMapping

__all__ = ["Problems", "Where", "compose", "nearest", "read"]

Where = tuple[str | int, ...]
"""The keys and positions that lead to a place in the document."""

_DEEPEST = 24


@dataclass
class Problems:
    """Everything wrong with one document, gathered so that all of it can be told at once."""

    file: str
    lines: Mapping[Where, int] | None = None
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, where: Where, sentence: str) -> None:
        """Note that `sentence` is wrong with the place `where`."""
        line = self._line(where)
        place = f"{self.file}:{line}" if self.lines is not None else self.file
        named = ".".join(str(step) for step in where if isinstance(step, str))
        self.found.append(
            (line, f"{place}: {named}: {sentence}" if named else f"{place}: {sentence}")
        )

    def unknown(self, where: Where, what: str, word: Any, valid: Iterable[str]) -> None:
        """Note an unknown word, with the nearest valid one."""
        self.add(where, f"unknown {what} {word!r}; {nearest(str(word), valid)}")

    def _line(self, where: Where) -> int:
        lines = self.lines or {}
        return next((lines[w] for n in range(len(where), -1, -1) if (w := where[:n]) in lines), 1)

    def check(self) -> None:
        """Raise BrokenMapping, in the order of lines, if anything was found."""
        if self.found:
            raise BrokenMapping([text for _, text in sorted(self.found, key=lambda item: item[0])])


def nearest(word: str, valid: Iterable[str]) -> str:
    """The nearest valid word as a question, or the words there are."""
    words = sorted(valid)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(words) or 'none'}"


class _Loader(yaml.SafeLoader):
    """YAML whose only words of their own are true, false, null and numbers."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), ["t", "f"])
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"^(?:null|~|)$"), ["n", "~", ""]
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]{0,17})$"), list("-0123456789")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^-?[0-9]+\.[0-9]+$"), list("-0123456789")
)


def read(text: str, file: str) -> tuple[Any, Problems]:
    """The document's data, with every name as it is written, and the problems found so far.

    Raises BrokenMapping where the text is not YAML.
    """
    lines: dict[Where, int] = {}
    problems = Problems(file, lines)
    node = compose(text, file)
    return (_data(node, (), lines, problems) if node is not None else None), problems


@lru_cache(maxsize=64)
def compose(text: str, file: str) -> yaml.Node | None:
    """The document's tree, whose nodes know their lines; raises BrokenMapping if it is no YAML.

    Remembered, since its data and its lines are read one after the other; not to be changed.
    """
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise BrokenMapping([f"{file}:{line}: this is not YAML: {error.problem}"]) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise BrokenMapping([f"{file}:1: this is not YAML: {str(error)[:200]}"]) from None
    return node


def _data(node: yaml.Node, where: Where, lines: dict[Where, int], problems: Problems) -> Any:
    lines.setdefault(where, node.start_mark.line + 1)
    if len(where) > _DEEPEST:
        problems.add(where, "this is nested too deep")
        return None
    if isinstance(node, yaml.SequenceNode):
        return [_data(item, (*where, n), lines, problems) for n, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _object(node, where, lines, problems)
    return _scalar(node, where, problems)


def _object(
    node: yaml.MappingNode, where: Where, lines: dict[Where, int], problems: Problems
) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            problems.add(where, "a key is plain text")
            continue
        inner = (*where, key.value)
        if key.value in data:
            problems.lines = {**lines, inner: key.start_mark.line + 1}
            problems.add(inner, "this key comes twice")
            problems.lines = lines
        lines[inner] = key.start_mark.line + 1
        data[key.value] = _data(value, inner, lines, problems)
    return data


def _scalar(node: yaml.Node, where: Where, problems: Problems) -> Any:
    kind = node.tag.rsplit(":", 1)[-1]
    if kind == "bool":
        return node.value == "true"
    if kind == "int":
        return int(node.value)
    if kind == "float":
        return float(node.value)
    if kind not in ("str", "null"):
        problems.add(where, f"the tag {node.tag} has no meaning here")
    return None if kind == "null" else node.value
