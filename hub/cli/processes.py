"""Commands that start processes: the whole hub, or one role of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from hub.cli.output import emit, json_option
from hub.settings import ROOT, Settings, load_settings

F = TypeVar("F", bound=Callable[..., Any])


def _where(command: F) -> F:
    """The options of `up` and `demo`."""
    options = (
        click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on."),
        click.option("--data-dir", type=click.Path(path_type=Path), help="Stores, keys and logs."),
        click.option("--workers", type=click.IntRange(1, 64), help="Worker processes."),
    )
    for option in options:
        command = option(command)
    return command


def _chosen(port: int | None, data_dir: Path | None, workers: int | None) -> Settings:
    folder = data_dir.absolute() if data_dir else None
    return load_settings(join=False, port=port, data_dir=folder, workers=workers)


@click.command()
@_where
def up(port: int | None, data_dir: Path | None, workers: int | None) -> None:
    """Start everything on this machine, until Ctrl-C."""
    from hub import stack

    stack.up(_chosen(port, data_dir, workers))


@click.command()
@_where
def demo(port: int | None, data_dir: Path | None, workers: int | None) -> None:
    """The same with five sandbox vendors and a tenant connected to them."""
    from hub import stack

    stack.demo(_chosen(port, data_dir, workers))


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.")
def web(port: int | None) -> None:
    """The web process: webhooks, API and screens."""
    from hub.stack import roles

    _become(roles.web(load_settings(need_stores=True, port=port)).command)


@click.command()
@click.option("--queues", help="Kinds of work, in order of preference: drain,sync.")
@click.option("--burst", is_flag=True, help="End when there is no more work.")
def worker(queues: str | None, burst: bool) -> None:
    """A worker process: drains webhooks and syncs."""
    load_settings(need_stores=True)
    flags = [*(["--queues", queues] if queues else []), *(["--burst"] if burst else [])]
    _become([sys.executable, str(ROOT / "worker.py"), *flags])


@click.command()
def scheduler() -> None:
    """The scheduler: rings where work is due."""
    load_settings(need_stores=True)
    _become([sys.executable, "-m", "hub.scheduler"])


@click.command()
@json_option
def migrate(as_json: bool) -> None:
    """Bring the databases up to this version; harmless to run again."""
    from hub.store import migrate as steps
    from hub.store.catalogue import Catalogue

    settings = load_settings(need_stores=True)
    catalogue = Catalogue(settings.mongodb_uri, settings.master_key.get_secret_value())
    try:
        emit({"applied": steps.run(catalogue)}, as_json=as_json)
    finally:
        catalogue.close()


def _become(command: list[str] | tuple[str, ...]) -> None:
    """Replace this process, so that signals reach the role itself."""
    os.chdir(ROOT)
    os.execv(command[0], list(command))  # noqa: S606
