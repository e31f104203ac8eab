"""`hub tenants`: the companies whose customers this hub knows."""

from __future__ import annotations

import sys

import click

from hub.bootstrap import Hub
from hub.cli.output import Exit, emit, json_option
from hub.cli.session import opened, tenant_id
from hub.errors import AlreadyThere, CorrectInput
from hub.reads import tenants
from hub.store import migrate
from hub.store.client import Doc
from hub.tenants import remove as removal


@click.group()
def command() -> None:
    """Add, list, show and remove tenants."""


@command.command()
@click.argument("name")
@click.option("--sandbox", is_flag=True, help="For trying out: its clock may be moved.")
@json_option
def add(name: str, sandbox: bool, as_json: bool) -> None:
    """Add a tenant; prints its id and a first API key, which is shown this once."""
    with opened() as hub:
        migrate.run(hub.catalogue)
        emit(_add(hub, name.strip(), sandbox), as_json=as_json)


def _add(hub: Hub, name: str, sandbox: bool) -> Doc:
    control = hub.catalogue.control
    if not name:
        raise CorrectInput("A tenant needs a name.", field="name")
    if control.tenants.find_one({"name": name}):
        raise AlreadyThere(f"There is a tenant named {name} already.", field="name")
    tenant = control.add_tenant(name, hub.now(), sandbox=sandbox)
    _, key = control.add_key(tenant["_id"], "first key", hub.now())
    control.note(tenant["_id"], "command line", "tenant added", hub.now())
    return {"tenant": tenants.shown(tenant), "api_key": key}


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List all tenants."""
    with opened() as hub:
        emit(
            tenants.everyone(hub),
            as_json=as_json,
            columns=("id", "name", "sandbox", "connections", "accounts", "created_at"),
        )


@command.command()
@click.argument("tenant")
@json_option
def show(tenant: str, as_json: bool) -> None:
    """Show one tenant by id or name."""
    with opened() as hub:
        emit(tenants.one(hub, tenant_id(hub, tenant)), as_json=as_json)


@command.command()
@click.argument("tenant")
@click.option("--yes", is_flag=True, help="Do it; without, only what would go is shown.")
@json_option
def remove(tenant: str, yes: bool, as_json: bool) -> None:
    """Remove a tenant with its connections, data, people and keys."""
    with opened() as hub:
        found = tenants.one(hub, tenant_id(hub, tenant))
        if yes:
            removal(hub, found["id"])
        emit({"tenant": found, "removed": yes}, as_json=as_json)
    if not yes:
        click.echo("Nothing was removed: say --yes to remove all of this for good.", err=True)
        sys.exit(Exit.WRONG_INPUT)
