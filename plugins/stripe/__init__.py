"""Stripe: customers become accounts, with their subscriptions and invoices."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hub.api import Connector, Field, Webhook, hookimpl
from plugins.stripe import client, streams, subscribing, webhook
from plugins.stripe.conversions import CONVERSIONS
from plugins.stripe.limits import LIMITS

HERE = Path(__file__).parent
SETUP = """
In Stripe: *Developers > Webhooks > Add destination*, events of your account, API version
`2026-10-28.endive`, URL `{url}`. Choose the events `customer.*`, `customer.subscription.*`,
`customer.discount.*`, `invoice.*` and `invoice_payment.paid`; snapshot or thin is the same to us.
Then copy the signing secret (`whsec_...`), whole, into the hub.
"""

FIELDS = (
    Field(
        "api_key",
        "Restricted key",
        "Developers > API keys > Create restricted key, with the read permissions of the guide.",
        secret=True,
        placeholder="rk_live_...",
    ),
    Field(
        "mode",
        "Mode",
        "Live or test data. The key must be of this mode; events of the other are refused.",
        kind="choice",
        choices=("live", "test"),
        required=False,
        default="live",
    ),
    Field(
        "account",
        "Connected account",
        "Only for a platform of Stripe Connect: the id of the connected account to read with the "
        "platform's key.",
        required=False,
        placeholder="acct_...",
    ),
    Field(
        "customer_key",
        "Metadata key with your customer number",
        "The key in a customer's metadata that holds your own number for it. Records of other "
        "systems with the same number are then the same customer.",
        required=False,
        placeholder="crm_account_id",
    ),
    Field(
        "seat_products",
        "What counts as seats",
        "Ids of products or prices, with commas between. Empty: every licensed item counts.",
        required=False,
        placeholder="prod_seat",
    ),
    Field(
        "base_url",
        "Address of the API",
        "The same for everybody; change it only for a test system.",
        kind="url",
        required=False,
        default=client.BASE_URL,
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
    listed=subscribing.listed,
    announces=("customer", "subscription", "invoice"),
    setup=SETUP.strip(),
)

STRIPE = Connector(
    name="stripe",
    title="Stripe",
    source_kind="billing",
    authoritative=True,
    fields=FIELDS,
    open=client.open_client,
    check=client.check,
    describe=client.describe,
    streams=streams.STREAMS,
    webhooks=(EVENTS,),
    mapping=HERE / "mapping.yaml",
    readme=HERE / "README.md",
    limits=LIMITS,
    conversions=CONVERSIONS,
)


@hookimpl
def register_connectors() -> Iterable[Connector]:
    """Offer this connector to the hub."""
    return [STRIPE]
