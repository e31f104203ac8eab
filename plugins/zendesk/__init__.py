"""Zendesk Support: organizations, users, tickets with their metrics, satisfaction, and agents."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hub.api import Connector, Field, OAuth, Webhook, hookimpl
from plugins.zendesk import account, streams, subscribing, webhook
from plugins.zendesk.client import EXAMPLE, SEVERAL, open_client, site_of
from plugins.zendesk.conversions import CONVERSIONS
from plugins.zendesk.limits import LIMITS
from plugins.zendesk.records import TICKET

HERE = Path(__file__).parent
DAY_S = 86_400
SCOPES = ("read", "webhooks:write")
LIVES = {"expires_in": 2 * DAY_S, "refresh_token_expires_in": 90 * DAY_S}
"""What is asked for, so that a token that leaks ends by itself and a quiet week loses nothing."""
EVENTS_SETUP = """
Nothing to do by hand: the hub asks Zendesk for two webhooks, one for organizations and users and
one for tickets, and reads the secret that Zendesk signs them with. `{url}` must be reachable from
the internet by HTTPS.
"""
TRIGGER_SETUP = """
Only for an account that refuses events of tickets. In Zendesk, as an administrator: Admin Center >
Apps and integrations > Webhooks > Create webhook, *Trigger or automation*, URL `{url}`, request
method POST, request format JSON. Copy its **signing secret** into the hub. Then Objects and rules >
Triggers: one for every ticket that is created or updated, with the action *Notify active webhook*
and this body:

```json
{"ticket_id":"{{ticket.id}}","status":"{{ticket.status}}",
 "updated_at":"{{ticket.updated_at_with_timestamp}}"}
```
"""

FIELDS = (
    Field(
        "site",
        "Site",
        "The address of your Zendesk, not a help centre's domain of your own.",
        kind="url",
        placeholder=EXAMPLE,
    ),
    Field(
        "email",
        "E-mail address of the token's user",
        "Only with an API token: the administrator whose token it is.",
        required=False,
        placeholder="admin@acme.com",
    ),
    Field(
        "api_token",
        "API token",
        "From Admin Center > Apps and integrations > Zendesk API. Zendesk makes no new ones any "
        "more and ends all of them on 30 April 2027: sign in instead.",
        secret=True,
    ),
    Field(
        "organizations_of_a_user",
        "Organizations of an end user",
        "One, or several where your account lets users belong to more than one.",
        kind="choice",
        choices=("one", SEVERAL),
        required=False,
        default="one",
    ),
)

EVENTS = Webhook(
    name="events",
    title="Events",
    verify=webhook.verify,
    delivery_key=webhook.delivery_key,
    parse=webhook.parse,
    secret="vendor",  # noqa: S106 - who makes it, not a secret
    key_holds=True,
    targets=subscribing.targets,
    register=subscribing.register,
    unregister=subscribing.unregister,
    listed=subscribing.listed,
    announces=(TICKET,),
    told_by=subscribing.told_by,
    setup=EVENTS_SETUP.strip(),
)

TRIGGER = Webhook(
    name="trigger",
    title="Ticket trigger, where there are no events of tickets",
    verify=webhook.verify,
    delivery_key=webhook.trigger_key,
    parse=webhook.trigger_parse,
    secret="vendor",  # noqa: S106 - who makes it, not a secret
    key_holds=False,
    announces=(TICKET,),
    setup=TRIGGER_SETUP.strip(),
)

ZENDESK = Connector(
    name="zendesk",
    title="Zendesk",
    source_kind="support",
    fields=FIELDS,
    open=open_client,
    check=account.check,
    describe=account.describe,
    streams=streams.STREAMS,
    webhooks=(EVENTS, TRIGGER),
    mapping=HERE / "mapping.yaml",
    readme=HERE / "README.md",
    conversions=CONVERSIONS,
    oauth=OAuth(
        authorize=lambda settings: f"{site_of(settings)}/oauth/authorizations/new",
        token=lambda settings: f"{site_of(settings)}/oauth/tokens",
        hosts=("zendesk.com",),
        scopes=SCOPES,
        scopes_at="An administrator of Zendesk has to allow it.",
        body="json",
        asked={"scope": " ".join(SCOPES), **LIVES},
        life_s=2.0 * DAY_S,
        fills=("email",),
    ),
    limits=LIMITS,
)


@hookimpl
def register_connectors() -> Iterable[Connector]:
    """Offer this connector to the hub."""
    return [ZENDESK]
