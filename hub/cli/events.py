"""`hub events`: product usage as it came, its catalogue, and bringing in a file of history."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from hub.cli.listing import emit_page, page_options
from hub.cli.output import Exit, emit, json_option
from hub.cli.session import connection_id, opened, tenant_id, tenant_option
from hub.engine import usage_import
from hub.engine.usage_import import Format, Report
from hub.errors import CorrectInput
from hub.reads import events
from hub.reads.paging import Asked
from hub.store.client import Doc
from hub.usage import keeping

KINDS = ("track", "identify", "group", "page", "screen", "alias")
COLUMNS = ("at", "kind", "name", "user", "anonymous", "group", "counted", "flags", "event_id")
NAMES = ("kind", "name", "volume", "version", "first_at", "last_at", "drift", "warnings", "id")
SHOWN_REJECTS = 20


@click.group()
def command() -> None:
    """List usage events and their catalogue; import history; say how long raw events stay."""


@command.command("list")
@click.option("--source", metavar="CONNECTION", help="Only of this source.")
@click.option("--kind", type=click.Choice(KINDS))
@click.option("--name", help="Exactly this event.")
@click.option("--user", help="Of this user id.")
@click.option("--account", metavar="ACC", help="Of this account.")
@click.option("--contact", metavar="CON", help="Of this contact.")
@click.option("--flagged", is_flag=True, help="Only those that lacked something.")
@page_options
@tenant_option
@json_option
def list_(asked: Asked, tenant: str | None, as_json: bool, **given: Any) -> None:
    """List raw events, latest first."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        source = given.pop("source")
        filters = {
            **{k: given[k] for k in ("kind", "name", "user", "flagged")},
            "connection_id": connection_id(hub, owner, source) if source else None,
            "account_id": given["account"],
            "contact_id": given["contact"],
        }
        found = events.search(hub.store(owner), asked, filters)
    emit_page(found, as_json=as_json, columns=COLUMNS)


@command.command()
@click.option("--source", metavar="CONNECTION", help="Only of this source.")
@click.option("--kind", type=click.Choice(KINDS))
@click.option("--query", "q", metavar="Q", help="Part of the name.")
@page_options
@tenant_option
@json_option
def names(
    source: str | None,
    kind: str | None,
    q: str | None,
    asked: Asked,
    tenant: str | None,
    as_json: bool,
) -> None:
    """List the catalogue of events, busiest first, with drift and advice on names."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        chosen = connection_id(hub, owner, source) if source else None
        filters = {"connection_id": chosen, "kind": kind, "q": q}
        found = events.names(hub.store(owner), asked, filters)
    if not as_json:
        found.items[:] = [_in_words(item) for item in found.items]
    emit_page(found, as_json=as_json, columns=NAMES)


def _in_words(item: Doc) -> Doc:
    drift = [f"{d['property']}: {' or '.join(d['had'])}, now {d['now']}" for d in item["drift"]]
    advice = [
        w["sentence"] + (f" Try: {w['suggestion']}" if w["suggestion"] else "")
        for w in item["warnings"]
    ]
    return {**item, "drift": "; ".join(drift), "warnings": " ".join(advice)}


@command.command()
@click.argument("name")
@tenant_option
@json_option
def show(name: str, tenant: str | None, as_json: bool) -> None:
    """Show an event of the catalogue, by its name or id: properties, types, counts by day."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        found = events.one_name(hub.store(owner), name, hub.now(owner).date())
    if as_json:
        emit(found, as_json=True)
        return
    properties = found.pop("properties")
    found["days"] = {d["day"]: d["count"] for d in found["days"] if d["count"]}
    emit(_in_words(found), as_json=False)
    click.echo()
    emit([_property(p) for p in properties], as_json=False, columns=("property", "types"))


def _property(entry: Doc) -> Doc:
    types = [f"{t['type']} ({t['count']} times, such as {t['example']})" for t in entry["types"]]
    return {"property": entry["name"], "types": ", ".join(types)}


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", required=True, metavar="CONNECTION", help="The source it belongs to.")
@click.option("--format", "form", type=click.Choice(("ndjson", "csv")), help="Else by its name.")
@click.option(
    "--map", "columns", multiple=True, metavar="FIELD=COLUMN", help="A column of a CSV file."
)
@tenant_option
@json_option
def import_(
    file: Path,
    source: str,
    form: Format | None,
    columns: tuple[str, ...],
    tenant: str | None,
    as_json: bool,
) -> None:
    """Bring in FILE: NDJSON in the words of the SDKs or of the API, or CSV with a header.

    Run again it goes on where it was cut off. Exit code 1 if a row was rejected.
    """
    kind = form or ("csv" if file.suffix.casefold() == ".csv" else "ndjson")
    with opened() as hub, _bar(file) as (progress, task):
        owner = tenant_id(hub, tenant)
        report = usage_import.bring(
            hub,
            owner,
            connection_id(hub, owner, source),
            file,
            format=kind,
            columns=_columns(columns),
            watch=lambda now: progress.update(task, completed=now.line),
        )
    _say(report, as_json)
    sys.exit(Exit.FAILED if report.counts["rejected"] else Exit.DONE)


@command.command()
@click.argument("days", type=int)
@tenant_option
@json_option
def keep(days: int, tenant: str | None, as_json: bool) -> None:
    """Keep raw events for DAYS from when they came; what was counted of them stays."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        changed = keeping.keep(hub, owner, days)
        note = hub.catalogue.control.note
        note(owner, "command line", "time of raw events set", hub.now(), days=days)
        emit({"days": days, "events": changed}, as_json=as_json)


@contextmanager
def _bar(file: Path) -> Iterator[tuple[Progress, TaskID]]:
    """Rows so far, where a person watches."""
    console = Console(stderr=True)
    shown = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} rows"),
    )
    with Progress(
        *shown, TimeElapsedColumn(), console=console, disable=not console.is_terminal
    ) as progress:
        yield progress, progress.add_task(file.name, total=None)


def _columns(given: tuple[str, ...]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    for field, mark, column in pairs:
        if not mark or not column:
            raise CorrectInput(f"Write --map FIELD=COLUMN, not {field}.", field="map")
    return {field.strip(): column.strip() for field, _, column in pairs}


def _say(report: Report, as_json: bool) -> None:
    counts = {name: report.counts[name] for name in ("accepted", "duplicate", "rejected")}
    found = {**counts, "lines": report.line, "reasons": dict(report.reasons)}
    if as_json:
        emit({**found, "rejects": report.told}, as_json=True)
        return
    emit({key: value for key, value in found.items() if value != {}}, as_json=False)
    for told in report.told[:SHOWN_REJECTS]:
        place = f", {told['field']}" if "field" in told else ""
        click.echo(f"line {told['line']}: {told['reason']}{place}. {told['sentence']}", err=True)
    if len(report.told) > SHOWN_REJECTS:
        click.echo(f"and {counts['rejected'] - SHOWN_REJECTS} more; --json tells more.", err=True)
