"""What a check found, kept as `quality.json` beside the connector.

`hub connectors check NAME --keep` writes it; the command line, the screens and the documentation
read it, since a check takes seconds and a page must not. A test of this repository compares it
with what a check finds. Imports nothing of the suite, so that a web process does not, either.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FILE = "quality.json"
Row = Mapping[str, str]


def write(folder: Path, grade: str, rules: Sequence[Row], judgement: Sequence[Row]) -> Path:
    """Keep a report; rows have rule, asks, state and reason, those of rules also grade."""
    path = folder / FILE
    found = {"grade": grade, "rules": list(rules), "judgement": list(judgement)}
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    return path


def read(folder: Path) -> dict[str, Any]:
    """{"grade", "rules", "judgement", "kept", "machine"}; the grade is "unchecked" without one.

    kept: rules that are passed or exempt, of all `machine` ones.
    """
    path = folder / FILE
    try:
        found: Any = json.loads(path.read_text()) if path.is_file() else {}
    except ValueError:
        found = {}
    rules, judgement = found.get("rules", []), found.get("judgement", [])
    kept = sum(row["state"] in ("passed", "exempt") for row in rules)
    grade = found.get("grade", "unchecked")
    return {
        "grade": grade,
        "kept": kept,
        "machine": len(rules),
        "rules": rules,
        "judgement": judgement,
    }
