"""`hub identity same|not-same|split|give-domain|undo|decisions`: people's last word."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any, TypeVar

import click

from hub.bootstrap import Hub
from hub.cli.listing import emit_page, page_options
from hub.cli.output import emit, json_option
from hub.cli.session import opened, tenant_id, tenant_option
from hub.identity import decisions as deciding
from hub.identity.asking import Asking
from hub.identity.vendors import of_tenant
from hub.reads import identity
from hub.reads.paging import Asked
from hub.store.client import Doc

F = TypeVar("F", bound=Callable[..., Any])
COLUMNS = ("id", "at", "by", "kind", "sentence", "note", "undone_at")


def decision_options(command: F) -> F:
    """Adds `--note`, `--dry-run`, `--tenant` and `--json`."""
    note = click.option("--note", default="", help="Why; kept with the decision.")
    dry = click.option("--dry-run", is_flag=True, help="Say what it would do, and do nothing.")
    return note(dry(tenant_option(json_option(command))))


@click.command()
@click.argument("a")
@click.argument("b")
@decision_options
def same(a: str, b: str, **options: Any) -> None:
    """Two accounts, contacts or records are one."""
    _decide(Asking("same", a=a, b=b, note=options["note"]), **options)


@click.command("not-same")
@click.argument("a")
@click.argument("b")
@decision_options
def not_same(a: str, b: str, **options: Any) -> None:
    """They are two and stay two, whatever the rules say."""
    _decide(Asking("not_same", a=a, b=b, note=options["note"]), **options)


@click.command()
@click.argument("id")
@click.argument("records", nargs=-1, required=True)
@decision_options
def split(id: str, records: tuple[str, ...], **options: Any) -> None:
    """Records of an account or a contact that are not what the rest of it is."""
    _decide(Asking("split", account=id, records=records, note=options["note"]), **options)


@click.command("give-domain")
@click.argument("domain")
@click.argument("account")
@decision_options
def give_domain(domain: str, account: str, **options: Any) -> None:
    """A domain that several claim belongs to this account alone."""
    _decide(Asking("domain", domain=domain, account=account, note=options["note"]), **options)


@click.command()
@click.argument("decision")
@click.option("--dry-run", is_flag=True, help="Say what it would do, and do nothing.")
@tenant_option
@json_option
def undo(decision: str, dry_run: bool, tenant: str | None, as_json: bool) -> None:
    """Undo a decision: the rules decide again."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        if dry_run:
            emit_effect(
                hub, owner, deciding.preview(hub, owner, "undo", decision_id=decision), as_json
            )
            return
        emit_decision(hub, owner, deciding.undo(hub, owner, decision, by()), as_json)


@click.command()
@click.option("--kind", type=click.Choice(["same", "not_same", "domain"]))
@click.option("--state", type=click.Choice(["in_force", "undone"]))
@click.option("--of", "of", metavar="ID", help="Of an account, a contact or a record.")
@page_options
@tenant_option
@json_option
def decisions(
    kind: str | None,
    state: str | None,
    of: str | None,
    asked: Asked,
    tenant: str | None,
    as_json: bool,
) -> None:
    """List decisions, latest first."""
    with opened() as hub:
        store = hub.store(tenant_id(hub, tenant))
        filters = {"kind": kind, "state": state, "id": of}
        found = identity.search_decisions(store, asked, filters, of_tenant(hub, store))
    emit_page(found, as_json=as_json, columns=COLUMNS)


def by() -> str:
    """Who decides at a terminal: the name of the account on this machine."""
    try:
        return f"{getpass.getuser()} (command)"
    except (KeyError, OSError):
        return "command"


def _decide(asking: Asking, *, note: str, dry_run: bool, tenant: str | None, as_json: bool) -> None:
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        if dry_run:
            emit_effect(hub, owner, asking.preview(hub, owner), as_json)
        else:
            emit_decision(hub, owner, asking.decide(hub, owner, by()), as_json)


def emit_decision(hub: Hub, owner: str, made: Doc, as_json: bool) -> None:
    store = hub.store(owner)
    shown = identity.decision(store, made["_id"], of_tenant(hub, store))
    if as_json:
        emit(shown, as_json=True)
    else:
        over = f" (undone by {shown['undone_by']})" if shown["undone_at"] else ""
        click.echo(f"{shown['id']}: {shown['sentence']}{over}")


def emit_effect(hub: Hub, owner: str, effect: Doc, as_json: bool) -> None:
    store = hub.store(owner)
    told = identity.told_effect(store, effect, of_tenant(hub, store))
    if as_json:
        emit(told, as_json=True)
    else:
        click.echo("\n".join(effect_lines(told)))


def effect_lines(effect: Doc) -> list[str]:
    """What a decision would do, a line each."""
    if not effect["allowed"]:
        return [f"Not allowed: {effect['because']} Undo decision {effect['decision']} first."]
    if not effect["accounts"]:
        return ["Nothing would move."]
    lines = []
    for account in effect["accounts"]:
        was = ", ".join(account["before"]) or "nobody"
        lines.append(f"{account['id'] or 'a new id'} ({account['name']}) would be, from {was}:")
        lines += [
            f"  {m['source']} {m['object']} {m['name']} ({m['native_id']})"
            for m in account["members"]
        ]
    return lines + [f"- {edge['sentence']}" for edge in effect["refused"]]
