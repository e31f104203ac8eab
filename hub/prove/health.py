"""Random lives of customers on real stores, every account-day compared with an oracle."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from hub.prove.result import Options, Result
from hub.settings import ROOT

LIVES, DAYS, COMPANIES = 12, 300, 5
TEST = "tests/health/test_health_oracle.py"


def health(options: Options) -> Result:
    """The stored score is what whole lists of records add up to, on every day, and stays so."""
    count = options.of(LIVES, 2)
    first = options.seed * 1_000
    given = {"LIVES": count, "FIRST": first, "DAYS": DAYS, "COMPANIES": COMPANIES}
    env = {**os.environ, **{f"HUB_TEST_{name}": str(value) for name, value in given.items()}}
    flags = ["-q", "-s", "-p", "no:cacheprovider", "-o", "timeout=0"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *flags, TEST],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    told = re.findall(r"account-days (\d+) skipped (\d+) closes (\d+)", done.stdout)
    days, skipped, closes = (sum(int(row[n]) for row in told) for n in range(3))
    facts = {
        "lives": f"{count} of {DAYS} days each, with late, edited, moved, merged, deleted and "
        "erased records",
        "account-days equal to the oracle": days,
        "of them not computed, because nothing was due": skipped,
        "closes read back and still as they were known": closes,
    }
    wrong = re.findall(r"^E +AssertionError: (.+)$", done.stdout, re.M)
    return Result(facts, (wrong or [done.stdout[-2000:]]) if done.returncode else [])
