"""Mixpanel: events become use, profiles become contacts, group profiles become accounts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hub.api import Connector, Field, Webhook, hookimpl
from plugins.mixpanel import client, streams, webhook
from plugins.mixpanel.conversions import CONVERSIONS
from plugins.mixpanel.limits import LIMITS

HERE = Path(__file__).parent
SETUP = """
Optional, on a paid plan. In Mixpanel: *Data Management > Integrations > Webhook > Add connection*,
URL `{url}`, basic authentication with the user `hub` and the password `{secret}`. Then open a
cohort and choose *Sync to > Webhook*.
"""

FIELDS = (
    Field(
        "username",
        "Service account",
        "Organization settings > Service accounts: its user name.",
        placeholder="hub.1a2b3c.mp-service-account",
    ),
    Field("secret", "Secret", "The service account's secret, shown once.", secret=True),
    Field(
        "project_id",
        "Project id",
        "The number in Project settings > Overview.",
        kind="integer",
        placeholder="2195193",
    ),
    Field(
        "region",
        "Data residency",
        "Where the project's data lies, as in Project settings.",
        kind="choice",
        choices=tuple(client.HOSTS),
        required=False,
        default="US",
    ),
    Field(
        "time_zone",
        "Time zone of an old project",
        "Only for a project made before 2023, whose events carry local time: its zone, such as "
        "Europe/Paris, as in Project settings. Empty: UTC.",
        required=False,
        placeholder="America/New_York",
    ),
    Field(
        "account_property",
        "Property that names the account",
        "The property of events and profiles that holds your own id of the customer, such as the "
        "group key of Group Analytics. Empty: use belongs where its person does.",
        required=False,
        placeholder="company_id",
    ),
    Field(
        "data_group_id",
        "Data group id",
        "With Group Analytics: the id of the group key whose profiles are your customers. Empty: "
        "Mixpanel brings no accounts.",
        required=False,
        placeholder="1234567890",
    ),
    Field(
        "history_days",
        "Days of history",
        "How far back the first export reaches: 1 to 400 days, 7 days to a query.",
        kind="integer",
        required=False,
        default="90",
    ),
    Field(
        "only_events",
        "Only these events",
        "Names divided by commas, exactly as in Mixpanel; nothing else is exported. Empty: all.",
        required=False,
    ),
    Field(
        "ignored_events",
        "Events that are no use",
        "Names divided by commas: such an event makes nobody active.",
        required=False,
        default="Heartbeat, Ping, Login Failed, Sign In Failed, Session Expired",
    ),
    Field(
        "internal_domains",
        "Your own e-mail domains",
        "Divided by commas: people with such an address are your staff and do not count as users.",
        required=False,
        placeholder="our-company.com",
    ),
    Field(
        "base_url",
        "Address of a test system",
        "Empty for Mixpanel itself; only this machine can be named here.",
        kind="url",
        required=False,
    ),
)

COHORTS = Webhook(
    name="cohorts",
    title="Cohort sync",
    verify=webhook.verify,
    delivery_key=webhook.delivery_key,
    parse=webhook.parse,
    secret="hub",  # noqa: S106 - who makes it, not a secret
    answer=webhook.answer,
    max_body=4 * 1024 * 1024,
    setup=SETUP.strip(),
)

MIXPANEL = Connector(
    name="mixpanel",
    title="Mixpanel",
    source_kind="usage",
    fields=FIELDS,
    open=client.open_client,
    check=client.check,
    streams=streams.STREAMS,
    webhooks=(COHORTS,),
    mapping=HERE / "mapping.yaml",
    readme=HERE / "README.md",
    conversions=CONVERSIONS,
    limits=LIMITS,
)


@hookimpl
def register_connectors() -> Iterable[Connector]:
    """Offer this connector to the hub."""
    return [MIXPANEL]
