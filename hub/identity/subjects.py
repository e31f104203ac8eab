"""The account or contact that an id means, also an id it had before a merge, with its records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.errors import NotFound
from hub.identity.history import ID_FIELD
from hub.store.client import Doc
from hub.store.tenant import TenantStore

MOST_MERGES = 20
READ = {
    "connection_id": 1,
    "source": 1,
    "object": 1,
    "native_id": 1,
    "entity": 1,
    "values": 1,
    "external_id": 1,
    "life": 1,
    "links": 1,
    "keys": 1,
    "people": 1,
    "raw": 1,
    "account_id": 1,
    "contact_id": 1,
    "first_seen_at": 1,
    "url": 1,
}
Records = Mapping[str, Doc]


@dataclass(frozen=True, slots=True)
class Subject:
    """One account or contact that lives on; `asked` is the id as given."""

    entity: str
    asked: str
    doc: Doc
    records: Records

    @property
    def id(self) -> str:
        return str(self.doc["_id"])

    @property
    def living(self) -> list[Doc]:
        return [r for r in self.records.values() if not (r.get("life") or {}).get("deleted")]


def find(store: TenantStore, given: str) -> Subject:
    """By the id of an account, a contact, or one of their records; raises NotFound."""
    for entity, home in (("account", store.accounts), ("contact", store.contacts)):
        if home.find_one({"_id": given}, {"_id": 1}) is not None:
            return of(store, entity, given)
    record = store.records.find_one({"_id": given}, READ) or {}
    field = ID_FIELD.get(record.get("entity", ""), "")
    if record.get(field):
        return of(store, record["entity"], record[field], asked=given)
    raise NotFound(f"There is no account, contact or record of one with the id {given}.")


def of(store: TenantStore, entity: str, given: str, asked: str = "") -> Subject:
    """The account or contact, or the one that it was merged into; raises NotFound."""
    home = store.accounts if entity == "account" else store.contacts
    hidden = {"state": 0, "health": 0}
    wanted = given
    for _ in range(MOST_MERGES):
        found = home.find_one({"_id": wanted}, hidden)
        if found is None:
            break
        if not found.get("merged_into"):
            keys = [member["key"] for member in found.get("members", ())]
            return Subject(entity, asked or given, found, records(store, keys))
        wanted = found["merged_into"]
    raise NotFound(f"There is no such {entity}.")


def records(store: TenantStore, keys: Iterable[str]) -> dict[str, Doc]:
    """Records by key."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    return {doc["_id"]: doc for doc in store.records.find({"_id": {"$in": wanted}}, READ)}
