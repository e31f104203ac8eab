"""Jira Cloud: requests of service desks become tickets, all other issues work items."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hub.api import Connector, Field, Webhook, hookimpl
from plugins.jira import dynamic, site, streams, webhook
from plugins.jira.client import JiraClient
from plugins.jira.consent import OAUTH
from plugins.jira.conversions import CONVERSIONS
from plugins.jira.limits import LIMITS

HERE = Path(__file__).parent
SETUP = """
1. In Jira, as an administrator: Settings > System > WebHooks > Create a WebHook.
2. URL: `{url}`
3. Secret: `{secret}`
4. Issue: created, updated, deleted. Comment: created, updated, deleted. Issue link: created,
   deleted. Project: all but created. User: created, updated, deleted. Leave the JQL filter empty.
5. Leave "Exclude body" off, and save.
"""

FIELDS = (
    Field(
        "site",
        "Site",
        "The address of your Jira Cloud site; for a scoped token the gateway address. Stays empty "
        "if you sign in.",
        kind="url",
        placeholder="https://acme.atlassian.net",
    ),
    Field("email", "E-mail", "Of the Atlassian account that the token belongs to."),
    Field("token", "API token", "From id.atlassian.com, Security, API tokens.", secret=True),
    Field(
        "account_links",
        "Account links",
        "How issues of a project are tied to a customer: a JSON object with a rule by project key.",
        kind="json",
        required=False,
        placeholder='{"CS": {"by": "organization"}, "DEV": {"by": "label", "field": "cust-"}}',
    ),
)

WEBHOOK = Webhook(
    name="admin",
    title="Admin webhook",
    verify=webhook.verify,
    delivery_key=webhook.delivery_key,
    parse=webhook.parse,
    secret="hub",  # noqa: S106 - who makes it, not a secret
    key_holds=True,
    announces=("issue", "request", "user"),
    lag_s=1200,
    setup=SETUP.strip(),
)

DYNAMIC = Webhook(
    name="app",
    title="Webhook of the app",
    verify=dynamic.verify,
    delivery_key=webhook.delivery_key,
    parse=webhook.parse,
    secret="operator",  # noqa: S106 - who makes it, not a secret
    key_holds=True,
    targets=dynamic.targets,
    register=dynamic.register,
    renew=dynamic.renew,
    unregister=dynamic.unregister,
    listed=dynamic.listed,
    announces=("issue", "request"),
    lag_s=1200,
    setup="Nothing to do by hand: where you have signed in, the hub asks for it and renews it.",
)

JIRA = Connector(
    name="jira",
    title="Jira",
    source_kind="work",
    fields=FIELDS,
    open=JiraClient,
    check=site.check,
    describe=site.describe,
    streams=streams.STREAMS,
    webhooks=(WEBHOOK, DYNAMIC),
    mapping=HERE / "mapping.yaml",
    readme=HERE / "README.md",
    limits=LIMITS,
    conversions=CONVERSIONS,
    oauth=OAUTH,
)


@hookimpl
def register_connectors() -> Iterable[Connector]:
    """Offer this connector to the hub."""
    return [JIRA]
