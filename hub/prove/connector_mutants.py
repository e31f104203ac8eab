"""Generated mutants of one connector, each checked in a process of its own.

`python -m hub.prove.connector_mutants NAME COUNT SEED FOLDER` draws mutants of its webhook,
streams, client, conversions and mapping, and prints those that no rule of the contract suite sees.
A mutant lives in a copy of the folder, which takes the place of the real package after a fork.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from hub.conform import recorded, suite
from hub.plugin_host import load_plugins
from hub.prove.mutants import SWAPS
from hub.settings import ROOT

FILES = ("webhook.py", "streams.py", "client.py", "conversions.py", "mapping.yaml")
LIMIT_S = 90
"""A mutant that takes longer goes round in a circle, and is seen by whoever waits for it."""
CAUGHT, SURVIVED = 1, 0


@dataclass(frozen=True, slots=True)
class Mutant:
    """One place of a file, and what stands there instead."""

    file: str
    line: int
    what: str
    text: str


def survivors(name: str, count: int, seed: int, folder: Path) -> tuple[list[str], int]:
    """The mutants of a connector that no rule sees, and how many were tried."""
    command = [sys.executable, "-m", __name__, name, str(count), str(seed), str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return list(found["survived"]), int(found["tried"])


def mutants(home: Path) -> list[Mutant]:
    """Every mutant of a connector's folder, in the order of its files."""
    found: list[Mutant] = []
    for file in FILES:
        if (home / file).is_file():
            text = (home / file).read_text()
            found += _of_mapping(text) if file == "mapping.yaml" else _of_python(file, text)
    return found


def _of_python(file: str, text: str) -> Iterator[Mutant]:
    """One changed node each: an operator, a number, a condition, a raise."""
    tree = ast.parse(text)
    for number, node in enumerate(ast.walk(tree)):
        for what, change in _changes(node):
            fresh = ast.parse(text)
            change(list(ast.walk(fresh))[number])
            yield Mutant(file, getattr(node, "lineno", 0), what, ast.unparse(fresh))


def _changes(node: ast.AST) -> Iterator[tuple[str, Callable[[Any], None]]]:
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        yield f"another {type(node.ops[0]).__name__}", _swap_compare
    elif isinstance(node, ast.BoolOp | ast.BinOp) and type(node.op) in SWAPS:
        yield f"another {type(node.op).__name__}", _swap_operator
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield f"{node.value} + 1", _one_more
    elif isinstance(node, ast.If | ast.IfExp):
        yield "the other branch", _negate


def _swap_compare(node: Any) -> None:
    node.ops[0] = cast(ast.cmpop, SWAPS[type(node.ops[0])]())


def _swap_operator(node: Any) -> None:
    node.op = cast(Any, SWAPS[type(node.op)]())


def _one_more(node: Any) -> None:
    node.value += 1


def _negate(node: Any) -> None:
    node.test = ast.UnaryOp(ast.Not(), node.test)


def _of_mapping(text: str) -> Iterator[Mutant]:
    """One path of the mapping misspelt each."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        key, colon, value = line.partition(": ")
        plain = value.strip().replace(".", "").replace("_", "").isalnum()
        if colon and plain and key.strip() not in ("- stream", "object", "entity"):
            changed = [*lines[:number], f"{line}x", *lines[number + 1 :]]
            if yaml.safe_load("\n".join(changed)) is not None:
                yield Mutant("mapping.yaml", number + 1, f"{value.strip()}x", "\n".join(changed))


def _is_seen(name: str, mutant: Mutant, folder: Path) -> bool:
    """Whether a rule fails, or the connector does not load, or nothing comes of it in time."""
    copy = folder / name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(ROOT / "plugins" / name, copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(recorded.folder_of(ROOT / "plugins" / name), copy / "payloads")
    (copy / mutant.file).write_text(mutant.text)
    child = os.fork()
    if child == 0:
        os._exit(_check_copy(name, copy))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != SURVIVED


def _check_copy(name: str, copy: Path) -> int:
    signal.alarm(LIMIT_S)
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    try:
        _take_place(f"plugins.{name}", copy)
        host = load_plugins()
        outcomes = suite.check(host, name)
    except BaseException:
        return CAUGHT
    return CAUGHT if any(o.state in ("failed", "skipped") for o in outcomes) else SURVIVED


def _take_place(package: str, copy: Path) -> None:
    """From now on `package` is what lies in `copy`."""
    for name in [m for m in sys.modules if m == package or m.startswith(f"{package}.")]:
        del sys.modules[name]
    spec = importlib.util.spec_from_file_location(
        package, copy / "__init__.py", submodule_search_locations=[str(copy)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[package] = module
    spec.loader.exec_module(module)


def main(name: str, count: int, seed: int, folder: Path) -> None:
    """Draw, try and print."""
    load_plugins()
    folder.mkdir(parents=True, exist_ok=True)
    known = mutants(ROOT / "plugins" / name)
    drawn = random.Random(seed).sample(known, min(count, len(known)))
    lost = [m for m in drawn if not _is_seen(name, m, folder)]
    survived = [f"{m.file}:{m.line} ({m.what})" for m in lost]
    print(json.dumps({"tried": len(drawn), "places": len(known), "survived": survived}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
