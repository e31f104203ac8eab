"""Why these records are one: links with their evidence, what was not linked and why, who decided,
and what happened. Nothing is computed anew: what is told is what the engine stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.engine.window import escaped
from hub.identity import evidence, history, naming, subjects
from hub.identity.naming import Names
from hub.identity.subjects import Subject
from hub.identity.vendors import Vendors
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.claims import Claim, claim_key
from mappings.evidence import WORDS, Edge, explain_edge

EDGE_FIELDS = ("a", "b", "rule", "kind", "value", "state", "reason")
RIVALS = 8
STATES = ("accepted", "candidate", "dropped", "ambiguous")


def explain(store: TenantStore, entity: str, given: str, vendors: Vendors) -> Doc:
    """The identity of an account or a contact.

    {id, asked_id, entity, name, aliases, external_ids, members, edges [{a, b, rule, kind, value,
    state, reason, sentence, sides}], history [{at, kind, sentence, because, ids, moves}]}; a side
    is {record, source, object, native_id, name, id, live, fields [{field, path, value}]}, and a
    claim that links nothing has some of its other claimants as further sides. Raises NotFound.
    """
    subject = subjects.of(store, entity, given)
    edges = sorted(subject.doc.get("edges", ()), key=lambda e: STATES.index(e["state"]))
    past = history.read(store, subject.id, subject.doc.get("aliases") or ())
    rivals = _rivals(store, edges)
    known = _known(store, subject, edges, past) | rivals
    told = Told(known, Names(known, vendors), vendors, entity, rivals)
    flat = subject.doc.get("flat") or {}
    return {
        "id": subject.id,
        "asked_id": subject.asked,
        "entity": entity,
        "name": flat.get("name") or flat.get("full_name"),
        "aliases": subject.doc.get("aliases") or [],
        "external_ids": subject.doc.get("external_ids") or [],
        "minted_at": subject.doc.get("minted_at"),
        "members": [_member(m, subject) for m in subject.doc.get("members", ())],
        "edges": [edge(e, told) for e in edges],
        "history": [happening(entry, told.names) for entry in past],
    }


def _known(
    store: TenantStore, subject: Subject, edges: list[Doc], past: list[Doc]
) -> dict[str, Doc]:
    """The subject's records and those on the other side of a link or of a move."""
    keys = {key for edge in edges for key in (edge["a"], edge["b"])}
    keys |= {move["record"] for entry in past for move in entry["moves"]}
    return {**subject.records, **subjects.records(store, keys - subject.records.keys())}


def _rivals(store: TenantStore, edges: list[Doc]) -> dict[str, Doc]:
    """Some of the living records that make a claim which links nothing for that very reason."""
    found: dict[str, Doc] = {}
    for edge in edges:
        if edge["state"] == "ambiguous":
            key = f"c:{claim_key(Claim(edge['kind'], edge['value']))}"
            mine = {"keys": key, "life.deleted": False}
            found |= {d["_id"]: d for d in store.records.find(mine, subjects.READ).limit(RIVALS)}
    return found


def _member(member: Doc, subject: Subject) -> Doc:
    record = subject.records.get(member["key"], {})
    return {
        **member,
        "name": member.get("name") or (naming.name_of(record) if record else None),
        "first_seen_at": record.get("first_seen_at"),
    }


@dataclass(frozen=True, slots=True)
class Told:
    """What is needed to tell of a link: the records by key, their names, and their vendors."""

    records: Mapping[str, Doc]
    names: Names
    vendors: Vendors
    entity: str
    rivals: Mapping[str, Doc] = field(default_factory=dict)
    _said: dict[str, dict[evidence.Key, list[Doc]]] = field(default_factory=dict)

    def claims(self, record: Doc) -> dict[evidence.Key, list[Doc]]:
        """What a record claims, worked out once: it may be at the end of many links."""
        key = record["_id"]
        if key not in self._said:
            self._said[key] = evidence.claims(record, self.vendors)
        return self._said[key]


