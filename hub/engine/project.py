"""Step 4 of apply: accounts and contacts from their source records.

An account is one versioned document: members, profile with provenance, health state, explanation.
Its outbox entry is written in the same transaction, with an id made of account and version.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

import structlog

from hub.engine import grouped, hierarchy
from hub.engine.membership import Group, Resolution
from hub.engine.scoring import Scoring
from hub.engine.supply import Supply
from hub.health import state as states
from hub.queue import JobTimeout
from hub.store.client import Doc
from hub.store.errors import StoreError
from hub.store.scoped import Write
from hub.store.tenant import TenantStore

log = structlog.get_logger(__name__)

Move = tuple[Doc | None, Doc | None]


class Projection:
    """Collects what a batch does to accounts and contacts, then writes each of them once."""

    def __init__(self, store: TenantStore, supply: Supply, now: datetime) -> None:
        self._store = store
        self._supply = supply
        self._now = now
        self._today = now.date()
        self._moves: dict[str, list[Move]] = defaultdict(list)
        self._groups: dict[str, Group] = {}
        self._retired: dict[str, str] = {}
        self._rescore: set[str] = set()
        self._orphans: set[str] = set()
        self._scoring = Scoring(store, supply, now)

    def move(self, record: Doc, account_id: str | None, contribution: Doc) -> None:
        """A record's contribution leaves one account and enters another, or changes in place."""
        old, was = record.get("contribution"), record.get("account_id")
        if was == account_id and old == contribution:
            return
        if was and old:
            self._moves[was].append((old, None))
        if account_id and contribution:
            self._moves[account_id].append((None, contribution))

    def regroup(self, resolution: Resolution) -> None:
        self._groups |= {group.id: group for group in resolution.groups}
        self._retired |= resolution.retired

    def reparent(self, accounts: set[str]) -> None:
        """Look for the parents of these accounts again."""
        self._orphans |= accounts

    def regroup_contacts(self, resolution: Resolution, homes: Mapping[str, str | None]) -> None:
        """Write the contacts of a resolution; `homes` are the accounts of their records."""
        writes = []
        for retired, survivor in resolution.retired.items():
            gone = {"merged_into": survivor, "listed": False}
            writes.append(self._store.contacts.updating({"_id": retired}, {"$set": gone}))
        for group in resolution.groups:
            document = grouped.contact(group, homes, self._supply.kinds, self._now)
            change = {"$set": document, "$inc": {"version": 1}}
            writes.append(self._store.contacts.updating({"_id": group.id}, change, upsert=True))
        self._store.contacts.bulk(writes)

    def take_score_due(self, limit: int) -> int:
        """Accounts whose score is due by a change of supply or by time join the batch."""
        for wanted in ({"score_due": True}, {"next_due": {"$lte": self._today.isoformat()}}):
            left = limit - len(self._rescore)
            if left > 0:
                found = self._store.accounts.find(wanted, {"_id": 1}).limit(left)
                self._rescore |= {doc["_id"] for doc in found}
        return len(self._rescore)

    def write(self) -> None:
        parents = self._parents()
        touched = {*self._moves, *self._groups, *self._retired, *self._rescore, *parents}
        if not touched:
            return
        ids = sorted(touched)
        known = {d["_id"]: d for d in self._store.accounts.find({"_id": {"$in": ids}})}
        above = {i: known.get(i, {}).get("parent") for i in ids} | parents
        pointers = {i: _pointer(parent) for i, parent in above.items()}
        self._scoring.read(known.values(), self._aliases(ids, known), pointers)
        accounts, told, changed = [], [], []
        for account_id in ids:
            before = known.get(account_id)
            after = self._account(account_id, before or {}, parents)
            if before is None or _differs(before, after):
                changed.append((before or {}, after))
                accounts.append(_write(self._store, before, after))
                told.append(_outbox(before or {}, after, self._now))
        self._store.accounts.bulk(accounts)
        self._scoring.write()
        self._store.outbox.insert_many(told)
        hierarchy.mark(self._store, hierarchy.due_above(self._store, changed))

    def _parents(self) -> dict[str, Doc | None]:
        """The parents of accounts that are made anew, and of others whose parent is another now."""
        members = {i: _living(group.members) for i, group in self._groups.items()}
        others = sorted(self._orphans - members.keys())
        fields = {"parent": 1, "members.key": 1}
        known = {d["_id"]: d for d in self._store.accounts.find({"_id": {"$in": others}}, fields)}
        keys = [m["key"] for d in known.values() for m in d.get("members", ())]
        docs = {
            d["_id"]: d for d in self._store.records.find({"_id": {"$in": keys}}, hierarchy.MEMBER)
        }
        for account_id, doc in known.items():
            own = [docs[m["key"]] for m in doc.get("members", ()) if m["key"] in docs]
            members[account_id] = _living(own)
        kinds = self._supply.kinds
        ranked = {
            i: sorted(some, key=lambda d: grouped.rank(d, kinds)) for i, some in members.items()
        }
        found = hierarchy.parents(self._store, ranked)
        return {
            i: parent
            for i, parent in found.items()
            if i in self._groups or parent != known[i].get("parent")
        }

    def _aliases(self, ids: list[str], known: Mapping[str, Doc]) -> dict[str, list[str]]:
        """The ids that each account has absorbed, as they are after this batch."""
        living = [i for i in ids if i in known and i not in self._retired]
        found = {i: known[i].get("aliases", []) for i in living if not known[i].get("merged_into")}
        nobody: dict[str, list[str]] = {i: [] for i in ids}
        return nobody | found | {i: group.aliases for i, group in self._groups.items()}

    def _account(self, account_id: str, before: Doc, parents: Mapping[str, Doc | None]) -> Doc:
        after = dict(before) | {"_id": account_id, "version": before.get("version", 0) + 1}
        after.pop("score_due", None)
        if account_id in self._groups:
            after |= grouped.account(self._groups[account_id], self._supply.kinds)
        if account_id in self._retired:
            after["merged_into"] = self._retired[account_id]
        state = before.get("state", {})
        for old, new in self._moves.get(account_id, ()):
            state = states.change(state, old, new, self._today)
        after["state"] = state or states.change({}, None, None, self._today)
        after["listed"] = not after.get("merged_into") and not after.get("deleted")
        _hang_below(after, parents.get(account_id, before.get("parent")))
        self._score(after, before)
        return after

    def _score(self, after: Doc, before: Doc) -> None:
        """An account that cannot be scored is set aside with the reason; the others go on.

        It keeps its last score, or has none, and is tried again with its next change and each day.
        """
        after.pop("stuck", None)
        unscored = dict(after)
        try:
            self._scoring.score(after, before)
        except (StoreError, JobTimeout):
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {str(error)[:300]}"
            log.error("account_not_scored", account=after["_id"], reason=reason)
            after.clear()
            after.update(unscored)
            self._scoring.set_aside(after, reason)


