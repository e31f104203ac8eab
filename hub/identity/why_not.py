"""Why two accounts (or two contacts) are not one: rule by rule, what each side has and what came of
it. The verdict is the first rule that was near to linking them and did not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hub.errors import CorrectInput
from hub.identity import evidence, explain, hinted, subjects
from hub.identity.explain import WHAT, Told
from hub.identity.naming import Names
from hub.identity.paths import path
from hub.identity.subjects import Subject
from hub.identity.vendors import Vendors
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.claims import claim_of

KINDS: Mapping[str, tuple[tuple[int, str], ...]] = {
    "account": (
        (2, "xref"),
        (2, "external_id"),
        (3, "tax_id"),
        (4, "domain"),
        (5, "email_domain"),
        (6, "name"),
    ),
    "contact": ((2, "xref"), (2, "external_id"), (4, "email")),
}
NEAR = ("not_same", "dropped", "ambiguous", "candidate", "gone")
"""Outcomes of a rule that found something in common."""
STATE = {"dropped": "this link was not made", "ambiguous": "it links nothing"}


def why_not(store: TenantStore, a: str, b: str, vendors: Vendors) -> Doc:
    """{a, b, same, verdict {rule, kind, outcome, sentence}, rules, links}.

    `a` and `b` are ids of accounts, contacts or records. rules: [{rule, kind, outcome, sentence,
    a, b}] in the order in which they are tried, where the sides are [{record, live, reads_as,
    field, path, value}]. links: when they are one, the links that lead from one to the other.
    Raises NotFound, CorrectInput when one is an account and the other a contact.
    """
    one, other = subjects.find(store, a), subjects.find(store, b)
    if one.entity != other.entity:
        raise CorrectInput(f"One is an {one.entity} and one a {other.entity}.", field="b")
    edges = [*one.doc.get("edges", ()), *other.doc.get("edges", ())]
    far = {key for edge in edges for key in (edge["a"], edge["b"])}
    known = {**one.records, **other.records}
    known |= subjects.records(store, far - known.keys())
    told = Told(known, Names(known, vendors), vendors, one.entity)
    sides = {"a": _card(one), "b": _card(other)}
    if one.id == other.id:
        links = [explain.edge(edge, told) for edge in path(one, a, b)]
        return {**sides, "same": True, "verdict": ALREADY, "rules": [], "links": links}
    rules = list(_rules(store, Pair(one, other, edges, told)))
    return {**sides, "same": False, "verdict": _verdict(rules), "rules": rules, "links": []}


ALREADY: Doc = {
    "rule": None,
    "kind": None,
    "outcome": "linked",
    "sentence": "They are one already.",
}
NOTHING: Doc = {
    "rule": None,
    "kind": None,
    "outcome": "nothing",
    "sentence": "No rule finds anything that both have.",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two that are compared, with the links stored of both."""

    one: Subject
    other: Subject
    edges: list[Doc]
    told: Told

    @property
    def keys(self) -> set[str]:
        return {*self.one.records, *self.other.records}


def _card(subject: Subject) -> Doc:
    flat = subject.doc.get("flat") or {}
    return {
        "id": subject.id,
        "asked_id": subject.asked,
        "entity": subject.entity,
        "name": flat.get("name") or flat.get("full_name"),
    }


def _verdict(rules: list[Doc]) -> Doc:
    """The first rule that found something in common, else the first that had words of no use."""
    for wanted in (NEAR, ("blocked",)):
        for rule in rules:
            if rule["outcome"] in wanted:
                return {k: rule[k] for k in ("rule", "kind", "outcome", "sentence")}
    return NOTHING


def _rules(store: TenantStore, pair: Pair) -> Iterator[Doc]:
    yield _decided(store, pair)
    yield _merged(pair)
    for rule, kind in KINDS[pair.one.entity]:
        yield _claimed_kind(store, rule, kind, pair)


def _decided(store: TenantStore, pair: Pair) -> Doc:
    """Rule 0: whether a person keeps the two apart."""
    told = {"rule": 0, "kind": "not_same", "a": [], "b": []}
    ours, theirs = sorted(pair.one.records), sorted(pair.other.records)
    sides = [{"left": {"$in": x}, "right": {"$in": y}} for x, y in ((ours, theirs), (theirs, ours))]
    found = store.decisions.find_one({"kind": "not_same", "undone_at": None, "$or": sides})
    if found is None:
        sentence = "Nobody decided that they are not the same."
        return {**told, "outcome": "nothing", "sentence": sentence}
    note = f': "{found["note"]}"' if found.get("note") else ""
    when = f"{found['at']:%Y-%m-%d}"
    sentence = f"{found['by']} decided on {when} that they are not the same{note}."
    return {**told, "outcome": "not_same", "sentence": sentence}


