"""Installing the operator's app: HubSpot's consent page and its dated token endpoint.

Facts: developers.hubspot.com, "Working with OAuth" and the changelog "OAuth v1 API deprecation".
HubSpot's Python client knows only the endpoints of version 1, which end on 16 February 2027.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from hub.api import OAuth
from hub.api.oauth import Settings
from plugins.hubspot.client import API_VERSION, BASE_URL
from plugins.hubspot.portal import SCHEMA_SCOPES, SCOPES

SIGN_IN = "https://app.hubspot.com"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
WRITE_SCOPE = "crm.objects.companies.write"
"""Only for writing back, which a tenant may do without."""
SCOPE_NAMES = ("oauth", *SCOPES.values(), *SCHEMA_SCOPES.values())


def _api(settings: Settings) -> str:
    return (settings.get("base_url") or BASE_URL).rstrip("/")


def _sign_in(settings: Settings) -> str:
    """People sign in at another host than programs, but for a test system on this machine."""
    api = _api(settings)
    return api if urlsplit(api).hostname in LOOPBACK else SIGN_IN


OAUTH = OAuth(
    authorize=lambda settings: f"{_sign_in(settings)}/oauth/authorize",
    token=lambda settings: f"{_api(settings)}/oauth/{API_VERSION}/token",
    revoke=lambda settings: f"{_api(settings)}/oauth/{API_VERSION}/token/revoke",
    hosts=("hubspot.com", "hubapi.com"),
    scopes=SCOPE_NAMES,
    parameters={"optional_scope": WRITE_SCOPE},
    scopes_at=(
        "The hub's operator adds them to the app's scopes in HubSpot; you then install it with an "
        "account that holds them itself."
    ),
    life_s=1800.0,
    dead=("BAD_REFRESH_TOKEN",),
)
