"""Random histories in any order, doubled and cut into batches: the suite's test, longer."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from hub.prove.result import Options, Result
from hub.settings import ROOT

HISTORIES = 10_000
TEST = "tests/engine/test_histories.py"


def histories(options: Options) -> Result:
    """Each ends in the same partition, profile values and raw scores as one clean full sync."""
    count = options.of(HISTORIES, 100)
    env = {
        **os.environ,
        "HUB_TEST_HISTORIES": str(count),
        "HUB_TEST_FIRST": str(options.seed * HISTORIES),
    }
    flags = ["-q", "-n", "2", "--dist", "load", "-p", "no:cacheprovider", "-o", "timeout=0"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *flags, TEST],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    seeds = sorted(set(re.findall(r"AssertionError: (seed \d+)", done.stdout)))
    problems = seeds or ([done.stdout[-2000:]] if done.returncode else [])
    first = options.seed * HISTORIES
    facts = {
        "histories": count,
        "seeds": f"{first} to {first + count - 1}",
        "steps in each": 40,
        "ended like a clean full sync": count if not problems else f"not all: {problems[0][:80]}",
    }
    return Result(facts, problems)
