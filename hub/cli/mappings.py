"""`hub mappings`: how vendor records become canonical ones; checking and trying changes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import yaml

from hub import overlays
from hub.bootstrap import Hub
from hub.cli import fields
from hub.cli.output import Exit, emit, json_option
from hub.cli.session import connection_id, opened, tenant_id, tenant_option
from hub.errors import CorrectInput
from hub.plugin_host import load_plugins
from hub.reads import mappings
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings import language
from mappings.errors import BrokenMapping

COLUMNS = ("connector", "object", "stream", "entity", "overlaid", "rev")


@click.group()
def command() -> None:
    """Show, check and preview mappings."""


@command.command()
@click.argument("connector", required=False)
@click.argument("object", required=False)
@tenant_option
@json_option
def show(connector: str | None, object: str | None, tenant: str | None, as_json: bool) -> None:
    """Show the mappings of all connectors, of one, or one object's definition."""
    with opened() as hub:
        store = hub.store(tenant_id(hub, tenant))
        if connector is None or object is None:
            found = mappings.everything(hub, store, connector)
            emit(found, as_json=as_json, columns=COLUMNS)
            return
        one = mappings.one(hub, store, connector, object)
    if as_json:
        emit(one, as_json=True)
    else:
        click.echo(yaml.safe_dump(one["definition"], sort_keys=False, allow_unicode=True))


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--connector", metavar="C", help="Whose conversions the mapping may use.")
@click.option("--object", metavar="O", help="FILE is an overlay of this object of --connector.")
@json_option
def check(file: Path, connector: str | None, object: str | None, as_json: bool) -> None:
    """Check a mapping.yaml or an overlay: every problem with its line and the nearest name.

    Exit code 1 if it cannot be used.
    """
    problems, objects = _problems(file, connector, object)
    if as_json:
        emit({"file": str(file), "objects": objects, "problems": problems}, as_json=True)
    else:
        for problem in problems:
            click.echo(problem)
        click.echo(f"{file}: {_verdict(problems, objects)}", err=bool(problems))
    sys.exit(Exit.FAILED if problems else Exit.DONE)


def _verdict(problems: list[str], objects: list[str]) -> str:
    return f"{len(problems)} problems" if problems else f"maps {', '.join(objects)}"


def _problems(file: Path, connector: str | None, object: str | None) -> tuple[list[str], list[str]]:
    host = load_plugins()
    conversions = host.connector(connector).conversions if connector else {}
    try:
        if object is not None:
            known = host.mappings[connector] if connector else {}
            language.overlay(_base(known, object), _document(file))
            return [], [object]
        return [], sorted(language.load(_text(file), str(file), conversions))
    except BrokenMapping as error:
        return error.problems, []


def _base(known: Mapping[str, language.ObjectMapping], object: str) -> language.ObjectMapping:
    if object not in known:
        names = ", ".join(sorted(known)) or "none: name it with --connector"
        raise CorrectInput(f"There is no object {object}; known: {names}.", field="object")
    return known[object]


@command.command()
@click.argument("connection")
@click.argument("object")
@click.argument("file", type=click.Path(path_type=Path))
@tenant_option
@json_option
def preview(connection: str, object: str, file: Path, tenant: str | None, as_json: bool) -> None:
    """Say what an overlay FILE would do to the records stored for CONNECTION."""
    document = _document(file)
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        mine = connection_id(hub, owner, connection)
        found = mappings.preview(hub, owner, mine, object, document, hub.now(owner))
    if as_json:
        emit(found, as_json=True)
        return
    emit(found["counts"], as_json=False)
    click.echo()
    emit([_row(one) for one in found["examples"]], as_json=False)


def _row(example: Doc) -> Doc:
    return {name: example.get(name) for name in ("record", "changes", "path", "problem")}


@command.command()
@click.argument("connector")
@click.argument("object")
@click.argument("file", type=click.Path(path_type=Path))
@tenant_option
@json_option
def activate(connector: str, object: str, file: Path, tenant: str | None, as_json: bool) -> None:
    """Put an overlay FILE live in the place of the one before; `replay` maps stored records."""
    text = _text(file)
    with opened() as hub:
        store = hub.store(tenant_id(hub, tenant))
        now = hub.now(store.tenant_id)
        overlays.activate(hub, store, connector, object, text, "the command line", now)
        found = _versions(hub, store, connector, object)
    _told(found, as_json)


@command.command()
@click.argument("connector")
@click.argument("object")
@tenant_option
@json_option
def withdraw(connector: str, object: str, tenant: str | None, as_json: bool) -> None:
    """Withdraw the live overlay: the connector's own mapping counts again."""
    with opened() as hub:
        store = hub.store(tenant_id(hub, tenant))
        mappings.own(hub, connector, object)
        overlays.withdraw(hub, store, connector, object, hub.now(store.tenant_id))
        found = _versions(hub, store, connector, object)
    _told(found, as_json)


@command.command()
@click.argument("connector")
@click.argument("object")
@tenant_option
@json_option
def replay(connector: str, object: str, tenant: str | None, as_json: bool) -> None:
    """Have a worker map stored records anew with what is live; the vendor is not asked."""
    with opened() as hub:
        store = hub.store(tenant_id(hub, tenant))
        mappings.own(hub, connector, object)
        count = overlays.replay(hub, store, connector, object)
    emit({"records": count}, as_json=as_json)


command.add_command(fields.fields)
command.add_command(fields.drift)


def _versions(hub: Hub, store: TenantStore, connector: str, object: str) -> Doc:
    kept = overlays.versions(store, connector, object)
    names = ("version", "active", "author", "at", "ended_at")
    rows = [{name: version.get(name) for name in names} for version in kept]
    return {"versions": rows, "stored": overlays.waiting(hub, store, connector, object)}


def _told(found: Doc, as_json: bool) -> None:
    if as_json:
        emit(found, as_json=True)
        return
    emit(found["versions"], as_json=False)
    for one in found["stored"]:
        if one["old"]:
            click.echo(
                f"{one['name']}: {one['old']} of {one['stored']} records to replay", err=True
            )


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CorrectInput(
            f"{file} cannot be read: {type(error).__name__}.", field="file"
        ) from None


def _document(file: Path) -> Mapping[str, Any]:
    try:
        document = yaml.safe_load(_text(file))
    except yaml.YAMLError as error:
        raise CorrectInput(f"{file} is not valid YAML: {error}", field="file") from None
    if not isinstance(document, dict):
        raise CorrectInput(f"{file} must hold one object of changes.", field="file")
    return document
