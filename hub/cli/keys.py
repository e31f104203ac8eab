"""`hub keys`: API keys, shown once when made; only a hash of each is stored."""

from __future__ import annotations

import click

from hub.cli.output import emit, json_option
from hub.cli.session import opened, tenant_id, tenant_option
from hub.reads import keys


@click.group()
def command() -> None:
    """Add, list and revoke API keys."""


@command.command()
@click.argument("name")
@tenant_option
@json_option
def add(name: str, tenant: str | None, as_json: bool) -> None:
    """Make a key; NAME says what it is for."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        made, token = hub.catalogue.control.add_key(owner, name, hub.now())
        hub.catalogue.control.note(owner, "command line", "key added", hub.now(), key=made["_id"])
        emit({"key": keys.shown(made), "api_key": token}, as_json=as_json)


@command.command("list")
@tenant_option
@json_option
def list_(tenant: str | None, as_json: bool) -> None:
    """List a tenant's keys by name and first letters."""
    with opened() as hub:
        emit(keys.everything(hub, tenant_id(hub, tenant)), as_json=as_json)


@command.command()
@click.argument("key_id")
@tenant_option
@json_option
def revoke(key_id: str, tenant: str | None, as_json: bool) -> None:
    """End a key at once."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        hub.catalogue.control.revoke_key(owner, key_id, hub.now())
        hub.catalogue.control.note(owner, "command line", "key revoked", hub.now(), key=key_id)
        emit({"revoked": key_id}, as_json=as_json)
