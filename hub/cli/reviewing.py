"""`hub identity reviews`: what waits for a person's word."""

from __future__ import annotations

import click

from hub.cli.decided import by, effect_lines, emit_decision
from hub.cli.listing import emit_page, page_options
from hub.cli.output import emit, json_option
from hub.cli.session import opened, tenant_id, tenant_option
from hub.identity import asking
from hub.identity import decisions as deciding
from hub.identity.vendors import of_tenant
from hub.reads import identity
from hub.reads.paging import Asked

COLUMNS = ("id", "kind", "rule", "sentence", "first_seen")


@click.group()
def reviews() -> None:
    """List, show and answer what waits for a person."""


@reviews.command("list")
@click.option("--kind", type=click.Choice(identity.KINDS))
@click.option("--state", type=click.Choice(identity.STATES), default="open", show_default=True)
@click.option("--of", "of", metavar="ID", help="Of an account or a record.")
@page_options
@tenant_option
@json_option
def list_(
    kind: str | None, state: str, of: str | None, asked: Asked, tenant: str | None, as_json: bool
) -> None:
    """List reviews, longest waiting first."""
    with opened() as hub:
        store = hub.store(tenant_id(hub, tenant))
        filters = {"kind": kind, "state": state, "id": of}
        found = identity.search_reviews(store, asked, filters, of_tenant(hub, store))
    emit_page(found, as_json=as_json, columns=COLUMNS)


@reviews.command()
@click.argument("review")
@click.option("--owner", default="", metavar="ID", help="Whose an ambiguous domain would be.")
@tenant_option
@json_option
def show(review: str, owner: str, tenant: str | None, as_json: bool) -> None:
    """Show a review, the evidence on both sides, and what saying yes would do."""
    with opened() as hub:
        mine = tenant_id(hub, tenant)
        store = hub.store(mine)
        vendors = of_tenant(hub, store)
        found = identity.review(store, review, vendors)
        effect = asking.effect_of_yes(hub, mine, found, owner)
        told = identity.told_effect(store, effect, vendors) if effect else None
    if as_json:
        emit({**found, "effect": told}, as_json=True)
        return
    click.echo(f"{found['sentence']} (rule {found['rule']}, {found['state']})")
    for side in found["sides"]:
        facts = ", ".join(f"{f['path'] or f['field']} = {f['value']}" for f in side["fields"])
        click.echo(f"  {side['id']} {side['record']} {side['name'] or ''}: {facts}")
    if told:
        click.echo("\n".join(["If you say yes:", *effect_lines(told)]))
    elif found["kind"] == "ambiguous_domain" and found["state"] == "open":
        click.echo("Name the owner to see what yes would do: --owner ACCOUNT.")


@reviews.command()
@click.argument("review")
@click.option("--owner", default="", metavar="ID", help="Whose an ambiguous domain is.")
@click.option("--note", default="", help="Why; kept with the decision.")
@tenant_option
@json_option
def accept(review: str, owner: str, note: str, tenant: str | None, as_json: bool) -> None:
    """Say yes: they are one, or the domain is this owner's."""
    with opened() as hub:
        mine = tenant_id(hub, tenant)
        made = asking.accept(hub, mine, review, by(), note, owner)
        emit_decision(hub, mine, made, as_json)


@reviews.command()
@click.argument("review")
@click.option("--note", default="", help="Why; kept with the decision.")
@tenant_option
@json_option
def dismiss(review: str, note: str, tenant: str | None, as_json: bool) -> None:
    """Say no: they are two. An ambiguous domain is set aside and links nothing."""
    with opened() as hub:
        mine = tenant_id(hub, tenant)
        deciding.dismiss(hub, mine, review, by(), note)
        store = hub.store(mine)
        found = identity.review(store, review, of_tenant(hub, store))
    if as_json:
        emit(found, as_json=True)
    else:
        click.echo(f"{found['id']} is {found['state']}.")
