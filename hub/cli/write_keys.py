"""`hub write-keys`: what SDKs send events with, shown once when made; only a hash is stored."""

from __future__ import annotations

import click

from hub import write_keys as making
from hub.cli.output import emit, json_option
from hub.cli.session import connection_id, opened, tenant_id, tenant_option
from hub.reads import write_keys

LISTED = ("id", "connection_id", "name", "last4", "origins", "rate", "state", "last_used_at")
REFUSED = ("at", "reason", "field", "event_id", "sentence", "shape")


@click.group()
def command() -> None:
    """Add, list and revoke write keys of usage sources, and show what was refused of them.

    A source is named by its connection's id, or by product_usage where the tenant has only one.
    """


@command.command()
@click.argument("connection")
@click.argument("name")
@click.option("--origin", "origins", multiple=True, metavar="URL", help="A web page that may send.")
@click.option("--rate", type=int, metavar="N", help="Events a second.")
@tenant_option
@json_option
def add(
    connection: str,
    name: str,
    origins: tuple[str, ...],
    rate: int | None,
    tenant: str | None,
    as_json: bool,
) -> None:
    """Make a key for a source; NAME says who sends with it. Without an origin: servers only."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        source = connection_id(hub, owner, connection)
        made, key = making.create(hub, owner, source, name, origins, rate)
        note = hub.catalogue.control.note
        note(owner, "command line", "write key created", hub.now(), key=made["_id"])
        emit({"write_key": write_keys.shown(made), "key": key}, as_json=as_json)


@command.command("list")
@click.option("--connection", help="Keys of this source alone.")
@tenant_option
@json_option
def list_(connection: str | None, tenant: str | None, as_json: bool) -> None:
    """List a tenant's keys by name and last letters."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        source = connection_id(hub, owner, connection) if connection else None
        emit(write_keys.everything(hub, owner, source), as_json=as_json, columns=LISTED)


@command.command()
@click.argument("key_id")
@tenant_option
@json_option
def revoke(key_id: str, tenant: str | None, as_json: bool) -> None:
    """End a key at once."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        making.revoke(hub, owner, key_id)
        note = hub.catalogue.control.note
        note(owner, "command line", "write key revoked", hub.now(), key=key_id)
        emit({"revoked": key_id}, as_json=as_json)


@command.command()
@click.argument("connection")
@tenant_option
@json_option
def refused(connection: str, tenant: str | None, as_json: bool) -> None:
    """Show the last events of a source that were refused, and why."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        source = connection_id(hub, owner, connection)
        emit(write_keys.refused(hub, owner, source), as_json=as_json, columns=REFUSED)
