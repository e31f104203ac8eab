"""What is known of those who send records: their names, and how their records are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from hub.bootstrap import Hub
from hub.engine.incoming import Source
from hub.store.tenant import TenantStore


@dataclass(frozen=True, slots=True)
class Vendors:
    """titles: name of a connector -> the vendor's own name. connections: id -> name. source: how
    the records of a connection are read, None for one that was removed."""

    titles: Mapping[str, str] = field(default_factory=dict)
    connections: Mapping[str, str] = field(default_factory=dict)
    source: Callable[[str], Source | None] = lambda connection_id: None


def of_tenant(hub: Hub, store: TenantStore) -> Vendors:
    """The vendors that a tenant has connected; mappings are read when they are asked for."""
    known = {doc["_id"]: doc for doc in store.connections.find({}, {"secrets": 0})}

    @cache
    def source(connection_id: str) -> Source | None:
        connection = known.get(connection_id)
        if connection is None or connection["connector"] not in hub.plugins.connectors:
            return None
        return hub.source(store, connection)

    titles = {name: connector.title for name, connector in hub.plugins.connectors.items()}
    return Vendors(titles, {key: doc["name"] for key, doc in known.items()}, source)
