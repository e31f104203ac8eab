"""The steps of a trial in colour: what passed, what refused and why, which line made what."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hub.cli.output import plain
from hub.trying.step import Step

COLOURS = {"passed": "green", "refused": "bold red", "skipped": "yellow"}
COLUMNS: Mapping[str, Sequence[str]] = {
    "parse": ("kind", "object", "native_id", "occurred_at", "brings"),
    "fetch": ("object", "native_id", "state", "why"),
    "map": ("name", "value", "line", "reads", "conversion"),
    "profile": ("field", "from", "to", "rule", "source", "also"),
}
LONGEST = 60


class Printed:
    """Writes to standard output, without colours where that is no terminal."""

    def __init__(self) -> None:
        self._console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)

    def step(self, step: Step) -> None:
        """One step: its name, how it went, its sentence, and what it found."""
        colour = COLOURS[step.state]
        line = Text(f"{step.name:<8}", style="bold")
        line.append(f" {step.state:<8}", style=colour)
        line.append(f" {step.sentence}", style=colour if step.state == "refused" else "")
        self._console.print(line)
        if step.rows:
            self._table(step.rows, COLUMNS[step.name])
        if step.beside.get("links"):
            self._table(step.beside["links"], ("kind", "by", "value", "line"))
        self._unmapped(step.beside)
        if paths := step.beside.get("paths"):
            self._console.print(Text(f"    its account is looked for by {', '.join(paths)}"))

    def _unmapped(self, beside: Mapping[str, Any]) -> None:
        rows = beside.get("unmapped") or ()
        if rows:
            said = Text("    no line reads ", style="yellow")
            said.append(", ".join(f"{row['path']} = {_cell(row['value'])}" for row in rows), "dim")
            self._console.print(said)
        if beside.get("blank"):
            self._console.print(Text(f"    nor {beside['blank']} that hold nothing", style="dim"))

    def _table(self, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
        used = [c for c in columns if any(row.get(c) not in (None, "", []) for row in rows)]
        table = Table(*used, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for row in rows:
            table.add_row(*(Text(_cell(row.get(c)), style=_style(c)) for c in used))
        self._console.print(_indented(table))


def _indented(table: Table) -> Any:
    from rich.padding import Padding

    return Padding(table, (0, 0, 0, 4))


def _style(column: str) -> str:
    return {"line": "cyan", "from": "red", "to": "green", "also": "dim"}.get(column, "")


def _cell(value: Any) -> str:
    if value is None or value == []:
        return ""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        text = ", ".join(value)
    elif isinstance(value, Mapping | list | tuple):
        text = json.dumps(value, default=plain, ensure_ascii=False)
    else:
        text = str(plain(value)) if not isinstance(value, str | int | float) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
