"""`hub login-link`: a one-time address that opens the screens signed in."""

from __future__ import annotations

import click

from hub import endpoints
from hub.bootstrap import Hub
from hub.cli.output import emit, json_option
from hub.cli.session import opened, tenant_id, tenant_option
from hub.errors import CorrectInput, NotFound
from hub.reads import people
from hub.store.client import Doc
from hub.store.control import LINK_LIFE


@click.command()
@click.option("--email", metavar="E", help="Of whom to let in; not needed if there is only one.")
@tenant_option
@json_option
def command(email: str | None, tenant: str | None, as_json: bool) -> None:
    """Print a link that signs one person in, once, within half an hour."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        user = _person(hub, owner, email)
        token = hub.catalogue.control.add_link(user["id"], owner, hub.now())
        url = f"{endpoints.base(hub)}/sign-in/{token}"
        expires = hub.now() + LINK_LIFE
        if as_json:
            emit({"url": url, "user": user, "expires_at": expires}, as_json=True)
        else:
            click.echo(url)


def _person(hub: Hub, owner: str, email: str | None) -> Doc:
    if email:
        return people.one(hub, owner, email)
    known = people.everyone(hub, owner)
    if not known:
        raise NotFound("There is nobody to let in: `hub users add E-MAIL` first.")
    if len(known) > 1:
        raise CorrectInput(
            f"Say who with --email: {', '.join(p['email'] for p in known[:10])}.", field="email"
        )
    return known[0]
