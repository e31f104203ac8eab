"""`hub privacy`: give somebody a copy, have them forgotten, and show the proof."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from hub.bootstrap import Hub
from hub.cli.listing import emit_page, page_options
from hub.cli.output import Exit, emit, json_option
from hub.cli.session import opened, tenant_id, tenant_option
from hub.errors import AlreadyThere
from hub.privacy import asked as asking
from hub.privacy import export, work
from hub.reads import privacy
from hub.reads.paging import Asked
from hub.store.client import Doc
from hub.waiting import wait_until

COLUMNS = ("id", "kind", "entity", "subject", "by", "state", "at", "finished_at")
WAIT_S = 600
BY = "command line"
entity_argument = click.argument("entity", type=click.Choice(asking.ENTITIES))
reason_option = click.option("--reason", default="", help="Kept with the request.")
wait_option = click.option("--wait", is_flag=True, help="Wait until the workers have done it.")


@click.group()
def command() -> None:
    """Export and erase what is held about a contact or an account."""


@command.command("export")
@entity_argument
@click.argument("id")
@click.option("--output", "-o", required=True, type=click.Path(dir_okay=False, path_type=Path))
@tenant_option
@json_option
def export_(entity: str, id: str, output: Path, tenant: str | None, as_json: bool) -> None:
    """Write everything held about one to a JSON file that only you can read."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        pieces = export.export(hub, owner, entity, id)
        written = _write(output, pieces)
        control = hub.catalogue.control
        control.note(owner, BY, "exported", hub.now(), entity=entity, subject=id)
    emit({"file": str(output), "bytes": written}, as_json=as_json)


def _write(output: Path, pieces: Iterator[str]) -> int:
    """Raises AlreadyThere rather than overwrite a file."""
    try:
        handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise AlreadyThere(f"{output} is there already.", field="output") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        return sum(file.write(piece) for piece in pieces)


@command.command()
@entity_argument
@click.argument("id")
@reason_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@wait_option
@tenant_option
@json_option
def erase(
    entity: str, id: str, reason: str, yes: bool, wait: bool, tenant: str | None, as_json: bool
) -> None:
    """Erase a contact or an account for good, and keep it from coming back."""
    if not yes:
        click.confirm(f"Erase {entity} {id}? This cannot be undone.", abort=True, err=True)
    _ask("erase", entity, id, reason, wait, tenant, as_json)


@command.command()
@entity_argument
@click.argument("id")
@reason_option
@wait_option
@tenant_option
@json_option
def suppress(
    entity: str, id: str, reason: str, wait: bool, tenant: str | None, as_json: bool
) -> None:
    """Take in nothing more about a contact or an account; what is held stays."""
    _ask("suppress", entity, id, reason, wait, tenant, as_json)


@command.command()
@click.argument("request")
@reason_option
@wait_option
@tenant_option
@json_option
def unsuppress(request: str, reason: str, wait: bool, tenant: str | None, as_json: bool) -> None:
    """Take a former request back: with the next full listing they may come again."""
    _ask("unsuppress", "", request, reason, wait, tenant, as_json)


@command.command()
@click.argument("request")
@wait_option
@tenant_option
@json_option
def retry(request: str, wait: bool, tenant: str | None, as_json: bool) -> None:
    """Go on with a request that failed."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        work.again(hub, owner, request, BY)
        found = _waited(hub, owner, request) if wait else privacy.one(hub.store(owner), request)
    _shown(found, as_json)


def _ask(
    kind: str,
    entity: str,
    subject: str,
    reason: str,
    wait: bool,
    tenant: str | None,
    as_json: bool,
) -> None:
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        made = asking.create(hub, owner, kind, entity, subject, BY, reason)
        found = (
            _waited(hub, owner, made["_id"]) if wait else privacy.one(hub.store(owner), made["_id"])
        )
    _shown(found, as_json)


def _waited(hub: Hub, owner: str, request_id: str) -> Doc:
    store = hub.store(owner)
    ended = ("done", "failed")
    wait_until(lambda: privacy.one(store, request_id)["state"] in ended, within_s=WAIT_S)
    return privacy.one(store, request_id)


@command.command()
@click.option("--state", type=click.Choice(["pending", "running", "done", "failed"]))
@page_options
@tenant_option
@json_option
def requests(state: str | None, asked: Asked, tenant: str | None, as_json: bool) -> None:
    """List privacy requests, latest first."""
    with opened() as hub:
        store = hub.store(tenant_id(hub, tenant))
        found = privacy.search(store, asked, {"state": state})
    emit_page(found, as_json=as_json, columns=COLUMNS)


@command.command()
@click.argument("request")
@tenant_option
@json_option
def show(request: str, tenant: str | None, as_json: bool) -> None:
    """Show a request with its report; exit code 1 if it failed."""
    with opened() as hub:
        found = privacy.one(hub.store(tenant_id(hub, tenant)), request)
    _shown(found, as_json)


def _shown(found: Doc, as_json: bool) -> None:
    if as_json or not found.get("report"):
        emit(found, as_json=as_json)
    else:
        emit({k: v for k, v in found.items() if k != "report"}, as_json=False)
        emit(found["report"], as_json=False)
    sys.exit(Exit.FAILED if found["state"] == "failed" else Exit.DONE)
