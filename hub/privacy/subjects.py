"""Whom a request is about: which profiles and records, and every identifier these ever held."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hub.engine.incoming import Source
from hub.errors import HubError
from hub.privacy import identifiers
from hub.privacy.identifiers import Identifiers
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.errors import Unmappable

if TYPE_CHECKING:
    from hub.bootstrap import Hub

READ = {"raw": 1, "values": 1, "entity": 1, "external_id": 1, "object": 1, "connection_id": 1}
AT_ONCE = 500


@dataclass(slots=True)
class Subject:
    """profiles: ids of the contacts or accounts that are one with it, merged ones too. contacts:
    ids of the people who go with a company. people: ids of their sums of use. who: what they are
    recognised by.
    """

    entity: str
    profiles: list[str] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    who: Identifiers = field(default_factory=Identifiers)

    def dump(self) -> Doc:
        return {
            "entity": self.entity,
            "profiles": self.profiles,
            "contacts": self.contacts,
            "people": self.people,
            "who": self.who.dump(),
        }

    @classmethod
    def load(cls, dumped: Doc) -> Subject:
        who = Identifiers.load(dumped["who"])
        return cls(dumped["entity"], dumped["profiles"], dumped["contacts"], dumped["people"], who)


class Sources:
    """The tenant's connections as the engine reads them; None for one whose plugin has gone."""

    def __init__(self, hub: Hub, store: TenantStore) -> None:
        self._hub = hub
        self._store = store
        self._known: dict[str, Source | None] = {}

    def of(self, connection_id: str) -> Source | None:
        if connection_id not in self._known:
            self._known[connection_id] = self._load(connection_id)
        return self._known[connection_id]

    def _load(self, connection_id: str) -> Source | None:
        try:
            connection = self._hub.connection(self._store, connection_id)
            return self._hub.source(self._store, connection)
        except (HubError, KeyError):
            return None


def find(hub: Hub, store: TenantStore, entity: str, *subjects: str) -> Subject:
    """Everything that is one with a contact or an account, as it is stored now."""
    home = store.contacts if entity == "contact" else store.accounts
    found = Subject(entity, _one_with(home, list(subjects)))
    mine: Doc = {f"{entity}_id": {"$in": found.profiles}}
    if entity == "account":
        found.contacts = _only_there(store, found.profiles)
        others = {"entity": "contact", "contact_id": {"$nin": found.contacts}}
        _note_records(hub, store, found, {**mine, "$nor": [others]})
        _note_records(hub, store, found, {"contact_id": {"$in": found.contacts}})
    else:
        found.contacts = found.profiles
        _note_records(hub, store, found, mine)
    _note_profiles(store, found)
    _drop_shared_phones(store, found.who)
    return found


def captured(hub: Hub, store: TenantStore, request: Doc) -> Subject:
    """A person whose record the vendor deleted, with all that is one with it."""
    taken = request["captured"]
    record = taken["record"]
    found = find(hub, store, "contact", *_now(store, request))
    found.who.note_key(record["_id"])
    values, own = record.get("values") or {}, record.get("external_id")
    found.who.add(identifiers.of_values(record.get("entity") or "", values, own))
    connection, object, _ = record["_id"].split(":", 2)
    source = Sources(hub, store).of(connection)
    for body in taken["bodies"]:
        found.who.add(_of_body(source, object, body["raw"]))
    _drop_shared_phones(store, found.who)
    return found


def _now(store: TenantStore, request: Doc) -> list[str]:
    """Where the records that were one with it have got to since."""
    group = {"_id": {"$in": request["captured"]["group"]}}
    found = {one for one in store.records.distinct("contact_id", group) if one}
    return sorted(found | ({request["subject"]} if request["subject"] else set()))


def _one_with(home: Any, subjects: list[str]) -> list[str]:
    """The profiles and those that were merged into them, at whatever remove."""
    found, new = list(subjects), list(subjects)
    while new:
        new = [d["_id"] for d in home.find({"merged_into": {"$in": new}}, {"_id": 1})]
        new = [one for one in new if one not in found]
        found += new
    return found


def _only_there(store: TenantStore, accounts: list[str]) -> list[str]:
    """Contacts that belong to no other account."""
    found = store.contacts.find({"account_ids": {"$in": accounts}}, {"account_ids": 1})
    return [doc["_id"] for doc in found if set(doc["account_ids"]) <= set(accounts)]


def _note_records(hub: Hub, store: TenantStore, found: Subject, query: Doc) -> None:
    sources = Sources(hub, store)
    for doc in store.records.find(query, READ).batch_size(AT_ONCE):
        found.who.note_key(doc["_id"])
        if doc.get("entity") not in ("account", "contact"):
            continue
        values = doc.get("values") or {}
        found.who.add(identifiers.of_values(doc["entity"], values, doc.get("external_id")))
        source = sources.of(doc["connection_id"])
        for raw in _former_bodies(store, doc["_id"]):
            found.who.add(_of_body(source, doc["object"], raw))


def _former_bodies(store: TenantStore, key: str) -> Iterator[bytes]:
    for version in store.versions.find({"record": key}, {"raw": 1}):
        yield version["raw"]
    for entry in store.quarantine.find({"_id": key}, {"raw": 1}):
        yield entry["raw"]


def _of_body(source: Source | None, object: str, raw: bytes | None) -> Identifiers:
    """What a former body said of the person; one that cannot be mapped gives its addresses."""
    if source is None or not raw or object not in source.mappings:
        return Identifiers()
    try:
        value = json.loads(bytes(raw))
        mapped = source.mappings[object].apply(value, source.context)
    except (Unmappable, ValueError):
        return _addresses(bytes(raw).decode("utf-8", "replace"))
    return identifiers.of_values(mapped.entity, mapped.values, mapped.external_id)


def _addresses(text: str) -> Identifiers:
    pairs = identifiers.candidates(text, "")
    found = {value for kind, value in pairs if kind == "emails"}
    return Identifiers(emails={e for e in found if identifiers.personal_email(e)})


def _note_profiles(store: TenantStore, found: Subject) -> None:
    """What the profile still shows, the values that lost included."""
    homes: Iterable[tuple[str, Any, list[str]]] = (
        ("contact", store.contacts, found.contacts),
        ("account", store.accounts, found.profiles if found.entity == "account" else []),
    )
    for entity, home, ids in homes:
        for doc in home.find({"_id": {"$in": ids}}, {"profile": 1, "members.key": 1}):
            for values in _said(doc.get("profile") or {}):
                found.who.add(identifiers.of_values(entity, values))
            for member in doc.get("members", ()):
                found.who.note_key(member["key"])


def _said(profile: Doc) -> Iterator[Doc]:
    yield {name: said.get("v") for name, said in profile.items()}
    for name, said in profile.items():
        for other in said.get("also") or ():
            yield {name: other.get("v")}


def _drop_shared_phones(store: TenantStore, who: Identifiers) -> None:
    """A number that somebody else has too, such as a switchboard's, tells nobody apart."""
    if not who.phones:
        return
    known = {"_id": {"$nin": sorted(who.keys)}}
    fields = {"values.phone": 1, "values.phones": 1}
    some = {"$or": [{"values.phone": {"$exists": True}}, {"values.phones": {"$exists": True}}]}
    for doc in store.records.find({**known, **some}, fields).batch_size(AT_ONCE):
        values = doc["values"]
        said = [*identifiers.texts(values.get("phones")), *identifiers.texts(values.get("phone"))]
        who.phones -= {number for text in said if (number := identifiers.phone(text))}
