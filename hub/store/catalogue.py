"""Which shard holds which tenant: a shard is a named MongoDB URI and database of many tenants."""

from __future__ import annotations

from threading import Lock

from pymongo import MongoClient
from pymongo.database import Database

from hub.errors import NotFound
from hub.store.client import Doc, connect
from hub.store.control import Control
from hub.store.tenant import TenantStore
from hub.store.vault import Vault

DEFAULT_SHARD = "default"


class Catalogue:
    """The way in to all stores: `catalogue.control`, and `catalogue.tenant(id)` for one tenant."""

    def __init__(
        self, uri: str, master_key: str, *, previous_key: str = "", timeout_ms: int = 10_000
    ) -> None:
        self._uri = uri
        self._timeout_ms = timeout_ms
        self._clients: dict[str, MongoClient[Doc]] = {}
        self._lock = Lock()
        self._homes: dict[str, str] = {}
        client = self._client(uri)
        self.control = Control(client["hub_control"])
        self.vault = Vault(client, "hub_control", master_key, previous_key)

    def tenant(self, tenant_id: str) -> TenantStore:
        """Raises NotFound for a tenant that does not exist."""
        database = self.shard(self.home(tenant_id))
        return TenantStore(tenant_id, database.client, database)

    def home(self, tenant_id: str) -> str:
        """The name of the tenant's shard; raises NotFound."""
        return self._homes.get(tenant_id) or self._find_home(tenant_id)

    def shard(self, name: str) -> Database[Doc]:
        if name == DEFAULT_SHARD:
            return self._client(self._uri)["hub_shard_default"]
        entry = self.control.shards.find_one({"_id": name})
        if entry is None:
            raise NotFound(f"There is no shard named {name}.")
        return self._client(entry["uri"])[entry["database"]]

    def shards(self) -> list[str]:
        return [DEFAULT_SHARD, *(entry["_id"] for entry in self.control.shards.find({}))]

    def ping(self) -> None:
        """Raises PyMongoError when the control store does not answer."""
        self._client(self._uri).admin.command("ping")

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def _find_home(self, tenant_id: str) -> str:
        tenant = self.control.tenants.find_one({"_id": tenant_id})
        if tenant is None:
            raise NotFound("There is no such tenant.")
        self._homes[tenant_id] = tenant["shard"]
        return str(tenant["shard"])

    def _client(self, uri: str) -> MongoClient[Doc]:
        with self._lock:
            if uri not in self._clients:
                self._clients[uri] = connect(uri, timeout_ms=self._timeout_ms)
            return self._clients[uri]
