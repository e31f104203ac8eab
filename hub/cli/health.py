"""`hub health`: how a score came about, day by day, and whether it is worth anything."""

from __future__ import annotations

import click

from hub import backtest
from hub.cli import judgements, scorecards
from hub.cli.output import emit, json_option
from hub.cli.session import opened, tenant_id, tenant_option
from hub.reads import history, moves
from hub.store.client import Doc


@click.group()
def command() -> None:
    """Shape how health is made, say what you think of an account, and follow it through time."""


command.add_command(scorecards.command, "scorecards")
command.add_command(judgements.pulse)
command.add_command(judgements.override)


@command.command()
@click.argument("account")
@click.option("--from", "since", metavar="DAY", help="As 2026-03-04; 90 days ago by default.")
@click.option("--to", "until", metavar="DAY", help="Today by default.")
@tenant_option
@json_option
def series(
    account: str, since: str | None, until: str | None, tenant: str | None, as_json: bool
) -> None:
    """List an account's health day by day: as known then, restated and rebased."""
    with opened() as hub:
        store = hub.store(tenant_id(hub, tenant))
        found = history.series(hub, store, account, since, until)
    rows = [_row(point) for point in found["points"]]
    emit(found if as_json else rows, as_json=as_json)


def _row(point: Doc) -> Doc:
    known = point["as_known"] or {}
    return {
        "day": point["day"],
        "state": point["state"],
        "as_known": known.get("health_shown"),
        "band": known.get("band"),
        "scorecard": known.get("scorecard"),
        **{name: (point[name] or {}).get("health_shown") for name in ("restated", "rebased")},
    }


@command.command()
@click.argument("account")
@click.option("--from", "since", metavar="DAY", help="As 2026-03-04; a week before by default.")
@click.option("--to", "until", metavar="DAY", help="Today by default.")
@tenant_option
@json_option
def why(
    account: str, since: str | None, until: str | None, tenant: str | None, as_json: bool
) -> None:
    """Say why an account's health moved between any two days."""
    with opened() as hub:
        store = hub.store(tenant_id(hub, tenant))
        found = moves.why(hub, store, account, since, until)
    if as_json:
        emit(found, as_json=True)
    else:
        click.echo("\n".join(found["words"]))


@command.command("backtest")
@click.option("--horizon", default=backtest.USUAL_DAYS, show_default=True, help="Days ahead.")
@click.option("--seed", default=1, show_default=True, help="Of the bootstrap.")
@tenant_option
@json_option
def backtest_(horizon: int, seed: int, tenant: str | None, as_json: bool) -> None:
    """Test the score against who really left, by month-end closes as they were known."""
    with opened() as hub:
        told = backtest.run(hub, hub.store(tenant_id(hub, tenant)), horizon, seed)
    if as_json:
        emit(told, as_json=True)
    else:
        click.echo("\n".join(backtest.words(told)))
