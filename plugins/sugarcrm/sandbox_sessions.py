"""Sugar's tokens in small: one session for a user on a platform, renewals that rotate."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.sandbox import Response

LIFE_S, REFRESH_LIFE_S = 3600, 1_209_600
Json = dict[str, Any]


@dataclass(slots=True)
class Session:
    """One user on one platform; `first` is when the password was given."""

    platform: str
    access: str
    refresh: str
    ends: datetime
    refresh_ends: datetime
    first: datetime


@dataclass(slots=True)
class Sessions:
    """Who may sign in. longest: cap on all renewing from the first sign-in, None without one."""

    user: Mapping[str, str]
    key: Mapping[str, str]
    now: Callable[[], datetime]
    platforms: set[str]
    longest: timedelta | None = None
    tallies: dict[str, int] = field(default_factory=dict)
    _kept: dict[str, Session] = field(default_factory=dict)

    def lets_in(self, token: str) -> bool:
        return any(s.access == token and s.ends > self.now() for s in self._kept.values())

    def answer(self, asked: Json) -> Response:
        """The token endpoint."""
        if asked.get("platform") not in self.platforms:
            return error(422, "invalid_parameter", "EXCEPTION_INVALID_PLATFORM")
        if any(asked.get(name) != value for name, value in self.key.items()):
            return error(400, "invalid_client", "The client credentials are invalid")
        if asked.get("grant_type") == "password":
            return self._signed_in(asked)
        if asked.get("grant_type") == "refresh_token":
            return self._renewed(asked)
        return error(400, "unsupported_grant_type", "Unsupported grant type")

    def end(self) -> None:
        """Every session ends now."""
        self._kept.clear()

    def _signed_in(self, asked: Json) -> Response:
        if any(asked.get(name) != value for name, value in self.user.items()):
            self._count("wrong")
            return error(401, "need_login", "You must specify a valid username and password.")
        self._count("password")
        return self._handed(asked["platform"], self.now())

    def _renewed(self, asked: Json) -> Response:
        """The old refresh token is dropped when it is used, and by another sign-in."""
        held = self._kept.get(asked["platform"])
        now = self.now()
        if held is None or held.refresh != asked.get("refresh_token") or held.refresh_ends <= now:
            return self._dead()
        if self.longest is not None and now - held.first > self.longest:
            return self._dead()
        self._count("refresh")
        return self._handed(asked["platform"], held.first)

    def _dead(self) -> Response:
        self._count("dead")
        return error(400, "invalid_grant", "Invalid refresh token")

    def _handed(self, platform: str, first: datetime) -> Response:
        now = self.now()
        made = Session(
            platform,
            secrets.token_hex(18),
            secrets.token_hex(18),
            now + timedelta(seconds=LIFE_S),
            now + timedelta(seconds=REFRESH_LIFE_S),
            first,
        )
        self._kept[platform] = made
        return Response(
            {
                "access_token": made.access,
                "expires_in": LIFE_S,
                "token_type": "bearer",
                "scope": None,
                "refresh_token": made.refresh,
                "refresh_expires_in": REFRESH_LIFE_S,
                "download_token": secrets.token_hex(18),
            }
        )

    def _count(self, word: str) -> None:
        self.tallies[word] = self.tallies.get(word, 0) + 1


def error(status: int, word: str, message: str) -> Response:
    """A refusal as Sugar words it."""
    return Response({"error": word, "error_message": message}, status)
