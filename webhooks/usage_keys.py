"""Who sends events: the write key of a request, remembered for a moment, its origins and rate."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from redis.exceptions import RedisError

from hub import write_keys
from hub.bootstrap import Hub
from hub.errors import Refuse, TooMany
from hub.store.client import Doc
from hub.store.control import hashed
from hub.usage import keeping

KEEP_S, KEEP_MOST = 2.0, 10_000
USED_EVERY_S = 30.0
REST_S = 1.0
"""After Redis did not answer, events are taken uncounted for so long before it is asked again."""
_CHARGE = """
if redis.call('EXISTS', KEYS[2]) == 1 then return -1 end
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local paid = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
if paid - now > 1 then return math.ceil(paid - now - 1) end
paid = paid + ARGV[1] / ARGV[2]
redis.call('SET', KEYS[1], string.format('%.6f', paid), 'PX', math.ceil((paid - now) * 1000) + 1)
return 0
"""
"""Each event takes 1/rate seconds. Who is more than a second ahead of the clock has to wait; so a
large batch goes through whole, and the long run keeps to the rate."""


class BadKey(Refuse):
    """The request names no write key that is good: SDKs do not send it again."""

    status = 401
    reason = "invalid_write_key"


class BadOrigin(Refuse):
    """A web page that this key is not for."""

    status = 403
    reason = "origin_not_allowed"


@dataclass(frozen=True, slots=True)
class Source:
    """A write key with what taking its events needs."""

    key: Doc
    keep: timedelta
    found_at: float

    @property
    def tenant_id(self) -> str:
        return str(self.key["tenant_id"])

    @property
    def connection_id(self) -> str:
        return str(self.key["connection_id"])


class Keys:
    """Finds the source of a key, and holds each key to its rate in all processes together."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._kept: dict[str, Source] = {}
        self._used_at: dict[str, float] = {}
        self._charge = hub.redis.register_script(_CHARGE)
        self._rests_until = 0.0

    def source(self, token: str) -> Source:
        """Raises BadKey."""
        place = hashed(token)
        kept = self._kept.get(place)
        if kept is None or monotonic() - kept.found_at > KEEP_S:
            kept = self._find(token)
            if len(self._kept) >= KEEP_MOST:
                self._kept.clear()
            self._kept[place] = kept
        return kept

    def charge(self, source: Source, events: int) -> None:
        """Raises TooMany over the key's rate; BadKey when it was revoked a moment ago."""
        wait = self._asked(source, events)
        if wait < 0:
            self._kept.clear()
            raise BadKey("This write key was revoked.")
        if wait:
            raise TooMany(
                f"This key sends more than {source.key['rate']:,} events a second.",
                retry_after=wait,
                reason="rate_limited",
            )

    def used(self, source: Source, at: datetime) -> None:
        """Noted sparingly."""
        key_id = source.key["_id"]
        if monotonic() - self._used_at.get(key_id, -USED_EVERY_S) >= USED_EVERY_S:
            self._used_at[key_id] = monotonic()
            write_keys.used(self._hub, source.key, at)

    def _asked(self, source: Source, events: int) -> int:
        """Seconds to wait; without Redis nobody waits."""
        if monotonic() < self._rests_until:
            return 0
        key_id = source.key["_id"]
        names = [f"hub:write-key-rate:{key_id}", write_keys.revoked_note(key_id)]
        try:
            return int(self._charge(keys=names, args=[events, source.key["rate"]]))
        except RedisError:
            self._rests_until = monotonic() + REST_S
            return 0

    def _find(self, token: str) -> Source:
        key = write_keys.find(self._hub, token)
        if key is None:
            raise BadKey("This write key is unknown or was revoked.")
        return Source(key, keeping.period(self._hub, key["tenant_id"]), monotonic())


def in_header(environ: dict[str, Any]) -> str:
    """The key of a Basic or Bearer header, or ""; Basic's password is nobody's business."""
    scheme, _, value = environ.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    if scheme.lower() == "basic":
        try:
            plain = base64.b64decode(value.strip(), validate=True).decode("latin-1")
        except (binascii.Error, ValueError):
            raise BadKey("The Basic authorization is not base64.") from None
        return plain.partition(":")[0].strip()
    # With OAuth the header holds a token of somebody else, and the key is in the body.
    token = value.strip() if scheme.lower() == "bearer" else ""
    return token if token.startswith(write_keys.PREFIX) else ""


def agreed(header: str, body: Any) -> str:
    """The one key that a request names. Raises BadKey for none, and for two that differ."""
    inside = body.strip() if isinstance(body, str) else ""
    if header and inside and header != inside:
        raise BadKey("The header and the body name different write keys.")
    if not (header or inside):
        raise BadKey("Send a write key: as the user of Basic authorization, or in the body.")
    return header or inside


def check_origin(key: Doc, origin: str) -> None:
    """A key without origins is for servers alone. Raises BadOrigin."""
    if origin and origin not in key["origins"]:
        raise BadOrigin("This write key is not for pages of this origin.")
