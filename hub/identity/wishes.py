"""What a person asks for, in the record keys that a decision is made of; checked, not yet decided.

A decision names records and not accounts, since accounts come and go and records stay.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from hub.engine import claimants
from hub.engine.linking import CLAIMANT
from hub.errors import AlreadyThere, CorrectInput, NotFound
from hub.identity import subjects
from hub.identity.subjects import Subject
from hub.store.client import Doc
from hub.store.control import new_id
from hub.store.tenant import TenantStore
from mappings import normalise
from mappings.identity import Decision


@dataclass(frozen=True, slots=True)
class Wish:
    """A decision that would be, for one entity: `added`, or `undone` of that id.

    records: every record that has to be looked at anew; subjects: ids of the accounts or contacts
    it is about. sentence: what it says, for the audit and the timeline.
    """

    entity: str
    decision: Decision
    records: tuple[str, ...]
    subjects: tuple[str, ...]
    sentence: str
    undone: bool = False


def same(store: TenantStore, a: str, b: str) -> Wish:
    """Two accounts, contacts or records are one. Raises NotFound, CorrectInput, AlreadyThere."""
    one, other = _pair(store, a, b)
    if one.id == other.id and {a, b} & {one.id, *one.doc.get("aliases", ())}:
        raise AlreadyThere(f"They are one {one.entity} already: {one.id}.", field="b")
    return _said(one, other, _keys(one, a), _keys(other, b), "same", "are one")


def not_same(store: TenantStore, a: str, b: str) -> Wish:
    """Two accounts, contacts or records stay apart, whatever the rules say."""
    one, other = _pair(store, a, b)
    left, right = _keys(one, a), _keys(other, b)
    if set(left) & set(right):
        told = f"They are one {one.entity}: say which of its records to split off."
        raise CorrectInput(told, field="b")
    return _said(one, other, left, right, "not_same", "are not the same")


def split(store: TenantStore, account_id: str, record_keys: Collection[str]) -> Wish:
    """These records leave an account (or contact) and stay out of what is left of it."""
    whole = subjects.find(store, account_id)
    left, members = sorted(set(record_keys)), _keys(whole, whole.id)
    strange = [key for key in left if key not in members]
    if strange:
        raise CorrectInput(f"{strange[0]} is no record of {whole.id}.", field="records")
    right = [key for key in members if key not in left]
    if not left or not right:
        told = "Name at least one record that goes and leave at least one that stays."
        raise CorrectInput(told, field="records")
    return _said(whole, whole, left, right, "not_same", "are not the same")


def domain(store: TenantStore, name: str, account_id: str) -> Wish:
    """A domain belongs to an account, whoever else claims it. Raises CorrectInput for a domain
    that many share by nature."""
    asked = normalise.registrable_domain(name)
    if asked is None:
        why = normalise.blocked_reason(name) or "it is no domain that an organisation registers"
        raise CorrectInput(f"{name} can belong to nobody: {why}.", field="domain")
    owner = subjects.find(store, account_id)
    if owner.entity != "account":
        raise CorrectInput("A domain belongs to an account.", field="account")
    given = store.decisions.find_one({"touches": f"d:{asked}"}, {"_id": 1})
    if given is not None:
        told = f"{asked} was given away already, by decision {given['_id']}: undo that first."
        raise AlreadyThere(told, field="domain")
    key = _keys(owner, account_id)[0]
    decision = Decision(new_id("dec"), "domain", domain=asked, owner=key)
    sentence = f"{asked} belongs to {owner.id}"
    return Wish("account", decision, _around(store, decision), (owner.id,), sentence)


def undo(store: TenantStore, document: Doc, decision: Decision) -> Wish:
    """Nobody says any longer what a stored decision says."""
    records = _around(store, decision)
    found = store.records.find({"_id": {"$in": list(records)}}, {"account_id": 1, "contact_id": 1})
    field = "account_id" if document["entity"] == "account" else "contact_id"
    near = sorted({doc[field] for doc in found if doc.get(field)})
    told = f"undone: {document['sentence']}"
    return Wish(document["entity"], decision, records, tuple(near), told, undone=True)


def _pair(store: TenantStore, a: str, b: str) -> tuple[Subject, Subject]:
    one, other = subjects.find(store, a), subjects.find(store, b)
    if one.entity != other.entity:
        raise CorrectInput(f"One is an {one.entity} and one a {other.entity}.", field="b")
    if a == b:
        raise CorrectInput("Two are needed.", field="b")
    return one, other


def _keys(subject: Subject, asked: str) -> list[str]:
    """The record that was asked for; of an account all, its anchor and the living first."""
    if asked in subject.records:
        return [asked]
    anchor, living = subject.doc["anchor"], {doc["_id"] for doc in subject.living}
    keys = sorted(subject.records, key=lambda key: (key != anchor, key not in living, key))
    if not keys:
        raise NotFound(f"{subject.id} has no records.")
    return keys


def _said(
    one: Subject,
    other: Subject,
    left: Iterable[str],
    right: Iterable[str],
    kind: str,
    words: str,
) -> Wish:
    decision = Decision(
        new_id("dec"),
        "same" if kind == "same" else "not_same",
        tuple(left),
        tuple(right),
    )
    apart = one.id != other.id
    names = (one.id, other.id) if apart else (", ".join(decision.left), f"the rest of {one.id}")
    sentence = f"{names[0]} and {names[1]} {words}"
    near = (one.id, other.id) if apart else (one.id,)
    return Wish(one.entity, decision, (*decision.left, *decision.right), near, sentence)


def _around(store: TenantStore, decision: Decision) -> tuple[str, ...]:
    """The records of a decision, and whoever claims its domain, unless that is a crowd."""
    named = {*decision.left, *decision.right}
    if decision.owner and decision.domain:
        named.add(decision.owner)
        key = f"d:{decision.domain}"
        named |= claimants.read(store, "account", [key], CLAIMANT).records.keys()
    return tuple(sorted(named))
