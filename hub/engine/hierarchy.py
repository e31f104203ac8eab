"""Parents and children: which account is whose parent, and what a parent's family amounts to.

A parent follows from the CRM's own link (a record's `parent`), found again by a watch key when the
other end comes, moves or goes. A family is made of what the children's documents say; whenever that
moves, the parent is due in the same transaction. Accounts that are each other's ancestors do not
count each other, so a circle comes to rest; below ten levels nothing is summed up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hub.engine import linking
from hub.health.band import plain_band
from hub.health.family import DEEPEST, Child, family
from hub.health.scorecard import Scorecard
from hub.store.client import Doc
from hub.store.tenant import TenantStore

Pointers = Mapping[str, str | None]
CHILD = {
    "parent_id": 1,
    "flat.name": 1,
    "health.health": 1,
    "health.band": 1,
    "rollup.mrr": 1,
    "rollup.trial": 1,
    "family.basis": 1,
    "family.health": 1,
    "family.mrr": 1,
    "sort.band": 1,
}
MEMBER = {"links": 1, "connection_id": 1, "source": 1, "object": 1, "native_id": 1, "life": 1}


def watches(record: Doc) -> list[str]:
    """The index entries by which a record is found when its parent's record moves."""
    return [f"p:{path}" for path in _paths(record)]


def _paths(record: Doc) -> list[str]:
    own = record["connection_id"]
    links = linking.links_of(record)
    return [f"r:{own}:{li.value}" for li in links if (li.kind, li.by) == ("parent", "record")]


def watching(store: TenantStore, stirred: Iterable[str]) -> set[str]:
    """Accounts whose parent may be another, because these records ("r:...") changed."""
    keys = sorted(f"p:{key}" for key in stirred if key.startswith("r:"))
    found = store.records.find({"keys": {"$in": keys}}, {"account_id": 1}) if keys else ()
    return {doc["account_id"] for doc in found if doc.get("account_id")}


def parents(store: TenantStore, members: Mapping[str, Sequence[Doc]]) -> dict[str, Doc | None]:
    """{account: {"id", "record", "by"} or None}; `members` are its living records, best first."""
    paths = {account: [p for doc in docs for p in _paths(doc)] for account, docs in members.items()}
    answers = linking.look_up(store, (p for some in paths.values() for p in some))
    found: dict[str, Doc | None] = {}
    for account, docs in members.items():
        found[account] = next(
            (
                {"id": answers.accounts[path], "record": path[2:], "by": doc["_id"]}
                for doc in docs
                for path in _paths(doc)
                if answers.accounts.get(path) not in (None, account)
            ),
            None,
        )
    return found


class Families:
    """The children of the accounts of one batch, and who stands above these."""

    def __init__(self, store: TenantStore, ids: Sequence[str], pointers: Pointers) -> None:
        """`pointers`: the parents of the batch's accounts, as they are after it."""
        self._children: dict[str, list[Doc]] = defaultdict(list)
        for doc in store.accounts.find({"parent_id": {"$in": list(ids)}, "listed": True}, CHILD):
            if pointers.get(doc["_id"], doc["parent_id"]) == doc["parent_id"]:
                self._children[doc["parent_id"]].append(doc)
        above = {pointers.get(i) for i in self._children} - {None}
        self._up = dict(_pointers(store, {i for i in above if i}))
        self._up |= {i: p for i, p in pointers.items() if i in self._children or i in self._up}

    def put(self, account: Doc, scorecard: Scorecard) -> None:
        """Put `family` on an account that has been scored and has children.

        Its band goes by the scorecard's cut points alone: a family has no closes of its own.
        """
        account.pop("family", None)
        children = self._children.get(account["_id"])
        if not children or not account["listed"]:
            return
        above = chain(self._up, account["_id"])
        if above is None:
            sentence = f"It is more than {DEEPEST} levels below the top: not summed up."
            account["family"] = family(None, False, None, []) | {
                "band": "unknown",
                "sentence": sentence,
            }
            return
        counted = [_child(doc) for doc in children if doc["_id"] not in above]
        rollup, health = account["rollup"], account["health"]
        made = family(health["health"], bool(rollup["seats"]), rollup["mrr"], counted)
        made["band"] = "unknown"
        if made["health"] is not None:
            made["band"] = plain_band(made["health"], scorecard)
        circle = len(children) - len(counted)
        account["family"] = made | ({"circle": circle} if circle else {})


def _child(doc: Doc) -> Child:
    kept = doc.get("family") or {}
    by_family = kept.get("basis") == "children" and kept.get("health") is not None
    rollup, health = doc.get("rollup", {}), doc.get("health", {})
    return Child(
        id=doc["_id"],
        name=str(doc.get("flat", {}).get("name") or ""),
        health=kept.get("health") if by_family else health.get("health"),
        band=doc.get("sort", {}).get("band", "unknown"),
        mrr=kept.get("mrr") or rollup.get("mrr"),
        trial=bool(rollup.get("trial")),
    )


def chain(up: Mapping[str, str | None], account_id: str) -> list[str] | None:
    """The accounts above this one, nearest first; in a circle each once; None if too many."""
    above: list[str] = []
    at = up.get(account_id)
    while at and at not in above:
        above.append(at)
        if len(above) > DEEPEST:
            return None
        at = up.get(at)
    return above


def _pointers(store: TenantStore, starts: set[str]) -> dict[str, str | None]:
    """The parents of these accounts, of those, and so on for as far as anything is summed up."""
    up: dict[str, str | None] = {}
    frontier = set(starts)
    for _ in range(DEEPEST + 2):
        if not frontier:
            break
        found = store.accounts.find({"_id": {"$in": sorted(frontier)}}, {"parent_id": 1})
        up |= {doc["_id"]: doc.get("parent_id") for doc in found}
        frontier = {p for p in up.values() if p} - up.keys()
    return up


def due_above(store: TenantStore, changed: Iterable[tuple[Doc, Doc]]) -> set[str]:
    """The accounts whose family these changes (before, after) move."""
    due: set[str] = set()
    ends: set[str] = set()
    for before, after in changed:
        old, new = before.get("parent_id"), after.get("parent_id")
        if old != new:
            ends |= {end for end in (old, new, after["_id"]) if end}
        elif new and _standing(before) != _standing(after):
            due.add(new)
    up = _pointers(store, ends)
    for end in ends:
        due |= {end, *(chain(up, end) or ())}
    return due


def _standing(account: Mapping[str, Any]) -> Any:
    """What a parent counts of a child."""
    if not account.get("listed"):
        return None
    return _child(account)  # type: ignore[arg-type]


def mark(store: TenantStore, accounts: Iterable[str]) -> None:
    """These accounts are due."""
    if ids := sorted(accounts):
        wanted = {"_id": {"$in": ids}, "listed": True}
        store.accounts.update_many(wanted, {"$set": {"score_due": True}})
