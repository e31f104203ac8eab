"""How a push proves who sent it: signatures by composition, and secrets that are merely shared.

Every scheme is a `verify(delivery, registration)` as `hub.api.Webhook` wants it: pure, over the raw
body, in constant time, for each active secret of the endpoint, and never satisfied by no secret.
The algorithm is the connector's choice, never the sender's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from hub.api import BadSignature, Delivery, Registration

Message = Callable[[Delivery, bytes], bytes]
"""The bytes that are signed, made of the delivery and the text of its time stamp."""


def body_alone(delivery: Delivery, stamp: bytes) -> bytes:
    """The raw body and nothing else: the message of most vendors."""
    return delivery.body


@dataclass(frozen=True, slots=True)
class Stamp:
    """The time that is signed along. It may be `window_s` away from ours, in either direction.

    header: the header that holds it; or part: how it begins inside the signature's own header,
    such as "t=". unit: seconds, milliseconds, or an ISO 8601 text with its zone.
    """

    header: str = ""
    part: str = ""
    unit: Literal["s", "ms", "iso"] = "s"
    window_s: float = 300.0

    def moment(self, text: str) -> datetime:
        """Raises ValueError for what is no time."""
        if self.unit == "iso":
            found = datetime.fromisoformat(text)
            if found.tzinfo is None:
                raise ValueError("a time without a zone")
            return found.astimezone(UTC)
        if not (text.isascii() and text.isdigit() and len(text) <= 15):
            raise ValueError("no count of seconds")
        return datetime.fromtimestamp(int(text) / (1000 if self.unit == "ms" else 1), UTC)


@dataclass(frozen=True, slots=True)
class Hmac:
    """A keyed hash of the body in a header.

    header: in lower case. prefix: stands before each signature ("sha256=", "v1="); what lacks it is
    passed over. separator: between several signatures, of which one must be right. key: turns the
    secret's text into the key's bytes. message: what is signed. A signature in upper-case hex is
    refused: no vendor sends one.
    """

    header: str
    algorithm: Literal["sha256", "sha1"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    separator: str = ""
    stamp: Stamp | None = None
    message: Message = body_alone
    key: Callable[[str], bytes] = str.encode

    def verify(self, delivery: Delivery, registration: Registration) -> None:
        """Raises BadSignature, saying which header does not fit and what to look at."""
        keys = _keys(registration, self.key)
        given = delivery.headers.get(self.header, "")
        if not given:
            raise BadSignature(f"The header {_title(self.header)} is missing.")
        parts = [p.strip() for p in given.split(self.separator)] if self.separator else [given]
        message = self.message(delivery, self._stamp(delivery, parts))
        offered = [p.removeprefix(self.prefix) for p in parts if p.startswith(self.prefix)]
        matched = False
        for key in keys:
            wanted = self._digest(key, message)
            for text in offered:
                matched |= hmac.compare_digest(wanted, text.encode("utf-8", "surrogateescape"))
        if not matched:
            raise BadSignature(
                f"The header {_title(self.header)} does not match the body and our secret."
            )

    def sign(self, delivery: Delivery, secret: str) -> dict[str, str]:
        """The headers with which the vendor would have sent this body, at its `received_at`."""
        stamp = self._stamped(delivery.received_at)
        sent = replace(delivery, headers={**delivery.headers, **self._headers(stamp, "")})
        message = self.message(sent, stamp.encode())
        return self._headers(stamp, self._digest(self.key(secret), message).decode())

    def _stamped(self, at: datetime) -> str:
        if self.stamp is None:
            return ""
        if self.stamp.unit == "iso":
            return at.isoformat().replace("+00:00", "Z")
        return str(int(at.timestamp()) * (1000 if self.stamp.unit == "ms" else 1))

    def _headers(self, stamp: str, digest: str) -> dict[str, str]:
        signature = f"{self.prefix}{digest}"
        if self.stamp is None:
            return {self.header: signature}
        if self.stamp.part:
            return {self.header: f"{self.stamp.part}{stamp}{self.separator}{signature}"}
        return {self.header: signature, self.stamp.header: stamp}

    def _digest(self, key: bytes, message: bytes) -> bytes:
        mac = hmac.new(key, message, getattr(hashlib, self.algorithm))
        return (
            mac.hexdigest().encode() if self.encoding == "hex" else base64.b64encode(mac.digest())
        )

    def _stamp(self, delivery: Delivery, parts: list[str]) -> bytes:
        """The text of the time stamp, once it is known to be fresh."""
        if self.stamp is None:
            return b""
        if self.stamp.part:
            inside = (part for part in parts if part.startswith(self.stamp.part))
            text = next(inside, "").removeprefix(self.stamp.part)
        else:
            text = delivery.headers.get(self.stamp.header, "")
        try:
            away = delivery.received_at - self.stamp.moment(text)
        except (ValueError, OverflowError, OSError):
            where = _title(self.stamp.header or self.header)
            raise BadSignature(f"The header {where} holds no time.") from None
        if abs(away.total_seconds()) > self.stamp.window_s:
            minutes = f"{self.stamp.window_s / 60:g} minutes"
            raise BadSignature(
                f"The signed time is more than {minutes} away: check this server's clock."
            )
        return text.encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class SharedSecret:
    """For vendors that sign nothing: our secret in a header, or as the password of Basic
    authentication with the user `user`. Either is enough.
    """

    header: str = "x-hub-secret"
    user: str = "hub"

    def verify(self, delivery: Delivery, registration: Registration) -> None:
        """Raises BadSignature, also where no secret is set."""
        own = delivery.headers.get(self.header, "").encode("utf-8", "surrogateescape")
        matched = False
        for key in _keys(registration):
            for given in (own, self._password(delivery)):
                matched |= hmac.compare_digest(key, given)
        if not matched:
            raise BadSignature(
                f"Neither the header {_title(self.header)} nor the password of the user "
                f"{self.user} is our secret."
            )

    def sign(self, delivery: Delivery, secret: str) -> dict[str, str]:
        """The header with the secret in it."""
        return {self.header: secret}

    def _password(self, delivery: Delivery) -> bytes:
        scheme, _, value = delivery.headers.get("authorization", "").partition(" ")
        user = f"{self.user}:".encode()
        try:
            pair = base64.b64decode(value.strip().encode(), validate=True)
        except (ValueError, UnicodeEncodeError):
            return b""
        right = scheme.lower() == "basic" and pair.startswith(user)
        return pair.removeprefix(user) if right else b""


def decoded(secret: str) -> bytes:
    """The key of Standard Webhooks: base64 behind "whsec_"; a text that is not is its own key."""
    try:
        return base64.b64decode(secret.removeprefix("whsec_").encode(), validate=True)
    except ValueError:
        return secret.encode()


def _keys(registration: Registration, key: Callable[[str], bytes] = str.encode) -> list[bytes]:
    """The keys of all active secrets; raises BadSignature where there is none to trust."""
    keys = [made for secret in registration.secrets if (made := key(secret))]
    if not keys:
        raise BadSignature("No secret is set for this endpoint, so nothing can be believed.")
    return keys


def _title(header: str) -> str:
    return "-".join(word.capitalize() for word in header.split("-"))
