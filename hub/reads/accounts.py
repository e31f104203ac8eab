"""Accounts as they are shown: profile with provenance, health explained, identity with reasons.

An id that was merged away answers with the account that lives on; `asked_id` is the id as asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hub.errors import NotFound
from hub.health.family import DEEPEST
from hub.health.words import explain_words
from hub.reads import tested
from hub.reads.paging import Asked, Page, order_of, read
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings import normalise
from mappings.identity import Edge, explain_edge

ORDERS = {
    "health": "sort.health",
    "name": "sort.name",
    "mrr": "sort.mrr",
    "open_tickets": "sort.open_tickets",
    "last_touch": "sort.last_touch",
    "urgency": "sort.urgency",
}
MOST_MERGES = 20
MOST_BELOW = 100
RELATIVE = {
    "flat.name": 1,
    "health.health": 1,
    "health.band": 1,
    "rollup.mrr": 1,
    "sort.band": 1,
    "family": 1,
    "parent_id": 1,
}
LISTED = {
    "flat": 1,
    "rollup": 1,
    "urgency": 1,
    "override": 1,
    "family.basis": 1,
    "family.health": 1,
    "family.band": 1,
    "parent_id": 1,
    "sort": 1,
    "scored_at": 1,
    "members.source": 1,
    "external_ids": 1,
    "health.health_shown": 1,
    "health.band": 1,
    "health.band_since": 1,
    "health.coverage": 1,
    "health.confidence": 1,
    "health.trend": 1,
    "health.top_negative": 1,
}


def search(store: TenantStore, asked: Asked, filters: Mapping[str, Any]) -> Page:
    """Living accounts. Filters: band (list), q (in the name), domain, external_id, lifecycle,
    tier, source, trial, parent. Worst health first unless asked otherwise; unknown health comes
    last. Amounts sort within their currency, one currency after the other."""
    order = order_of(ORDERS, asked, "health")
    return read(store.accounts, _where(filters), order, asked, summary, LISTED)


def _where(filters: Mapping[str, Any]) -> Doc:
    where: Doc = {"listed": True}
    if filters.get("band"):
        where["sort.band"] = {"$in": list(filters["band"])}
    if filters.get("q"):
        where["sort.name"] = {"$regex": re.escape(str(filters["q"]).casefold())}
    if filters.get("domain"):
        given = str(filters["domain"])
        where["flat.domains"] = normalise.registrable_domain(given) or given.lower()
    if filters.get("external_id"):
        where["external_ids"] = filters["external_id"]
    if filters.get("trial") is not None:
        where["sort.trial"] = True if filters["trial"] else {"$ne": True}
    if filters.get("parent"):
        where["parent_id"] = filters["parent"]
    if filters.get("source"):
        where["members.source"] = filters["source"]
    return where | {
        f"flat.{name}": filters[name] for name in ("lifecycle", "tier") if filters.get(name)
    }


def summary(account: Doc) -> Doc:
    """One row of a list."""
    flat, health = account.get("flat", {}), account["health"]
    return {
        "id": account["_id"],
        "name": flat.get("name"),
        "domains": flat.get("domains", []),
        "lifecycle": flat.get("lifecycle"),
        "tier": flat.get("tier"),
        "health": health["health_shown"],
        "band": health["band"],
        "band_since": health["band_since"],
        "coverage": health["coverage"],
        "confidence": health["confidence"],
        "trend": health["trend"],
        "top_negative": health["top_negative"],
        "sources": sorted({member["source"] for member in account.get("members", ())}),
        "external_ids": account.get("external_ids", []),
        "trial": False,
        "mrr_apart": [],
        **account["rollup"],
        "urgency": account.get("urgency"),
        "override": account.get("override"),
        "parent_id": account.get("parent_id"),
        "family": account.get("family"),
        "scored_at": account.get("scored_at"),
    }


def find(store: TenantStore, account_id: str) -> Doc:
    """The account, or the one that it was merged into; raises NotFound."""
    wanted = account_id
    for _ in range(MOST_MERGES):
        found = store.accounts.find_one({"_id": wanted}, {"state": 0})
        if found is None:
            break
        if not found.get("merged_into"):
            return found
        wanted = found["merged_into"]
    raise NotFound("There is no such account.")


def one(store: TenantStore, account_id: str) -> Doc:
    """The whole account but its timeline; every profile value says where it is from."""
    account = find(store, account_id)
    profile = account.get("profile", {})
    return {
        **summary(account),
        "asked_id": account_id,
        "aliases": account.get("aliases", []),
        "deleted": bool(account.get("deleted")),
        "version": account.get("version"),
        "profile": {name: provenance(answer) for name, answer in profile.items()},
        "members": account.get("members", []),
        "stuck": account.get("stuck"),
    }


def tree(store: TenantStore, account_id: str) -> Doc:
    """{"parent": the record's word or None, "above": nearest first, "below": the worst first}."""
    account = find(store, account_id)
    above: list[Doc] = []
    at, seen = account.get("parent_id"), {account["_id"]}
    while at and at not in seen and len(above) < DEEPEST:
        found = store.accounts.find_one({"_id": at}, RELATIVE)
        if found is None:
            break
        seen.add(at)
        above.append(relative(found))
        at = found.get("parent_id")
    mine = {"parent_id": account["_id"], "listed": True}
    below = list(store.accounts.find(mine, RELATIVE).sort("sort.health", 1).limit(MOST_BELOW + 1))
    return {
        "parent": account.get("parent"),
        "above": above,
        "below": [relative(doc) for doc in below[:MOST_BELOW]],
        "more_below": len(below) > MOST_BELOW,
    }


def relative(account: Doc) -> Doc:
    """One account of a family, as its parent counts it."""
    family = account.get("family") or {}
    by_family = family.get("basis") == "children" and family.get("health") is not None
    return {
        "id": account["_id"],
        "name": account.get("flat", {}).get("name"),
        "health": family.get("health") if by_family else account["health"]["health"],
        "band": account.get("sort", {}).get("band", account["health"]["band"]),
        "mrr": family.get("mrr") or account["rollup"]["mrr"],
        "children": family.get("children", 0),
    }


def provenance(answer: Doc) -> Doc:
    """A surviving value in words: {value, source, record, at, rule, also}."""
    return {**_said(answer), "rule": answer["rule"], "also": [_said(a) for a in answer["also"]]}


def _said(answer: Doc) -> Doc:
    names = {"value": "v", "source": "src", "record": "rec", "at": "at"}
    return {name: answer.get(key) for name, key in names.items()}


def explained(edge: Doc) -> Doc:
    return {**edge, "sentence": explain_edge(Edge(**edge))}


def health(store: TenantStore, account_id: str) -> Doc:
    """The score with every point accounted for, and the same in sentences."""
    account = find(store, account_id)
    explanation = account["health"]
    return {
        **explanation,
        "account_id": account["_id"],
        "asked_id": account_id,
        "scored_at": account.get("scored_at"),
        "calibrated": tested.passes(store),
        "words": explain_words(explanation),
    }
