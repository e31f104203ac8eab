"""The desk where one connection deals with its vendor about subscriptions, one worker at a time.

An endpoint exists as pending before the vendor is asked, because the vendor may call back while
our request is open. Whatever a crash leaves at the vendor points at an address that nobody has.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from hub import endpoints
from hub.api import Connector, GiveUp, Registered, Webhook
from hub.errors import HubError, TryAgainSoon
from hub.faultpoints import point
from hub.store import leases
from hub.store.client import Doc
from hub.store.leases import Lease
from hub.store.tenant import TenantStore

if TYPE_CHECKING:
    from hub.bootstrap import Hub

log = structlog.get_logger(__name__)

PENDING_FOR = timedelta(minutes=2)
LEASE_S = 180


@dataclass(slots=True)
class Desk:
    """One connection, its endpoints and its vendor, while nobody else asks for subscriptions."""

    hub: Hub
    store: TenantStore
    connection: Doc
    connector: Connector
    lease: Lease
    _client: Any = None

    @property
    def now(self) -> datetime:
        return self.hub.now(self.store.tenant_id)

    @property
    def home(self) -> str:
        """What the addresses of all endpoints of this connector begin with."""
        return f"{endpoints.base(self.hub)}/webhooks/{self.connector.name}/"

    def client(self) -> Any:
        """Opened once. Raises Reconnect or RetryLater where access must be renewed first."""
        if self._client is None:
            self._client = self.hub.client(self.connection)
        return self._client

    def hold_on(self) -> None:
        """Between two calls of the vendor. Raises LeaseLost when another worker took over."""
        leases.check(self.store, self.lease, LEASE_S)

    def endpoints(self) -> list[Doc]:
        """Oldest first."""
        control = self.hub.catalogue.control
        return control.endpoints_of(self.store.tenant_id, self.connection["_id"])

    def webhook(self, name: str) -> Webhook | None:
        return next((w for w in self.connector.webhooks if w.name == name), None)

    def change(self, endpoint_id: str, change: Doc) -> bool:
        """False when the endpoint is gone."""
        mine = {"_id": endpoint_id, "tenant_id": self.store.tenant_id}
        return bool(self.hub.catalogue.control.endpoints.update_one(mine, change).matched_count)

    def close(self, endpoint_id: str) -> None:
        """Nobody is let in at this address any more."""
        mine = {"_id": endpoint_id, "tenant_id": self.store.tenant_id}
        self.hub.catalogue.control.endpoints.delete_one(mine)

    def ask(self, webhook: Webhook, target: str) -> Doc:
        """Ask the vendor to push for one target.

        {"webhook", "target", "state": "waiting"|"failed", "reason"}; a failed one is rolled back.
        """
        self.hold_on()
        assert webhook.register is not None
        tenant_id, now = self.store.tenant_id, self.now
        endpoint_id, key, secret = endpoints.insert(
            self.hub,
            tenant_id,
            self.connector,
            self.connection["_id"],
            webhook,
            target,
            "pending",
            now,
            pending_until=now + PENDING_FOR,
        )
        point("subscription-pending")
        try:
            made = webhook.register(self.client(), f"{self.home}{key}", target, secret)
            point("subscription-made")
            self._keep(webhook, endpoint_id, made)
        except HubError as error:
            self.close(endpoint_id)
            log.warning("subscribe_failed", connector=self.connector.name, reason=error.reason)
            return _result(webhook, target, "failed", error.sentence)
        return _result(webhook, target, "waiting", "")

    def _keep(self, webhook: Webhook, endpoint_id: str, made: Registered) -> None:
        """Raises GiveUp, the vendor's subscription taken back, where it cannot be trusted."""
        tenant_id = self.store.tenant_id
        known = made.secret is None or endpoints.store_greeted_secret(
            self.hub, tenant_id, endpoint_id, made.secret
        )
        if not known:
            self.take_back(webhook, made.vendor_id)
            raise GiveUp("Another than the vendor answered first at this address.")
        fields = {
            "state": "waiting",
            "vendor_id": made.vendor_id,
            "expires_at": made.expires_at,
            "registered_at": self.now,
        }
        if not self.change(endpoint_id, {"$set": fields, "$unset": {"pending_until": ""}}):
            self.take_back(webhook, made.vendor_id)
            raise GiveUp("The vendor answered too late: the hub had given this address up.")

    def take_back(self, webhook: Webhook, vendor_id: str) -> bool:
        """Have the vendor forget a subscription; what fails now is left over for the next look."""
        if webhook.unregister is None:
            return False
        self.hold_on()
        try:
            webhook.unregister(self.client(), vendor_id)
        except HubError as error:
            log.warning("unsubscribe_failed", reason=error.reason)
            return False
        return True


def _result(webhook: Webhook, target: str, state: str, reason: str) -> Doc:
    return {"webhook": webhook.name, "target": target, "state": state, "reason": reason}


@contextmanager
def opened(hub: Hub, tenant_id: str, connection_id: str) -> Iterator[Desk]:
    """Raises TryAgainSoon while another worker deals with this vendor about the same."""
    store = hub.store(tenant_id)
    connection = hub.connection(store, connection_id)
    connector = hub.connector_of(connection)
    lease = leases.acquire(store, f"subscriptions:{connection_id}", LEASE_S)
    if lease is None:
        raise TryAgainSoon(
            "The hub is looking after these webhooks just now: try again in a moment.",
            reason="busy",
        )
    try:
        yield Desk(hub, store, connection, connector, lease)
    finally:
        leases.release(store, lease)
