"""Setting a connector's webhook up at its sandbox, and taking what the vendor pushes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hub.api import Delivery, Registered, Registration, Reply, Subscription, Webhook
from hub.conform.sink import Sink

if TYPE_CHECKING:
    from hub.conform.ground import Ground

SECRET = "a-secret-for-the-check-alone"  # noqa: S105
EDITS = 12
SETTLE_S = 20.0
TRIES = 12
BUSY = Reply(503, headers={"Retry-After": "1"})


@dataclass(frozen=True, slots=True)
class Pushed:
    """One delivery as it came, and the registration that it belongs to."""

    delivery: Delivery
    registration: Registration


@dataclass(slots=True)
class Received:
    """What came by one webhook. `refused` was answered with 503, and `retried` came behind it.

    Where the vendor has an API for it: `made` by register, what it `listed` then, and the ids
    that were still subscribed after all were unregistered.
    """

    pushed: list[Pushed] = field(default_factory=list)
    refused: Delivery | None = None
    retried: list[Delivery] = field(default_factory=list)
    made: dict[str, Registered] = field(default_factory=dict)
    listed: Sequence[Subscription] | None = None
    left: list[str] = field(default_factory=list)


def set_up(ground: Ground, webhook: Webhook) -> Received:
    """Subscribe, let edits happen, refuse one delivery once, and take the webhook down again."""
    receiver = Receiver(ground, webhook)
    with Sink(receiver.answer, ground.vendor.moment) as sink:
        receiver.sink = sink
        receiver.subscribe()
        ground.vendor.stir_many(EDITS)
        if ground.on_edits is not None:
            ground.on_edits()
        ground.vendor.settle(SETTLE_S)
        receiver.take()
        receiver.provoke_retry()
        ground.pass_time()
        receiver.unsubscribe()
    return receiver.found


class Receiver:
    """The hub's part towards one vendor: secrets by address, answers, and what is kept."""

    def __init__(self, ground: Ground, webhook: Webhook) -> None:
        self.ground, self.webhook = ground, webhook
        self.found = Received()
        self.sink: Any = None
        self._kept: dict[str, str] = {}
        self._busy = False

    def answer(self, delivery: Delivery) -> Reply:
        """As the edge would: greet, or refuse where a retry is wanted, or acknowledge."""
        greet = self.webhook.greet
        reply = greet(delivery, self._registration(delivery.url, "pending")) if greet else None
        if reply is not None:
            if reply.store_secret:
                self._kept[delivery.url] = reply.store_secret
            self.sink.got.remove(delivery)
            return reply
        if self._busy:
            self._busy = False
            return BUSY
        return self.webhook.acknowledge(delivery)

    def subscribe(self) -> None:
        """By the vendor's API where it has one, else as an admin would."""
        url, webhook, ground = self.sink.url, self.webhook, self.ground
        if webhook.register is None:
            operator = ground.given.get("operator", {})
            secret = operator.get("app_secret") if webhook.scope == "app" else None
            self._kept[url] = secret or SECRET
            ground.vendor.subscribe(url, self._kept[url], extra={"webhook": webhook.name})
            return
        client = self._client()
        for place, target in enumerate(webhook.targets(client) if webhook.targets else ("",)):
            own = f"{url}{place}"
            made = webhook.register(client, own, target, SECRET)
            self.found.made[own] = made
            if webhook.secret == "operator":  # noqa: S105
                self._kept[own] = ground.given["operator"]["client_secret"]
            elif webhook.secret != "handshake":  # noqa: S105
                self._kept[own] = made.secret or SECRET
        if webhook.listed is not None:
            self.found.listed = list(webhook.listed(client))

    def take(self) -> None:
        """Keep everything that came until now."""
        got = list(self.sink.got)
        self.found.pushed = [Pushed(one, self._registration(one.url)) for one in got]

    def provoke_retry(self) -> None:
        """One delivery is refused, so that the vendor sends it again."""
        before, self._busy = len(self.sink.got), bool(self.found.pushed)
        for _ in range(TRIES if self._busy else 0):
            self.ground.vendor.stir_many(1)
            self.ground.vendor.settle(SETTLE_S)
            if not self._busy:
                break
        new = list(self.sink.got)[before:]
        if new and not self._busy:
            self.found.refused, self.found.retried = new[0], new[1:]
        self.found.pushed += [Pushed(one, self._registration(one.url)) for one in new[1:]]

    def unsubscribe(self) -> None:
        """By the vendor's API where it has one; what is left then is noted."""
        vendor, unregister = self.ground.vendor, self.webhook.unregister
        if unregister is not None:
            client = self._client()
            for made in self.found.made.values():
                unregister(client, made.vendor_id)
            self.found.left = [s.url for s in vendor.subscriptions()]
        for subscription in vendor.subscriptions():
            vendor.unsubscribe(subscription.id)

    def _client(self) -> Any:
        """The usual one, or that of somebody who signed in where only such are pushed to."""
        client, granted = self.ground.usual(), self.ground.vendor.granted()
        targets = self.webhook.targets
        if granted is None or targets is None or targets(client):
            return client
        return self.ground.client(granted["settings"], **granted["secrets"])

    def _registration(self, url: str, state: str = "active") -> Registration:
        ground, webhook = self.ground, self.webhook
        settings = dict(ground.given["settings"]) if webhook.scope == "connection" else {}
        own = url.partition("?")[0]
        secrets = (self._kept[own],) if own in self._kept else ()
        account = ground.account().id
        return Registration("end_check", url, secrets, state, account, settings)  # type: ignore[arg-type]
