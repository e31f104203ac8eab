"""`hub accounts`: customers, and in words who they are and how they do."""

from __future__ import annotations

import click

from hub.cli.identity import identity_lines
from hub.cli.lineage import command as lineage
from hub.cli.listing import emit_page, page_options
from hub.cli.output import emit, json_option
from hub.cli.session import opened, tenant_id, tenant_option
from hub.identity.vendors import of_tenant
from hub.reads import accounts
from hub.reads.identity import whole as whole_identity
from hub.reads.paging import Asked
from hub.store.client import Doc

COLUMNS = ("id", "name", "health", "band", "open_tickets", "contacts", "last_touch", "sources")
BANDS = ("green", "yellow", "red", "unknown", "churned")


@click.group()
def command() -> None:
    """List, show and explain accounts."""


command.add_command(lineage)


@command.command("list")
@click.option("--band", multiple=True, type=click.Choice(BANDS), help="Any of these.")
@click.option("--query", "q", metavar="Q", help="Part of the name.")
@click.option("--domain", help="Who has this domain.")
@click.option("--sort", help="health, name, mrr, urgency, open_tickets, last_touch; - turns it.")
@page_options
@tenant_option
@json_option
def list_(
    band: tuple[str, ...],
    q: str | None,
    domain: str | None,
    sort: str | None,
    asked: Asked,
    tenant: str | None,
    as_json: bool,
) -> None:
    """List accounts, worst health first."""
    with opened() as hub:
        store = hub.store(tenant_id(hub, tenant))
        wish = Asked(asked.limit, asked.cursor, sort)
        found = accounts.search(store, wish, {"band": list(band), "q": q, "domain": domain})
    emit_page(found, as_json=as_json, columns=COLUMNS)


@command.command()
@click.argument("account")
@tenant_option
@json_option
def show(account: str, tenant: str | None, as_json: bool) -> None:
    """Show an account; every value of its profile with where it is from."""
    with opened() as hub:
        found = accounts.one(hub.store(tenant_id(hub, tenant)), account)
    if as_json:
        emit(found, as_json=True)
        return
    profile, members = found.pop("profile"), found.pop("members")
    emit(found, as_json=False)
    click.echo()
    emit([_value(name, profile[name]) for name in sorted(profile)], as_json=False)
    click.echo()
    emit(members, as_json=False, columns=("key", "source", "object", "name", "deleted"))


def _value(name: str, answer: Doc) -> Doc:
    said = ("value", "source", "record", "at", "rule")
    others = [{k: one[k] for k in ("value", "source")} for one in answer["also"]]
    return {"field": name, **{key: answer[key] for key in said}, "also": others or None}


@command.command()
@click.argument("account")
@tenant_option
@json_option
def explain(account: str, tenant: str | None, as_json: bool) -> None:
    """Say in words which records are this account and why, and how its health is made."""
    with opened() as hub:
        store = hub.store(tenant_id(hub, tenant))
        identity = whole_identity(store, "account", account, of_tenant(hub, store))
        found = _explained(identity, accounts.health(store, account))
    if as_json:
        emit(found, as_json=True)
    else:
        click.echo("\n".join([found["title"], "", *found["identity"], "", *found["health"]]))


def _explained(identity: Doc, health: Doc) -> Doc:
    asked = identity["asked_id"]
    title = f"Account {identity['id']}"
    if asked != identity["id"]:
        title += f" (asked for as {asked}, which was merged into it)"
    return {
        "id": identity["id"],
        "asked_id": asked,
        "title": title,
        "identity": identity_lines(identity),
        "edges": identity["edges"],
        "candidates": identity["candidates"],
        "decisions": identity["decisions"],
        "history": identity["history"],
        "health": health["words"],
    }
