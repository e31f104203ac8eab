"""`hub connectors`: what can be connected, what failed to load, and what keeps the contract."""

from __future__ import annotations

from dataclasses import asdict

import click

from hub.cli import recording, scaffolding, trying
from hub.cli.output import emit, json_option
from hub.conform import noting, suite
from hub.conform.noting import Note
from hub.conform.suite import Outcome
from hub.plugin_host import PluginHost, load_plugins
from hub.reads import connectors
from hub.sandbox import Request, Response
from hub.settings import load_settings


@click.group()
def command() -> None:
    """List, show, check and make connectors."""


command.add_command(scaffolding.new)


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the connectors, and the plugins that failed to load with the reason."""
    found = connectors.everything(_host())
    if as_json:
        emit(found, as_json=True)
        return
    emit(found["items"], as_json=False, columns=("name", "title", "source_kind", "grade", "origin"))
    for failure in found["failed"]:
        click.echo(f"{failure['origin']} failed to load: {failure['reason']}", err=True)


@command.command()
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show a connector's settings, secrets, streams, webhooks, and its grade rule by rule."""
    found = connectors.one(_host(), name)
    if as_json:
        emit(found, as_json=True)
        return
    click.echo(f"{found['title']} ({found['name']}), {found['source_kind']}\n")
    emit(found["fields"], as_json=False, columns=("key", "title", "secret", "required", "default"))
    click.echo()
    emit(found["streams"], as_json=False, columns=("name", "object", "entity", "interval_s"))
    click.echo()
    emit(found["webhooks"], as_json=False, columns=("name", "title", "scope", "secret_by"))
    quality = found["quality"]
    click.echo(f"\n{quality['grade']}: {quality['kept']} of {quality['machine']} rules are kept\n")
    emit(quality["rules"], as_json=False, columns=("state", "grade", "rule", "asks", "reason"))
    click.echo("\nDeclared by hand, as no machine can judge it:\n")
    emit(quality["judgement"], as_json=False, columns=("state", "rule", "asks", "reason"))


@command.command()
@click.argument("name")
@click.option("--rule", "rules", multiple=True, help="Only this rule; may be given several times.")
@click.option("--keep", is_flag=True, help="Write quality.json, which list and show read.")
@json_option
@click.pass_context
def check(
    context: click.Context, name: str, rules: tuple[str, ...], keep: bool, as_json: bool
) -> None:
    """Check that a connector keeps the contract, on its own sandbox. Exit code 1 if it does not."""
    if keep and rules:
        raise click.UsageError("Only a whole check is kept: leave out --rule.")
    host = _host()
    seen: list[tuple[Request, Response]] = []
    outcomes = suite.check(host, name, rules, lambda *exchange: seen.append(exchange))
    folder = host.connector(name).mapping.parent
    note = noting.note(folder, seen, whole=not rules)
    if keep:
        suite.keep(host, name, outcomes)
    broken = [o for o in outcomes if not o.counts]
    grade = "" if rules else suite.grade(outcomes)
    if as_json:
        found = {"connector": name, "grade": grade, "rules": [asdict(o) for o in outcomes]}
        emit(found | {"description": note and asdict(note)}, as_json=True)
    else:
        _tell(name, outcomes, grade, note)
    context.exit(1 if broken else 0)


def _host() -> PluginHost:
    """The plugins, with those of the operator's own folder."""
    return load_plugins(folder=load_settings(join=False).connectors_path)


def _tell(name: str, outcomes: list[Outcome], grade: str, note: Note | None) -> None:
    rows = [asdict(o) for o in outcomes]
    emit(rows, as_json=False, columns=("state", "grade", "rule", "asks"))
    for outcome in outcomes:
        if outcome.reason:
            where = f" ({outcome.file})" if outcome.file else ""
            click.echo(f"\n{outcome.state} {outcome.rule}: {outcome.reason}{where}")
    if note:
        told = [f"The vendor's own description: {note.state}; {note.reason}", *note.differences]
        click.echo("\n" + "\n  ".join(told))
    if grade:
        click.echo(f"\n{name}: {grade}")


command.add_command(trying.try_)
command.add_command(recording.record)
