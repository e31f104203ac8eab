"""A tenant with a CRM and a desk whose records a test writes by hand, through the real engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any

from hub.engine.record import record
from hub.engine.settle import Settler
from hub.engine.supply import Supply
from hub.identity.vendors import Vendors
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from tests.engine.tinyworld import AUTHORITATIVE, NOW, Happening, sources


@dataclass
class Ground:
    """`put` writes a record as a vendor would send it; each write is newer than the one before."""

    store: TenantStore
    at: datetime = NOW - timedelta(days=5)
    bodies: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.here = sources(self.store.tenant_id)
        for name, source in self.here.items():
            named = {"_id": source.connection_id, "connector": name, "name": f"Our {name}"}
            self.store.connections.insert({**named, "account": {"id": name}})

    @property
    def vendors(self) -> Vendors:
        by_id = {source.connection_id: source for source in self.here.values()}
        names = {source.connection_id: f"Our {name}" for name, source in self.here.items()}
        return Vendors({"crm": "CRM", "desk": "Desk"}, names, by_id.get)

    def put(self, system: str, object: str, native_id: str, **body: Any) -> str:
        """Write and settle; returns the record's key."""
        key = (system, object, native_id)
        self.at += timedelta(minutes=1)
        kept = {**self.bodies.get(key, {}), "id": native_id, **body, "at": self.at.isoformat()}
        self.bodies[key] = kept
        self._take(Happening(*key, self.at, kept))
        return self.key(*key)

    def merge(self, system: str, object: str, native_id: str, into: str) -> None:
        self.at += timedelta(minutes=1)
        self._take(Happening(system, object, native_id, self.at, fate="merge", into=into))

    def key(self, system: str, object: str, native_id: str) -> str:
        return self.here[system].key(object, native_id)

    def account(self, key: str) -> str:
        """The id of the account that a company's record belongs to."""
        return str(self._record(key)["account_id"])

    def contact(self, key: str) -> str:
        return str(self._record(key)["contact_id"])

    def settle(self) -> None:
        supply = Supply({}, {"crm": "crm", "desk": "support"})
        settler = Settler(self.store, lambda _: supply, AUTHORITATIVE, lambda: self.at)
        while not settler.run(monotonic() + 60):
            pass

    def _take(self, happening: Happening) -> None:
        here = self.here[happening.system]
        batch = [happening.incoming(here)]
        self.store.transact(partial(record, source=here, batch=batch, now=self.at))
        self.settle()

    def _record(self, key: str) -> Doc:
        found = self.store.records.find_one({"_id": key})
        assert found is not None
        return found
