"""Asana: tasks become work items; a rule per project says whose customer they are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hub.api import Connector, Field, OAuth, Webhook, hookimpl
from plugins.asana import streams, subscribing, webhook, workspace
from plugins.asana.client import BASE_URL, AsanaClient, address
from plugins.asana.conversions import CONVERSIONS
from plugins.asana.limits import LIMITS

HERE = Path(__file__).parent
SETUP = """
Nothing to do by hand: the hub asks Asana for one webhook per project, and Asana shakes hands with
`{url}` while it is asked. That address must be reachable from the internet by HTTPS.
"""

FIELDS = (
    Field(
        "token",
        "Access token",
        "A personal access token (My settings > Apps > Developer apps) or a service account's.",
        secret=True,
    ),
    Field(
        "workspace",
        "Workspace",
        "The gid of the workspace to read. May stay empty if the token sees only one.",
        required=False,
        placeholder="1200000000000100",
    ),
    Field(
        "plan",
        "Plan",
        "Asana allows ten times the requests on a paid plan, and does not tell us which you have.",
        kind="choice",
        choices=("free", "paid"),
        required=False,
        default="free",
    ),
    Field(
        "account_links",
        "Account links",
        "How tasks of a project are tied to a customer: a JSON object with a rule by project gid.",
        kind="json",
        required=False,
        placeholder='{"1200000000000900": {"by": "account", "value": "acme.com"}}',
    ),
    Field(
        "base_url",
        "Address of the API",
        "The same for everybody; change it only for a test system.",
        kind="url",
        required=False,
        default=BASE_URL,
    ),
)

PROJECT = Webhook(
    name="project",
    title="Project webhooks",
    verify=webhook.verify,
    delivery_key=webhook.delivery_key,
    parse=webhook.parse,
    greet=webhook.greet,
    secret="handshake",  # noqa: S106 - who makes it, not a secret
    key_holds=False,
    targets=subscribing.targets,
    register=subscribing.register,
    unregister=subscribing.unregister,
    listed=subscribing.listed,
    announces=("task",),
    told_by=subscribing.told_by,
    lag_s=120,
    heartbeat_s=8 * 3600,
    setup=SETUP.strip(),
)

ASANA = Connector(
    name="asana",
    title="Asana",
    source_kind="work",
    fields=FIELDS,
    open=AsanaClient,
    check=workspace.check,
    describe=workspace.describe,
    streams=streams.STREAMS,
    webhooks=(PROJECT,),
    mapping=HERE / "mapping.yaml",
    readme=HERE / "README.md",
    limits=LIMITS,
    conversions=CONVERSIONS,
    oauth=OAuth(
        authorize=lambda settings: address(settings, "/-/oauth_authorize"),
        token=lambda settings: address(settings, "/-/oauth_token"),
        hosts=("asana.com",),
        revoke=lambda settings: address(settings, "/-/oauth_revoke"),
        scopes=("default",),
        redirects=True,
    ),
)


@hookimpl
def register_connectors() -> Iterable[Connector]:
    """Offer this connector to the hub."""
    return [ASANA]
