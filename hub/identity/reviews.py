"""What waits for a person: accounts that may be one, links that were not made, disputed domains.

{_id, kind candidate|dropped|ambiguous_domain, a, b (record keys), records, accounts, rule, link,
value, reason, state open|decided|gone, first_seen, seen_at}. Kept with every change, for what the
change touches: what no longer holds is gone, and what a decision covers is decided until that is
undone.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from hub.engine.membership import Resolution
from hub.errors import CorrectInput, NotFound
from hub.identity import hints
from hub.identity.rulings import Book, ruling
from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.identity import GONE, Decision, Edge

MOST_SHOWN = 20
"""So many claimants of a disputed domain are named in its review."""


def refresh(
    store: TenantStore, resolution: Resolution, authoritative: Mapping[str, bool], now: datetime
) -> None:
    """Within the transaction that settles accounts: bring the reviews around them up to date."""
    members = {doc["_id"]: g.id for g in resolution.groups for doc in g.members}
    holding = {review["_id"]: review for review in _dropped(resolution, members)}
    disputed = _disputed(store.tenant_id, resolution, members)
    holding |= {review["_id"]: review for review in disputed}
    for hint, accounts in hints.find(store, resolution, authoritative):
        found = pair_review("candidate", hint.a, hint.b, accounts, hint.rule, hint.kind, hint.value)
        holding[found["_id"]] = found
    unseen = {claim.value for claim in resolution.silenced if claim.kind == "domain"}
    known = {
        doc["_id"]: doc
        for doc in store.reviews.find(_about(members, resolution, holding))
        if doc.get("domain") not in unseen
    }
    if not holding and not known:
        return
    said = _said(store, members, [*known.values(), *holding.values()])
    writes = []
    for review_id in sorted({*known, *holding}):
        change = _change(known.get(review_id), holding.get(review_id), said, now)
        if change:
            writes.append(store.reviews.updating({"_id": review_id}, {"$set": change}, upsert=True))
    store.reviews.bulk(writes)


def _about(members: Iterable[str], resolution: Resolution, holding: Iterable[str]) -> Doc:
    """Reviews of the touched records that are not yet over, and those that hold now."""
    domains = sorted(c.value for c in resolution.hot if c.kind == "domain")
    return {
        "$or": [
            {"records": {"$in": sorted(members)}, "state": {"$ne": "gone"}},
            {"domain": {"$in": domains}, "state": {"$ne": "gone"}},
            {"_id": {"$in": sorted(holding)}},
        ]
    }


def _said(store: TenantStore, members: Iterable[str], found: Iterable[Doc]) -> list[Decision]:
    """The decisions in force that may cover any of these reviews."""
    keys = {*members}
    for review in found:
        keys |= {*review["records"]} | {f"d:{d}" for d in [review.get("domain")] if d}
    return Book(store).touching(keys)


def _change(
    before: Doc | None, after: Doc | None, said: Iterable[Decision], now: datetime
) -> Doc | None:
    """What to write of a review; None where nothing has changed."""
    if after is None:
        if before is None or before["state"] == "gone":
            return None
        if _is_decided(before, said):
            return None if before["state"] == "decided" else {"state": "decided", "seen_at": now}
        named = {"domain": None} if before.get("domain") else {}
        return {**OVER, **named, "seen_at": now}
    if before is None:
        state = "decided" if _is_decided(after, said) else "open"
        return {**after, "state": state, "first_seen": now, "seen_at": now}
    aside = before.get("aside") == sorted(after["records"])
    state = "decided" if aside or _is_decided(after, said) else "open"
    found = {**after, "state": state}
    if all(before.get(name) == value for name, value in found.items()):
        return None
    return {**found, "seen_at": now}


OVER: Doc = {"state": "gone", "value": None, "reason": None}
"""What is over keeps no name, address or domain; it is found again by its id."""


def _is_decided(review: Doc, said: Iterable[Decision]) -> bool:
    """Whether a decision in force speaks of both ends, or of the domain."""
    for decision in said:
        if review["kind"] == "ambiguous_domain":
            if decision.domain and decision.domain == review.get("domain"):
                return True
            continue
        left, right = set(decision.left), set(decision.right)
        a, b = review["a"], review["b"]
        if (a in left and b in right) or (a in right and b in left):
            return True
    return False


def _dropped(resolution: Resolution, members: Mapping[str, str]) -> Iterator[Doc]:
    """One review for each pair of accounts that a constraint kept apart: its strongest link."""
    seen: set[tuple[str, str]] = set()
    for edge in resolution.edges:
        pair = (min(members[edge.a], members[edge.b]), max(members[edge.a], members[edge.b]))
        if edge.state == "dropped" and _is_open(edge) and pair not in seen:
            seen.add(pair)
            yield pair_review("dropped", edge.a, edge.b, pair, edge.rule, edge.kind, edge.value) | {
                "reason": edge.reason
            }


def _is_open(edge: Edge) -> bool:
    """Neither what a person forbids nor what only the dead connect needs another look."""
    return (
        edge.kind not in ("same", "merge")
        and edge.reason != GONE
        and "(dec_" not in str(edge.reason)
    )


def pair_review(
    kind: str, a: str, b: str, accounts: Iterable[str], rule: int, link: str, value: str
) -> Doc:
    """A review of two records of two accounts."""
    return {
        "_id": _id(kind, a, b),
        "kind": kind,
        "a": a,
        "b": b,
        "records": sorted({a, b}),
        "accounts": sorted(accounts),
        "rule": rule,
        "link": link,
        "value": value,
        "reason": None,
    }


def _disputed(tenant_id: str, resolution: Resolution, members: Mapping[str, str]) -> Iterator[Doc]:
    """Domains that several claim, as far as their claimants were looked at."""
    looked_at = resolution.hot - resolution.silenced
    hot = {claim.value for claim in looked_at if claim.kind == "domain"}
    claimants: dict[str, list[Edge]] = defaultdict(list)
    for edge in resolution.edges:
        if edge.kind == "domain" and edge.state == "ambiguous" and edge.value in hot:
            claimants[edge.value].append(edge)
    for domain, edges in claimants.items():
        keys = sorted(edge.a for edge in edges)
        found = pair_review("ambiguous_domain", keys[0], keys[-1], (), 4, "domain", domain)
        yield found | {
            "_id": _id("ambiguous_domain", tenant_id, domain),
            "records": keys[:MOST_SHOWN],
            "accounts": sorted({members[key] for key in keys[:MOST_SHOWN]}),
            "domain": domain,
            "reason": edges[0].reason,
        }


def _id(*parts: str) -> str:
    return "rev_" + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]


def one(store: TenantStore, review_id: str) -> Doc:
    """Raises NotFound."""
    found = store.reviews.find_one({"_id": review_id})
    if found is None:
        raise NotFound(f"There is no review {review_id}.")
    return found


def is_pair(store: TenantStore, review_id: str) -> bool:
    return bool(one(store, review_id)["kind"] != "ambiguous_domain")


def ends(store: TenantStore, review_id: str) -> tuple[str, str]:
    """The accounts that its two records are in today. Raises CorrectInput where it is no pair."""
    review = one(store, review_id)
    if review["kind"] == "ambiguous_domain":
        told = f"Say whose {review['domain']} is: give the domain to one of the accounts."
        raise CorrectInput(told, field="review")
    keys = [review["a"], review["b"]]
    found = {
        doc["_id"]: doc["account_id"]
        for doc in store.records.find({"_id": {"$in": keys}}, {"account_id": 1})
        if doc.get("account_id")
    }
    if len(found) < 2:
        raise NotFound(f"A record of review {review_id} is gone.")
    return found[keys[0]], found[keys[1]]


def set_aside(store: TenantStore, review_id: str, by: str, note: str, now: datetime) -> Doc:
    """It stays decided as long as the same records dispute the domain."""
    review = one(store, review_id)
    said = {"aside": review["records"], "by": by, "note": note, "decided_at": now}
    store.reviews.update({"_id": review_id}, {"$set": {**said, "state": "decided"}})
    return one(store, review_id)


def decided_by(store: TenantStore, review: Doc) -> Doc | None:
    """The decision in force that covers a review, as it is stored."""
    named = [*review["records"], *([f"d:{review['domain']}"] if review.get("domain") else [])]
    for document in store.decisions.find({"touches": {"$in": named}}).sort("at", -1):
        if _is_decided(review, [ruling(document)]):
            return document
    return None
