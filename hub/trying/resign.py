"""Signing a scrubbed body anew, so that it still verifies: with a secret that protects nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt

from hub.api import Delivery, Registration, Webhook
from hub.api.signing import Hmac, SharedSecret
from hub.errors import Refuse

SECRET = "an-example-secret-that-protects-nothing"  # noqa: S105
LIFE = timedelta(minutes=5)


def signed(
    webhook: Webhook, delivery: Delivery, account: str | None = None
) -> Mapping[str, str] | None:
    """The headers that make `verify` believe this body under SECRET; None where none of the ways
    that are known does. `account`: the vendor's, by its made-up id, where a body has to name it."""
    registration = Registration("end_check", delivery.url, (SECRET,), account=account)
    for headers in _ways(webhook, delivery):
        try:
            webhook.verify(replace(delivery, headers={**delivery.headers, **headers}), registration)
        except Refuse:
            continue
        return headers
    return None


def _ways(webhook: Webhook, delivery: Delivery) -> Iterator[Mapping[str, str]]:
    """The connector's own schemes first, then what is usual."""
    usual: list[Hmac | SharedSecret] = [
        SharedSecret(),
        Hmac("x-hub-signature-256", prefix="sha256="),
    ]
    for scheme in [*_own(webhook.verify), *usual]:
        yield scheme.sign(delivery, SECRET)
    at = delivery.received_at
    claims = {"iat": int(at.timestamp()), "exp": int((at + LIFE).timestamp())}
    yield {"authorization": f"Bearer {jwt.encode(claims, SECRET, 'HS256')}"}


def _own(verify: Any) -> list[Hmac | SharedSecret]:
    """A scheme whose method `verify` is, or those in the module where it is written."""
    known = [getattr(verify, "__self__", None), *getattr(verify, "__globals__", {}).values()]
    return [scheme for scheme in known if isinstance(scheme, Hmac | SharedSecret)]
