"""What a proof found: kept as JSON, one entry for each proof, and shown as a page."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.settings import ROOT

STORED = ROOT / "docs" / "reliability.json"


@dataclass(frozen=True, slots=True)
class Options:
    """How long to go on: `scale` 1.0 is the whole proof. `folder` holds the proof's data; `data`
    has what a proof reads from outside, if it is at hand."""

    seed: int
    scale: float
    folder: Path
    data: Path | None = None

    def of(self, whole: int, least: int = 1) -> int:
        return max(least, round(whole * self.scale))


@dataclass(frozen=True, slots=True)
class Result:
    """One proof's outcome. `facts` are figures by name; `problems` what must not have been.

    `rows`, if any, are shown as a table whose first row is the head.
    """

    facts: Mapping[str, Any]
    problems: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = field(default_factory=list)


def keep(name: str, result: Result, seconds: float, command: str) -> None:
    """Store it in place of the last result of the same proof."""
    stored = load()
    stored[name] = {
        **asdict(result),
        "passed": not result.problems,
        "seconds": round(seconds, 1),
        "command": command,
        "on": datetime.now(UTC).date().isoformat(),
        "revision": _revision(),
        "machine": machine(),
    }
    STORED.write_text(json.dumps(stored, indent=1, default=str) + "\n")


def load() -> dict[str, Any]:
    return dict(json.loads(STORED.read_text())) if STORED.exists() else {}


def machine() -> str:
    """Cores, memory and system, such as "2 cores, 8 GB, Linux 6.1, Python 3.11.2"."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    kernel = ".".join(platform.release().split(".")[:2])
    version = platform.python_version()
    return f"{os.cpu_count()} cores, {pages:.0f} GB, Linux {kernel}, Python {version}"


def _revision() -> str:
    asked = ["git", "describe", "--always", "--dirty"]
    found = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip()
