"""Salesforce's sign-in in small: the web server flow, JWT bearer, and client credentials.

Refresh tokens turn over, as an org may demand; the answer has no life, and a list of errors is the
data API's while an object is this one's.
"""

from __future__ import annotations

import base64
from functools import cached_property
from typing import Any

import jwt
import trustme
from jwt.algorithms import RSAAlgorithm

from hub.sandbox import Request, Response, Vendor, route
from hub.sandbox.granting import Granting

CONSENT = "/services/oauth2/authorize"
ASSERTION = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LONGEST_S = 300
SESSION_S = 7200
USERNAME = "hub@acme.example"
DEAD = {"error": "invalid_grant", "error_description": "expired access/refresh token"}


class Grants(Vendor):
    """`approved` are the users whom the admin has let use the app without being asked; `audience`
    is what an assertion has to be for, where that is not the org's own address."""

    granting: Granting
    org_id: str
    consumer_key: str
    consumer_secret: str
    session: str

    def open_grants(self) -> None:
        """Register the hub's app in this org: the same for every way to sign in."""
        self.approved = {USERNAME}
        self.audience = ""
        self.granting = Granting(
            "Customer hub",
            self.consumer_key,
            self.consumer_secret,
            self.clock.now,
            life_s=SESSION_S,
            tells_life=False,
            rotates=True,
            dead=Response(DEAD, 400),
        )

    @cached_property
    def private_key(self) -> str:
        """Of the certificate that was uploaded to the app."""
        made = trustme.CA(key_type=trustme.KeyType.RSA)
        return made.private_key_pem.bytes().decode()

    def operator(self) -> dict[str, str]:
        """What the operator of the hub knows of its own app."""
        return {"client_id": self.consumer_key, "client_secret": self.consumer_secret}

    def lets_in(self, request: Request) -> bool:
        """Whether the bearer is the app's own session or one that was granted."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return token == self.session or self.granting.lets_in(token)

    @route("GET", CONSENT, public=True)
    def consent(self, request: Request) -> Response:
        return self.granting.page(request, f"{CONSENT}/allow")

    @route("GET", f"{CONSENT}/allow", public=True)
    def allow(self, request: Request) -> Response:
        return self.granting.allow(request)

    @route("POST", "/services/oauth2/token", public=True)
    def sign_in(self, request: Request) -> Response:
        kind = request.form.get("grant_type")
        if kind in ("authorization_code", "refresh_token"):
            self.granting.extra = self._identity()
            return self.granting.token(request.form)
        if kind == "client_credentials":
            return self._own_user(request)
        if kind == ASSERTION:
            return self._asserted(request.form.get("assertion", ""))
        return oauth_refusal("unsupported_grant_type", "grant type not supported")

    @route("POST", "/services/oauth2/revoke", public=True)
    def revoke(self, request: Request) -> Response:
        return self.granting.revoke(request.form)

    def _own_user(self, request: Request) -> Response:
        pair = f"{self.consumer_key}:{self.consumer_secret}".encode()
        basic = f"Basic {base64.b64encode(pair).decode()}"
        told = request.form.get("client_id"), request.form.get("client_secret")
        known = request.headers.get("authorization") == basic
        if not known and told != (self.consumer_key, self.consumer_secret):
            return oauth_refusal("invalid_client_id", "client identifier invalid")
        return self._session()

    def _asserted(self, assertion: str) -> Response:
        """Judged by this org's own clock, which the answer shows."""
        now = self.clock.now()
        date = {"Date": now.strftime("%a, %d %b %Y %H:%M:%S GMT")}
        private: Any = RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key(self.private_key)
        try:
            claims = jwt.decode(
                assertion,
                private.public_key(),
                algorithms=["RS256"],
                options={"verify_exp": False, "verify_aud": False},
            )
        except jwt.PyJWTError:
            return oauth_refusal("invalid_grant", "invalid assertion", date)
        left_s = claims.get("exp", 0) - now.timestamp()
        if claims.get("iss") != self.consumer_key:
            return oauth_refusal("invalid_client_id", "client identifier invalid", date)
        if not 0 < left_s <= LONGEST_S or claims.get("aud") != (self.audience or self.url):
            return oauth_refusal("invalid_grant", "invalid assertion", date)
        if claims.get("sub") not in self.approved:
            return oauth_refusal("invalid_grant", "user hasn't approved this consumer", date)
        return self._session()

    def _session(self) -> Response:
        body = {"access_token": self.session, "scope": "api", "token_type": "Bearer"}
        return Response(body | self._identity())

    def _identity(self) -> dict[str, Any]:
        return {
            "signature": "c2ln",
            "instance_url": self.url,
            "issued_at": str(int(self.clock.now().timestamp() * 1000)),
            "id": f"{self.url}/id/{self.org_id}/{self.table('User').ids()[0]}",
        }


def oauth_refusal(word: str, description: str, headers: dict[str, str] | None = None) -> Response:
    """The sign-in's error body: an object."""
    return Response({"error": word, "error_description": description}, 400, headers or {})
