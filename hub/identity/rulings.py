"""What people have decided, as identity reads it: the decisions that touch some records or domains.

A decision holds while it has `touches`: the record keys it names, and "d:<domain>".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from hub.store.client import Doc
from hub.store.tenant import TenantStore
from mappings.identity import Decision

READ = {"kind": 1, "left": 1, "right": 1, "domain": 1, "owner": 1}


def ruling(document: Doc) -> Decision:
    """The stored decision as the rules weigh it."""
    return Decision(
        document["_id"],
        document["kind"],
        tuple(document["left"]),
        tuple(document["right"]),
        document.get("domain"),
        document.get("owner"),
    )


def touched(decision: Decision) -> list[str]:
    """Everything whose change has to look at this decision."""
    named = {*decision.left, *decision.right, *([decision.owner] if decision.owner else ())}
    return sorted(named) + ([f"d:{decision.domain}"] if decision.domain else [])


class Book:
    """The decisions in force, for one transaction.

    `added` and `without` (ids) make it a book of what would be: the ground of a preview.
    """

    def __init__(
        self,
        store: TenantStore,
        added: Iterable[Decision] = (),
        without: Collection[str] = (),
    ) -> None:
        self._store = store
        self._added = list(added)
        self._without = frozenset(without)
        self._is_empty: bool | None = None

    def touching(self, keys: Collection[str]) -> list[Decision]:
        """Decisions in force that name any of these record keys or "d:<domain>" keys."""
        wanted = set(keys)
        found = [d for d in self._added if wanted.intersection(touched(d))]
        if not wanted or self._nothing_stored():
            return found
        mine = {"touches": {"$in": sorted(wanted)}}
        stored = [ruling(doc) for doc in self._store.decisions.find(mine, READ)]
        return found + [decision for decision in stored if decision.id not in self._without]

    def _nothing_stored(self) -> bool:
        """Most tenants have decided nothing: one look a batch, and no more."""
        if self._is_empty is None:
            anything = {"touches": {"$exists": True}}
            self._is_empty = self._store.decisions.find_one(anything, {"_id": 1}) is None
        return self._is_empty
