"""How commands speak: tables for people, JSON for programs, and exit codes that mean something."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from enum import IntEnum
from typing import Any, NoReturn, TypeVar

import click

from hub.errors import (
    AlreadyThere,
    CorrectInput,
    HubError,
    NotAllowed,
    NotFound,
    Reconnect,
    RetryLater,
    TryAgainSoon,
    VendorError,
)

F = TypeVar("F", bound=Callable[..., Any])


class Exit(IntEnum):
    """What the shell is told. Any other error of ours is FAILED."""

    DONE = 0
    FAILED = 1
    WRONG_INPUT = 2
    NOT_FOUND = 3
    UNREACHABLE = 4
    CONFLICT = 5
    NOT_ALLOWED = 6
    VENDOR = 7
    TRY_AGAIN = 8
    INTERRUPTED = 130


_CODES: tuple[tuple[type[HubError], Exit], ...] = (
    (CorrectInput, Exit.WRONG_INPUT),
    (NotFound, Exit.NOT_FOUND),
    (TryAgainSoon, Exit.UNREACHABLE),
    (AlreadyThere, Exit.CONFLICT),
    (NotAllowed, Exit.NOT_ALLOWED),
    (RetryLater, Exit.TRY_AGAIN),
    (Reconnect, Exit.VENDOR),
    (VendorError, Exit.VENDOR),
)


def exit_code(error: HubError) -> Exit:
    return next((code for kind, code in _CODES if isinstance(error, kind)), Exit.FAILED)


def json_option(command: F) -> F:
    """Adds `--json`, given to the command as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(command)


def emit(data: Any, *, as_json: bool, columns: Sequence[str] = ()) -> None:
    """Print `data` as JSON; else a list of records as a table and one record as lines."""
    if as_json:
        click.echo(json.dumps(data, default=plain, ensure_ascii=False, indent=2))
    elif isinstance(data, Mapping):
        _lines(data)
    else:
        _table(list(data), columns)


def plain(value: Any) -> Any:
    """What JSON has no word for, as text; times end in Z."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


def refuse(error: HubError, *, as_json: bool) -> NoReturn:
    """Say what was wrong and end with its exit code."""
    problem = {"type": error.reason, "detail": error.sentence, "field": error.field}
    text = json.dumps({k: v for k, v in problem.items() if v}) if as_json else error.sentence
    click.echo(text, err=True)
    sys.exit(exit_code(error))


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    if not rows:
        click.echo("Nothing to show.", err=True)
        return
    names = list(columns or rows[0])
    table = Table(*names, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(_cell(row.get(name)) for name in names))
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def _lines(record: Mapping[str, Any]) -> None:
    width = max(map(len, record), default=0)
    for name, value in record.items():
        click.echo(f"{name:<{width}}  {_cell(value)}")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, default=plain, ensure_ascii=False)
    return str(plain(value)) if isinstance(value, date) else str(value)
