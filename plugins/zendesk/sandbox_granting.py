"""Zendesk's own pages for OAuth: consent, and the token endpoint, which speaks JSON."""

from __future__ import annotations

from hub.sandbox import Request, Response, Vendor, route
from hub.sandbox.granting import Granting

CONSENT = "/oauth/authorizations/new"
CLIENT_ID = "customer_hub"
LIFE_S = 172_800
SCOPE = "read webhooks:write"


class Grants(Vendor):
    """A renewal brings a new pair and ends the former one; or an API token with its user."""

    granting: Granting

    def open_grants(self) -> None:
        """Register the hub's app, with a secret made of the world's seed."""
        secret = f"{self.rng.getrandbits(128):032x}"
        self.granting = Granting("Customer hub", CLIENT_ID, secret, self.clock.now, LIFE_S, True)
        self.granting.extra = {"refresh_token_expires_in": 7_776_000}

    @route("GET", CONSENT, public=True)
    def consent(self, request: Request) -> Response:
        return self.granting.page(request, "/oauth/authorizations/allow")

    @route("GET", "/oauth/authorizations/allow", public=True)
    def allow(self, request: Request) -> Response:
        return self.granting.allow(request)

    @route("POST", "/oauth/tokens", public=True)
    def token_endpoint(self, request: Request) -> Response:
        asked = request.json if isinstance(request.json, dict) else {}
        if asked.get("grant_type") == "authorization_code" and asked.get("scope") != SCOPE:
            return Response({"error": "invalid_scope", "error_description": "scope"}, 400)
        return self.granting.token(asked)
