"""Python source while it is written: its lines, the names it uses, and what it reads once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from mappings.errors import Unmappable
from mappings.paths import Expression, Path, Source
from mappings.plain import blank
from mappings.record import Mapped
from mappings.steps import child, filled, item, joined, rows

__all__ = ["Code"]

_ROOTS = {"record": "raw", "account": "context.account", "settings": "context.settings"}


class Code:
    """The source of one function while it is written, and the names it uses."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth = 0
        self.holders: dict[tuple[Any, ...], str] = {}
        self.names: dict[str, Any] = {
            "Mapped": Mapped,
            "Unmappable": Unmappable,
            "blank": blank,
            "child": child,
            "deepcopy": deepcopy,
            "filled": filled,
            "item": item,
            "joined": joined,
            "rows": rows,
        }

    def put(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    @contextmanager
    def block(self, line: str) -> Iterator[None]:
        self.put(line)
        self.depth += 1
        yield
        self.depth -= 1

    def name(self, value: Any) -> str:
        """A name of the namespace for a value."""
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    def literal(self, value: Any) -> str:
        """A value written in source where that is safe, else a fresh copy of it."""
        if value is None or type(value) in (bool, int, str):
            return repr(value)
        return f"deepcopy({self.name(value)})"

    def hold(self, source: Source) -> None:
        """Fetch, once and before all fields, the objects and lists that a source reads from."""
        if isinstance(source, Expression):
            if source.base is not None:
                self.holder(source.base.root, source.base.steps, "child", source.base.text)
            return
        last = source.steps[-1] if source.steps else ""
        kind = "rows" if isinstance(last, int) else "child"
        self.holder(source.root, source.steps[:-1], kind, source.text)

    def holder(self, root: str, steps: Sequence[str | int], kind: str, shown: str) -> str:
        """The variable of the object or list at `steps`."""
        if not steps and root == "record" and kind == "child":
            return "raw"
        key = (root, *steps, kind)
        if key not in self.holders:
            found = self.reach(root, steps, shown) if steps else _ROOTS[root]
            name = self.holders[key] = f"p{len(self.holders)}"
            self.put(f"at = {_written(root, steps)!r}")
            self.put(f"{name} = {found}")
            with self.block(f"if {name}.__class__ is not {'list' if kind == 'rows' else 'dict'}:"):
                self.put(f"{name} = {kind}({name})")
        return self.holders[key]

    def reach(self, root: str, steps: Sequence[str | int], shown: str) -> str:
        """An expression for the value at `steps`."""
        last = steps[-1]
        if isinstance(last, int):
            return f"item({self.holder(root, steps[:-1], 'rows', shown)}, {last})"
        return f"{self.holder(root, steps[:-1], 'child', shown)}.get({last!r})"

    def read(self, source: Source) -> str:
        """An expression for the value that a source finds."""
        if isinstance(source, Path):
            if source.steps:
                return self.reach(source.root, source.steps, source.text)
            return self.holder(source.root, (), "child", source.text)
        base = source.base
        start = self.holder(base.root, base.steps, "child", base.text) if base else "raw"
        return f"{self.name(source.compiled.search)}({start})"


def _written(root: str, steps: Sequence[str | int]) -> str:
    start = "" if root == "record" else root
    for step in steps:
        start += f"[{step}]" if isinstance(step, int) else f".{step}" if start else step
    return start
