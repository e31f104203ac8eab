"""`hub secrets`: rotate the keys under which secrets are stored."""

from __future__ import annotations

import click

from hub import rotation
from hub.cli.output import emit, json_option
from hub.cli.session import opened, tenant_id, tenant_option


@click.group()
def command() -> None:
    """Rotate the keys under which secrets are stored."""


@command.command("rotate-tenant")
@tenant_option
@json_option
def rotate_tenant(tenant: str | None, as_json: bool) -> None:
    """Give a tenant a new data key and seal its secrets anew."""
    with opened() as hub:
        emit({"sealed": rotation.rotate_tenant(hub, tenant_id(hub, tenant))}, as_json=as_json)


@command.command("rotate-master")
@json_option
def rotate_master(as_json: bool) -> None:
    """Wrap all data keys with HUB_MASTER_KEY; HUB_MASTER_KEY_PREVIOUS holds the former one."""
    with opened() as hub:
        emit({"wrapped": rotation.rotate_master(hub)}, as_json=as_json)
