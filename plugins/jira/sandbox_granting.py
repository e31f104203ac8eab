"""Atlassian's sign-in (3LO) in small: consent, the token endpoint, the sites, and the gateway.

A granted token is good at the gateway alone, and a refresh token that was replaced for ten minutes
more, as developer.atlassian.com tells.
"""

from __future__ import annotations

import re
from dataclasses import replace

from hub.sandbox import Request, Response, Vendor, route
from hub.sandbox.granting import Granting

CLIENT_ID = "test-client-id"
LEEWAY_S = 600
DEAD = {
    "error": "invalid_grant",
    "error_description": "Unknown or invalid refresh token.",
}
FIRST, SECOND = "11223344-a1b2-4c33-8d44-5566778899aa", "99887766-b2c3-4d44-9e55-667788990011"
GATEWAY_PATH = "/ex/jira"
GATEWAY = GATEWAY_PATH + r"/(?P<cloud>[\w-]+)"


class Grants(Vendor):
    """`sites` are those that whoever consents may use: cloud id to name and address, which is this
    server's own where it is empty."""

    granting: Granting
    sites: dict[str, tuple[str, str]]

    def open_grants(self) -> None:
        """Register the hub's app, with a secret made of the world's seed."""
        secret = f"{self.rng.getrandbits(128):032x}"
        self.granting = Granting(
            "Customer hub",
            CLIENT_ID,
            secret,
            self.clock.now,
            rotates=True,
            leeway_s=LEEWAY_S,
            dead=Response(DEAD, 403),
        )
        self.sites = {FIRST: ("sandbox", ""), SECOND: ("sandbox-labs", "https://labs.example")}
        self.routes += [
            replace(found, pattern=re.compile(GATEWAY + found.pattern.pattern))
            for found in self.routes
            if found.pattern.pattern.startswith("/rest/")
        ]

    def lets_in(self, request: Request) -> bool:
        """Whether the bearer was granted, and is used where it is good."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        there = request.params.get("cloud") in self.sites
        return scheme == "Bearer" and there and self.granting.lets_in(token)

    @route("GET", "/rest/api/3/serverInfo", public=True)
    def server_info(self, request: Request) -> object:
        name, url = self.sites.get(request.params.get("cloud", FIRST), ("sandbox", ""))
        return {
            "baseUrl": url or self.url,
            "deploymentType": "Cloud",
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "serverTitle": f"{name.title()} Jira",
        }

    @route("GET", "/authorize", public=True)
    def consent(self, request: Request) -> Response:
        if request.query.get("audience") != "api.atlassian.com":
            return Response({"error": "invalid_request", "error_description": "audience"}, 400)
        return self.granting.page(request, "/authorize/allow")

    @route("GET", "/authorize/allow", public=True)
    def allow(self, request: Request) -> Response:
        return self.granting.allow(request)

    @route("POST", "/oauth/token", public=True)
    def token_endpoint(self, request: Request) -> Response:
        return self.granting.token(request.json or {})

    @route("GET", "/oauth/token/accessible-resources", public=True)
    def accessible(self, request: Request) -> object:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not self.granting.lets_in(token):
            return Response({"code": 401, "message": "Unauthorized"}, 401)
        held = ["read:jira-work", "read:jira-user", "manage:jira-webhook"]
        scopes = [scope for scope in held if scope not in self.granting.withheld]
        return [
            {"id": id, "url": url or self.url, "name": name, "scopes": scopes, "avatarUrl": ""}
            for id, (name, url) in self.sites.items()
        ]
