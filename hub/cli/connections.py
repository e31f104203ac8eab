"""`hub connections`: a tenant's installed copies of connectors."""

from __future__ import annotations

import sys

import click

from hub import connections as making
from hub import endpoints, removal
from hub.bootstrap import Hub
from hub.cli.given import pairs
from hub.cli.output import Exit, emit, json_option
from hub.cli.session import connection_id, opened, tenant_id, tenant_option
from hub.cli.write_back import write_back
from hub.errors import CorrectInput, NotFound
from hub.reads import connections
from hub.store.client import Doc
from hub.subscriptions import asking

LISTED = ("id", "connector", "name", "state", "reason", "streams", "failing", "fresh_at")


WEBHOOKS = ("id", "webhook", "health", "deliveries_24h", "last_delivery_at", "expires_at", "url")


@click.group()
def command() -> None:
    """Add, list, show, test, pause, resume, reconnect, rotate and remove connections;
    write health back.

    A connection is named by its id, or by its connector where the tenant has only one of it.
    """


command.add_command(write_back)


def _settings(function: click.decorators.FC) -> click.decorators.FC:
    secret = "A secret; k=- reads it from standard input and k=@FILE from a file."  # noqa: S105
    add = click.option("--secret", "secret", multiple=True, metavar="K=V", help=secret)
    return click.option("--set", "set_", multiple=True, metavar="K=V", help="A setting.")(
        add(function)
    )


@command.command()
@click.argument("connector")
@_settings
@click.option("--name", default="", help="How people call it; default: vendor and account.")
@click.option("--subscribe/--no-subscribe", default=False, help="Let the vendor push at once.")
@tenant_option
@json_option
def add(
    connector: str,
    set_: tuple[str, ...],
    secret: tuple[str, ...],
    name: str,
    subscribe: bool,
    tenant: str | None,
    as_json: bool,
) -> None:
    """Connect a vendor: the credentials are tested first, and nothing is saved if they fail."""
    settings, secrets = pairs(set_), pairs(secret, hidden=True)
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        made = making.add(hub, owner, connector, settings, secrets, name)
        told = asking.subscribe(hub, owner, made["_id"]) if subscribe else []
        urls = connections.webhook_urls(hub, owner, made)
        says = {"id": made["_id"], "name": made["name"], "webhook_urls": urls}
        emit(says | ({"subscribed": told} if subscribe else {}), as_json=as_json)


@command.command("list")
@tenant_option
@json_option
def list_(tenant: str | None, as_json: bool) -> None:
    """List the connections of a tenant with their state."""
    with opened() as hub:
        found = connections.everything(hub, tenant_id(hub, tenant))
    emit(found if as_json else [_row(one) for one in found], as_json=as_json, columns=LISTED)


def _row(found: Doc) -> Doc:
    streams = found["streams"]
    fresh = [stream["fresh_at"] for stream in streams]
    return {
        **found,
        "streams": len(streams),
        "failing": sum(1 for stream in streams if stream["failures"]),
        "fresh_at": min(fresh) if fresh and all(fresh) else None,
    }


@command.command()
@click.argument("connection")
@tenant_option
@json_option
def show(connection: str, tenant: str | None, as_json: bool) -> None:
    """Show a connection: settings, streams, webhook addresses and ledger."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        found = connections.one(hub, owner, connection_id(hub, owner, connection))
    if as_json:
        emit(found, as_json=True)
        return
    streams, webhooks = found.pop("streams"), found.pop("webhooks")
    missed = found.pop("missed_by_webhooks")
    found |= {"missed_by_webhooks": missed["count"]}
    windows = found["limits"].pop("windows")
    emit(found, as_json=False)
    click.echo()
    emit(streams, as_json=False, columns=("name", "syncing", "fresh_at", "failures", "error"))
    click.echo()
    emit([_told(w) for w in webhooks], as_json=False, columns=WEBHOOKS)
    click.echo()
    emit(windows, as_json=False, columns=("calls", "title", "only", "used", "left", "resets_at"))


def _told(webhook: Doc) -> Doc:
    """A webhook as one row: how it does, and what to do."""
    health = webhook["health"]
    said = health["word"] if health["tone"] == "ok" else f"{health['says']} {health['do']}".strip()
    return {**webhook, "health": said, "deliveries_24h": health["deliveries"]}


@command.command()
@click.argument("connection")
@tenant_option
@json_option
def test(connection: str, tenant: str | None, as_json: bool) -> None:
    """Ask the vendor whether the stored credentials still work; exit code 1 if scopes lack."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        says = making.test(hub, owner, connection_id(hub, owner, connection))
    emit(says, as_json=as_json)
    sys.exit(Exit.FAILED if says["missing"] else Exit.DONE)


