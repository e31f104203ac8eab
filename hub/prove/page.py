"""docs/reliability.md: what is promised and what was seen, from the stored results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.settings import ROOT

PAGE = ROOT / "docs" / "reliability.md"
MARK = "[//]: # (From here on python3 dev.py prove writes this page.)\n"
TITLES = {
    "burst": "A burst of webhooks with kills in it",
    "kills": "Kills at random",
    "histories": "Random histories",
    "guards": "Every guard taken away",
    "mutants": "Mutation of the pure core",
    "bugs": "Seeded bugs and mutants of the connectors",
    "descriptions": "Requests and answers by the vendors' own descriptions",
    "scaffolds": "Every connector that can be made anew",
    "outsider": "The guide's connector beside an installed hub",
    "refreshes": "An expired token wanted by three processes",
    "day": "A day of each vendor with a moved clock",
    "growth": "A million records",
    "pull": "A million records of one stream, killed five times",
    "health": "Every account-day against an oracle",
    "backtest": "The score against who left",
}


def write(stored: Mapping[str, Any]) -> None:
    """Write what follows the mark anew; what stands before it is written by people."""
    head = PAGE.read_text().partition(MARK)[0] if PAGE.exists() else "# Reliability\n\n"
    parts = [_section(name, stored[name]) for name in TITLES if name in stored]
    PAGE.write_text(head + MARK + "\n" + "\n".join(parts))


def _section(name: str, found: Mapping[str, Any]) -> str:
    verdict = "Held." if found["passed"] else "**Did not hold.**"
    lines = [
        f"## {TITLES[name]}",
        "",
        f"{verdict} `{found['command']}` took {found['seconds']:.0f} s on {found['on']}, revision "
        f"{found['revision']}, {found['machine']}.",
        "",
    ]
    if found["facts"]:
        lines += ["| | |", "|---|---|"]
        lines += [f"| {fact} | {_shown(value)} |" for fact, value in found["facts"].items()]
        lines += [""]
    lines += [f"- {problem}" for problem in found["problems"][:50]]
    if found["rows"]:
        head, *rows = found["rows"]
        lines += ["", _row(head), _row(["---"] * len(head)), *map(_row, rows), ""]
    return "\n".join(lines)


def _row(cells: Any) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _shown(value: Any) -> str:
    """Counts with thin separators, and small tables in one line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_shown(part)}" for name, part in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
