"""Forgetting what a connection brought: its records first become tombstones that settle, so that
profiles and counters forget them, and only then go.

Done again after a crash it goes on where it ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hub.errors import TryAgainSoon
from hub.store.client import Doc
from hub.store.scoped import Scoped
from hub.store.tenant import TenantStore
from hub.waiting import wait_until

if TYPE_CHECKING:
    from hub.bootstrap import Hub

ERASABLE = (
    "records",
    "inbox",
    "quarantine",
    "listings",
    "fetches",
    "runs",
    "refused",
    "ledgers",
    "usage_events",
    "usage_people",
    "usage_days",
    "event_names",
    "missed",
    "missed_days",
)
SETTLE_WITHIN_S = 600
DUE_AGAIN = {
    "$switch": {
        "branches": [
            {"case": {"$eq": ["$entity", "account"]}, "then": 1},
            {"case": {"$eq": ["$entity", "contact"]}, "then": 2},
        ],
        "default": 3,
    }
}


def erase(hub: Hub, store: TenantStore, connection_id: str) -> None:
    """Raises TryAgainSoon when another worker does not finish settling within ten minutes."""
    mine = {"connection_id": connection_id}
    store.records.update_many(mine, [{"$set": {"life.deleted": True, "due": DUE_AGAIN}}])
    _settle(hub, store, mine)
    others = [*_leave(store, store.accounts, connection_id)]
    others += _leave(store, store.contacts, connection_id)
    _erase_versions(store, connection_id)
    for name in ERASABLE:
        getattr(store, name).delete({"_id": connection_id} if name == "ledgers" else mine)
    survivors = {"_id": {"$in": others}}
    store.records.update_many(survivors, [{"$set": {"due": DUE_AGAIN}}])
    _settle(hub, store, survivors)


def _settle(hub: Hub, store: TenantStore, some: Doc) -> None:
    """Settle until these records are; a worker that settles just now is waited for."""
    from hub.engine.apply import settle

    def done() -> bool:
        settle(hub, store.tenant_id)
        return store.records.find_one({**some, "due": {"$gte": 1}}, {"_id": 1}) is None

    if not wait_until(done, within_s=SETTLE_WITHIN_S):
        raise TryAgainSoon("Another worker is still settling this data: remove it once more.")


def _leave(store: TenantStore, home: Scoped, connection_id: str) -> Sequence[str]:
    """Take the connection's records out of profiles; returns the other members' keys.

    A profile that was anchored in one of them keeps its id by another anchor; one that nobody
    else is in goes, and one that was merged away is left as a name for its survivor.
    """
    left: list[str] = []
    for doc in home.find(
        {"members.connection_id": connection_id}, {"members": 1, "anchor": 1, "merged_into": 1}
    ):
        others = sorted(
            (m["deleted"], m["key"]) for m in doc["members"] if m["connection_id"] != connection_id
        )
        keys = [key for _, key in others]
        ours = doc["anchor"].startswith(f"{connection_id}:")
        if doc.get("merged_into"):
            empty: Doc = {"members": [], "edges": [], "profile": {}, "flat": {}}
            home.update({"_id": doc["_id"]}, {"$set": empty | ({"anchor": ""} if ours else {})})
        elif keys:
            home.update(
                {"_id": doc["_id"]}, {"$set": {"anchor": keys[0] if ours else doc["anchor"]}}
            )
            left += keys
        else:
            home.delete({"_id": doc["_id"]})
            for name in ("health_days", "events", "pulses", "overrides"):
                getattr(store, name).delete({"account_id": doc["_id"]})
    return left


def _erase_versions(store: TenantStore, connection_id: str) -> None:
    """Superseded bodies are named by their record, whose key begins with the connection's id."""
    first, last = f"{connection_id}:", f"{connection_id};"
    store.versions.delete({"record": {"$gte": first, "$lt": last}})