def _merged(pair: Pair) -> Doc:
    """Rule 1: a merge by the vendor holds unless a person keeps the two apart."""
    told = {"rule": 1, "kind": "merge", "a": [], "b": []}
    for edge in pair.edges:
        if edge["kind"] == "merge" and {edge["a"], edge["b"]} <= pair.keys:
            said = explain.edge(edge, pair.told)
            if edge["state"] == "dropped":
                return {**told, "outcome": "dropped", "sentence": said["sentence"]}
    sentence = "No vendor merged a record of one into a record of the other."
    return {**told, "outcome": "nothing", "sentence": sentence}


def _claimed_kind(store: TenantStore, rule: int, kind: str, pair: Pair) -> Doc:
    """What one kind of claim says about two sides."""
    a, b = (list(_claims(side, kind, pair)) for side in (pair.one, pair.other))
    shared = _values(a) & _values(b)
    if kind == "email_domain":
        a, b, shared = _crossed(a, b, pair)
    told = {"rule": rule, "kind": kind, "a": a, "b": b}
    if shared and kind in hinted.RULE:
        said = hinted.outcome(store, kind, min(shared), pair.one, pair.other)
    else:
        said = _shared(kind, sorted(shared), pair) if shared else _apart(kind, pair, a, b)
    return {**told, "outcome": said[0], "sentence": said[1]}


def _crossed(a: list[Doc], b: list[Doc], pair: Pair) -> tuple[list[Doc], list[Doc], set[str]]:
    """Rule 5: the addresses at one against the domain of the other, either way round."""
    ours, theirs = (list(_claims(side, "domain", pair)) for side in (pair.one, pair.other))
    if there := _values(a) & _values(theirs):
        return a, theirs, there
    if here := _values(ours) & _values(b):
        return ours, b, here
    return a, b, set()


def _values(claims: Iterable[Doc]) -> set[str]:
    return {claim["reads_as"] for claim in claims}


def _claims(side: Subject, kind: str, pair: Pair) -> Iterator[Doc]:
    """As the engine stored them, with the vendor's words where these are known."""
    for key, record in sorted(side.records.items()):
        live = not (record.get("life") or {}).get("deleted")
        facts = pair.told.claims(record)
        for claim in sorted(claim_of(k[2:]) for k in record.get("keys", ()) if k[:2] == "c:"):
            if claim.kind != kind:
                continue
            bare = [{"field": claim.kind, "path": None, "value": claim.value}]
            for fact in facts.get((claim.kind, claim.value), bare):
                yield {"record": key, "live": live, "reads_as": claim.value, **fact}


def _shared(kind: str, shared: list[str], pair: Pair) -> tuple[str, str]:
    """What became of the evidence that both have: the reason stands on the stored links."""
    what = WHAT[kind]
    kinds = (kind, "owned_domain") if kind == "domain" else (kind,)
    for value in shared:
        mine = [e for e in pair.edges if e["kind"] in kinds and e["value"] == value]
        for state in ("dropped", "ambiguous"):
            for edge in mine:
                if edge["state"] == state and {edge["a"], edge["b"]} & pair.keys:
                    ends = (edge["a"], edge["b"])
                    reason = pair.told.names.spell(edge["reason"] or "", ends)
                    return state, f"Both have the {what} {value}, but {STATE[state]}: {reason}."
    gone = f"Both had the {what} {shared[0]}, but only in records that no longer live."
    return "gone", gone


def _apart(kind: str, pair: Pair, a: list[Doc], b: list[Doc]) -> tuple[str, str]:
    what = WHAT[kind]
    unfit = [_blocked(side, kind, pair) for side in (pair.one, pair.other)]
    words = [_side(what, claims, bad) for claims, bad in zip((a, b), unfit, strict=True)]
    sentence = f"The first has {words[0]}; the second has {words[1]}."
    if a and b:
        return "different", sentence
    if any(unfit):
        return "blocked", sentence
    return ("one_side", sentence) if a or b else ("nothing", "Neither has one.")


def _blocked(side: Subject, kind: str, pair: Pair) -> list[Doc]:
    found = (evidence.blocked(record, pair.told.vendors) for record in side.living)
    return [one for some in found for one in some if one["kind"] == kind]


def _side(what: str, claims: list[Doc], blocked: list[Doc]) -> str:
    if claims:
        return f"the {what} " + ", ".join(sorted({c["reads_as"] for c in claims}))
    if blocked:
        return f"{blocked[0]['value']}, which identifies nobody ({blocked[0]['reason']})"
    return f"no {what}"
