"""`hub identity measures|sample|label`: how well identity works."""

from __future__ import annotations

import sys

import click

from hub.cli.decided import by
from hub.cli.output import Exit, emit, json_option
from hub.cli.session import opened, tenant_id, tenant_option
from hub.identity import measures as measuring
from hub.identity import ruleset as revision
from hub.identity import sampling
from hub.identity.vendors import of_tenant
from hub.reads import identity
from hub.store.client import Doc


@click.command()
@click.option("--recount", is_flag=True, help="Look at every account now, not within the hour.")
@tenant_option
@json_option
def measures(recount: bool, tenant: str | None, as_json: bool) -> None:
    """Show linked shares, backlog, sizes, splits and sampled precision."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        store, now = hub.store(owner), hub.now(owner)
        if recount:
            measuring.recount(store, now)
        found = measuring.read(store, now)
    if as_json:
        emit(found, as_json=True)
    else:
        click.echo("\n".join(_lines(found)))


def _lines(found: Doc) -> list[str]:
    counted, precision, splits = found["counted"], found["precision"], found["splits"]
    lines = []
    if counted is None:
        lines.append("Nobody has counted the accounts yet: --recount does.")
    else:
        lines.append(
            f"As of {found['counted_at']:%Y-%m-%d %H:%M} UTC, {counted['accounts']} accounts:"
        )
        lines += [f"  {s['source']}: {_of(s)} linked to another source" for s in counted["sources"]]
        lines += [f"  {h['entity']}: {_of(h)} hang on an account" for h in counted["hung"]]
        sizes = counted["sizes"]
        lines.append(
            f"  records in an account: p50 {sizes['p50']}, p99 {sizes['p99']}, max {sizes['max']}"
        )
    for kind in found["reviews"]:
        since = f", since {kind['oldest']:%Y-%m-%d}" if kind["oldest"] else ""
        lines.append(f"Waiting, {kind['kind'].replace('_', ' ')}: {kind['open']}{since}")
    lines.append(
        f"Merges of 90 days that came apart again: {splits['split_again']} of {splits['merges']}"
    )
    if precision["precision"] is None:
        return [
            *lines,
            "Precision: no link is labelled yet; `hub identity sample --draw 20` begins.",
        ]
    shares = f"{precision['precision']:.3f} ({precision['low']:.3f} to {precision['high']:.3f})"
    told = f"{precision['right']} right of {precision['labelled']} labelled links"
    return [*lines, f"Precision: {shares}, {told}"]


def _of(found: Doc) -> str:
    share = f", {found['share']:.1%}" if found["share"] is not None else ""
    return f"{found['linked']} of {found['records']}{share}"


@click.command()
@click.option("--draw", type=click.IntRange(1, sampling.MOST_DRAWN), help="Draw so many first.")
@tenant_option
@json_option
def sample(draw: int | None, tenant: str | None, as_json: bool) -> None:
    """List drawn links that wait for a label."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        store = hub.store(owner)
        if draw:
            sampling.draw(store, draw, hub.now(owner))
        found = identity.sample(store, sampling.MOST_DRAWN, of_tenant(hub, store))
    emit(found, as_json=as_json, columns=("id", "rule", "kind", "sentence"))


@click.command()
@click.argument("link")
@click.argument("verdict", type=click.Choice(sampling.LABELS))
@tenant_option
@json_option
def label(link: str, verdict: str, tenant: str | None, as_json: bool) -> None:
    """Say whether a drawn link is right; the last label counts."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        store = hub.store(owner)
        sampling.label(store, link, verdict, by(), hub.now(owner))
        found = sampling.precision(store)
    emit(found, as_json=as_json)


@click.command()
@tenant_option
@json_option
def ruleset(tenant: str | None, as_json: bool) -> None:
    """Say what today's rules would change of what is stored. Exit code 1 if something."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        authoritative = {name: c.authoritative for name, c in hub.plugins.connectors.items()}
        found = revision.diff(hub.store(owner), authoritative, hub.now(owner))
    emit(found, as_json=as_json)
    sys.exit(Exit.FAILED if found["moves"] else Exit.DONE)
