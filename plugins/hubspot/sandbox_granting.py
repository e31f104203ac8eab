"""HubSpot's consent page and dated token endpoints in small; version 1 has ended here already."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from hub.sandbox import Request, Response, Vendor, route
from hub.sandbox.granting import Granting
from plugins.hubspot import answers

CLIENT_ID = "5f2c1d70-hub"
CONSENT = "/oauth/authorize"
DATED = ("2026-03", "2026-09", "v3")
DEAD = {"status": "BAD_REFRESH_TOKEN", "message": "missing or invalid refresh token"}


class Grants(Vendor):
    """An access token lives half an hour, and the refresh token until the app is uninstalled."""

    granting: Granting

    @property
    def app_secret(self) -> str:
        """The client secret of the app, for subscriptions that have none of their own."""
        return hashlib.sha256(f"app/{self.token}".encode()).hexdigest()[:36]

    def operator(self) -> dict[str, str]:
        """What the operator of the hub knows of its own app."""
        secret = self.app_secret
        return {"app_secret": secret, "client_id": CLIENT_ID, "client_secret": secret}

    def open_grants(self) -> None:
        """Register the hub's app; its secret also signs what it is told."""
        self.granting = Granting(
            "Customer hub",
            CLIENT_ID,
            self.app_secret,
            self.clock.now,
            life_s=1800,
            dead=Response(DEAD, 400),
            extra={
                "hub_id": answers.ACCOUNT["portalId"],
                "user_id": 4420001,
                "token_use": "access_token",
            },
        )

    def lets_in(self, request: Request) -> bool:
        """Whether the bearer is the private app's token or one that was granted."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return token == self.token or self.granting.lets_in(token)

    @route("GET", CONSENT, public=True)
    def consent(self, request: Request) -> Response:
        return self.granting.page(request, f"{CONSENT}/allow")

    @route("GET", f"{CONSENT}/allow", public=True)
    def allow(self, request: Request) -> Response:
        return self.granting.allow(request)

    @route("POST", "/oauth/<version>/token", public=True)
    def token_endpoint(self, request: Request) -> Response:
        if request.params["version"] not in DATED:
            return self.not_found(request)
        return _named(self.granting.token(request.form))

    @route("POST", "/oauth/<version>/token/revoke", public=True)
    def revoke(self, request: Request) -> Response:
        return self.granting.revoke(request.form)


def _named(answer: Response) -> Response:
    """HubSpot lists the scopes, where the standard has a text."""
    body: dict[str, Any] = dict(answer.body)
    if "scope" in body:
        body["scopes"] = body.pop("scope").split()
    return replace(answer, body=body)
