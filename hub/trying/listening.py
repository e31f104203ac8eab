"""A loopback endpoint that takes what a real vendor pushes, and stores nothing."""

from __future__ import annotations

import queue
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from hub.api import BadSignature, Delivery, Registration, Reply, Webhook
from hub.conform.sink import Sink
from hub.trying.footing import Footing

NOWHERE, UNBELIEVED = Reply(404), Reply(401)
POLL_S = 0.2
State = Literal["pending", "active"]
Heard = tuple[Delivery, Registration]


@dataclass(slots=True)
class Listener:
    """base: the address by which the vendor reaches us. The path holds a key that nobody guesses.

    secret: what the deliveries prove; a handshake sets it.
    """

    footing: Footing
    webhook: Webhook
    secret: str
    base: str = ""
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    heard: queue.Queue[Heard] = field(default_factory=queue.Queue)
    sink: Any = None

    @property
    def path(self) -> str:
        return f"/webhooks/{self.footing.connector.name}/{self.key}"

    @property
    def url(self) -> str:
        """As the vendor has to be told."""
        return (self.base.rstrip("/") or self.sink.url.partition("/webhooks")[0]) + self.path

    def registration(self, state: State = "active") -> Registration:
        found = (self.secret,) if self.secret else ()
        settings = self.footing.source.context.settings
        return Registration("end_try", self.url, found, state, self.footing.account, settings)

    def answer(self, delivery: Delivery) -> Reply:
        """As the edge would: greet, or refuse, or acknowledge; what came is queued either way."""
        _, found, rest = delivery.url.partition(self.path)
        self.sink.got.clear()
        if not found or rest[:1] not in ("", "?"):
            return NOWHERE
        delivery = replace(delivery, url=self.url + rest)
        greet = self.webhook.greet
        reply = greet(delivery, self.registration("pending")) if greet else None
        if reply is not None:
            self.secret = self.secret or reply.store_secret or ""
            return reply
        self.heard.put((delivery, self.registration()))
        try:
            self.webhook.verify(delivery, self.registration())
        except BadSignature:
            return UNBELIEVED
        return self.webhook.acknowledge(delivery)

    def deliveries(self, count: int = 0) -> Iterator[Heard]:
        """Each delivery as it comes, until `count` of them (0: until interrupted)."""
        taken = 0
        while not count or taken < count:
            try:
                yield self.heard.get(timeout=POLL_S)
                taken += 1
            except queue.Empty:
                continue


@contextmanager
def listening(listener: Listener, port: int) -> Iterator[Listener]:
    """Serve the endpoint on 127.0.0.1 (port 0: a free one)."""
    with Sink(listener.answer, listener.footing.moment, port) as sink:
        listener.sink = sink
        yield listener


@contextmanager
def subscribed(listener: Listener) -> Iterator[int]:
    """Subscribe by the vendor's API where it has one, and take that back at the end.

    Yields how many subscriptions were made.
    """
    webhook, client, made = listener.webhook, listener.footing.client, []
    try:
        if webhook.register is not None:
            targets = list(webhook.targets(client)) if webhook.targets else [""]
            for target in targets[:1]:
                given = webhook.register(client, listener.url, target, listener.secret or None)
                made.append(given.vendor_id)
                listener.secret = given.secret or listener.secret
        yield len(made)
    finally:
        for vendor_id in made:
            if webhook.unregister is not None:
                webhook.unregister(client, vendor_id)
