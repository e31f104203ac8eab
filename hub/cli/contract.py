"""The reference of `hub.api`, read out of its source: names, fields and their docstrings."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import hub.api

MODULES = (
    "hub.api",
    "hub.api.records",
    "hub.api.rest",
    "hub.api.paging",
    "hub.api.events",
    "hub.api.signing",
    "hub.api.webhooks",
    "hub.api.oauth",
    "hub.api.limits",
    "hub.api.writing",
)
OTHERS = ("hub.errors", "hub.health.signals", "mappings.errors")
INTRO = (
    "All that a connector may import of the hub, beside `hub.sandbox` for its `sandbox.py`, and "
    "`mappings`. [Writing a connector](../writing-a-connector.md) says how it goes together. What "
    "the other modules define is offered by `hub.api` too, where it says so."
)


def page(note: str) -> str:
    """Every public name of the contract in Markdown, module by module."""
    offered = set(hub.api.__all__)
    lines = ["# The contract of a connector", note, "", INTRO]
    for name in MODULES:
        module = import_module(name)
        lines += ["", f"## {name}", "", (module.__doc__ or "").strip()]
        for node in _public(module):
            lines += ["", *_entry(node, 3)]
            if name != "hub.api" and name_of(node) in offered:
                lines += ["", f"Also `hub.api.{name_of(node)}`."]
    return "\n".join([*lines, "", *_elsewhere(offered), ""])


def name_of(node: ast.stmt) -> str:
    """The name that a statement defines; empty where it defines none."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return node.name
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    return target.id if isinstance(target, ast.Name) else ""


def _public(module: ModuleType) -> Iterator[ast.stmt]:
    for node, told in _with_words(ast.parse(inspect.getsource(module)).body):
        name = name_of(node)
        shown = told or name in hub.api.__all__ or not isinstance(node, ast.Assign)
        if name and not name.startswith("_") and shown:
            yield node


def _elsewhere(offered: set[str]) -> Iterator[str]:
    """What `hub.api` offers although it is the hub's or the mappings' own: errors and signals."""
    yield from ("## Errors and signals", "", "Offered by `hub.api`.")
    for name in sorted(offered):
        found = getattr(hub.api, name)
        home = getattr(found, "__module__", "")
        if home in OTHERS:
            body = ast.parse(inspect.getsource(sys.modules[home])).body
            yield from ("", *_entry(next(node for node in body if name_of(node) == name), 3))


def _entry(node: ast.stmt, depth: int, owner: str = "") -> Iterator[str]:
    yield f"{'#' * depth} {owner}{name_of(node)}"
    yield from ("", "```python", _written(node), "```")
    if isinstance(node, ast.ClassDef | ast.FunctionDef) and (words := ast.get_docstring(node)):
        yield from ("", words)
    if isinstance(node, ast.ClassDef):
        for inner, told in _with_words(node.body):
            if told and isinstance(inner, ast.AnnAssign):
                yield from ("", f"`{name_of(inner)}`: {told}")
        for method in _methods(node):
            yield from ("", *_entry(method, depth + 1, f"{node.name}."))


def _methods(node: ast.ClassDef) -> Iterator[ast.FunctionDef]:
    for inner in node.body:
        if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_"):
            yield inner


def _written(node: ast.stmt) -> str:
    """How it is called: a class with its fields, a function without its body."""
    if isinstance(node, ast.FunctionDef):
        return _signature(node)
    if not isinstance(node, ast.ClassDef):
        return ast.unparse(node)
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    head = f"class {node.name}{f'({bases})' if bases else ''}"
    inside = [ast.unparse(n) for n in node.body if isinstance(n, ast.AnnAssign | ast.Assign)]
    made = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
    inside += [_signature(function) for function in made]
    return "\n".join([f"{head}:", *(f"    {line}" for line in inside)]) if inside else head


def _signature(function: ast.FunctionDef) -> str:
    returned = f" -> {ast.unparse(function.returns)}" if function.returns else ""
    return f"def {function.name}({ast.unparse(function.args)}){returned}"


def _with_words(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, str]]:
    """Each statement with the text that stands below it, as constants and fields are explained."""
    for node, after in zip(body, [*body[1:], None], strict=True):
        value = after.value if isinstance(after, ast.Expr) else None
        text = value.value if isinstance(value, ast.Constant) else None
        yield node, " ".join(text.split()) if isinstance(text, str) else ""