def edge(given: Doc, told: Told) -> Doc:
    """A link with the sentence and what speaks for it on each side."""
    plain: Doc = {name: given.get(name) for name in EDGE_FIELDS}
    ends = list(dict.fromkeys((given["a"], given["b"])))
    sides = [side(key, given, told) for key in ends]
    if given["state"] == "ambiguous":
        others = (side(key, given, told) for key in sorted(told.rivals) if key not in ends)
        sides += [other for other in others if other["fields"]]
    return {
        **plain,
        "reason": told.names.spell(plain["reason"] or "", ends) or None,
        "sentence": told.names.spell(explain_edge(Edge(**plain)), ends),
        "sides": sides,
    }


def side(key: str, given: Doc, told: Told) -> Doc:
    """One end of a link and the fields that make it; a record that is gone has only its key."""
    record = told.records.get(key)
    if record is None:
        nothing: Doc = dict.fromkeys(("source", "object", "native_id", "name", "id"))
        return {"record": key, **nothing, "live": False, "fields": []}
    return {
        "record": key,
        **{name: record[name] for name in ("source", "object", "native_id")},
        "name": naming.name_of(record),
        "id": record.get(history.ID_FIELD[told.entity]),
        "live": not (record.get("life") or {}).get("deleted"),
        "fields": _fields(record, given, told),
    }


def _fields(record: Doc, given: Doc, told: Told) -> list[Doc]:
    if given["kind"] == "merge":
        into = (record.get("life") or {}).get("merged_into")
        return [{"field": "merged_into", "path": None, "value": into}] if into else []
    kind = "domain" if given["kind"] == "owned_domain" else given["kind"]
    claims = told.claims(record)
    found = claims.get((kind, given["value"]), [])
    if kind == "email_domain" and not found:
        found = claims.get(("domain", given["value"]), []) or _people(record, given["value"])
    is_named = kind == "xref" and given["value"].endswith(f":{record['native_id']}")
    return found or (
        [{"field": "id", "path": None, "value": record["native_id"]}] if is_named else []
    )


def _people(record: Doc, domain: str) -> list[Doc]:
    """How many who hang on a record have an address there."""
    count = (record.get("people") or {}).get(escaped(domain))
    told = f"{count} with an address at {domain}"
    return [{"field": "people", "path": None, "value": told}] if count else []


def happening(entry: Doc, names: Names) -> Doc:
    """An entry of the history in a sentence."""
    moved = [names.of(move["record"]) for move in entry["moves"]]
    others = sorted({move["from"] for move in entry["moves"] if move["from"]} - {entry["id"]})
    what = f"{_list(moved)} came from {_list(others)} to {entry['id']}"
    words = {
        "merged": f"{_list(others)} became part of {entry['id']}: {_list(moved)} came over.",
        "split": f"{what}, and what is left lives on.",
        "moved": f"{what}.",
    }
    return {
        "at": entry["at"],
        "kind": entry["kind"],
        "sentence": words[entry["kind"]],
        "because": [_because(one, names) for one in entry["because"]],
        "ids": entry["ids"],
        "moves": entry["moves"],
    }


def _because(given: Doc, names: Names) -> str:
    a, b = names.of(given["a"]), names.of(given["b"])
    by = f"(rule {given['rule']})"
    if given["kind"] == "same":
        return f"A person said that {a} and {b} are one {by}."
    if given["kind"] == "merge":
        return f"The vendor merged {a} into {b} {by}."
    return f"{a} and {b} share their {WHAT[given['kind']]} {by}."


WHAT: Mapping[str, str] = dict(WORDS) | {"email_domain": "e-mail domain", "name": "name"}


def _list(words: list[str]) -> str:
    if len(words) > 6:
        return f"{', '.join(words[:5])} and {len(words) - 5} more"
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
