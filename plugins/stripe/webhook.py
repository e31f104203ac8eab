"""Stripe's webhooks: the signature, the mode, and thin changes. Pure.

Facts: docs.stripe.com/webhooks. `Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>][,v0=...]` is
over `<t>.<raw body>`; the key is the whole text of the secret, `whsec_` and all. While a secret is
rotated there are several v1, and one that matches is enough.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hub.api import BadSignature, Change, Delivery, Malformed, Registration
from hub.api.signing import Hmac, Stamp
from plugins.stripe.events import subject

SIGNED = Hmac(
    "stripe-signature",
    prefix="v1=",
    separator=",",
    stamp=Stamp(part="t="),
    message=lambda delivery, stamp: stamp + b"." + delivery.body,
)


def verify(delivery: Delivery, registration: Registration) -> None:
    """Raises BadSignature, also for what is real but of the other mode: live and test never mix.

    An endpoint for connected accounts is told of both modes; there the mode is part of the id that
    each change is compared by.
    """
    SIGNED.verify(delivery, registration)
    try:
        event = body(delivery)
    except Malformed:
        return
    if registration.settings.get("account"):
        return
    mode = registration.settings.get("mode") or "live"
    if event.get("livemode") is (mode != "live"):
        raise BadSignature(f"This event is not of {mode} mode, which this connection reads.")


def delivery_key(delivery: Delivery) -> str:
    """Stripe's own id of the event, the same over its retries. Raises Malformed."""
    return str(body(delivery)["id"])


def parse(delivery: Delivery) -> Iterator[Change]:
    """What the event is about, to be fetched. Raises Malformed."""
    yield from subject(body(delivery))


def body(delivery: Delivery) -> dict[str, Any]:
    """The event; raises Malformed for what is none."""
    try:
        event = json.loads(delivery.body)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict) or not isinstance(event.get("id"), str) or not event["id"]:
        raise Malformed("This is not an event of Stripe.")
    return event
