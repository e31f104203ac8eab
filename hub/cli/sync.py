"""`hub sync`: pull a connection's streams now, and wait for the end."""

from __future__ import annotations

import sys

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from hub import syncing
from hub.bootstrap import Hub
from hub.cli.output import Exit, emit, json_option
from hub.cli.session import connection_id, opened, tenant_id, tenant_option
from hub.store.client import Doc
from hub.syncing import Following

WITHIN_S = 3600.0
COUNTED = ("applied", "duplicate", "stale", "ignored", "quarantined")
COLUMNS = ("stream", "state", "full", "read", *COUNTED, "error")


@click.command()
@click.argument("connection")
@click.option("--stream", "streams", multiple=True, metavar="S", help="Only this stream.")
@click.option("--full", is_flag=True, help="List everything again, not only what is new.")
@click.option("--within", "within_s", default=WITHIN_S, help="Seconds to wait.", show_default=True)
@tenant_option
@json_option
def command(
    connection: str,
    streams: tuple[str, ...],
    full: bool,
    within_s: float,
    tenant: str | None,
    as_json: bool,
) -> None:
    """Pull CONNECTION now by the hub's workers; prints counts per stream.

    Exit code 1 if a stream failed or did not end in time: the hub then goes on by itself.
    """
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        mine = connection_id(hub, owner, connection)
        following = _ask(hub, owner, mine, streams, full)
        ended = _follow(following, within_s)
        results = following.results()
    emit(results if as_json else [_row(r) for r in results], as_json=as_json, columns=COLUMNS)
    if not ended:
        click.echo("Not all streams have ended: is a worker running (`hub up`)?", err=True)
    failed = not ended or any(result["state"] != "done" for result in results)
    sys.exit(Exit.FAILED if failed else Exit.DONE)


def _ask(hub: Hub, owner: str, mine: str, streams: tuple[str, ...], full: bool) -> Following:
    since = hub.now(owner)
    names = syncing.ask(hub, owner, mine, streams, full)
    return Following(hub, owner, mine, names, since, full)


def _follow(following: Following, within_s: float) -> bool:
    """Wait, with a bar for each stream where a person watches."""
    console = Console(stderr=True)
    shown = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
    with Progress(
        *shown, TimeElapsedColumn(), console=console, disable=not console.is_terminal
    ) as progress:
        tasks = {name: progress.add_task(name, total=None, told="") for name in following.streams}

        def show(now: Following) -> None:
            for result in now.results():
                total = result["total"] or (result["read"] if result["state"] == "done" else None)
                at, told = tasks[result["stream"]], result["progress"]
                progress.update(at, completed=result["read"], total=total, told=told)

        return following.wait(within_s, show)


def _row(result: Doc) -> Doc:
    return {**result, **{name: result["counts"].get(name, 0) for name in COUNTED}}
