"""`hub connections write-back`: health in one field of the vendor's records."""

from __future__ import annotations

import sys

import click

from hub.bootstrap import Hub
from hub.cli.output import Exit, emit, json_option
from hub.cli.session import connection_id, opened, tenant_id, tenant_option
from hub.errors import CorrectInput
from hub.store.client import Doc
from hub.writing_back import desk

COMMAND_LINE = "the command line"
PREVIEW = ("name", "native_id", "text", "now")
REFUSALS = ("name", "native_id", "sentence", "again_at")


@click.command("write-back")
@click.argument("connection")
@click.option("--field", metavar="F", help="Write each account's health to this field.")
@click.option("--off", is_flag=True, help="Write no more; the texts stay where they are.")
@click.option("--clear", is_flag=True, help="With --off: take the texts out of the field, too.")
@click.option("--fields", "ask", is_flag=True, help="Ask the vendor which fields there are.")
@tenant_option
@json_option
def write_back(
    connection: str,
    field: str | None,
    off: bool,
    clear: bool,
    ask: bool,
    tenant: str | None,
    as_json: bool,
) -> None:
    """Write health back into one field of CONNECTION's records, or show how that goes.

    Exit code 1 where the vendor refuses some records, or nothing can be written just now.
    """
    if sum((bool(field), off, ask)) > 1 or (clear and not off):
        raise CorrectInput(
            "Say one of --field, --off and --fields; --clear goes with --off.", field="field"
        )
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        mine = connection_id(hub, owner, connection)
        if ask:
            _choices(desk.choices(hub, owner, mine), as_json)
            return
        if field:
            desk.switch_on(hub, owner, mine, field, COMMAND_LINE)
        elif off:
            desk.switch_off(hub, owner, mine, COMMAND_LINE, clear)
        found = _shown(hub, owner, mine)
    _emit(found, as_json)
    sys.exit(Exit.FAILED if found["problem"] or found["refused"] else Exit.DONE)


def _shown(hub: Hub, owner: str, mine: str) -> Doc:
    store = hub.store(owner)
    connection = hub.connection(store, mine)
    found = desk.stand(hub, store, connection)
    possible = found["possible"]
    rows = desk.preview(hub, store, connection, found["field"] or "") if possible else []
    return {**found, "preview": rows}


def _emit(found: Doc, as_json: bool) -> None:
    if as_json:
        emit(found, as_json=True)
        return
    preview, refusals = found["preview"], found["refusals"]
    emit({k: v for k, v in found.items() if k not in ("preview", "refusals")}, as_json=False)
    click.echo()
    emit(preview, as_json=False, columns=PREVIEW)
    if refusals:
        click.echo()
        emit(refusals, as_json=False, columns=REFUSALS)


def _choices(found: Doc, as_json: bool) -> None:
    if as_json:
        emit(found, as_json=True)
        return
    emit(found["fields"], as_json=False, columns=("name", "title", "read_by", "filled", "of"))
    for one in found["missing"]:
        click.echo(f"Missing: {one}", err=True)
    if not found["fields"]:
        click.echo(found["create"], err=True)
