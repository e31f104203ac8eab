"""Signing in to Sugar with user and password, and sharing what comes of it.

Facts: developer guide, "oauth2/token POST", and Sugar Enterprise 13.3 (SugarOAuth2Storage). A user
has one session on a platform: a second sign-in ends the first one, its refresh token too. A renewal
drops the refresh token it was asked with. So one process has one session, shared by all its clients
under a lock; and where the admin has registered several platforms for us, a process that somebody
pushed out goes on to the next one instead of pushing back.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import requests

from hub.api import CorrectInput, GiveUp, Http, Reconnect, RetryLater, VendorError

RENEW_AT = 0.8
"""Share of an access token's life after which it is renewed."""
LIFE_S = 3600.0
SIGN_INS, WINDOW_S = 3, 300.0
"""More sign-ins than this in so many seconds are a quarrel over the session."""
QUARREL_S, BLOCKED_S = 60.0, 900.0
ROOM = 500


@dataclass(frozen=True, slots=True)
class Token:
    """A pair as Sugar hands it out; opaque texts of any length."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    platform: str
    renew_at: float


@dataclass(slots=True)
class Seat:
    """What this process holds for one set of credentials, over the life of its clients."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    token: Token | None = None
    place: int = field(default_factory=os.getpid)
    signed_in: deque[float] = field(default_factory=deque)


KEPT: OrderedDict[str, Seat] = OrderedDict()


def seat_of(*identity: str) -> Seat:
    """The seat of these credentials; the password is part of who one is, as a hash."""
    key = hashlib.sha256("\0".join(identity).encode()).hexdigest()
    seat = KEPT.setdefault(key, Seat())
    KEPT.move_to_end(key)
    while len(KEPT) > ROOM:
        KEPT.popitem(last=False)
    return seat


@dataclass(slots=True)
class SignIn:
    """The one way to a token. `url` is the token endpoint, `own` the user's and the key's words."""

    http: Http = field(repr=False)
    url: str
    own: Mapping[str, str] = field(repr=False)
    key: Mapping[str, str] = field(repr=False)
    platforms: tuple[str, ...]
    seat: Seat = field(repr=False)

    def token(self) -> str:
        """The current access token, made or renewed first where that is due."""
        with self.seat.lock:
            held = self.seat.token
            if held is None:
                return self._sign_in()
            return self._renew(held) if monotonic() >= held.renew_at else held.access

    def another(self, refused: str) -> str:
        """A token in place of one that Sugar has refused; whoever renewed it already has it."""
        with self.seat.lock:
            held = self.seat.token
            if held is None:
                return self._sign_in()
            return held.access if held.access != refused else self._renew(held)

    def _renew(self, held: Token) -> str:
        """By the refresh token once, else by the password once."""
        asked = {"grant_type": "refresh_token", "refresh_token": held.refresh}
        answer = self._post(asked, held.platform)
        if answer is not None and answer.status_code == 200:
            return self._keep(answer, held.platform)
        if answer is not None and answer.status_code not in (400, 401):
            raise refusal(answer)
        self.seat.token = None
        self.seat.place += 1
        return self._sign_in()

    def _sign_in(self) -> str:
        """With the password, once: a wrong one that is tried again and again locks the user out."""
        self._refuse_quarrel()
        platform = self.platforms[self.seat.place % len(self.platforms)]
        answer = self._post({"grant_type": "password", **self.own}, platform)
        if answer is None:
            raise wrong_password()
        if answer.status_code != 200:
            self._raise(refusal(answer))
        self.seat.signed_in.append(monotonic())
        return self._keep(answer, platform)

    def _refuse_quarrel(self) -> None:
        """Let the other one have the session for a while, so that one of us gets on."""
        recent = self.seat.signed_in
        while recent and recent[0] < monotonic() - WINDOW_S:
            recent.popleft()
        if len(recent) >= SIGN_INS * len(self.platforms):
            raise contested()

    def _post(self, form: Mapping[str, str], platform: str) -> requests.Response | None:
        """The token endpoint's answer; None for 401, whose body does not say more."""
        try:
            return self.http.session.post(
                self.url,
                json={**form, **self.key, "platform": platform},
                headers={"Accept": "application/json"},
                allow_redirects=False,
            )
        except Reconnect:
            return None

    def _keep(self, answer: requests.Response, platform: str) -> str:
        """Both tokens are kept before the first use: the former refresh token is gone already."""
        body = words(answer)
        access, refresh = body.get("access_token"), body.get("refresh_token")
        if not isinstance(access, str) or not access:
            raise RetryLater("SugarCRM answered a sign-in without a token.", reason="no_token")
        life = body.get("expires_in")
        seconds = life if isinstance(life, int) and life > 0 else LIFE_S
        ends = monotonic() + RENEW_AT * seconds
        self.seat.token = Token(access, str(refresh or ""), platform, ends)
        return access

    def _raise(self, problem: VendorError | CorrectInput) -> None:
        """Under the guard: where we are shut out, all workers of the connection wait."""

        def refuse() -> None:
            raise problem

        self.http.call("sign in", refuse)


def contested() -> RetryLater:
    """The credentials are right, and yet the session does not last."""
    return RetryLater(
        "Somebody else signs in to SugarCRM as the hub's user on its platform, which ends the "
        "hub's session each time.",
        retry_after=QUARREL_S,
        reason="session_contested",
    )


def wrong_password() -> Reconnect:
    return Reconnect(
        "SugarCRM does not accept this user and password. After several wrong ones it locks the "
        "user: check them there first.",
        field="password",
    )


def refusal(answer: requests.Response) -> VendorError | CorrectInput:
    """What a refused sign-in means: whom to ask, and at which field of the form."""
    status, word = answer.status_code, str(words(answer).get("error", ""))[:60]
    if status == 403 and is_page(answer.headers):
        return blocked()
    if word in ("need_login", "invalid_grant"):
        return wrong_password()
    if status == 422:
        return Reconnect(
            "SugarCRM does not know this platform: an administrator adds it under Admin > "
            "Configure API Platforms.",
            reason="platform",
            field="platform",
        )
    if status == 403:
        seats = "Its licence has no seat left for this user."
        return Reconnect(f"SugarCRM refuses the sign-in. {seats}", reason="seats")
    if status == 400:
        return Reconnect(
            "SugarCRM does not accept the OAuth key: check its id and secret under Admin > OAuth "
            "Keys; its type is OAuth 2.0.",
            reason="client",
            field="client_secret",
        )
    if 300 <= status < 400:
        return no_version()
    if status == 404:
        return CorrectInput("There is no SugarCRM at this address.", field="site")
    return GiveUp(f"SugarCRM refuses the sign-in ({status}).", reason="sign_in")


def no_version() -> CorrectInput:
    """301 with JSON and without a Location: a version that this release does not speak."""
    return CorrectInput(
        "This SugarCRM does not offer this REST version: choose an older one.",
        field="version",
        reason="incorrect_version",
    )


def blocked() -> RetryLater:
    """SugarCloud shuts out an address above 20 calls a second, by a page and without a time."""
    return RetryLater(
        "SugarCRM's front end shuts us out; it does so for too many calls.",
        retry_after=BLOCKED_S,
        reason="blocked",
    )


def is_page(headers: Mapping[str, str]) -> bool:
    """Whether an answer is a page for people, as proxies in front of Sugar send."""
    return "html" in headers.get("Content-Type", "").lower()


def words(answer: requests.Response) -> dict[str, Any]:
    """The JSON object of an answer, or nothing."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
