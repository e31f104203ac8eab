"""A CRM and a help desk of one tenant, written to record by record."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from hub.engine.record import record
from hub.store.client import Doc
from tests.engine.tinyworld import Happening, sources
from tests.stage import Stage


class World:
    """Each write is settled before the next; times only ever go on."""

    def __init__(self, stage: Stage) -> None:
        self.hub, self.store, self.tenant_id = stage.hub, stage.store, stage.tenant_id
        self.sources = sources(self.tenant_id)
        for source in self.sources.values():
            stage.hub.plugins.connectors[source.connector.name] = source.connector
        self._stage = stage
        self._at = stage.hub.now() - timedelta(days=1)

    def key(self, system: str, native_id: str, object: str = "company") -> str:
        return self.sources[system].key(object, native_id)

    def company(self, system: str, native_id: str, **body: Any) -> None:
        domains = [body.pop(name) for name in ("domain", "more") if name in body]
        self._write(system, "company", native_id, {"domain": domains, **body})

    def person(self, system: str, native_id: str, **body: Any) -> None:
        self._write(system, "person", native_id, {"name": f"P{native_id}", **body})

    def merge(self, system: str, loser: str, into: str) -> None:
        self._at += timedelta(seconds=1)
        self._take(Happening(system, "company", loser, self._at, fate="merge", into=into))

    def delete(self, system: str, native_id: str, object: str = "company") -> None:
        self._at += timedelta(seconds=1)
        self._take(Happening(system, object, native_id, self._at, fate="delete"))

    def record(self, system: str, native_id: str, object: str = "company") -> Doc:
        found = self.store.records.find_one({"_id": self.key(system, native_id, object)})
        assert found is not None
        return found

    def account(self, system: str, native_id: str) -> str:
        return str(self.record(system, native_id)["account_id"])

    def find(self, account_id: str) -> Doc:
        found = self.store.accounts.find_one({"_id": account_id})
        assert found is not None
        return found

    def accounts(self) -> dict[str, Any]:
        """Every account as identity leaves it: members, aliases and profile."""
        told = ("members", "aliases", "profile", "merged_into", "anchor", "minted_at", "deleted")
        return {d["_id"]: {n: d.get(n) for n in told} for d in self.store.accounts.find({})}

    def everything(self) -> dict[str, list[Doc]]:
        names = ("records", "accounts", "contacts", "decisions", "reviews", "events")
        return {name: list(getattr(self.store, name).find({}).sort("_id", 1)) for name in names}

    def _write(self, system: str, object: str, native_id: str, body: Doc) -> None:
        self._at += timedelta(seconds=1)
        whole = {"id": native_id, "at": self._at.isoformat(), **body}
        self._take(Happening(system, object, native_id, self._at, whole))

    def _take(self, happening: Happening) -> None:
        here = self.sources[happening.system]
        batch = [happening.incoming(here)]
        self.store.transact(partial(record, source=here, batch=batch, now=self.hub.now()))
        self._stage.settle()
