"""Two CRMs and a help desk of one tenant, written to record by record."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from hub.api import AccountInfo, Connector, Stream
from hub.engine.incoming import Source
from hub.engine.record import record
from hub.store.client import Doc
from mappings import language
from mappings.language import Context
from tests.engine.tinyworld import Happening
from tests.stage import Stage

MAPPING = """
- stream: companies
  object: company
  entity: account
  id: id
  modified_at: at
  external_id: number
  fields:
    name: name
    domains: domain
    country: country
    tax_ids: tax
    emails: email
  links:
    same_as: {by: xref, from: same_as}
- stream: people
  object: person
  entity: contact
  id: id
  modified_at: at
  external_id: number
  fields:
    full_name: name
    emails: email
  links:
    account: {record: company, from: company}
"""
PAGE = 400
AUTHORITATIVE = {"crm": True, "hs": True, "desk": False}
"""The systems, and whether each keeps one record for each customer."""


def sources(tenant_id: str) -> dict[str, Source]:
    """A connection of each system; their ids are the tenant's alone, as minted ones are."""
    compiled = language.load(MAPPING, "people.yaml", {})
    return {
        name: Source(f"{name}_{tenant_id}", _connector(name), compiled, Context())
        for name in AUTHORITATIVE
    }


def _connector(name: str) -> Connector:
    return Connector(
        name=name,
        title=name,
        source_kind="support" if name == "desk" else "crm",
        fields=(),
        open=_none,
        check=lambda client: AccountInfo("1", "one"),
        streams=(Stream("companies", "company", "account", _none),),
        webhooks=(),
        mapping=Path("mapping.yaml"),
        readme=Path("README.md"),
        authoritative=AUTHORITATIVE[name],
    )


def _none(*_: Any) -> Any:
    return None


class World:
    """Each write is settled before the next unless the world `is_idle`; times only ever go on."""

    def __init__(self, stage: Stage) -> None:
        self.hub, self.store, self.tenant_id = stage.hub, stage.store, stage.tenant_id
        self.sources = sources(self.tenant_id)
        for source in self.sources.values():
            stage.hub.plugins.connectors[source.connector.name] = source.connector
            kept = {"_id": source.connection_id, "connector": source.connector.name}
            self.store.connections.insert({**kept, "account": {"id": "1"}, "state": "active"})
        self._stage = stage
        self._at = stage.hub.now() - timedelta(days=1)
        self.is_idle = False
        self._waiting: list[Happening] = []
        self.told: list[Happening] = []

    def key(self, system: str, native_id: str, object: str = "company") -> str:
        return self.sources[system].key(object, native_id)

    def company(self, system: str, native_id: str, **body: Any) -> None:
        named = [body.pop(name) for name in ("domain", "more") if name in body]
        domains = [*named, *body.pop("domains", ())]
        self._write(system, "company", native_id, {"domain": domains, **body})

    def person(self, system: str, native_id: str, **body: Any) -> None:
        self._write(system, "person", native_id, {"name": f"P{native_id}", **body})

    def merge(self, system: str, loser: str, into: str) -> None:
        self._at += timedelta(seconds=1)
        self.take(Happening(system, "company", loser, self._at, fate="merge", into=into))

    def delete(self, system: str, native_id: str, object: str = "company") -> None:
        self._at += timedelta(seconds=1)
        self.take(Happening(system, object, native_id, self._at, fate="delete"))

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

    def settle(self) -> None:
        self._record()
        self._stage.settle()

    def _write(self, system: str, object: str, native_id: str, body: Doc) -> None:
        self._at += timedelta(seconds=1)
        whole = {"id": native_id, "at": self._at.isoformat(), **body}
        self.take(Happening(system, object, native_id, self._at, whole))

    def take(self, happening: Happening) -> None:
        self.told.append(happening)
        self._waiting.append(happening)
        if not self.is_idle:
            self.settle()

    def _record(self) -> None:
        """In one go for each system, as a page or a drain brings them."""
        waiting, self._waiting = self._waiting, []
        for name, here in self.sources.items():
            batch = [one.incoming(here) for one in waiting if one.system == name]
            for start in range(0, len(batch), PAGE):
                some = batch[start : start + PAGE]
                write = partial(record, source=here, batch=some, now=self.hub.now())
                self.store.transact(write)
