"""Where records of use hang, and what each contributes: a person counts once at an account.

A record of use watches its person, so that a merge, a split, another account or a word that they
are staff brings it back here. All records of one person at one account are looked at together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from hub.engine import linking
from hub.engine.linking import Answers
from hub.health import usage
from hub.health.facts import Contribution
from hub.store.client import Doc
from hub.store.tenant import TenantStore

ENTITY = "usage"
UNIT = "u:"
"""Prefix of the key under which a record of use is found by the person that it counts for."""
PERSON = "p:"
"""Prefix of the watch key of a contact."""
Place = tuple[str, str]
"""(account, contact): what counts once."""


@dataclass(slots=True)
class Places:
    """What a batch does to records of use: `accounts`, with the path that led there, and
    `contributions` by record key, and the siblings outside the batch whose contribution moved."""

    accounts: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    contributions: dict[str, Contribution] = field(default_factory=dict)
    siblings: list[tuple[Doc, Contribution]] = field(default_factory=list)


def person_keys(contacts: Iterable[str]) -> set[str]:
    """The watch keys of these contacts."""
    return {PERSON + contact for contact in contacts}


def settle(
    store: TenantStore,
    due: Iterable[Doc],
    answers: Answers,
    features: Collection[str],
    staff: Collection[str] = (),
) -> Places:
    """Place the records of use among `due`, with all that share a person and account with them.

    `features` are the tenant's key features, `staff` the e-mail domains of its own people.
    """
    docs = [doc for doc in due if doc.get("entity") == ENTITY]
    places = Places()
    if not docs:
        return places
    people = _people(store, docs)
    now: dict[str, Place | None] = {}
    for doc in docs:
        contact = people.get(doc["_id"])
        places.accounts[doc["_id"]] = _account(doc, answers, contact)
        now[doc["_id"]] = _place(doc, places.accounts[doc["_id"]][0], contact, staff)
        places.keys[doc["_id"]] = _keys(doc, contact, now[doc["_id"]])
    _share(store, docs, now, places, features)
    return places


def _people(store: TenantStore, docs: Iterable[Doc]) -> dict[str, Doc]:
    """{record of use: the contact that its user is}."""
    users = {doc["_id"]: user for doc in docs if (user := _user(doc))}
    known = store.records.find(
        {"_id": {"$in": sorted(set(users.values()))}}, {"contact_id": 1, "life.deleted": 1}
    )
    contact_of: dict[str, str] = {
        d["_id"]: d["contact_id"]
        for d in known
        if d.get("contact_id") and not (d.get("life") or {}).get("deleted")
    }
    wanted = {"_id": {"$in": sorted(set(contact_of.values()))}}
    fields = {"flat.is_internal": 1, "flat.emails": 1, "account_ids": 1}
    contacts = {d["_id"]: d for d in store.contacts.find(wanted, fields)}
    found = {key: contacts.get(contact_of.get(user, "")) for key, user in users.items()}
    return {key: contact for key, contact in found.items() if contact is not None}


def _user(doc: Doc) -> str | None:
    named = [link for link in linking.links_of(doc) if (link.kind, link.by) == ("user", "record")]
    return f"{doc['connection_id']}:{named[0].value}" if named else None


def _account(doc: Doc, answers: Answers, contact: Doc | None) -> tuple[str | None, str | None]:
    """Use in a group is the group's; use in none is where its person belongs, if that is clear."""
    if (doc.get("values") or {}).get("group_key"):
        return linking.account_of(doc, answers)
    accounts: list[str] = (contact or {}).get("account_ids") or []
    return (accounts[0], f"r:{_user(doc)}") if len(accounts) == 1 else (None, None)


def _place(
    doc: Doc, account_id: str | None, contact: Doc | None, staff: Collection[str]
) -> Place | None:
    """Where a record counts; staff count nowhere."""
    gone = (doc.get("life") or {}).get("deleted")
    if account_id is None or contact is None or gone or _is_staff(contact, staff):
        return None
    return account_id, contact["_id"]


def _is_staff(contact: Doc, staff: Collection[str]) -> bool:
    flat = contact.get("flat") or {}
    emails = flat.get("emails") or ()
    return bool(flat.get("is_internal")) or any(e.rpartition("@")[2] in staff for e in emails)


def _keys(doc: Doc, contact: Doc | None, place: Place | None) -> list[str]:
    watch = [f"w:r:{user}"] if (user := _user(doc)) else []
    watch += [f"w:{PERSON}{contact['_id']}"] if contact else []
    return [*watch, UNIT + place[1]] if place else watch


def _before(doc: Doc) -> Place | None:
    unit = next((k[len(UNIT) :] for k in doc.get("keys") or () if k.startswith(UNIT)), None)
    return (doc["account_id"], unit) if unit and doc.get("account_id") else None


def _share(
    store: TenantStore,
    docs: list[Doc],
    now: Mapping[str, Place | None],
    places: Places,
    features: Collection[str],
) -> None:
    touched = {p for p in [*now.values(), *map(_before, docs)] if p is not None}
    others = _siblings(store, touched, {doc["_id"] for doc in docs})
    members: dict[Place, dict[str, Doc]] = defaultdict(dict)
    for doc in [*others, *docs]:
        place = now[doc["_id"]] if doc["_id"] in now else _before(doc)
        if place in touched and place is not None:
            members[place][doc["_id"]] = doc.get("values") or {}
    for found in members.values():
        places.contributions |= usage.shares(found, features)
    places.siblings = [(d, places.contributions[d["_id"]]) for d in others]


def _siblings(store: TenantStore, touched: set[Place], due: set[str]) -> list[Doc]:
    """The settled records of these persons at these accounts, without the batch's own."""
    units = sorted({UNIT + contact for _, contact in touched})
    found = store.records.find({"keys": {"$in": units}, "entity": ENTITY}, FIELDS) if units else ()
    return [
        doc
        for doc in found
        if doc["_id"] not in due
        and _before(doc) in touched
        and not (doc.get("life") or {}).get("deleted")
    ]


FIELDS = {
    "account_id": 1,
    "contribution": 1,
    "entity": 1,
    "keys": 1,
    "life.deleted": 1,
    "values.active_days": 1,
    "values.features": 1,
}
