"""Connecting: the form, opening a client, and proving that its credentials are good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hub.api import AccountInfo, CorrectInput, Field, Http
from plugins.salesforce.fields import STANDARD
from plugins.salesforce.ids import id18

if TYPE_CHECKING:
    from plugins.salesforce.client import Client

FIELDS = (
    Field(
        "instance_url",
        "Address of your org",
        "Your My Domain address: Setup > My Domain > Current My Domain URL. To sign in, "
        "https://login.salesforce.com or https://test.salesforce.com (a sandbox) may do.",
        kind="url",
        placeholder="https://acme.my.salesforce.com",
    ),
    Field(
        "currency",
        "Currency of the org",
        "Setup > Company Information. Records with a currency of their own keep it.",
        placeholder="EUR",
    ),
    Field(
        "access_token",
        "Access token",
        "Only to try it out: it ends with its session. Else leave it empty and give the app's "
        "key and secret.",
        secret=True,
        required=False,
    ),
    Field(
        "consumer_key",
        "Consumer key",
        "Of the External Client App with the client credentials flow or the JWT bearer flow.",
        required=False,
    ),
    Field(
        "consumer_secret",
        "Consumer secret",
        "Shown once beside the consumer key. Not needed with an access token or a private key.",
        secret=True,
        required=False,
    ),
    Field(
        "username",
        "User name",
        "For the JWT bearer flow only: whom the hub signs in as.",
        required=False,
        placeholder="hub@acme.com",
    ),
    Field(
        "private_key",
        "Private key",
        "For the JWT bearer flow only: the PEM whose certificate is uploaded to the app.",
        secret=True,
        required=False,
        placeholder="-----BEGIN PRIVATE KEY-----",
    ),
    Field(
        "quota_percent",
        "Stop at this share of the org's daily API requests (percent)",
        "All apps of the org share one quota; the hub pauses when so much of it is used.",
        kind="integer",
        required=False,
        default="80",
    ),
)


WHERE = (
    "Grant them in Salesforce by a permission set of the hub's user: "
    "Setup > Users > Permission Sets."
)

TYPES = {
    "string": "text",
    "textarea": "text",
    "phone": "text",
    "url": "text",
    "email": "text",
    "id": "text",
    "combobox": "text",
    "picklist": "choice",
    "multipicklist": "choices",
    "reference": "reference",
    "int": "integer",
    "double": "number",
    "currency": "number",
    "percent": "number",
    "boolean": "boolean",
    "date": "date",
    "datetime": "time",
}
"""A column's type, by ours."""


def open(settings: Mapping[str, str], secrets: Mapping[str, str], http: Http) -> Client:
    """A client without any call made; simple-salesforce takes half a second to import."""
    from plugins.salesforce.client import Client

    return Client(settings, secrets, http)


def check(client: Client) -> AccountInfo:
    """Who the credentials belong to; raises CorrectInput, Reconnect or RetryLater."""
    from plugins.salesforce.client import VERSION

    problem = address_problem(client.address)
    if problem:
        raise CorrectInput(problem, field="instance_url")
    if len(client.currency) != 3 or not client.currency.isalpha():
        raise CorrectInput("Give a currency by its three letters, such as EUR.", field="currency")
    if VERSION not in client.versions():
        raise CorrectInput(f"This org does not offer API {VERSION}.", field="instance_url")
    org = next(client.rows("SELECT Id, Name FROM Organization"))
    visible = client.objects()
    missing = tuple(f"read {name}" for name in STANDARD if name not in visible)
    return AccountInfo(id18(org["Id"]), str(org["Name"]), missing, WHERE)


def describe(client: Client) -> dict[str, Any]:
    """{"currency", "fields" of the objects that are read, "objects" of the org's own} as this user
    sees them. The org's further currencies are the values of `CurrencyIsoCode`."""
    shapes = {name: client.describe(name) for name in STANDARD}
    fields = {name: _fields(shape) for name, shape in shapes.items() if shape is not None}
    own = [{"name": name, "title": title} for name, title in client.own_objects().items()]
    return {"currency": client.currency, "fields": fields, "objects": own}


def _fields(shape: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": field["name"],
            "title": str(field.get("label") or field["name"]),
            "type": TYPES.get(str(field.get("type")), "other"),
            "custom": bool(field.get("custom")),
            "values": _values(field.get("picklistValues") or ()),
        }
        for field in shape["fields"]
    ]


def _values(listed: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    return [
        {"value": str(one["value"]), "title": str(one.get("label") or one["value"])}
        for one in listed
        if one.get("active", True)
    ]


def address_problem(address: str) -> str | None:
    """Why this cannot be the org's own address, as a sentence; None if it can."""
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname or parts.path not in ("", "/"):
        return "Give the org's address such as https://acme.my.salesforce.com, nothing behind it."
    if parts.hostname in ("login.salesforce.com", "test.salesforce.com"):
        return "Give the org's own My Domain address: the general sign-in hosts serve no data."
    if parts.hostname.endswith(".lightning.force.com"):
        return "Give the address that ends in my.salesforce.com, not the Lightning one."
    return None
