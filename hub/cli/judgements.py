"""`hub health pulse` and `hub health override`: what a person says of an account."""

from __future__ import annotations

import getpass

import click

from hub import judgements
from hub.cli.output import emit, json_option
from hub.cli.session import opened, tenant_id, tenant_option

LEVELS = click.Choice(judgements.LEVELS)


@click.command()
@click.argument("account")
@click.argument("level", type=LEVELS)
@click.option("--note", default="", help="Why.")
@click.option("--by", default="", help="Who says so; you, if nobody is named.")
@tenant_option
@json_option
def pulse(account: str, level: str, note: str, by: str, tenant: str | None, as_json: bool) -> None:
    """Give ACCOUNT a pulse: it counts in its health, whole for 60 days, fading until 90."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        found = judgements.give_pulse(hub, owner, account, level, by or _me(), note)
    emit(found, as_json=as_json)


@click.group()
def override() -> None:
    """Set or end an override beside an account's score."""


@override.command("set")
@click.argument("account")
@click.option("--score", type=float, help="0 to 100; either this or --band.")
@click.option("--band", type=LEVELS)
@click.option("--reason", required=True, help="Shown with the override.")
@click.option("--days", default=30, show_default=True, help="1 to 90.")
@click.option("--by", default="", help="Who says so; you, if nobody is named.")
@tenant_option
@json_option
def set_(
    account: str,
    score: float | None,
    band: str | None,
    reason: str,
    days: int,
    by: str,
    tenant: str | None,
    as_json: bool,
) -> None:
    """Say what you hold to be true of ACCOUNT; the computed score stays what lists go by."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        found = judgements.set_override(
            hub, owner, account, by or _me(), reason, score=score, band=band, days=days
        )
    emit(found, as_json=as_json)


@override.command()
@click.argument("account")
@tenant_option
@json_option
def clear(account: str, tenant: str | None, as_json: bool) -> None:
    """End the override of ACCOUNT now."""
    with opened() as hub:
        found = judgements.clear_override(hub, tenant_id(hub, tenant), account, _me())
    emit(found, as_json=as_json)


def _me() -> str:
    return f"{getpass.getuser()} (command line)"
