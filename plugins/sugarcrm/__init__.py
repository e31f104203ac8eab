"""SugarCRM: accounts, contacts, opportunities, cases and activities of one instance."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hub.api import Connector, Field, Webhook, hookimpl
from hub.api.limits import Limits, Rate
from plugins.sugarcrm import client, describing, streams, subscribing, webhook
from plugins.sugarcrm.conversions import CONVERSIONS

HERE = Path(__file__).parent
SETUP = """
Nothing to do by hand: where the hub's user is an administrator of Sugar, the hub makes its own Web
Logic Hooks, one for each module and event. They are seen under *Admin > Web Logic Hooks*; do not
change their addresses. Without them everything still comes, every five minutes.
"""

FIELDS = (
    Field(
        "site",
        "Address",
        "The address of your Sugar, as in the browser, without what follows a #.",
        kind="url",
        placeholder=client.EXAMPLE,
    ),
    Field(
        "username",
        "User name",
        "A user for the hub alone, whose password never ends. Best an administrator, else one with "
        "access to all teams: what it may not see is missing silently.",
        placeholder="customer_hub",
    ),
    Field("password", "Password", "Of this user, in Sugar itself (not of SAML).", secret=True),
    Field(
        "platform",
        "Platforms",
        "Names that an administrator added under Admin > Configure API Platforms, for the hub "
        "alone: one for each worker process, with commas between.",
        required=False,
        default=client.PLATFORM,
        placeholder="customer_hub_1, customer_hub_2",
    ),
    Field(
        "client_id",
        "OAuth key",
        "Consumer key of a key under Admin > OAuth Keys, type OAuth 2.0. Every Sugar has sugar.",
        required=False,
        default="sugar",
    ),
    Field(
        "client_secret",
        "OAuth secret",
        "Consumer secret of this key; sugar has none.",
        secret=True,
        required=False,
    ),
    Field(
        "customer_number_field",
        "Field with your customer number",
        "A field of accounts that holds your own number for the customer. Records of other systems "
        "with the same number are then the same customer.",
        required=False,
        placeholder="customer_no_c",
    ),
    Field(
        "version",
        "REST version",
        "Change it only where Sugar says that it does not offer this one.",
        required=False,
        default=client.VERSION,
    ),
)

HOOKS = Webhook(
    name="hooks",
    title="Web Logic Hooks",
    verify=webhook.verify,
    delivery_key=webhook.delivery_key,
    parse=webhook.parse,
    secret="hub",  # noqa: S106 - who makes it, not a secret
    key_holds=False,
    targets=subscribing.targets,
    register=subscribing.register,
    unregister=subscribing.unregister,
    listed=subscribing.listed,
    announces=tuple(webhook.EVENTS),
    told_by=subscribing.told_by,
    lag_s=600,
    setup=SETUP.strip(),
)

SUGARCRM = Connector(
    name="sugarcrm",
    title="SugarCRM",
    source_kind="crm",
    authoritative=True,
    fields=FIELDS,
    open=client.open_client,
    check=client.check,
    describe=describing.describe,
    streams=streams.STREAMS,
    webhooks=(HOOKS,),
    mapping=HERE / "mapping.yaml",
    readme=HERE / "README.md",
    conversions=CONVERSIONS,
    limits=Limits(rates=(Rate(5, 1.0),), concurrent=1),
)
"""SugarCloud shuts out an address above 20 calls a second, silently; a quarter of that is ours."""


@hookimpl
def register_connectors() -> Iterable[Connector]:
    """Offer this connector to the hub."""
    return [SUGARCRM]
