"""What `try --live` and `record` share: a real account, and an endpoint for what it pushes."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from hub.api import Delivery, Field, Registration, Webhook
from hub.errors import CorrectInput
from hub.plugin_host import PluginHost
from hub.trying import live
from hub.trying.footing import Footing
from hub.trying.listening import Listener, listening, subscribed
from hub.trying.trial import webhook_of

F = TypeVar("F", bound=Callable[..., Any])
PUBLIC = "HUB_PUBLIC_URL"
SECRET = "HUB_TRY_WEBHOOK_SECRET"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What is listened for: a webhook's name where there are several, and until when."""

    webhook: str
    port: int
    count: int
    register: bool

    def of(self, footing: Footing) -> Webhook:
        webhooks = footing.connector.webhooks
        if not self.webhook and len(webhooks) == 1:
            return webhooks[0]
        return webhook_of(webhooks, self.webhook)


def listen_options(command: F) -> F:
    """Adds `--port`, `--count` and `--register`."""
    for option in (
        click.option("--register", is_flag=True, help="Subscribe by the vendor's API meanwhile."),
        click.option("--count", default=0, metavar="N", help="End after so many deliveries."),
        click.option("--port", default=0, metavar="P", help="Where to listen; else a free one."),
    ):
        command = option(command)
    return command


def connected(host: PluginHost, name: str) -> Footing:
    """A client of a real account; says whose it is, and which permissions lack."""
    settings, hidden = live.given(host.connector(name), os.environ, _ask)
    footing, account = live.connect(host, name, settings, hidden)
    click.echo(f"Connected to {account.name} ({account.id}).", err=True)
    if account.missing:
        click.echo(f"Permissions that lack: {', '.join(account.missing)}", err=True)
    return footing


def _ask(field: Field) -> str:
    """Raises CorrectInput where nobody can be asked."""
    if not sys.stdin.isatty():
        variable = f"{live.PREFIX}{field.key.upper()}"
        raise CorrectInput(f"{field.title} lacks: set {variable}.", field=field.key)
    found: str = click.prompt(f"{field.title} ({field.help})", hide_input=field.secret, err=True)
    return found


def heard(footing: Footing, asked: Endpoint) -> Iterator[tuple[Delivery, Registration]]:
    """Each delivery that comes, until so many have or Ctrl-C."""
    webhook = asked.of(footing)
    listener = Listener(footing, webhook, _secret(webhook), os.environ.get(PUBLIC, ""))
    try:
        with listening(listener, asked.port):
            click.echo(_setup(listener), err=True)
            meanwhile: AbstractContextManager[int] = nullcontext(0)
            with subscribed(listener) if asked.register else meanwhile:
                yield from listener.deliveries(asked.count)
    except KeyboardInterrupt:
        there = "" if asked.register else ", and remove the webhook at the vendor"
        click.echo(f"Closed. Close the tunnel, too{there}.", err=True)


def _secret(webhook: Webhook) -> str:
    """One that the vendor made or knows is never printed; ours is made for this run alone."""
    if given := os.environ.get(SECRET):
        return given
    if webhook.secret == "handshake":  # noqa: S105
        return ""
    if webhook.secret == "hub":  # noqa: S105
        return secrets.token_urlsafe(24)
    if not sys.stdin.isatty():
        raise CorrectInput(f"The webhook's secret lacks: set {SECRET}.", field="secret")
    found: str = click.prompt("The webhook's secret", hide_input=True, err=True)
    return found


def _setup(listener: Listener) -> str:
    """What to do at the vendor; a secret of our own has to be told, and is good for this run."""
    own = listener.webhook.secret == "hub" and not os.environ.get(SECRET)  # noqa: S105
    shown = listener.secret if own else "(yours)"
    text = listener.webhook.setup.replace("{url}", listener.url).replace("{secret}", shown)
    local = listener.sink.url.partition("/webhooks")[0]
    return f"Listening on {local} as {listener.url}\n\n{text}"
