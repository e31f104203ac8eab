"""`hub connectors try`: a developer's loop over one delivery or one record."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from hub.cli.endpoint import Endpoint, connected, heard, listen_options
from hub.cli.output import Exit, emit, json_option
from hub.errors import CorrectInput
from hub.plugin_host import PluginHost, load_plugins
from hub.settings import ROOT, load_settings
from hub.trying import live, trial
from hub.trying import watch as watching
from hub.trying.picture import Against
from hub.trying.step import Step
from hub.trying.walk import walk

STREAMS = (
    "stream",
    "state",
    "records",
    "total",
    "mapped",
    "fetch",
    "seconds",
    "unmapped",
    "problem",
)
FRESH = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from hub.cli import main; sys.exit(main())"
"""The command in a process of its own, wherever that is started."""
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("try")
@click.argument("name")
@click.option("--payload", type=FILE, metavar="FILE", help="A recorded file beside its index.yaml.")
@click.option("--webhook", default="", metavar="W", help="Which webhook, where there are several.")
@click.option("--stream", default="", metavar="S", help="Try one record of this stream.")
@click.option("--record", type=FILE, metavar="FILE", help="With --stream: a record as JSON.")
@click.option("--id", "native_id", default="", metavar="ID", help="With --stream: the sandbox's.")
@click.option(
    "--against",
    type=click.Choice(("empty", "seeded")),
    default="empty",
    help="Whether another source knows the customer already.",
)
@click.option("--watch", is_flag=True, help="Again whenever a file changes, until Ctrl-C.")
@click.option("--live", is_flag=True, help="A real account: HUB_TRY_<FIELD>, or you are asked.")
@click.option("--listen", is_flag=True, help="With --live: take what the vendor pushes.")
@listen_options
@json_option
@click.pass_context
def try_(
    context: click.Context,
    name: str,
    payload: Path | None,
    webhook: str,
    stream: str,
    record: Path | None,
    native_id: str,
    against: Against,
    watch: bool,
    live: bool,
    listen: bool,
    port: int,
    count: int,
    register: bool,
    as_json: bool,
) -> None:
    """Pass one delivery or record through a connector, and show every step.

    Without a choice the sandbox makes an edit, and what it pushes is tried. Exit code 1 where the
    connector refuses, 7 where the vendor does.
    """
    if (record or native_id) and not stream:
        raise CorrectInput("--record and --id need --stream.", field="stream")
    if listen and not live:
        raise CorrectInput("--listen needs --live.", field="listen")
    if watch and live:
        raise CorrectInput("--watch tries the sandbox: it does not go with --live.", field="watch")
    if watch:
        context.exit(_watched(name, context.params))
    host = plugins(name)
    if live:
        asked = Endpoint(webhook, port, count, register)
        context.exit(_live(host, name, asked if listen else None, against, as_json))
    if payload:
        steps = trial.of_file(host, name, payload, webhook, against)
    elif record:
        steps = trial.of_record(host, name, stream, record, against)
    elif stream:
        steps = trial.of_id(host, name, stream, native_id, against)
    else:
        steps = trial.by_itself(host, name, webhook, against)
    context.exit(show(name, steps, as_json))


def _watched(name: str, params: Mapping[str, Any]) -> int:
    """The same command without --watch, in a process of its own for each change."""
    own = load_settings(join=False).connectors_path
    homes = [Path(own) / name] if own else []
    folder = next((h for h in [*homes, ROOT / "plugins" / name] if h.is_dir()), None)
    if folder is None:
        folder = plugins(name).connector(name).mapping.parent
    files = [params[key] for key in ("payload", "record") if params[key]]
    places = [folder, *files, *(file.parent / "index.yaml" for file in files[:1])]
    command = [sys.executable, "-c", FRESH, "connectors", "try", name, *_again(params)]
    return watching.watch(command, places, _changed)


def _again(params: Mapping[str, Any]) -> Iterator[str]:
    for key in ("payload", "webhook", "stream", "record", "native_id", "against"):
        if params[key]:
            yield from (f"--{key.removeprefix('native_')}", str(params[key]))
    if params["as_json"]:
        yield "--json"


def _changed(files: Sequence[Path]) -> None:
    names = ", ".join(sorted(file.name for file in files))
    click.echo(f"\n--- {names} changed" if files else "--- watching; Ctrl-C ends it", err=True)


def _live(
    host: PluginHost, name: str, asked: Endpoint | None, against: Against, as_json: bool
) -> Exit:
    footing = connected(host, name)
    if asked is not None:
        code = Exit.DONE
        for delivery, registration in heard(footing, asked):
            hook = asked.of(footing)
            code = show(name, walk(footing, hook, delivery, registration, against), as_json)
        return code
    rows = list(live.look(footing))
    emit(rows, as_json=as_json, columns=STREAMS)
    return Exit.FAILED if any(row["state"] != "ok" for row in rows) else Exit.DONE


def plugins(name: str) -> PluginHost:
    """The plugins, of which the one that is tried has to have loaded. Raises NotFound."""
    host = load_plugins(folder=load_settings(join=False).connectors_path, only=name)
    host.connector(name)
    return host


def show(name: str, steps: Iterator[Step], as_json: bool) -> Exit:
    """Print the steps as they come; returns what the shell is told."""
    from hub.cli.steps import Printed

    seen: list[Step] = []
    printed = Printed()
    for step in steps:
        seen.append(step)
        if not as_json:
            printed.step(step)
    code = verdict(seen)
    if as_json:
        emit(
            {"connector": name, "steps": [asdict(s) for s in seen], "exit": int(code)}, as_json=True
        )
    return code


def verdict(steps: list[Step]) -> Exit:
    """FAILED where the connector refused, VENDOR where only the vendor did."""
    refused = [step for step in steps if step.state == "refused"]
    if not refused:
        return Exit.DONE
    return Exit.VENDOR if all(step.trouble for step in refused) else Exit.FAILED
