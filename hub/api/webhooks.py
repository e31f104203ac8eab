"""How a vendor pushes: one request, what we answer, and the subscriptions it keeps for us."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from hub.api.records import Change, Record


@dataclass(frozen=True, slots=True)
class Delivery:
    """One HTTP request of a vendor: lower-case header names, `url` as the vendor called it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """The HTTP answer to a vendor. `store_secret` is made durable before the answer is sent."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    store_secret: str | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """One webhook subscription: the endpoint, its one or two active secrets, and what must match.

    `state`: pending while our own create call is open, waiting before the first delivery, active.
    `account` is the vendor account id of the connection; `settings` the connection's settings.
    For app scope `secrets` and `settings` are the operator's.
    """

    endpoint_id: str
    url: str
    secrets: tuple[str, ...]
    state: Literal["pending", "waiting", "active"] = "active"
    account: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Registered:
    """The vendor's answer to a subscription: its id there, an expiry, a secret it chose."""

    vendor_id: str
    expires_at: datetime | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription as the vendor lists it: `vendor_id` as in `Registered`, where it pushes to.

    failures: the vendor's own count of refused deliveries in a row, or since `failing_since`.
    ends_at: when the vendor will end it, by expiry or for its failures. reason: the vendor's words
    for what is wrong, without anything of a customer.
    `active` is False where the vendor has switched it off.
    """

    vendor_id: str
    url: str
    target: str = ""
    active: bool = True
    failures: int = 0
    failing_since: datetime | None = None
    ends_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Webhook:
    """One way in which a vendor pushes. All callables but register/renew/unregister are pure.

    verify(delivery, registration) raises BadSignature; it sees raw bytes, before any parsing, and
    must refuse when `registration.secrets` is empty.
    delivery_key(delivery) raises Malformed if the body is not this vendor's. With `key_holds` the
    key is the vendor's own id; without, a key seen on a finished delivery makes it pending again.
    parse(delivery) yields the changes; unknown event types are changes with a `rule`.
    greet(delivery, registration) answers a handshake or None; it runs before verify.
    route(delivery) names the vendor accounts concerned (app scope).
    answer(delivery) makes the acknowledgement where it has to repeat something of the body; it is
    asked after the delivery is durable. Else `ack` is the answer.
    targets(client) lists what to subscribe to; register(client, url, target, secret).
    listed(client) yields every subscription of this account that our credentials may see, those of
    other programs too: the hub tells its own by their address, and takes away what is left over.
    renew(client, vendor_id) lengthens a subscription's life, or switches it on again; raises GiveUp
    where the vendor no longer knows it. unregister takes one that is gone for gone.
    announces: the objects whose changes it tells; told_by(record) narrows that to the targets whose
    webhooks tell of this record. lag_s: how long after a change its delivery usually comes at most.
    heartbeat_s: the vendor sends something at least that often, also when nothing happens.
    secret: who makes it. `hub` = we generate it and the admin copies it to the vendor (or register
    sends it), `vendor` = the admin pastes the vendor's, `handshake` = greet stores it,
    `operator` = the app's own secret in the operator's settings.
    setup: a few lines of Markdown for the admin, with {url} and {secret} to be filled in.
    """

    name: str
    title: str
    verify: Callable[[Delivery, Registration], None]
    delivery_key: Callable[[Delivery], str]
    parse: Callable[[Delivery], Iterable[Change]]
    scope: Literal["connection", "app"] = "connection"
    secret: Literal["hub", "vendor", "handshake", "operator"] = "hub"  # noqa: S105
    key_holds: bool = False
    ack: Reply = field(default_factory=Reply)
    answer: Callable[[Delivery], Reply] | None = None
    max_body: int = 1024 * 1024
    greet: Callable[[Delivery, Registration], Reply | None] | None = None
    route: Callable[[Delivery], Sequence[str]] | None = None
    targets: Callable[[Any], Sequence[str]] | None = None
    register: Callable[[Any, str, str, str | None], Registered] | None = None
    renew: Callable[[Any, str], Registered] | None = None
    unregister: Callable[[Any, str], None] | None = None
    listed: Callable[[Any], Iterable[Subscription]] | None = None
    announces: Sequence[str] = ()
    told_by: Callable[[Record], Sequence[str]] | None = None
    lag_s: float = 300.0
    heartbeat_s: float | None = None
    setup: str = ""

    def acknowledge(self, delivery: Delivery) -> Reply:
        """What to answer to a delivery that has been taken."""
        return self.ack if self.answer is None else self.answer(delivery)
