"""Asana's own pages for OAuth: consent, and the token endpoint, which speaks forms."""

from __future__ import annotations

from hub.sandbox import Request, Response, Vendor, route
from hub.sandbox.granting import Granting

CONSENT = "/-/oauth_authorize"
CLIENT_ID = "1200000000000777"


class Grants(Vendor):
    """An access token lives an hour and the refresh token stays; or a personal access token."""

    granting: Granting

    def open_grants(self) -> None:
        """Register the hub's app, with a secret made of the world's seed."""
        secret = f"{self.rng.getrandbits(128):032x}"
        self.granting = Granting("Customer hub", CLIENT_ID, secret, self.clock.now)

    def lets_in(self, request: Request) -> bool:
        """Whether the bearer is the personal token or one that was granted."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return token == self.token or self.granting.lets_in(token)

    @route("GET", CONSENT, public=True)
    def consent(self, request: Request) -> Response:
        return self.granting.page(request, f"{CONSENT}/allow")

    @route("GET", f"{CONSENT}/allow", public=True)
    def allow(self, request: Request) -> Response:
        return self.granting.allow(request)

    @route("POST", "/-/oauth_token", public=True)
    def token_endpoint(self, request: Request) -> Response:
        return self.granting.token(request.form)

    @route("POST", "/-/oauth_revoke", public=True)
    def revoke(self, request: Request) -> Response:
        return self.granting.revoke(request.form)
