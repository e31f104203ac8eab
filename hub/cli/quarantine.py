"""`hub quarantine`: records that could not be mapped, and trying again."""

from __future__ import annotations

import sys

import click

from hub.bootstrap import Hub
from hub.cli.listing import emit_page, page_options
from hub.cli.output import Exit, emit, json_option
from hub.cli.session import connection_id, opened, tenant_id, tenant_option
from hub.engine import replay
from hub.errors import CorrectInput
from hub.reads import quarantine
from hub.reads.paging import MOST, Asked

COLUMNS = ("id", "path", "sentence", "state", "at")


@click.group()
def command() -> None:
    """List, show and replay quarantined records."""


@command.command("list")
@click.option("--connection", metavar="C", help="Only of this connection.")
@click.option("--state", type=click.Choice(["open", "mended", "any"]), default="open")
@page_options
@tenant_option
@json_option
def list_(
    connection: str | None, state: str, asked: Asked, tenant: str | None, as_json: bool
) -> None:
    """List quarantined records, latest first, each with path and reason."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        mine = connection_id(hub, owner, connection) if connection else None
        filters = {"connection_id": mine, "state": state}
        found = quarantine.search(hub.store(owner), asked, filters)
    emit_page(found, as_json=as_json, columns=COLUMNS)


@command.command()
@click.argument("record")
@tenant_option
@json_option
def show(record: str, tenant: str | None, as_json: bool) -> None:
    """Show a quarantined record with the vendor's body."""
    with opened() as hub:
        emit(quarantine.one(hub.store(tenant_id(hub, tenant)), record), as_json=as_json)


@command.command("replay")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="All open ones, instead of some by id.")
@tenant_option
@json_option
def replay_(ids: tuple[str, ...], everything: bool, tenant: str | None, as_json: bool) -> None:
    """Map records again with today's mapping; exit code 1 if one still cannot be mapped."""
    if everything == bool(ids):
        raise CorrectInput("Give record ids, or --all.", field="ids")
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        wanted = _open(hub, owner) if everything else _known(hub, owner, ids)
        tried = replay.quarantined(hub, owner, wanted)
        emit(tried, as_json=as_json)
    sys.exit(Exit.FAILED if tried["still"] else Exit.DONE)


def _known(hub: Hub, owner: str, ids: tuple[str, ...]) -> list[str]:
    return [quarantine.one(hub.store(owner), one)["id"] for one in ids]


def _open(hub: Hub, owner: str) -> list[str]:
    """Ids of everything open, page by page."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = quarantine.search(hub.store(owner), Asked(MOST, cursor), {})
        found += [row["id"] for row in page.items]
        cursor = page.next
        if cursor is None:
            return found
