"""Builds everything a process needs, once; all other code receives what it uses."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from math import inf
from time import monotonic
from typing import Any

import structlog
import yaml
from redis import Redis

from hub import grants, queue
from hub.api import Connector
from hub.api.limits import Purpose
from hub.budget import Budget, account_of, is_near
from hub.clock import Clock
from hub.engine.echo import own_paths
from hub.engine.incoming import Source, body
from hub.errors import NotFound
from hub.http import VendorHttp
from hub.lineage import revisions
from hub.plugin_host import PluginHost, load_plugins
from hub.privacy import suppression
from hub.settings import Settings
from hub.store.catalogue import Catalogue
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.language import Context, ObjectMapping, overlay

log = structlog.get_logger(__name__)

OFFSET_S = 1.0
"""How long a process goes by the offset of a sandbox tenant's clock that it has read."""


@dataclass(slots=True)
class Hub:
    """The running application: settings, stores, doorbell, plugins, clock."""

    settings: Settings
    catalogue: Catalogue
    redis: Redis
    bell: queue.Doorbell
    plugins: PluginHost
    clock: Clock
    _offsets: dict[str, tuple[timedelta, float]] = field(default_factory=dict)
    _noted: revisions.Seen = field(default_factory=set)

    def now(self, tenant_id: str = "") -> datetime:
        """The time as this tenant lives it: a sandbox tenant may be ahead.

        All processes follow a clock that is moved, within `OFFSET_S`.
        """
        if not tenant_id:
            return self.clock.now()
        offset, until = self._offsets.get(tenant_id, (timedelta(), 0.0))
        if monotonic() >= until:
            tenant = self.catalogue.control.tenant(tenant_id)
            offset = timedelta(seconds=tenant.get("clock_offset_s", 0))
            until = monotonic() + OFFSET_S if tenant.get("sandbox") or offset else inf
            self._offsets[tenant_id] = offset, until
        return self.clock.now() + offset

    def ahead_s(self, tenant_id: str) -> float:
        """Seconds that this tenant's time is ahead of the servers' clocks."""
        return (self.now(tenant_id) - datetime.now(UTC)).total_seconds()

    def forget_offsets(self) -> None:
        self._offsets.clear()

    def store(self, tenant_id: str) -> TenantStore:
        return self.catalogue.tenant(tenant_id)

    def connection(self, store: TenantStore, connection_id: str) -> Doc:
        found = store.connections.find_one({"_id": connection_id})
        if found is None:
            raise NotFound("There is no such connection.")
        return found

    def connector_of(self, connection: Doc) -> Connector:
        return self.plugins.connector(connection["connector"])

    def client(self, connection: Doc, purpose: Purpose = "first") -> Any:
        """The connector's client with this connection's settings and secrets, calling in its turn.

        Calls the vendor only where access was granted and its token has to be renewed; raises
        Reconnect or RetryLater then.
        """
        secrets = self.catalogue.vault.open(connection.get("secrets"))
        if connection.get("grant"):
            secrets["access_token"] = grants.access_token(self, connection)
        settings, key = connection["settings"], connection["_id"]
        budget = self.budget(connection, purpose)
        return self.open_client(connection["connector"], settings, secrets, key, budget)

    def open_client(
        self,
        connector: str,
        settings: Mapping[str, str],
        secrets: Mapping[str, str],
        key: str,
        budget: Budget | None = None,
    ) -> Any:
        """A client of credentials at hand; without a budget `key` has one of its own."""
        found = self.plugins.connector(connector)
        budget = budget or self._budget(found, key, settings, key, "first")
        http = VendorHttp(self.redis, key, self.settings.sandbox_ca, budget)
        return found.open(settings, secrets, http)

    def budget(self, connection: Doc, purpose: Purpose = "first") -> Budget:
        """What the vendor account of this connection allows, whoever else uses it."""
        connector = self.plugins.connector(connection["connector"])
        settings, tenant_id = connection["settings"], connection.get("tenant_id", "")
        account = account_of(
            connector, settings, connection["account"].get("id", connection["_id"])
        )
        return self._budget(connector, account, settings, connection["_id"], purpose, tenant_id)

    def _budget(
        self,
        connector: Connector,
        account: str,
        settings: Mapping[str, str],
        who: str,
        purpose: Purpose,
        tenant_id: str = "",
    ) -> Budget:
        ahead = partial(self.ahead_s, tenant_id)
        assumed = self.settings.loopback_limits or not is_near(connector, settings)
        return Budget(self.redis, account, connector.limits, settings, purpose, who, ahead, assumed)

    def source(self, store: TenantStore, connection: Doc) -> Source:
        """The connection as the engine reads it: mappings with the tenant's overlays, facts."""
        name = connection["connector"]
        connector = self.plugins.connector(name)
        facts = {**(connection.get("facts") or {}), **connection["account"]}
        context = Context(connection["settings"], facts)
        mapped = self.mappings(store, name)
        revisions.note(store, name, mapped, self._noted, self.clock.now())
        inputs = body({"facts": connection.get("facts"), "settings": connection["settings"]})
        return Source(
            connection["_id"],
            connector,
            mapped,
            context,
            hashlib.blake2b(inputs, digest_size=4).hexdigest(),
            suppression.lookup(self.catalogue.vault),
            own_paths(connector, connection),
        )

    def mappings(self, store: TenantStore, connector: str) -> Mapping[str, ObjectMapping]:
        base = dict(self.plugins.mappings[connector])
        for doc in store.overlays.find({"connector": connector, "active": True}):
            text = doc.get("text") or yaml.safe_dump(doc["document"], sort_keys=False)
            file = f"overlay {doc['version']}" if doc.get("version") else "overlay"
            base[doc["object"]] = overlay(base[doc["object"]], doc["document"], text, file)
        return base

    def close(self) -> None:
        self.catalogue.close()
        self.redis.close()


def build(settings: Settings, *, timeout_ms: int = 10_000) -> Hub:
    """Connect to nothing yet: clients connect when first used."""
    redis = queue.connect(settings.redis_url)
    master_key = settings.master_key.get_secret_value()
    catalogue = Catalogue(
        settings.mongodb_uri,
        master_key,
        previous_key=settings.master_key_previous.get_secret_value(),
        timeout_ms=timeout_ms,
    )
    plugins = load_plugins(folder=settings.connectors_path)
    return Hub(settings, catalogue, redis, queue.Doorbell(redis), plugins, Clock())
