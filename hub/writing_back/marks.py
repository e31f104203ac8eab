"""Which records are due to be written: marked where an account's change is told, never searched."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from hub.store.client import Doc
from hub.store.scoped import Update
from hub.store.tenant import TenantStore

EVERY = timedelta(minutes=15)
"""The least time between two writes of one record. People look at it in another system now and
then; a busy account changes with each of its tickets, and each write costs a call of the tenant's
quota, an entry of the field's history there and a webhook to us."""
CHUNK = 1000


def mark(store: TenantStore, accounts: Iterable[str], now: datetime) -> None:
    """The living records of these accounts are due, in each connection that is written to.

    A record that has died is due as well if it was ever written, so that it is forgotten.
    """
    writing = {
        doc["_id"]: doc["write_back"]["object"]
        for doc in store.connections.find({"write_back.on": True}, {"write_back.object": 1})
    }
    if not writing:
        return
    named = {"_id": {"$in": list(accounts)}}
    for doc in store.accounts.find(named, {"members.key": 1, "members.deleted": 1}):
        for member in doc.get("members", ()):
            connection_id, object, _ = member["key"].split(":", 2)
            if writing.get(connection_id) == object:
                put(store, [member["key"]], now, upsert=not member["deleted"])


def put(store: TenantStore, keys: Iterable[str], now: datetime, upsert: bool = True) -> None:
    """These records are due, though not before their last write is `EVERY` old."""
    store.written.bulk([_due(store, key, now, upsert) for key in keys])


def _due(store: TenantStore, key: str, now: datetime, upsert: bool) -> Update:
    """`asked` tells a mark that came during a write from the one that the write answers."""
    after = {"$add": ["$at", int(EVERY.total_seconds() * 1000)]}
    connection_id, object, native_id = key.split(":", 2)
    change = {
        "connection_id": {"$literal": connection_id},
        "object": {"$literal": object},
        "native_id": {"$literal": native_id},
        "asked": {"$add": [{"$ifNull": ["$asked", 0]}, 1]},
        "due_at": {"$ifNull": ["$due_at", {"$max": [now, after]}]},
    }
    return store.written.updating({"_id": key}, [{"$set": change}], upsert=upsert)


def spread(store: TenantStore, connection_id: str, object: str, now: datetime) -> None:
    """Every living record of a connection is due: once, when writing is switched on."""
    living = {"connection_id": connection_id, "object": object, "life.deleted": False}
    keys: list[str] = []
    for doc in store.records.find(living, {"_id": 1}):
        keys.append(doc["_id"])
        if len(keys) == CHUNK:
            put(store, keys, now)
            keys = []
    put(store, keys, now)


def start_anew(store: TenantStore, connection_id: str) -> None:
    """What was due or refused is so no more: clearing does not wait for it."""
    gone = {"due_at": "", "refusal": "", "tries": ""}
    store.written.update_many({"connection_id": connection_id}, {"$unset": gone})


def is_due(store: TenantStore, connection: Doc, now: datetime) -> bool:
    """Whether this connection has something to write, or to clear."""
    state = connection.get("write_back") or {}
    if not (state.get("on") or state.get("clearing")):
        return False
    if (until := state.get("waits_until")) and until > now:
        return False
    if state.get("clearing") or not state.get("spread"):
        return True
    due = {"connection_id": connection["_id"], "due_at": {"$lte": now}}
    return store.written.find_one(due, {"_id": 1}) is not None
