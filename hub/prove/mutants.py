"""Mutation of the pure core: small changes, drawn by seed, each of which its tests should see."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from hub.prove.guards import copy_tree, passes
from hub.prove.result import Options, Result

CORE = {"mappings": "tests/mappings", "hub/health": "tests/health"}
MUTANTS = 400
WORDS = ("words.py", "errors.py", "__init__.py")
"""Files of sentences: whatever they say, no number changes."""
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """The `number`th node of a file (in the order of ast.walk), changed."""

    file: str
    number: int
    line: int
    tests: str


def mutants(options: Options) -> Result:
    """Share of drawn mutants that the tests of their part of the core see."""
    tree = copy_tree(options.folder / "tree")
    known = list(_all(tree))
    drawn = random.Random(options.seed).sample(known, min(options.of(MUTANTS, 20), len(known)))
    survived = [_name(one) for one in drawn if not _is_seen(tree, one)]
    facts = {
        "places where the core can be changed": len(known),
        "mutants drawn": len(drawn),
        "seen by the tests": len(drawn) - len(survived),
        "share": f"{1 - len(survived) / len(drawn):.1%}",
        "survived": survived,
    }
    return Result(facts)


def _all(tree: Path) -> Iterator[Mutant]:
    for folder, tests in CORE.items():
        for file in sorted((tree / folder).rglob("*.py")):
            if file.name not in WORDS:
                for number, node in enumerate(ast.walk(ast.parse(file.read_text()))):
                    if _operators(node):
                        name = str(file.relative_to(tree))
                        yield Mutant(name, number, getattr(node, "lineno", 0), tests)


def _operators(node: ast.AST) -> bool:
    """Whether the node holds an operator that has a counterpart."""
    if isinstance(node, ast.Compare):
        return type(node.ops[0]) in SWAPS
    return isinstance(node, ast.BoolOp | ast.BinOp) and type(node.op) in SWAPS


def _is_seen(tree: Path, mutant: Mutant) -> bool:
    file = tree / mutant.file
    whole = file.read_text()
    parsed = ast.parse(whole)
    node = list(ast.walk(parsed))[mutant.number]
    if isinstance(node, ast.Compare):
        node.ops[0] = cast(ast.cmpop, SWAPS[type(node.ops[0])]())
    elif isinstance(node, ast.BoolOp | ast.BinOp):
        node.op = cast(Any, SWAPS[type(node.op)]())
    file.write_text(ast.unparse(parsed))
    try:
        return not passes(tree, mutant.tests)
    finally:
        file.write_text(whole)


def _name(mutant: Mutant) -> str:
    return f"{mutant.file}:{mutant.line}"
