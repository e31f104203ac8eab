"""`hub deliveries`: what vendors pushed, what became of it, replays, and what was refused."""

from __future__ import annotations

import click

from hub.bootstrap import Hub
from hub.cli.listing import emit_page, page_options
from hub.cli.output import emit, json_option
from hub.cli.session import connection_id, opened, tenant_id, tenant_option
from hub.engine import replay
from hub.errors import CorrectInput
from hub.reads import deliveries
from hub.reads.paging import Asked
from hub.store.client import Doc
from hub.store.inbox import STATES

COLUMNS = ("id", "webhook", "state", "received_at", "duplicates", "fates", "error")
REJECTED = ("at", "webhook", "status", "sentence", "sender", "headers")
TRIED = 50


@click.group()
def command() -> None:
    """List, show and replay deliveries."""


@command.command("list")
@click.option("--connection", metavar="C", help="Only of this connection.")
@click.option("--state", type=click.Choice(STATES), help="Only in this state.")
@click.option("--rejected", is_flag=True, help="The last refused ones: headers and reason only.")
@page_options
@tenant_option
@json_option
def list_(
    connection: str | None,
    state: str | None,
    rejected: bool,
    asked: Asked,
    tenant: str | None,
    as_json: bool,
) -> None:
    """List deliveries, latest first."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        mine = connection_id(hub, owner, connection) if connection else None
        if rejected:
            emit(deliveries.rejected(hub, owner, mine), as_json=as_json, columns=REJECTED)
            return
        filters = {"connection_id": mine, "state": state}
        found = deliveries.search(hub.store(owner), asked, filters)
    emit_page(found, as_json=as_json, columns=COLUMNS)


@command.command()
@click.argument("delivery")
@tenant_option
@json_option
def show(delivery: str, tenant: str | None, as_json: bool) -> None:
    """Show a delivery as it came, without what proves its sender."""
    with opened() as hub:
        emit(deliveries.one(hub.store(tenant_id(hub, tenant)), delivery), as_json=as_json)


@command.command("replay")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--failed", is_flag=True, help="All that failed, instead of some by id.")
@click.option("--connection", metavar="C", help="With --failed: only of this connection.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@tenant_option
@json_option
def replay_(
    ids: tuple[str, ...],
    failed: bool,
    connection: str | None,
    dry_run: bool,
    tenant: str | None,
    as_json: bool,
) -> None:
    """Process deliveries again; what was applied already changes nothing."""
    if failed == bool(ids):
        raise CorrectInput("Give delivery ids, or --failed.", field="ids")
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        concerned = _connections(hub, owner, connection) if failed else []
        if dry_run:
            wanted = list(ids) or _failed(hub, owner, concerned)
            found = deliveries.trial(hub, owner, wanted)
            emit(found if as_json else _flat(found), as_json=as_json)
            return
        count = sum(replay.failed(hub, owner, one) for one in concerned)
        count += replay.deliveries(hub, owner, ids) if ids else 0
        emit({"replayed": count}, as_json=as_json)


def _connections(hub: Hub, owner: str, given: str | None) -> list[str]:
    if given:
        return [connection_id(hub, owner, given)]
    return [one["_id"] for one in hub.store(owner).connections.find({}, {"_id": 1})]


def _failed(hub: Hub, owner: str, concerned: list[str]) -> list[str]:
    store = hub.store(owner)
    found = [i for one in concerned for i in deliveries.failed_ids(store, one, TRIED)]
    return found[:TRIED]


def _flat(found: list[Doc]) -> list[Doc]:
    columns = ("would", "object", "native_id", "problem", "changes", "rule", "records")
    return [
        {"delivery": one["id"], **{name: outcome.get(name) for name in columns}}
        for one in found
        for outcome in one["outcomes"]
    ]
