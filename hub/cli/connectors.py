"""`hub connectors`: what can be connected, and what failed to load."""

from __future__ import annotations

import click

from hub.cli.output import emit, json_option
from hub.plugin_host import load_plugins
from hub.reads import connectors


@click.group()
def command() -> None:
    """List and show connectors."""


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the connectors, and the plugins that failed to load with the reason."""
    found = connectors.everything(load_plugins())
    if as_json:
        emit(found, as_json=True)
        return
    emit(found["items"], as_json=False, columns=("name", "title", "source_kind", "origin"))
    for failure in found["failed"]:
        click.echo(f"{failure['origin']} failed to load: {failure['reason']}", err=True)


@command.command()
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show a connector's settings, secrets, streams and webhooks."""
    found = connectors.one(load_plugins(), name)
    if as_json:
        emit(found, as_json=True)
        return
    click.echo(f"{found['title']} ({found['name']}), {found['source_kind']}\n")
    emit(found["fields"], as_json=False, columns=("key", "title", "secret", "required", "default"))
    click.echo()
    emit(found["streams"], as_json=False, columns=("name", "object", "entity", "interval_s"))
    click.echo()
    emit(found["webhooks"], as_json=False, columns=("name", "title", "scope", "secret_by"))
