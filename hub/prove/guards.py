"""Takes one guard away after the other, in a copy of the tree, and sees whether its test fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from hub.prove.guard_list import GUARDS, Guard
from hub.prove.result import Options, Result
from hub.settings import ROOT

COPIED = ("hub", "mappings", "webhooks", "plugins", "tests", "docs")
SINGLE = ("worker.py", "dev.py", "setup.cfg", "pyproject.toml", "requirements.lock")
WITHIN_S = 400


def guards(options: Options) -> Result:
    """Every guard's test must pass with it and fail without it."""
    wanted = GUARDS[:: max(1, round(1 / options.scale))] if options.scale < 1 else GUARDS
    tree = copy_tree(options.folder / "tree")
    rows, problems = [["Invariant", "Guard", "Test", "Without it"]], []
    broken = [test for test in sorted({g.test for g in wanted}) if not passes(tree, test)]
    problems += [f"fails before anything is taken away: {test}" for test in broken]
    for guard in wanted:
        seen = "not tried" if guard.test in broken else _without(tree, guard)
        rows.append([str(guard.invariant), f"{guard.what} (`{guard.file}`)", _short(guard), seen])
        print(f"  {guard.invariant}: {guard.what}: {seen}", flush=True)
        if seen == "still passes" or seen == "the guard is not where it was":
            problems.append(f"{guard.what}: {seen}")
    failed = sum(row[3] == "fails" for row in rows)
    return Result({"guards": len(wanted), "tests seen failing": failed}, problems, rows)


def copy_tree(to: Path) -> Path:
    """The sources, without what was made from them."""
    to.mkdir(parents=True)
    skip = shutil.ignore_patterns("__pycache__", ".hub")
    for name in COPIED:
        shutil.copytree(ROOT / name, to / name, ignore=skip)
    for name in SINGLE:
        shutil.copy(ROOT / name, to / name)
    return to


def passes(tree: Path, test: str) -> bool:
    """Whether a test passes in this tree; a hang counts as a failure."""
    flags = ["-q", "-x", "--long", "-p", "no:randomly", "-p", "no:cacheprovider"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HUB_")}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "HUB_TEST_HISTORIES": "100"}
    command = [sys.executable, "-m", "pytest", *flags, test]
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, timeout=WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _without(tree: Path, guard: Guard) -> str:
    file = tree / guard.file
    whole = file.read_text()
    if whole.count(guard.text) != 1:
        return "the guard is not where it was"
    file.write_text(whole.replace(guard.text, guard.without))
    try:
        return "still passes" if passes(tree, guard.test) else "fails"
    finally:
        file.write_text(whole)


def _short(guard: Guard) -> str:
    return f"`{guard.test.removeprefix('tests/')}`"