@command.command()
@click.argument("connection")
@tenant_option
@json_option
def pause(connection: str, tenant: str | None, as_json: bool) -> None:
    """Stop syncing; webhooks are kept until `resume`."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        changed = making.pause(hub, owner, connection_id(hub, owner, connection))
        emit(connections.shown(changed), as_json=as_json)


@command.command()
@click.argument("connection")
@tenant_option
@json_option
def resume(connection: str, tenant: str | None, as_json: bool) -> None:
    """Go on: what was kept is worked off, and every stream is due at once."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        changed = making.resume(hub, owner, connection_id(hub, owner, connection))
        emit(connections.shown(changed), as_json=as_json)


@command.command()
@click.argument("connection")
@_settings
@tenant_option
@json_option
def reconnect(
    connection: str,
    set_: tuple[str, ...],
    secret: tuple[str, ...],
    tenant: str | None,
    as_json: bool,
) -> None:
    """Give new credentials for the same vendor account; what is not given stays."""
    settings, secrets = pairs(set_), pairs(secret, hidden=True)
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        mine = connection_id(hub, owner, connection)
        emit(
            connections.shown(making.reconnect(hub, owner, mine, settings, secrets)),
            as_json=as_json,
        )


@command.command()
@click.argument("connection")
@click.option("--webhook", metavar="W", help="Which, by name or id, if there are several.")
@click.option("--secret", metavar="S", help="The vendor's new secret; - or @FILE reads it.")
@tenant_option
@json_option
def rotate(
    connection: str, webhook: str | None, secret: str | None, tenant: str | None, as_json: bool
) -> None:
    """Renew a webhook's secret; the former one stays good for a day beside it."""
    given = pairs([f"secret={secret}"], hidden=True)["secret"] if secret is not None else None
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        found = _webhook(hub, owner, connection_id(hub, owner, connection), webhook)
        says = {"endpoint": found["id"], "url": found["url"]}
        if given is not None:
            endpoints.set_secret(hub, owner, found["id"], given)
        else:
            says["secret"] = endpoints.rotate(hub, owner, found["id"])
        emit(says, as_json=as_json)


def _webhook(hub: Hub, owner: str, mine: str, given: str | None) -> Doc:
    """The endpoint whose secret is the tenant's to set."""
    shown = connections.webhooks_of(hub, owner, hub.connection(hub.store(owner), mine))
    found = [w for w in shown if w["state"] != "app" and given in (None, w["id"], w["webhook"])]
    if not found:
        raise NotFound("This connection has no such webhook with a secret of its own.")
    if len(found) > 1:
        names = ", ".join(f"{w['webhook']} ({w['id']})" for w in found)
        raise CorrectInput(f"Say which with --webhook: {names}.", field="webhook")
    return found[0]


@command.command()
@click.argument("connection")
@click.option("--keep", "data", flag_value="keep", help="Keep the data it brought.")
@click.option("--erase", "data", flag_value="erase", help="Erase the data it brought.")
@click.option("--yes", is_flag=True, help="Do it; without, only what would go is shown.")
@tenant_option
@json_option
def remove(connection: str, data: str | None, yes: bool, tenant: str | None, as_json: bool) -> None:
    """Take a connection away, keeping or erasing the data it brought."""
    if yes and data is None:
        raise CorrectInput("Say --keep or --erase: what is to become of the data?", field="data")
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        mine = connection_id(hub, owner, connection)
        says: Doc = {"connection": mine, "holds": removal.preview(hub, owner, mine)}
        if yes:
            says["left"] = removal.remove(hub, owner, mine, erase=data == "erase")
        emit({**says, "removed": yes, "data": data}, as_json=as_json)
    if not yes:
        click.echo("Nothing was removed: say --yes with --keep or --erase.", err=True)
        sys.exit(Exit.WRONG_INPUT)
