"""Lists in pages on the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

import click

from hub.cli.output import emit
from hub.reads.paging import LIMIT, MOST, Asked, Page

F = TypeVar("F", bound=Callable[..., Any])


def page_options(command: F) -> F:
    """Adds `--limit` and `--cursor`, given to the command together as `asked`."""

    @wraps(command)
    def asking(*args: Any, limit: int, cursor: str | None, **options: Any) -> Any:
        return command(*args, asked=Asked(limit, cursor), **options)

    rows = click.option("--limit", default=LIMIT, show_default=True, type=click.IntRange(1, MOST))
    behind = click.option("--cursor", help="Go on behind a page, by its `next`.")
    return rows(behind(asking))  # type: ignore[return-value]


def emit_page(page: Page, *, as_json: bool, columns: Sequence[str]) -> None:
    """A page as JSON ({items, next}), or as a table that says how to see more."""
    if as_json:
        emit(page.shown(), as_json=True)
        return
    emit(page.items, as_json=False, columns=columns)
    if page.next:
        click.echo(f"There is more: --cursor {page.next}", err=True)
