"""HubSpot: companies, contacts, deals, tickets and owners, with the associations between them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hub.api import Connector, Field, Http, Webhook, hookimpl
from plugins.hubspot import conversions, portal, webhook
from plugins.hubspot.client import BASE_URL, Client
from plugins.hubspot.consent import OAUTH
from plugins.hubspot.limits import LIMITS
from plugins.hubspot.streams import streams
from plugins.hubspot.writing import WRITE_BACK

HERE = Path(__file__).parent
LONGEST_BODY = 8 * 1024 * 1024
"""A hundred events, each with a property's value of up to 65,536 characters."""

FIELDS = (
    Field(
        "access_token",
        "Access token",
        help="Of a private app, a project app with static authorisation, or a service key.",
        secret=True,
        placeholder="pat-eu1-...",
    ),
    Field(
        "customer_number_property",
        "Property with your customer number",
        help="Internal name of the company property that holds your own number for a customer. "
        "Records of other systems with the same number are then the same customer.",
        required=False,
    ),
    Field(
        "extra_properties",
        "Further HubSpot properties to read",
        help="Internal names with commas between. Your own properties are read in any case.",
        required=False,
    ),
    Field(
        "base_url",
        "Address of the API",
        help="The same for all regions; change it only for a test system.",
        kind="url",
        required=False,
        default=BASE_URL,
    ),
)

PRIVATE = Webhook(
    name="private",
    title="Private app",
    verify=webhook.verify,
    delivery_key=webhook.delivery_key,
    parse=webhook.parse,
    secret="vendor",  # noqa: S106
    max_body=LONGEST_BODY,
    announces=webhook.OBJECTS,
    setup=(
        "In HubSpot open your private app, tab **Webhooks**, and set the target URL to `{url}`. "
        "Subscribe to the events listed in the guide. Then copy the app's **client secret** "
        "(tab Auth) into the field here."
    ),
)

APP = Webhook(
    name="app",
    title="App of this hub",
    verify=webhook.verify,
    delivery_key=webhook.delivery_key,
    parse=webhook.parse,
    route=webhook.route,
    scope="app",
    secret="operator",  # noqa: S106
    max_body=LONGEST_BODY,
    announces=webhook.OBJECTS,
    setup=(
        "The operator's HubSpot app sends the events of every account that has installed it to "
        "`{url}`; there is nothing to do in your account but to install the app."
    ),
)


def connect(settings: Mapping[str, str], secrets: Mapping[str, str], http: Http) -> Client:
    """A client for one account; no request is made."""
    names = settings.get("extra_properties", "").replace(";", ",").split(",")
    extra = [name.strip() for name in names if name.strip()]
    return Client(secrets.get("access_token", ""), http, settings.get("base_url", ""), extra)


CONNECTOR = Connector(
    name="hubspot",
    title="HubSpot",
    source_kind="crm",
    fields=FIELDS,
    open=connect,
    check=portal.check,
    streams=streams(),
    webhooks=(PRIVATE, APP),
    mapping=HERE / "mapping.yaml",
    readme=HERE / "README.md",
    limits=LIMITS,
    conversions=conversions.CONVERSIONS,
    describe=portal.describe,
    authoritative=True,
    oauth=OAUTH,
    write_back=WRITE_BACK,
)


@hookimpl
def register_connectors() -> tuple[Connector, ...]:
    """The HubSpot connector."""
    return (CONNECTOR,)
