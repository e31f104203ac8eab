"""The token endpoint of a vendor: a code or a refresh token goes in, a grant comes out.

A grant is {"access_token", "refresh_token" (or None), "issued_at" (ISO, UTC), "life_s"}; it is only
ever stored sealed. RFC 6749 sections 4.1 and 6, RFC 7636 for the proof of possession.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import requests

from hub.api import Connector
from hub.api.oauth import OAuth
from hub.errors import CorrectInput, GiveUp, Reconnect, RetryLater

Grant = dict[str, Any]
DEAD = ("invalid_grant", "BAD_REFRESH_TOKEN", "unauthorized_client")
"""What vendors call a refresh token, or a code, that they will not take again."""
RENEW_AT = 0.8
"""Share of a token's life after which it is renewed, so that no call meets one that has ended."""
LONGEST_S, SHORTEST_S = 31_536_000.0, 1.0


@dataclass(frozen=True, slots=True)
class App:
    """The operator's own app at a vendor: what the tokens are issued to."""

    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """One vendor's token endpoint as one connection reaches it; `session` is the guarded one."""

    connector: Connector
    oauth: OAuth
    app: App
    session: requests.Session
    settings: Mapping[str, str]

    def exchange(self, code: str, verifier: str, redirect_uri: str, now: datetime) -> Grant:
        """The first grant. Raises CorrectInput when the vendor takes the code no more."""
        answer = self._ask(
            {
                "grant_type": "authorization_code",
                "code": code,
                "code_verifier": verifier,
                "redirect_uri": redirect_uri,
            }
        )
        if answer.status_code >= 400:
            raise CorrectInput(
                f"{self.connector.title} did not accept the answer of its consent page "
                f"({_error(answer)}): begin again.",
                reason="code_refused",
            )
        return self._grant(answer, None, now)

    def refresh(self, grant: Grant, now: datetime) -> Grant:
        """The next grant. Raises Reconnect when consent has ended, RetryLater when unsure."""
        if not grant.get("refresh_token"):
            raise self._consent_again()
        answer = self._ask({"grant_type": "refresh_token", "refresh_token": grant["refresh_token"]})
        if answer.status_code >= 400:
            if _error(answer) in DEAD:
                raise self._consent_again()
            raise RetryLater(
                f"{self.connector.title} did not renew the access ({_error(answer)}).",
                reason="token_refused",
            )
        return self._grant(answer, grant["refresh_token"], now)

    def _ask(self, form: Mapping[str, str]) -> requests.Response:
        """A 401 here is about the app or the code, so it must not read as a lost connection."""
        body = {**form, "client_id": self.app.client_id, "client_secret": self.app.client_secret}
        given: dict[str, Any] = {"json": body} if self.oauth.body == "json" else {"data": body}
        try:
            return self.session.post(
                self.oauth.token(self.settings),
                headers={"Accept": "application/json"},
                allow_redirects=False,
                **given,
            )
        except Reconnect:
            raise GiveUp(
                f"{self.connector.title} does not know our app: the operator has to check its "
                "client id and client secret.",
                reason="app_refused",
            ) from None

    def _grant(self, answer: requests.Response, former: str | None, now: datetime) -> Grant:
        """A vendor that sends no new refresh token means the one we have to stay."""
        body = _json(answer)
        token = body.get("access_token")
        if not isinstance(token, str) or not token:
            raise RetryLater(f"{self.connector.title} answered without a token.", reason="no_token")
        return {
            "access_token": token,
            "refresh_token": body.get("refresh_token") or former,
            "issued_at": now.isoformat(),
            "life_s": _life(body.get("expires_in"), self.oauth.life_s),
            "learnt": dict(self.oauth.learnt(body)),
        }

    def _consent_again(self) -> Reconnect:
        return Reconnect(
            f"{self.connector.title} has ended the access that was granted: connect it once more.",
            reason="consent_ended",
        )


def is_due(grant: Grant, now: datetime) -> bool:
    """Whether a grant has lived four fifths of its life."""
    issued = datetime.fromisoformat(grant["issued_at"])
    return now >= issued + timedelta(seconds=grant["life_s"] * RENEW_AT)


def consent_url(
    oauth: OAuth,
    app: App,
    settings: Mapping[str, str],
    state: str,
    verifier: str,
    redirect_uri: str,
) -> str:
    """The vendor's consent page, to which the admin's browser goes."""
    asked = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(oauth.scopes),
        "state": state,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
        **oauth.parameters,
    }
    return f"{oauth.authorize(settings)}?{urlencode({k: v for k, v in asked.items() if v})}"


def challenge(verifier: str) -> str:
    """The verifier's SHA-256 as RFC 7636, section 4.2 writes it."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _json(answer: requests.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _error(answer: requests.Response) -> str:
    """The vendor's word for what is wrong, never its prose."""
    body = _json(answer)
    word = body.get("error") or body.get("status")
    plain = isinstance(word, str) and word.isascii() and word.replace("_", "").isalnum()
    return str(word)[:60] if plain else str(answer.status_code)


def _life(value: Any, otherwise: float) -> float:
    """Seconds; some vendors send them as text, and a life of nothing would renew without end."""
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return otherwise
    return min(max(seconds, SHORTEST_S), LONGEST_S) if seconds == seconds else otherwise
