"""`hub connectors try` and `record`: a developer's loop over one delivery or one record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from hub.cli.output import Exit, emit, json_option
from hub.errors import CorrectInput
from hub.plugin_host import PluginHost, load_plugins
from hub.settings import load_settings
from hub.trying import trial
from hub.trying.picture import Against
from hub.trying.step import Step

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("try")
@click.argument("name")
@click.option("--payload", type=FILE, metavar="FILE", help="A recorded file beside its index.yaml.")
@click.option("--webhook", default="", metavar="W", help="Which webhook the payload came by.")
@click.option("--stream", default="", metavar="S", help="Try one record of this stream.")
@click.option("--record", type=FILE, metavar="FILE", help="With --stream: a record as JSON.")
@click.option("--id", "native_id", default="", metavar="ID", help="With --stream: the sandbox's.")
@click.option(
    "--against",
    type=click.Choice(("empty", "seeded")),
    default="empty",
    help="Whether another source knows the customer already.",
)
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
    as_json: bool,
) -> None:
    """Pass one delivery or record through a connector, and show every step.

    Without a choice the sandbox makes an edit, and what it pushes is tried. Exit code 1 where the
    connector refuses, 7 where the vendor does.
    """
    if (record or native_id) and not stream:
        raise CorrectInput("--record and --id need --stream.", field="stream")
    host = plugins(name)
    if payload:
        steps = trial.of_file(host, name, payload, webhook, against)
    elif record:
        steps = trial.of_record(host, name, stream, record, against)
    elif stream:
        steps = trial.of_id(host, name, stream, native_id, against)
    else:
        steps = trial.by_itself(host, name, webhook, against)
    context.exit(show(name, steps, as_json))


def plugins(name: str) -> PluginHost:
    """The plugins, of which the one that is tried has to have loaded. Raises NotFound."""
    host = load_plugins(folder=load_settings(join=False).connectors_path)
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
