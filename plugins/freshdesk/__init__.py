"""Freshdesk: companies, contacts, tickets with their stamps, satisfaction ratings and agents."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hub.api import Connector, Field, Webhook, hookimpl
from plugins.freshdesk import desk, streams, webhook
from plugins.freshdesk.client import FreshdeskClient
from plugins.freshdesk.conversions import CONVERSIONS
from plugins.freshdesk.limits import LIMITS

HERE = Path(__file__).parent
SETUP = """
In Freshdesk, as an administrator: Admin > Workflows > Automations. Make one rule in the tab *Ticket
Creation* (every ticket) and one in the tab *Ticket Updates* (performed by agent or requester; the
events of the guide), each with the action **Trigger Webhook**:

1. Request type POST, URL `{url}`
2. Custom header `X-Hub-Secret: {secret}`. Or else tick *Requires authentication*: user `hub`,
   password `{secret}`
3. Encoding JSON, content **Advanced**, and this body (`ticket_created` in the creation rule):

```json
{"hub_event":"ticket_updated","ticket_id":"{{ticket.id}}","triggered_event":"{{triggered_event}}",
 "status":"{{ticket.status}}","priority":"{{ticket.priority}}"}
```

Save, and change a test ticket: the first delivery shows up here.
"""

FIELDS = (
    Field(
        "site",
        "Site",
        "The address that Freshdesk gave you, not your own help centre's domain.",
        kind="url",
        placeholder="https://acme.freshdesk.com",
    ),
    Field(
        "api_key",
        "API key",
        "From the profile settings of an agent with global ticket scope.",
        secret=True,
    ),
    Field(
        "customer_number_field",
        "Company field with your customer number",
        "Name of the custom field of companies that holds your own number for a customer. "
        "Records of other systems with the same number are then the same customer.",
        required=False,
        placeholder="cf_customer_no",
    ),
)

AUTOMATION = Webhook(
    name="automation",
    title="Automation rule",
    verify=webhook.verify,
    delivery_key=webhook.delivery_key,
    parse=webhook.parse,
    secret="hub",  # noqa: S106 - who makes it, not a secret
    key_holds=False,
    max_body=256 * 1024,
    announces=("ticket",),
    setup=SETUP.strip(),
)

FRESHDESK = Connector(
    name="freshdesk",
    title="Freshdesk",
    source_kind="support",
    fields=FIELDS,
    open=FreshdeskClient,
    check=desk.check,
    describe=desk.describe,
    streams=streams.STREAMS,
    webhooks=(AUTOMATION,),
    mapping=HERE / "mapping.yaml",
    readme=HERE / "README.md",
    limits=LIMITS,
    conversions=CONVERSIONS,
)


@hookimpl
def register_connectors() -> Iterable[Connector]:
    """Offer this connector to the hub."""
    return [FRESHDESK]
