"""Which connection an address belongs to, remembered for a moment so that the hot path is short."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from hub import endpoints
from hub.api import Connector, Registration, Webhook
from hub.bootstrap import Hub
from hub.errors import NotFound, TryAgainSoon, UnknownEndpoint
from hub.store.client import Doc
from hub.store.control import hashed

KEEP_S = 2.0
KEEP_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Route:
    """Where a delivery goes once it is accepted."""

    tenant_id: str
    connection_id: str
    connector: Connector
    webhook: Webhook
    registration: Registration
    found_at: float


class Routes:
    """Resolves endpoint keys, and vendor accounts of app-scope webhooks."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._kept: dict[str, Route] = {}
        self._living: dict[str, tuple[float, bool]] = {}

    def by_key(self, connector: str, key: str, *, fresh: bool = False) -> Route:
        """Raises UnknownEndpoint. `fresh` looks past what is remembered."""
        place = hashed(key)
        kept = self._kept.get(place)
        if kept is None or fresh or monotonic() - kept.found_at > KEEP_S:
            kept = self._find(connector, key)
            if len(self._kept) >= KEEP_MOST:
                self._kept.clear()
            self._kept[place] = kept
        if kept.connector.name != connector:
            raise UnknownEndpoint("No connection listens at this address.")
        return kept

    def app(self, connector_name: str) -> tuple[Connector, Webhook, Registration]:
        """The connector's app-scope webhook with the operator's secrets."""
        connector = self._hub.plugins.connectors.get(connector_name)
        webhook = (
            next((w for w in connector.webhooks if w.scope == "app"), None) if connector else None
        )
        if any(p.name == connector_name and p.reason for p in self._hub.plugins.report):
            raise TryAgainSoon("Its connector failed to load.", retry_after=60, reason="connector")
        if connector is None or webhook is None:
            raise UnknownEndpoint("No connection listens at this address.")
        secrets = self._of_operator(connector_name)
        url = endpoints.app_url(self._hub, connector_name)
        return connector, webhook, Registration(f"app:{connector_name}", url, secrets)

    def _of_operator(self, connector_name: str) -> tuple[str, ...]:
        """The secrets of the operator's app at this vendor."""
        held = self._hub.settings.apps.get(connector_name, {})
        opened = {name: secret.get_secret_value() for name, secret in held.items()}
        return tuple(v for k, v in sorted(opened.items()) if "secret" in k and v)

    def listeners(self, connector: str, accounts: list[str]) -> list[Doc]:
        """Connections of these vendor accounts; one that is gone must not stop the others."""
        found = self._hub.catalogue.control.listeners(connector, accounts)
        return [listener for listener in found if self._lives(listener)]

    def _lives(self, listener: Doc) -> bool:
        seen = self._living.get(listener["_id"])
        if seen is None or monotonic() - seen[0] > KEEP_S:
            seen = self._living[listener["_id"]] = (monotonic(), self._exists(listener))
        return seen[1]

    def _exists(self, listener: Doc) -> bool:
        try:
            store = self._hub.store(listener["tenant_id"])
        except NotFound:
            return False
        return (
            store.connections.find_one({"_id": listener["connection_id"]}, {"_id": 1}) is not None
        )

    def _find(self, connector_name: str, key: str) -> Route:
        hub = self._hub
        endpoint = hub.catalogue.control.endpoint_by_key(key)
        connector = hub.plugins.connectors.get(connector_name)
        if endpoint is None or endpoint["connector"] != connector_name:
            raise UnknownEndpoint("No connection listens at this address.")
        if connector is None:
            raise TryAgainSoon("Its connector failed to load.", retry_after=60, reason="connector")
        tenant_id, connection_id = endpoint["tenant_id"], endpoint["connection_id"]
        connection = hub.store(tenant_id).connections.find_one({"_id": connection_id})
        if connection is None or self._is_over(endpoint):
            raise UnknownEndpoint("No connection listens at this address.")
        webhook = endpoints.webhook_of(connector, endpoint["webhook"])
        by_operator = webhook.secret == "operator"  # noqa: S105 - who makes it
        own = endpoints.active_secrets(endpoints.hidden(hub, endpoint), hub.now(tenant_id))
        registration = Registration(
            endpoint["_id"],
            f"{endpoints.base(hub)}/webhooks/{connector_name}/{key}",
            self._of_operator(connector_name) if by_operator else own,
            endpoint["state"],
            connection["account"]["id"],
            connection["settings"],
        )
        return Route(tenant_id, connection_id, connector, webhook, registration, monotonic())

    def _is_over(self, endpoint: Doc) -> bool:
        """A pending subscription that the vendor never confirmed."""
        until = endpoint.get("pending_until")
        return bool(
            endpoint["state"] == "pending"
            and until
            and until < self._hub.now(endpoint["tenant_id"])
        )
