"""The budget of one vendor account, shared by every process, connection and tenant that uses it.

The state is one Redis value, moved by one script (`budget.lua`), so that no two callers see the
same call as free. Without Redis nothing is counted and every call goes on.
"""

from __future__ import annotations

import json
import math
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from redis import Redis
from redis.commands.core import Script
from redis.exceptions import RedisError

from hub.api import Connector
from hub.api.limits import Headers, Left, Limits, Purpose, Rate
from hub.queue import JobTimeout

log = structlog.get_logger(__name__)

SCRIPT = Path(__file__).with_name("budget.lua").read_text()
SHORT: Mapping[Purpose, float] = {"first": 1.0, "next": 0.9, "last": 0.75}
"""Up to how much of a window of at most an hour each may fill it; the rest is for those before."""
LONG: Mapping[Purpose, float] = {"first": 1.0, "next": 0.8, "last": 0.5}
"""As SHORT, for daily quotas: what is spent there is gone for the day."""
CALL_LIFE_S = 150.0
"""Longer than any call: a slot of a process that was killed is free again after this."""
LONGEST_S = 86_400.0
KEYS = "hub:budget:"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Taken:
    """Leave for one call, to be given back when it has ended; empty where nothing is counted."""

    id: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """No leave yet: for how many seconds, and for which window ("pause", "at once")."""

    seconds: float
    window: str


@dataclass(slots=True)
class Budget:
    """One caller's view of an account: `who` (a connection) calls for `purpose`.

    offset_s: how far the tenant's clock is ahead. assumed: whether rates hold that no answer has
    confirmed; for vendors on this machine they do not.
    """

    redis: Redis | None
    account: str
    limits: Limits = field(default_factory=Limits)
    settings: Mapping[str, str] = field(default_factory=dict)
    purpose: Purpose = "first"
    who: str = ""
    offset_s: Callable[[], float] = float
    assumed: bool = True
    _rates: tuple[Rate, ...] | None = None
    _script: Script | None = None

    def take(self, operation: str = "") -> Taken | Wait:
        """Leave for one call of this name, or how long to wait for it."""
        asked = Taken(uuid.uuid4().hex)
        rates = [r for r in self._known() if not r.only or re.search(r.only, operation)]
        more = {
            "id": asked.id,
            "who": f"{self.who}/{self.purpose}",
            "purpose": self.purpose,
            "windows": [self._window(rate) for rate in rates],
            "short": SHORT[self.purpose],
            "long": LONG[self.purpose],
            "life": int(CALL_LIFE_S * 1000),
        } | self._slots()
        answer = self._run("take", more)
        if answer is None:
            return Taken()
        return Wait(answer[0] / 1000, answer[1].decode()) if answer[0] else asked

    def give(
        self,
        taken: Taken,
        headers: Headers | None = None,
        *,
        calls: int = 1,
        pause_s: float | None = None,
        why: str = "",
    ) -> None:
        """The call has ended: what its answer said, and whether the vendor wants a pause.

        calls: how many requests it was in truth.
        """
        if not taken.id and pause_s is None:
            return
        more: dict[str, Any] = {"id": taken.id, "left": self._said(headers), "calls": calls}
        if pause_s is not None:
            more |= {"pause": max(1, int(min(pause_s, LONGEST_S) * 1000)), "why": why}
        self._run("give", more)

    def look(self) -> dict[str, Any]:
        """What `budget.lua` knows: windows, pause, who waits. {} without Redis."""
        answer = self._run("look", {"windows": [self._window(r) for r in self._known()]})
        return json.loads(answer) if answer else {}

    def _known(self) -> tuple[Rate, ...]:
        if self._rates is None:
            self._rates = self.limits.rates_of(self.settings)
        return self._rates

    def _window(self, rate: Rate) -> dict[str, Any]:
        found = {"name": name_of(rate.per_s, rate.only), "per": int(rate.per_s * 1000)}
        return found | ({"calls": rate.calls} if self.assumed else {})

    def _slots(self) -> dict[str, int]:
        """Calls at once: a class behind leaves one in four, or one in ten, to those before."""
        most = self.limits.concurrent
        if most is None or not self.assumed:
            return {}
        return {"slots": max(1, math.floor(most * SHORT[self.purpose]))}

    def _said(self, headers: Headers | None) -> list[dict[str, Any]]:
        if not headers:
            return []
        try:
            found = list(self.limits.left(headers))
        except JobTimeout:
            raise
        except Exception:
            log.exception("limits_unread", account=self.account)
            return []
        declared = {name_of(r.per_s, r.only): r.calls for r in self._known()}
        told = [_learnt(left, declared) for left in found if left.per_s > 0]
        return [one for one in told if " " not in one["name"] or one["name"] in declared]

    def _run(self, operation: str, more: Mapping[str, Any]) -> Any:
        if self.redis is None:
            return None
        payload = {"share": self.limits.share(self.settings), **more}
        payload["offset"] = round(self.offset_s() * 1000)
        self._script = self._script or self.redis.register_script(SCRIPT)
        try:
            return self._script(keys=[key_of(self.account)], args=[operation, json.dumps(payload)])
        except RedisError as error:
            log.warning("budget_unreachable", error=type(error).__name__)
            return None


def key_of(account: str) -> str:
    return f"{KEYS}{account}"


def name_of(per_s: float, only: str = "") -> str:
    """A window's name: its seconds, and behind a space the calls it is for."""
    return f"{per_s:g} {only}" if only else f"{per_s:g}"


def is_near(connector: Connector, settings: Mapping[str, str]) -> bool:
    """Whether the vendor is on this machine, as a sandbox is."""
    return any(host in LOOPBACK for host in _hosts(connector, settings))


def account_of(connector: Connector, settings: Mapping[str, str], account_id: str) -> str:
    """Whose calls are counted together.

    Part of it is the host that is called: which account it is, is what that host says, and a
    tenant's own host could name another tenant's account, and ask for a pause there.
    """
    return "@".join((f"{connector.name}:{account_id}", *_hosts(connector, settings)))


def _hosts(connector: Connector, settings: Mapping[str, str]) -> list[str]:
    """The hosts that the settings name; none where the vendor has one for everybody."""
    given = [settings.get(one.key, "") for one in connector.fields if one.kind == "url"]
    hosts = (urlsplit(text if "://" in text else f"//{text}").hostname for text in given)
    return [host for host in hosts if host]


def _learnt(left: Left, declared: Mapping[str, int]) -> dict[str, Any]:
    name = name_of(left.per_s, left.only)
    found: dict[str, Any] = {"name": name, "per": int(left.per_s * 1000)}
    reset = None if left.reset_s is None else int(min(max(left.reset_s, 0), LONGEST_S) * 1000)
    more = {
        "calls": left.calls,
        "of": left.of,
        "declared": declared.get(name),
        "reset": reset,
    }
    return found | {key: value for key, value in more.items() if value is not None}