def _pointer(parent: Doc | None) -> str | None:
    return parent["id"] if parent else None


def _hang_below(account: Doc, parent: Doc | None) -> None:
    """Only an account that is listed has a place in a family."""
    for name in ("parent", "parent_id"):
        account.pop(name, None)
    if parent and account["listed"]:
        account |= {"parent": parent, "parent_id": parent["id"]}


def _living(records: list[Doc]) -> list[Doc]:
    return [doc for doc in records if not (doc.get("life") or {}).get("deleted")]


def _write(store: TenantStore, before: Doc | None, after: Doc) -> Write:
    """Only what moved, so that MongoDB neither logs nor indexes the rest anew."""
    if before is None:
        return store.accounts.inserting(after)
    moved = {k: v for k, v in after.items() if k not in before or before[k] != v}
    change: Doc = {"$set": moved}
    if gone := before.keys() - after.keys():
        change["$unset"] = dict.fromkeys(gone, "")
    return store.accounts.updating({"_id": after["_id"]}, change)


COMPARED = ("profile", "members", "edges", "state", "health", "merged_into", "deleted", "listed")


BESIDE = ("urgency", "override", "family", "parent", "stuck", "next_due")
"""What stands beside the score, and is stored when it moves."""


def _differs(before: Doc, after: Doc) -> bool:
    compared = (*COMPARED, *BESIDE)
    return "score_due" in before or any(before.get(k) != after.get(k) for k in compared)


def _outbox(before: Doc, after: Doc, now: datetime) -> Doc:
    """What to tell: which parts moved, and the score before and after."""
    was, now_ = before.get("health") or {}, after["health"]
    return {
        "_id": f"{after['_id']}:{after['version']}",
        "account_id": after["_id"],
        "version": after["version"],
        "at": now,
        "changed": [k for k in COMPARED if before.get(k) != after.get(k)],
        "before": {"health": was.get("health"), "band": was.get("band")},
        "after": {"health": now_.get("health"), "band": now_.get("band")},
        "merged_into": after.get("merged_into"),
    }
