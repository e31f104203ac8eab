"""OAuth 2 for a vendor in small: a consent page, codes bound to a proof, tokens that end.

The vendor puts the three answers behind its own paths. RFC 6749, and RFC 7636 for the proof.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode

from hub.sandbox.calls import require_loopback
from hub.sandbox.serving import Request, Response

CODE_LIFE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Code:
    """What one consent led to."""

    redirect_uri: str
    challenge: str
    scopes: tuple[str, ...]
    at: datetime


@dataclass(slots=True)
class Refresh:
    """One refresh token: what it is for, when it was replaced, and the access it has brought."""

    scopes: tuple[str, ...]
    replaced_at: datetime | None = None
    access: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Granting:
    """One app that is registered at a vendor, and what was granted to it.

    life_s: of an access token; `tells_life` whether the answer has it. rotates: a renewal brings a
    new refresh token and ends the former one, which is taken for `leeway_s` longer. `extra`: what
    the vendor adds to a token's answer. dead: its answer to a token that has ended. withheld:
    scopes that are not granted though asked for; without `grants_renewal` no refresh token comes.
    `renewals`, `refusals`, `reused` (refresh tokens, once they were replaced) and `revoked` count.
    """

    app: str
    client_id: str
    client_secret: str
    now: Callable[[], datetime]
    life_s: int = 3600
    rotates: bool = False
    leeway_s: float = 0
    tells_life: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)
    dead: Response = field(default_factory=lambda: Response({"error": "invalid_grant"}, 400))
    withheld: set[str] = field(default_factory=set)
    grants_renewal: bool = True
    renewals: int = 0
    refusals: int = 0
    reused: int = 0
    revoked: int = 0
    _codes: dict[str, Code] = field(default_factory=dict)
    _refresh: dict[str, Refresh] = field(default_factory=dict)
    _access: dict[str, datetime] = field(default_factory=dict)

    def page(self, request: Request, allow_path: str) -> Response:
        """The consent page: what is wanted by whom, to be allowed or not."""
        query = request.query
        wrong = self._wrong(query)
        if wrong:
            return Response({"error": "invalid_request", "error_description": wrong}, 400)
        allow = f"{allow_path}?{urlencode(query)}"
        deny = self._redirect(query, {"error": "access_denied"})
        scopes = "".join(f"<li>{escape(s)}</li>" for s in query.get("scope", "").split())
        html = (
            f"<!doctype html><html lang=en><title>{escape(self.app)}</title>"
            f"<h1>{escape(self.app)} wants to read your data</h1><ul>{scopes}</ul>"
            f'<p><a id=allow href="{escape(allow)}">Allow</a> '
            f'<a id=deny href="{escape(deny)}">Deny</a>'
        )
        return Response(html.encode(), 200, {"Content-Type": "text/html; charset=utf-8"})

    def allow(self, request: Request) -> Response:
        """Send the browser back with a code that is good once."""
        query = request.query
        if self._wrong(query):
            return Response({"error": "invalid_request"}, 400)
        code = secrets.token_urlsafe(16)
        scopes = tuple(s for s in query.get("scope", "").split() if s not in self.withheld)
        proof = query["code_challenge"]
        self._codes[code] = Code(query["redirect_uri"], proof, scopes, self.now())
        return Response(None, 302, {"Location": self._redirect(query, {"code": code})})

    def token(self, form: Mapping[str, Any]) -> Response:
        """The token endpoint."""
        if not self._knows(form):
            return Response({"error": "invalid_client"}, 401)
        if form.get("grant_type") == "authorization_code":
            return self._exchanged(form)
        if form.get("grant_type") == "refresh_token":
            return self._renewed(str(form.get("refresh_token", "")))
        return Response({"error": "unsupported_grant_type"}, 400)

    def revoke(self, form: Mapping[str, Any]) -> Response:
        """The endpoint of RFC 7009: a refresh token goes with the access that it has brought."""
        if not self._knows(form):
            return Response({"error": "invalid_client"}, 401)
        found = self._refresh.pop(str(form.get("token", "")), None)
        for access in found.access if found else ():
            self._access.pop(access, None)
        self.revoked += found is not None
        return Response({})

    def _knows(self, form: Mapping[str, Any]) -> bool:
        known = hmac.compare_digest(str(form.get("client_secret", "")), self.client_secret)
        return known and form.get("client_id") == self.client_id

    def mint(self) -> str:
        """An access token as somebody's consent would have brought it."""
        answer = self._answer(*self._new_refresh(Refresh(())))
        return str(answer.body["access_token"])

    def lets_in(self, token: str) -> bool:
        """Whether an access token is one of ours and has not ended."""
        return self._access.get(token, self.now()) > self.now()

    def is_current(self, refresh: str) -> bool:
        """Whether a refresh token is ours and was not replaced."""
        found = self._refresh.get(refresh)
        return found is not None and found.replaced_at is None

    def end_access(self) -> None:
        """Every access token ends now, before its time."""
        self._access.clear()

    def end_consent(self) -> None:
        """Somebody took the app's access away: nothing is renewed any more."""
        self._refresh.clear()
        self._access.clear()

    def _exchanged(self, form: Mapping[str, Any]) -> Response:
        code = self._codes.pop(str(form.get("code")), None)
        digest = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        where = form.get("redirect_uri")
        if code is None or (code.redirect_uri, code.challenge) != (where, proof):
            return self._refuse()
        if self.now() - code.at > CODE_LIFE:
            return self._refuse()
        found, refresh = self._new_refresh(Refresh(code.scopes))
        return self._answer(found, refresh if self.grants_renewal else None)

    def _renewed(self, refresh: str) -> Response:
        found = self._refresh.get(refresh)
        if found is None or self._is_over(found):
            return self._refuse()
        self.renewals += 1
        if not self.rotates:
            return self._answer(found, None)
        found.replaced_at = found.replaced_at or self.now()
        return self._answer(*self._new_refresh(Refresh(found.scopes)))

    def _is_over(self, found: Refresh) -> bool:
        if found.replaced_at is None:
            return False
        self.reused += 1
        return self.now() - found.replaced_at >= timedelta(seconds=self.leeway_s)

    def _refuse(self) -> Response:
        self.refusals += 1
        return self.dead

    def _new_refresh(self, made: Refresh) -> tuple[Refresh, str]:
        refresh = secrets.token_urlsafe(24)
        self._refresh[refresh] = made
        return made, refresh

    def _answer(self, found: Refresh, refresh: str | None) -> Response:
        access = secrets.token_urlsafe(24)
        self._access[access] = self.now() + timedelta(seconds=self.life_s)
        found.access.append(access)
        body: dict[str, Any] = {"access_token": access, "token_type": "bearer"}
        body |= {"expires_in": self.life_s} if self.tells_life else {}
        body |= {"scope": " ".join(found.scopes)} | dict(self.extra)
        return Response(body | ({"refresh_token": refresh} if refresh else {}))

    def _wrong(self, query: Mapping[str, str]) -> str:
        if query.get("client_id") != self.client_id:
            return "client_id"
        needed = ("state", "redirect_uri", "code_challenge")
        missing = next((name for name in needed if not query.get(name)), "")
        if missing or query.get("code_challenge_method") != "S256":
            return missing or "code_challenge_method"
        try:
            require_loopback(query["redirect_uri"])
        except ValueError as error:
            return str(error)
        return "" if query.get("response_type") == "code" else "response_type"

    def _redirect(self, query: Mapping[str, str], found: Mapping[str, str]) -> str:
        return f"{query['redirect_uri']}?{urlencode({**found, 'state': query['state']})}"
