"""People's decisions on identity and the reviews that wait for one, as they are shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from hub.identity import decisions as deciding
from hub.identity import explain, reviews, sampling, subjects
from hub.identity.explain import Told
from hub.identity.naming import Names
from hub.identity.vendors import Vendors
from hub.reads.paging import Asked, Page, order_of, read
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.evidence import Edge, explain_edge

KINDS = ("candidate", "dropped", "ambiguous_domain")
STATES = ("open", "decided", "gone")
SAID = ("entity", "kind", "sentence", "left", "right", "domain", "owner", "note", "by", "at")
MOST_DECISIONS = 200
_DECISION = re.compile(r" \(dec_\w+\)")
_SUBJECT = re.compile(r"\b(?:acc|con)_\w+")


def whole(store: TenantStore, entity: str, given: str, vendors: Vendors) -> Doc:
    """An explained identity (`explain.explain`) with the decisions and reviews that concern it."""
    told = explain.explain(store, entity, given, vendors)
    keys = [member["key"] for member in told["members"]]
    waiting = reviews_about(store, told["id"], vendors) if entity == "account" else []
    return {**told, "decisions": decisions_about(store, keys, vendors), "candidates": waiting}


def search_decisions(
    store: TenantStore, asked: Asked, filters: Mapping[str, Any], vendors: Vendors
) -> Page:
    """Latest first. Filters: kind, state (in_force, undone), id (account, contact or record)."""
    order = order_of({"at": "at"}, asked, "-at")
    where: Doc = {"kind": filters["kind"]} if filters.get("kind") else {}
    if filters.get("state"):
        where["undone_at"] = None if filters["state"] == "in_force" else {"$ne": None}
    if filters.get("id"):
        named = {"$in": sorted(subjects.find(store, filters["id"]).records)}
        where["$or"] = [{"left": named}, {"right": named}, {"owner": named}]
    page = read(store.decisions, where, order, asked, lambda doc: doc)
    return Page(told_decisions(store, page.items, vendors), page.next)


def decision(store: TenantStore, decision_id: str, vendors: Vendors) -> Doc:
    """Raises NotFound."""
    return told_decisions(store, [deciding.one(store, decision_id)], vendors)[0]


def decisions_about(store: TenantStore, keys: Iterable[str], vendors: Vendors) -> list[Doc]:
    """Decisions, also undone ones, that name any of these records; latest first."""
    return told_decisions(store, deciding.of_records(store, sorted(keys)), vendors)


def told_decisions(store: TenantStore, found: list[Doc], vendors: Vendors) -> list[Doc]:
    """Decisions with the records that they name in words."""
    keys = {key for one in found for key in _named(one)}
    names = Names(subjects.records(store, keys), vendors)
    return [_decision(one, names) for one in found]


def _named(decision: Doc) -> list[str]:
    return [*decision["left"], *decision["right"], *filter(None, [decision.get("owner")])]


def _decision(found: Doc, names: Names) -> Doc:
    left, right = ([names.of(key) for key in found[side]] for side in ("left", "right"))
    said = {
        "same": f"{_some(left)} and {_some(right)} are one.",
        "not_same": f"{_some(left)} and {_some(right)} are not the same.",
        "domain": f"{found['domain']} belongs to the account of {names.of(found['owner'] or '')}.",
    }
    return {
        "id": found["_id"],
        **{name: found.get(name) for name in SAID},
        "sentence": said[found["kind"]],
        "undone_at": found["undone_at"],
        "undone_by": found["undone_by"],
    }


def _some(names: list[str]) -> str:
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "") if names else "none"


def search_reviews(
    store: TenantStore, asked: Asked, filters: Mapping[str, Any], vendors: Vendors
) -> Page:
    """Longest waiting first. Filters: state (open unless said), kind, id (an account or record)."""
    order = order_of({"first_seen": "first_seen"}, asked, "first_seen")
    where: Doc = {"state": filters.get("state") or "open"}
    where["kind"] = filters.get("kind") or {"$in": list(KINDS)}
    if filters.get("id"):
        where["accounts"] = subjects.find(store, filters["id"]).id
    page = read(store.reviews, where, order, asked, lambda doc: doc)
    return Page(told_reviews(store, page.items, vendors), page.next)


def reviews_about(store: TenantStore, account_id: str, vendors: Vendors) -> list[Doc]:
    """What waits for a person about one account, strongest evidence first."""
    mine = {"accounts": account_id, "state": "open"}
    found = store.reviews.find(mine).sort([("rule", 1), ("_id", 1)]).limit(MOST_DECISIONS)
    return told_reviews(store, list(found), vendors)


def review(store: TenantStore, review_id: str, vendors: Vendors) -> Doc:
    """With the decision that covers it; raises NotFound."""
    found = reviews.one(store, review_id)
    covered = reviews.decided_by(store, found) if found["state"] == "decided" else None
    by = told_decisions(store, [covered], vendors)[0] if covered else None
    return told_reviews(store, [found], vendors)[0] | {"decision": by}


def told_reviews(store: TenantStore, found: list[Doc], vendors: Vendors) -> list[Doc]:
    """Reviews with evidence on each side, in words."""
    records = subjects.records(store, {key for one in found for key in one["records"]})
    told = Told(records, Names(records, vendors), vendors, "account")
    accounts = {key for one in found for key in one["accounts"]}
    fields = {"flat.name": 1, "merged_into": 1, "members.source": 1}
    known = {d["_id"]: d for d in store.accounts.find({"_id": {"$in": sorted(accounts)}}, fields)}
    return [_review(one, told, known) for one in found]


def _review(found: Doc, told: Told, accounts: Mapping[str, Doc]) -> Doc:
    given = {"kind": found["link"], "value": found["value"]}
    is_pair = found["kind"] != "ambiguous_domain"
    keys = [found["a"], found["b"]] if is_pair else found["records"]
    return {
        "id": found["_id"],
        "kind": found["kind"],
        "state": found["state"],
        "rule": found["rule"],
        "link": found["link"],
        "value": found["value"],
        "domain": found.get("domain"),
        "sentence": _sentence(found, told.names),
        "accounts": [_account(key, accounts.get(key)) for key in found["accounts"]],
        "sides": [explain.side(key, given, told) for key in keys],
        "first_seen": found["first_seen"],
        "seen_at": found["seen_at"],
    }


def _account(account_id: str, account: Doc | None) -> Doc:
    doc = account or {}
    sources = sorted({member["source"] for member in doc.get("members", ())})
    return {"id": account_id, "name": (doc.get("flat") or {}).get("name"), "sources": sources}


def _sentence(found: Doc, names: Names) -> str:
    a, b, value = names.of(found["a"]), names.of(found["b"]), found["value"]
    if found["state"] == "gone":
        return f"What spoke of {a} and {b} holds no longer."
    if found["kind"] == "ambiguous_domain":
        reason = names.spell(found["reason"] or "")
        return f"{value} links nothing, since {reason}."
    if found["kind"] == "dropped":
        parts = (found["a"], found["b"], found["rule"], found["link"], value)
        edge = Edge(*parts, state="dropped", reason=found["reason"])
        return names.spell(explain_edge(edge), (found["a"], found["b"]))
    if found["link"] == "name":
        return f"{a} and {b} have the same name but for its legal form and spelling ({value})."
    return f"People's addresses at one of {a} and {b} lead to {value}, the domain of the other."


def sample(store: TenantStore, limit: int, vendors: Vendors) -> list[Doc]:
    """Drawn links that wait for a label, with the evidence on both sides."""
    found = sampling.waiting(store, limit)
    keys = {key for one in found for key in (one["a"], one["b"])}
    records = subjects.records(store, keys)
    told = Told(records, Names(records, vendors), vendors, "account")
    return [_sampled(one, explain.edge(one["edge"], told)) for one in found]


def label(store: TenantStore, found: Doc, vendors: Vendors) -> Doc:
    """One labelled link."""
    records = subjects.records(store, [found["a"], found["b"]])
    names = Names(records, vendors)
    return _sampled(found, {"sentence": f"{names.of(found['a'])} and {names.of(found['b'])}"})


def _sampled(found: Doc, edge: Doc) -> Doc:
    names = ("a", "b", "rule", "kind", "account_id", "state", "drawn_at")
    return {
        "id": found["_id"],
        **{name: found[name] for name in names},
        "sentence": edge["sentence"],
        "sides": edge.get("sides", []),
    }


def _names_in(store: TenantStore, sentence: str) -> dict[str, str]:
    """Names of the accounts and contacts whose ids a sentence holds."""
    ids = sorted(set(_SUBJECT.findall(sentence)))
    found: dict[str, str] = {}
    for home in (store.accounts, store.contacts):
        for doc in home.find({"_id": {"$in": ids}}, {"flat.name": 1, "flat.full_name": 1}):
            flat = doc.get("flat") or {}
            if name := flat.get("name") or flat.get("full_name"):
                found[doc["_id"]] = str(name)
    return found


def _plain(sentence: str) -> str:
    """Without the id of a decision that is only thought of."""
    return _DECISION.sub("", sentence)


def told_effect(store: TenantStore, found: Doc, vendors: Vendors) -> Doc:
    """A preview with its links in words."""
    edges = [*found["links"], *found["refused"]]
    keys = {key for edge in edges for key in (edge["a"], edge["b"])}
    keys |= {member["key"] for account in found["accounts"] for member in account["members"]}
    names = Names(subjects.records(store, keys), vendors, _names_in(store, found["sentence"]))
    told = {
        kind: [edge | {"sentence": _plain(names.spell(edge["sentence"]))} for edge in found[kind]]
        for kind in ("links", "refused")
    }
    because = names.spell(found["because"]) if found["because"] else None
    return {**found, **told, "because": because, "sentence": names.spell(found["sentence"])}
