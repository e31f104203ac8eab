"""`hub mappings fields` and `hub mappings drift`: the vendor's fields, and where they move."""

from __future__ import annotations

import click

from hub.bootstrap import Hub
from hub.cli.output import emit, json_option
from hub.cli.session import connection_id, opened, tenant_id, tenant_option
from hub.drift import settling
from hub.errors import CorrectInput
from hub.reads import drift as reading
from hub.reads import fields as told
from hub.store.client import Doc
from hub.store.tenant import TenantStore

FIELDS = ("object", "name", "title", "type", "filled", "example", "mapped")
NOTICES = ("id", "object", "path", "kind", "since", "carried", "of", "sentence")
COMMAND_LINE = "the command line"


@click.command()
@click.argument("connection")
@click.option("--object", "object", metavar="O", help="Only this of the vendor's objects.")
@click.option("--all", "whole", is_flag=True, help="The vendor's own fields too, not only yours.")
@tenant_option
@json_option
def fields(
    connection: str, object: str | None, whole: bool, tenant: str | None, as_json: bool
) -> None:
    """List the fields that CONNECTION's vendor tells of: who carries them, what reads them."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        mine = connection_id(hub, owner, connection)
        found = told.of_connection(hub, hub.store(owner), mine, object)
    for one in found["objects"]:
        one["fields"] = [row for row in one["fields"] if whole or row["custom"]]
    if as_json:
        emit(found, as_json=True)
        return
    emit([row for one in found["objects"] for row in _rows(one)], as_json=False, columns=FIELDS)
    for one in found["objects"]:
        if one["note"]:
            click.echo(f"{one['title']}: {one['note']}", err=True)


def _rows(one: Doc) -> list[Doc]:
    return [
        {**row, "object": one["object"], "filled": f"{row['filled']} of {row['of']}"}
        for row in one["fields"]
    ]


@click.command()
@click.argument("connection", required=False)
@click.option("--state", type=click.Choice(reading.STATES), default="open", show_default=True)
@click.option("--dismiss", metavar="ID", help="Let a notice be.")
@click.option("--accept", metavar="ID", help="Put a notice's line live in your overlay.")
@tenant_option
@json_option
def drift(
    connection: str | None,
    state: str,
    dismiss: str | None,
    accept: str | None,
    tenant: str | None,
    as_json: bool,
) -> None:
    """List where the vendor's fields are no longer what a mapping reads, or settle a notice."""
    if dismiss and accept:
        raise CorrectInput("Say one of --dismiss and --accept.", field="accept")
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        store = hub.store(owner)
        notice = dismiss or accept
        if notice:
            found = [_settled(hub, store, notice, accept=bool(accept))]
        else:
            mine = connection_id(hub, owner, connection) if connection else None
            found = reading.listed(hub, store, mine, state)
    emit(found, as_json=as_json, columns=NOTICES)
    for one in () if as_json else found:
        if one["suggestion"]:
            click.echo(f"\n# {one['id']}, {one['object']}\n{one['suggestion']}", nl=False)


def _settled(hub: Hub, store: TenantStore, notice: str, *, accept: bool) -> Doc:
    now = hub.now(store.tenant_id)
    if accept:
        settling.accept(hub, store, notice, COMMAND_LINE, now)
    else:
        settling.dismiss(store, notice, COMMAND_LINE, now)
    what = "drift accepted" if accept else "drift dismissed"
    hub.catalogue.control.note(store.tenant_id, COMMAND_LINE, what, now, notice=notice)
    return reading.one(hub, store, notice)
