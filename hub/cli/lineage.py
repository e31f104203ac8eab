"""`hub accounts lineage`: where a value or a health point comes from, in words."""

from __future__ import annotations

import click

from hub.cli.output import emit, json_option
from hub.cli.session import opened, tenant_id, tenant_option
from hub.lineage import anything, words


@click.command("lineage")
@click.argument("account")
@click.argument("name", metavar="FIELD|MEASURE")
@tenant_option
@json_option
def command(account: str, name: str, tenant: str | None, as_json: bool) -> None:
    """Say where a field of the profile, or a health point, comes from: record, body, delivery or
    run, and the line of the mapping.
    """
    with opened() as hub:
        found = anything.of_account(hub, hub.store(tenant_id(hub, tenant)), account, name)
    if as_json:
        emit(found, as_json=True)
        return
    tree = words.of_point(found) if "measure" in found else words.of_value(found)
    click.echo("\n".join(tree))
