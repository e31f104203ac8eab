"""The token endpoint of a vendor: a code or a refresh token goes in, a grant comes out.

A grant is {"access_token", "refresh_token" (or None), "issued_at" (ISO, UTC), "life_s", "scopes" (a
list, or None where the vendor does not say), "redirect_uri" (where a renewal names it)}; it is only
ever stored sealed. RFC 6749 sections 4.1
and 6, RFC 7636 for the proof of possession, RFC 7009 for giving back.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests

from hub.api import Connector
from hub.api.oauth import Choice, OAuth
from hub.errors import CorrectInput, GiveUp, Reconnect, RetryLater

Grant = dict[str, Any]
DEAD = ("invalid_grant", "unauthorized_client")
"""The standard's words for a refresh token, or a code, that is not taken again."""
NO_APP = ("invalid_client", "invalid_client_id", "app_not_found")
"""What vendors say when they do not know the app itself."""
TO_RENEW = ("offline_access", "refresh_token")
"""Scopes that are granted by a refresh token, whether they are named or not."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")
RENEW_AT = 0.8
"""Share of a token's life after which it is renewed, so that no call meets one that has ended."""
REVOKE_S = 5.0
"""Somebody waits while a connection is removed, and a vendor that is away is not waited for."""
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
        kept = {"redirect_uri": redirect_uri} if self.oauth.redirects else {}
        return self._grant(answer, None, now) | kept

    def refresh(self, grant: Grant, now: datetime) -> Grant:
        """The next grant. Raises Reconnect when consent has ended, RetryLater when unsure."""
        if not grant.get("refresh_token"):
            raise self._consent_again()
        kept = {key: grant[key] for key in ("redirect_uri",) if key in grant}
        form = {"grant_type": "refresh_token", "refresh_token": grant["refresh_token"], **kept}
        answer = self._ask(form)
        if answer.status_code >= 400:
            if _error(answer) in (*DEAD, *self.oauth.dead):
                raise self._consent_again()
            raise RetryLater(
                f"{self.connector.title} did not renew the access ({_error(answer)}).",
                reason="token_refused",
            )
        return self._grant(answer, grant["refresh_token"], now) | kept

    def revoke(self, grant: Grant) -> None:
        """Give the grant back, where the vendor takes it. Raises GiveUp, or what a call raises."""
        if self.oauth.revoke is None:
            return
        kind = "refresh_token" if grant.get("refresh_token") else "access_token"
        form = {"token": grant[kind], "token_type_hint": kind}
        answer = self._post(self.oauth.revoke, form, timeout=REVOKE_S)
        if answer.status_code >= 400:
            raise GiveUp(
                f"{self.connector.title} answered {answer.status_code}.", reason="not_revoked"
            )

    def _ask(self, form: Mapping[str, str]) -> requests.Response:
        """A refusal of the app is the operator's business, and no lost connection."""
        try:
            answer = self._post(self.oauth.token, {**self.oauth.asked, **form})
        except Reconnect:
            raise self._no_app() from None
        if answer.status_code >= 400 and _error(answer) in NO_APP:
            raise self._no_app()
        return answer

    def _post(
        self,
        where: Callable[[Mapping[str, str]], str],
        form: Mapping[str, str | int],
        **given: Any,
    ) -> requests.Response:
        body = {**form, "client_id": self.app.client_id, "client_secret": self.app.client_secret}
        given |= {"json": body} if self.oauth.body == "json" else {"data": body}
        return self.session.post(
            own_address(self.connector.title, self.oauth, where(self.settings)),
            headers={"Accept": "application/json"},
            allow_redirects=False,
            **given,
        )

    def _no_app(self) -> GiveUp:
        return GiveUp(
            f"{self.connector.title} does not know our app: the operator has to check its "
            "client id and client secret.",
            reason="app_refused",
        )

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
            "scopes": _scopes(body),
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


def missing(oauth: OAuth, grant: Grant, chosen: Choice | None = None) -> tuple[str, ...]:
    """Scopes that are needed and were not granted, as far as the vendor tells."""
    told = chosen.scopes if chosen and chosen.scopes is not None else grant.get("scopes")
    renewing = [scope for scope in oauth.scopes if scope in TO_RENEW]
    lacking = [] if grant.get("refresh_token") else renewing
    if told is not None:
        lacking += [s for s in oauth.scopes if s not in told and s not in TO_RENEW]
    return tuple(lacking)


def own_address(title: str, oauth: OAuth, url: str) -> str:
    """`url` if it is the vendor's own; raises CorrectInput, for our secret is to go nowhere else.

    Settings, which an admin types, have a say in it.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    plain = not any(sign in url for sign in "\\@ ")
    known = any(host == own or host.endswith(f".{own}") for own in oauth.hosts)
    if plain and (host in LOOPBACK or (parts.scheme == "https" and known)):
        return url
    raise CorrectInput(
        f"{host or 'This'} is no address of {title}: signing in is possible at "
        f"{' and '.join(oauth.hosts)} only.",
        reason="other_host",
    )


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


def _scopes(body: Mapping[str, Any]) -> list[str] | None:
    """`scope` is the standard's text; some vendors send a list as `scopes`."""
    told = body.get("scope", body.get("scopes"))
    if isinstance(told, str):
        return told.split()
    return [str(one) for one in told] if isinstance(told, list) else None


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
