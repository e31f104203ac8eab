"""`hub health scorecards`: how health is made; drafts, dry runs and what is in force."""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path
from time import monotonic

import click
import yaml

from hub.bootstrap import Hub
from hub.cli.output import emit, json_option
from hub.cli.session import opened, tenant_id, tenant_option
from hub.errors import CorrectInput
from hub.reads import scorecards
from hub.scorecards import activation, drafts
from hub.store.client import Doc

COLUMNS = ("label", "state", "author", "at", "activated_at", "cards", "note")
SLICE_S = 30.0


@click.group()
def command() -> None:
    """List, draft, try and activate scorecards."""


@command.command("list")
@tenant_option
@json_option
def list_(tenant: str | None, as_json: bool) -> None:
    """List all revisions, newest first."""
    with opened() as hub:
        found = scorecards.every(hub.store(tenant_id(hub, tenant)))
    emit(found, as_json=as_json, columns=COLUMNS)


@command.command()
@click.argument("label", default="active")
@tenant_option
@json_option
def show(label: str, tenant: str | None, as_json: bool) -> None:
    """Show a revision (such as hub-default/1; the active one by default) as YAML."""
    with opened() as hub:
        found = scorecards.one(hub.store(tenant_id(hub, tenant)), label)
    if as_json:
        emit(found, as_json=True)
    else:
        click.echo(yaml.safe_dump(found["document"], sort_keys=False, allow_unicode=True))


@command.command()
@click.argument("label")
@click.argument("other", default="active")
@tenant_option
@json_option
def diff(label: str, other: str, tenant: str | None, as_json: bool) -> None:
    """Say what LABEL has otherwise than OTHER (the active one by default)."""
    with opened() as hub:
        found = scorecards.between(hub.store(tenant_id(hub, tenant)), label, other)
    if as_json:
        emit(found, as_json=True)
    else:
        click.echo("\n".join(found["sentences"]) or "They say the same.")


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--edit", metavar="LABEL", help="Change this draft instead of making a new one.")
@click.option("--name", default="", help="A name of its own; that of the active one if none.")
@click.option("--note", default="", help="Why, for those who come after.")
@tenant_option
@json_option
def draft(
    file: Path, edit: str | None, name: str, note: str, tenant: str | None, as_json: bool
) -> None:
    """Save FILE (YAML or JSON, as `show` prints it; - for standard input) as a draft."""
    document = _document(file)
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        if edit:
            found = drafts.edit(hub, owner, edit, document, _me(), note)
        else:
            found = drafts.draft(hub, owner, document, _me(), note=note, name=name)
        shown = scorecards.one(hub.store(owner), found["label"])
    _say(shown, as_json)


@command.command("dry-run")
@click.argument("label")
@tenant_option
@json_option
def dry_run(label: str, tenant: str | None, as_json: bool) -> None:
    """Score every account with a draft and say who would change band."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        activation.try_out(hub, owner, label)
        shown = _waited(hub, owner, label)
    _say(shown, as_json)
    if not as_json:
        emit(_moves(shown), as_json=False)


@command.command()
@click.argument("label")
@tenant_option
@json_option
def activate(label: str, tenant: str | None, as_json: bool) -> None:
    """Put a draft in force; it wants a dry run of the last 24 hours."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        activation.activate(hub, owner, label, _me())
        shown = scorecards.one(hub.store(owner), label)
    _say(shown, as_json)


@command.command()
@tenant_option
@json_option
def refreeze(tenant: str | None, as_json: bool) -> None:
    """Draft what is active once more, with reference values as of now, and try it."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        label = activation.refreeze(hub, owner, _me())["label"]
        shown = _waited(hub, owner, label)
    _say(shown, as_json)


@command.command()
@click.argument("label")
@tenant_option
def discard(label: str, tenant: str | None) -> None:
    """Throw a draft away."""
    with opened() as hub:
        drafts.discard(hub, tenant_id(hub, tenant), label, _me())
    click.echo(f"{label} is gone.")


def _waited(hub: Hub, owner: str, label: str) -> Doc:
    """Stay with a dry run to its end; a worker may be at it as well."""
    store = hub.store(owner)
    while (found := scorecards.one(store, label))["busy"]:
        report = found["dry_run"]
        if sys.stderr.isatty():
            click.echo(f"\r{report['accounts']} of {report['total']}", nl=False, err=True)
        activation.work(hub, owner, monotonic() + SLICE_S)
    return found


def _say(found: Doc, as_json: bool) -> None:
    if as_json:
        emit(found, as_json=True)
        return
    click.echo(f"{found['label']} is {found['state']}.")
    for line in found["changes"]:
        click.echo(f"  {line}")
    if found["dry_run"]:
        click.echo(found["dry_run"]["sentence"])


def _moves(found: Doc) -> list[Doc]:
    return [
        {
            "account": move["account"],
            "name": move["name"],
            "before": _side(move["before"]),
            "after": _side(move["after"]),
        }
        for move in found["dry_run"]["moves"]
    ]


def _side(side: Doc) -> str:
    return side["band"] if side["health"] is None else f"{side['band']} {side['health']:.1f}"


def _me() -> str:
    return f"{getpass.getuser()} (command line)"


def _document(file: Path) -> Doc:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        found = json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, ValueError, yaml.YAMLError) as error:
        kind = type(error).__name__
        raise CorrectInput(
            f"{file} cannot be read as YAML or JSON ({kind}).", field="file"
        ) from None
    if not isinstance(found, dict):
        raise CorrectInput(f"{file} must hold one scorecard document.", field="file")
    return found
