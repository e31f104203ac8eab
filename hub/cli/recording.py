"""`hub connectors record`: real deliveries as payloads, with nobody's data in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from hub.api import Delivery, Webhook
from hub.cli.endpoint import Endpoint, connected, heard, listen_options
from hub.cli.output import emit, json_option
from hub.cli.session import opened, tenant_id, tenant_option
from hub.cli.trying import plugins
from hub.errors import CorrectInput, NotFound
from hub.trying.recording import Recorded, Recorder, of_row
from hub.trying.trial import webhook_of

COLUMNS = ("path", "kind", "now")


@click.command()
@click.argument("name")
@click.option("--delivery", default="", metavar="ID", help="One that a connection has stored.")
@click.option("--listen", is_flag=True, help="What a real account pushes now, as `try --live`.")
@click.option("--webhook", default="", metavar="W", help="Which webhook, where there are several.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where it is written; else the connector's payloads.",
)
@click.option("--keep", multiple=True, metavar="KEY", help="A key with nothing of anybody.")
@listen_options
@tenant_option
@json_option
def record(
    name: str,
    delivery: str,
    listen: bool,
    webhook: str,
    folder: Path | None,
    keep: tuple[str, ...],
    port: int,
    count: int,
    register: bool,
    tenant: str | None,
    as_json: bool,
) -> None:
    """Write real deliveries into the connector's payloads, scrubbed and signed anew.

    People, secrets and ids are replaced, the same by the same. Read the file before you share it.
    """
    if bool(delivery) == listen:
        raise CorrectInput("Say --listen, or --delivery with an id.", field="delivery")
    found = []
    if delivery:
        with _stored(name, delivery, tenant, folder) as (recorder, hook, real):
            found.append(_written(recorder, hook, real, as_json))
    else:
        footing = connected(plugins(name), name)
        asked = Endpoint(webhook, port, count, register)
        hook, recorder = (
            asked.of(footing),
            Recorder(footing.connector, footing.account, keep, folder),
        )
        for real, registration in heard(footing, asked):
            hook.verify(real, registration)
            found.append(_written(recorder, hook, real, as_json))
    if as_json:
        emit([_shown(one) for one in found], as_json=True)


@contextmanager
def _stored(
    name: str, delivery: str, tenant: str | None, folder: Path | None
) -> Iterator[tuple[Recorder, Webhook, Delivery]]:
    """Raises NotFound for a delivery that is none of this connector's."""
    keep = click.get_current_context().params["keep"]
    with opened() as hub:
        store = hub.store(tenant_id(hub, tenant))
        row = store.inbox.find_one({"_id": delivery})
        connection = hub.connection(store, row["connection_id"]) if row else {}
        if row is None or connection["connector"] != name:
            raise NotFound(f"There is no delivery {delivery} of {name}.")
        if row.get("erased"):
            raise CorrectInput("A privacy request has taken a part of it.", field="delivery")
        connector = hub.plugins.connector(name)
        hook = webhook_of(connector.webhooks, row["webhook"])
        yield Recorder(connector, connection["account"]["id"], keep, folder), hook, of_row(row)


def _written(recorder: Recorder, webhook: Webhook, real: Delivery, quiet: bool) -> Recorded:
    made = recorder.record(webhook, real)
    if not quiet:
        emit([asdict(one) for one in made.replaced], as_json=False, columns=COLUMNS)
        proof = "and verifies" if made.verifies else "but could not be signed anew"
        click.echo(f"\n{made.file} is written {proof}. Read it, and fill in `follows`.")
    return made


def _shown(made: Recorded) -> dict[str, object]:
    replaced = [asdict(one) for one in made.replaced]
    return {"file": str(made.file), "verifies": made.verifies, "replaced": replaced}
