"""`hub users`: the people who may sign in to a tenant."""

from __future__ import annotations

import click

from hub.cli.output import emit, json_option
from hub.cli.session import opened, tenant_id, tenant_option
from hub.errors import CorrectInput
from hub.reads import people


@click.group()
def command() -> None:
    """Add, list and remove people."""


@command.command()
@click.argument("email")
@click.option("--name", default="", help="How the screens call this person.")
@tenant_option
@json_option
def add(email: str, name: str, tenant: str | None, as_json: bool) -> None:
    """Add a person; `hub login-link` then lets them in."""
    if "@" not in email.strip().strip("@"):
        raise CorrectInput(f"{email} is not an e-mail address.", field="email")
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        user = hub.catalogue.control.add_user(owner, email, name, hub.now())
        hub.catalogue.control.note(owner, "command line", "user added", hub.now(), user=user["_id"])
        emit(people.shown(user), as_json=as_json)


@command.command("list")
@tenant_option
@json_option
def list_(tenant: str | None, as_json: bool) -> None:
    """List the people of a tenant."""
    with opened() as hub:
        emit(people.everyone(hub, tenant_id(hub, tenant)), as_json=as_json)


@command.command()
@click.argument("user")
@tenant_option
@json_option
def remove(user: str, tenant: str | None, as_json: bool) -> None:
    """Remove a person, by id or e-mail address; their sign-in links end too."""
    with opened() as hub:
        owner = tenant_id(hub, tenant)
        found = people.remove(hub, owner, user)
        hub.catalogue.control.note(
            owner, "command line", "user removed", hub.now(), user=found["id"]
        )
        emit({"removed": found}, as_json=as_json)
