"""Which account a record hangs on: the first of its links that leads to exactly one account.

Every link is also a watch key on the record, so that when the answer changes the record is found
by index and is due again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hub.engine import claimants
from hub.identity.rulings import Book
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.identity import account_paths
from mappings.language import Link

PERSON_LINKS = ("contact", "requester", "reporter")


@dataclass(slots=True)
class Answers:
    """What watch keys lead to: accounts by any key, and for record keys also the contact.

    Internal people are left out of `contacts`: only the customer's own count as engaged. `records`
    are those that were named and are known, of which only `TARGET` is read. `staff` are the e-mail
    domains of the tenant's own people.
    """

    accounts: dict[str, str] = field(default_factory=dict)
    contacts: dict[str, str] = field(default_factory=dict)
    records: dict[str, Doc] = field(default_factory=dict)
    staff: frozenset[str] = frozenset()


def links_of(record: Doc) -> list[Link]:
    return [Link(**link) for link in record.get("links") or ()]


def paths(record: Doc) -> tuple[str, ...]:
    """The record's watch keys in the order in which they are tried.

    A record of a ticket, such as a rating, follows the ticket's account last.
    """
    own = (
        (record.get("values") or {}).get("emails", ()) if record.get("entity") == "contact" else ()
    )
    links, connection = links_of(record), record["connection_id"]
    tickets = [f"r:{connection}:{t.value}" for t in links if (t.kind, t.by) == ("ticket", "record")]
    return (*account_paths(links, connection, own), *tickets)


def look_up(
    store: TenantStore, wanted: Iterable[str], staff: frozenset[str] = frozenset()
) -> Answers:
    """Answer many watch keys with a few queries."""
    keys = set(wanted)
    answers = Answers(staff=staff)
    _by_record(store, sorted(k[2:] for k in keys if k.startswith("r:")), answers)
    _by_claim(store, {k for k in keys if not k.startswith("r:")}, answers)
    _by_decision(store, [k for k in keys if k.startswith("d:")], answers)
    return answers


def account_of(record: Doc, answers: Answers) -> tuple[str | None, str | None]:
    """(account id, the path that led there), or (None, None)."""
    for path in paths(record):
        if path in answers.accounts:
            return answers.accounts[path], path
    return None, None


def contacts_of(record: Doc, answers: Answers) -> tuple[str, ...]:
    """The contacts this record names: resolved ids, or the address where nobody is known by it."""
    found = []
    for link in links_of(record):
        if link.kind not in PERSON_LINKS:
            continue
        if link.by == "record":
            key = f"r:{record['connection_id']}:{link.value}"
            if key in answers.contacts:
                found.append(answers.contacts[key])
        elif link.by == "email" and not _is_staff([link.value], answers.staff):
            found.append(link.value)
    return tuple(dict.fromkeys(found))


def values_of(record: Doc, answers: Answers) -> Doc:
    """Its canonical values; a contact with an address of the tenant's own domains is internal."""
    values: Doc = record.get("values") or {}
    if record.get("entity") == "contact" and _is_internal(values, answers.staff):
        return {**values, "is_internal": True}
    return values


def _is_internal(values: Doc, staff: frozenset[str]) -> bool:
    return bool(values.get("is_internal")) or _is_staff(values.get("emails") or (), staff)


def _is_staff(addresses: Iterable[str], staff: frozenset[str]) -> bool:
    return any(address.rpartition("@")[2].lower() in staff for address in addresses)


def _by_record(store: TenantStore, ids: Sequence[str], answers: Answers) -> None:
    for doc in store.records.find({"_id": {"$in": ids}}, TARGET) if ids else ():
        answers.records[doc["_id"]] = doc
        if _is_gone(doc):
            continue
        if doc.get("account_id"):
            answers.accounts[f"r:{doc['_id']}"] = doc["account_id"]
        if doc.get("contact_id") and not _is_internal(doc.get("values") or {}, answers.staff):
            answers.contacts[f"r:{doc['_id']}"] = doc["contact_id"]


TARGET = {
    "account_id": 1,
    "contact_id": 1,
    "entity": 1,
    "values.is_internal": 1,
    "values.emails": 1,
    "life.deleted": 1,
    "life.merged_into": 1,
    "values.domains": 1,
    "people": 1,
}


def _is_gone(doc: Doc) -> bool:
    """What is deleted leads nowhere, as if it had never been read; a merged record still leads to
    its survivor."""
    life = doc.get("life") or {}
    return bool(life.get("deleted") and not life.get("merged_into"))


def _by_claim(store: TenantStore, keys: Collection[str], answers: Answers) -> None:
    """What several live records of one kind of one system claim leads nowhere."""
    found = claimants.read(store, "account", keys, CLAIMANT)
    by_key: Mapping[str, list[Doc]] = defaultdict(list)
    for doc in found.records.values():
        if not doc["life"]["deleted"]:
            for key in {k[2:] for k in doc["keys"] if k.startswith("c:")} & set(keys):
                by_key[key].append(doc)
    for key, docs in by_key.items():
        places = {(doc["connection_id"], doc["object"]) for doc in docs}
        accounts = {doc.get("account_id") for doc in docs} - {None}
        if key not in found.crowded and len(places) == len(docs) and len(accounts) == 1:
            answers.accounts[key] = str(accounts.pop())


CLAIMANT = {"keys": 1, "account_id": 1, "connection_id": 1, "object": 1, "life.deleted": 1}


def _by_decision(store: TenantStore, keys: Collection[str], answers: Answers) -> None:
    """A domain that a person gave to an account leads there, whoever else claims it."""
    given = {d.owner: f"d:{d.domain}" for d in Book(store).touching(keys) if d.domain and d.owner}
    owners = {"_id": {"$in": sorted(given)}, "account_id": {"$type": "string"}}
    for doc in store.records.find(owners, TARGET) if given else ():
        if not _is_gone(doc):
            answers.accounts[given[doc["_id"]]] = doc["account_id"]
