"""How right the rules are, measured: links drawn at random that a person labels right or wrong.

Labels {_id, a, b, rule, kind, account_id, drawn_at, state open|right|wrong, by, at} hold keys of
records and no values. A linked account is drawn first, then one of its links, so that a large
account does not speak for the others.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Iterable, Iterator
from datetime import datetime

from hub.errors import CorrectInput, NotFound
from hub.store.client import Doc
from hub.store.tenant import TenantStore

MOST_DRAWN = 100
MOST_LABELS = 10_000
Z = 1.959964
"""Of the normal distribution, for an interval that covers 95 %."""
AUTOMATIC = (2, 3, 4)
"""The rules that link by themselves; neither a person nor a vendor said so."""
LABELS = ("right", "wrong")


def draw(store: TenantStore, size: int, now: datetime, seed: int | None = None) -> int:
    """Put up to `size` links that nobody has labelled into the sample; returns how many."""
    if not 1 <= size <= MOST_DRAWN:
        raise CorrectInput(f"Draw 1 to {MOST_DRAWN} links at once.", field="size")
    rng = random.Random(seed)
    linked = {"listed": True, "members.1": {"$exists": True}}
    fields = {"edges": 1, "members": 1}
    pipeline: list[Doc] = [
        {"$match": linked},
        {"$sample": {"size": size * 2}},
        {"$project": fields},
    ]
    drawn = 0
    for account in store.accounts.aggregate(pipeline):
        if drawn == size:
            break
        links = _links(account)
        drawn += _keep(store, account["_id"], rng.choice(links), now) if links else 0
    return drawn


def _links(account: Doc) -> list[Doc]:
    """Links by a rule between living records of two connections."""
    live = {m["key"]: m["connection_id"] for m in account["members"] if not m["deleted"]}
    return [
        edge
        for edge in account.get("edges", ())
        if edge["state"] == "accepted"
        and edge["rule"] in AUTOMATIC
        and live.get(edge["a"]) != live.get(edge["b"])
        and edge["a"] in live
        and edge["b"] in live
    ]


def _keep(store: TenantStore, account_id: str, edge: Doc, now: datetime) -> int:
    """1 when the link is new to the sample."""
    text = "\n".join((edge["a"], edge["b"], edge["kind"]))
    label_id = "lab_" + hashlib.sha256(text.encode()).hexdigest()[:20]
    said = {name: edge[name] for name in ("a", "b", "rule", "kind")}
    fresh = {**said, "account_id": account_id, "drawn_at": now, "state": "open"}
    if store.link_labels.find_one({"_id": label_id}, {"_id": 1}) is not None:
        return 0
    return store.link_labels.update({"_id": label_id}, {"$setOnInsert": fresh}, upsert=True)


def label(store: TenantStore, label_id: str, verdict: str, by: str, now: datetime) -> Doc:
    """A person's verdict on one link; it may be given anew. Raises NotFound, CorrectInput."""
    if verdict not in LABELS:
        raise CorrectInput("A link is right or wrong.", field="verdict")
    change = {"$set": {"state": verdict, "by": by, "at": now}}
    found = store.link_labels.take({"_id": label_id}, change)
    if found is None:
        raise NotFound(f"There is no link {label_id} in the sample.")
    return found


def waiting(store: TenantStore, limit: int) -> list[Doc]:
    """Drawn links that nobody has labelled, each with its edge as it stands today; what does not
    hold any more leaves the sample."""
    found = store.link_labels.find({"state": "open"}).sort("drawn_at", -1).limit(limit)
    return list(_still(store, list(found)))


def _still(store: TenantStore, labels: list[Doc]) -> Iterator[Doc]:
    wanted = {"$in": sorted({doc["account_id"] for doc in labels})}
    accounts = store.accounts.find({"_id": wanted}, {"edges": 1, "members": 1})
    edges = {(edge["a"], edge["b"], edge["kind"]): edge for doc in accounts for edge in _links(doc)}
    for doc in labels:
        edge = edges.get((doc["a"], doc["b"], doc["kind"]))
        if edge is None:
            store.link_labels.delete({"_id": doc["_id"], "state": "open"})
        else:
            yield {**doc, "edge": edge}


def precision(store: TenantStore) -> Doc:
    """{labelled, right, precision, low, high, open, by_rule [{rule, labelled, right}]}.

    precision is None and the interval 0 to 1 as long as nothing is labelled. low and high: Wilson's
    interval at 95 %.
    """
    done = {"state": {"$in": list(LABELS)}}
    found = store.link_labels.find(done, {"rule": 1, "state": 1}).limit(MOST_LABELS)
    counts: dict[int, list[int]] = {}
    for doc in found:
        count = counts.setdefault(doc["rule"], [0, 0])
        count[0] += 1
        count[1] += doc["state"] == "right"
    labelled, right = (sum(count[i] for count in counts.values()) for i in (0, 1))
    low, high = wilson(right, labelled)
    return {
        "labelled": labelled,
        "right": right,
        "precision": right / labelled if labelled else None,
        "low": low,
        "high": high,
        "open": store.link_labels.count({"state": "open"}),
        "by_rule": [_rule(rule, counts[rule]) for rule in sorted(counts)],
    }


def _rule(rule: int, count: Iterable[int]) -> Doc:
    labelled, right = count
    return {"rule": rule, "labelled": labelled, "right": right}


def wilson(right: int, labelled: int) -> tuple[float, float]:
    """Between which shares the true one lies, 95 times in 100; (0, 1) for nothing labelled."""
    if not labelled:
        return 0.0, 1.0
    share, square = right / labelled, Z * Z / labelled
    middle = share + square / 2
    reach = Z * math.sqrt(share * (1 - share) / labelled + square / (4 * labelled))
    low, high = (middle - reach) / (1 + square), (middle + reach) / (1 + square)
    return max(low, 0.0), min(high, 1.0)
