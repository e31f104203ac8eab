"""Writing what is due, batch by batch: what the vendor took is noted after its yes.

A crash in between writes the same text again, which changes nothing. Who lost the lease meanwhile
may have written an older text over a newer one; those records are then due at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

import structlog

from hub import connections
from hub.api.writing import Refusal, WriteBack
from hub.errors import HubError, LeaseLost, Reconnect, RetryLater, unforeseen
from hub.faultpoints import point
from hub.http import WAITING
from hub.queue import JobTimeout
from hub.store import leases
from hub.store.client import Doc
from hub.store.errors import StoreError
from hub.store.leases import Lease
from hub.store.tenant import TenantStore
from hub.writing_back import desk, marks
from hub.writing_back.text import text_of

if TYPE_CHECKING:
    from hub.bootstrap import Hub

log = structlog.get_logger(__name__)

LEASE_S = 120
AWAY, MENDED = timedelta(minutes=1), timedelta(hours=1)
"""How long to wait when the vendor does not answer, and when a person has to mend something."""
REFUSED_S, MOST_DOUBLED = 86_400.0, 6
CLEAR_S, CLEAR_TRIES = 3600.0, 8
"""Clearing ends within hours: until then no other field can be chosen."""
NEEDED = {"account_id": 1, "life": 1}
SAID = {"health": 1, "family": 1}


@dataclass(slots=True)
class Text:
    """What one record is to hold, and the mark that asks for it."""

    mark: Doc
    text: str

    @property
    def key(self) -> str:
        return str(self.mark["_id"])


def work(hub: Hub, tenant_id: str, connection_id: str, deadline: float) -> bool:
    """Write until nothing is due (True) or `deadline` (monotonic) passes (False)."""
    store = hub.store(tenant_id)
    lease = leases.acquire(store, f"write:{connection_id}", LEASE_S)
    if lease is None:
        return True
    try:
        connection = hub.connection(store, connection_id)
        return connection["state"] != "active" or _Writer(hub, store, connection, lease).run(
            deadline
        )
    finally:
        leases.release(store, lease)


class _Writer:
    _how: WriteBack

    def __init__(self, hub: Hub, store: TenantStore, connection: Doc, lease: Lease) -> None:
        self._hub, self._store, self._lease = hub, store, lease
        self._connection = connection
        self._id: str = connection["_id"]
        self._state: Doc = connection["write_back"]
        self._client: Any = None

    def run(self, deadline: float) -> bool:
        try:
            self._how = desk.needed(self._hub, self._connection)
            if not self._state.get("clearing") and not self._state.get("spread"):
                self._spread()
            step = self._clear if self._state.get("clearing") else self._write
            while step():
                if monotonic() > deadline:
                    return False
        except (JobTimeout, StoreError):
            raise
        except Exception as error:
            self._stopped(unforeseen(error))
        return True

    def _spread(self) -> None:
        now = self._hub.now(self._store.tenant_id)
        marks.spread(self._store, self._id, self._how.object, now)
        self._note_state({"write_back.spread": True})

    def _write(self) -> bool:
        """One batch; False when nothing is due."""
        now = self._hub.now(self._store.tenant_id)
        due = {"connection_id": self._id, "due_at": {"$lte": now}}
        found = list(self._store.written.find(due).sort("due_at", 1).limit(self._how.batch))
        texts = self._texts(found, now)
        if texts:
            self._send(texts, now)
        return bool(found)

    def _texts(self, found: list[Doc], now: datetime) -> list[Text]:
        """What is to be written; records that are gone and texts that stand there are done."""
        keys = [mark["_id"] for mark in found]
        records = {d["_id"]: d for d in self._store.records.find({"_id": {"$in": keys}}, NEEDED)}
        alive = [m for m in found if _lives(records.get(m["_id"]))]
        self._forget([m for m in found if m not in alive], records, now)
        homes = [records[m["_id"]].get("account_id") for m in alive]
        named = {"_id": {"$in": [home for home in homes if home]}}
        accounts = {d["_id"]: d for d in self._store.accounts.find(named, SAID)}
        texts = [
            Text(mark, text_of(accounts.get(home or "", {})))
            for mark, home in zip(alive, homes, strict=True)
        ]
        new = [one for one in texts if one.text and one.text != one.mark.get("text")]
        same = [one for one in texts if one not in new]
        self._store.written.bulk([_settled(self._store, one, now) for one in same])
        return new

    def _forget(self, gone: list[Doc], records: dict[str, Doc], now: datetime) -> None:
        """A record that was merged away hands its place to the one that it lives on in."""
        if not gone:
            return
        lives = [(records.get(mark["_id"]) or {}).get("life") or {} for mark in gone]
        marks.put(
            self._store, [life["merged_into"] for life in lives if life.get("merged_into")], now
        )
        self._store.written.delete({"_id": {"$in": [mark["_id"] for mark in gone]}})

    def _send(self, texts: list[Text], now: datetime) -> None:
        self._store.transact(lambda within: leases.check(within, self._lease, LEASE_S))
        refusals = self._call([(one.mark["native_id"], one.text) for one in texts])
        point("written-back")
        refused = {refusal.native_id: refusal for refusal in refusals}
        try:
            self._store.transact(partial(self._note, texts, refused, now))
        except LeaseLost:
            again: Doc = {"$set": {"due_at": now}, "$unset": {"text": ""}}
            self._store.written.update_many({"_id": {"$in": [t.key for t in texts]}}, again)
            raise
        self._well()

    def _call(self, texts: Sequence[tuple[str, str]]) -> Sequence[Refusal]:
        """Behind everybody else in the vendor account's budget: nobody waits for it."""
        self._client = self._client or self._hub.client(self._connection, "last")
        return self._how.write(self._client, self._state["field"], texts)

    def _note(
        self, texts: list[Text], refused: dict[str, Refusal], now: datetime, store: TenantStore
    ) -> None:
        leases.check(store, self._lease, LEASE_S)
        taken = [one for one in texts if one.mark["native_id"] not in refused]
        writes = [_taken(store, one, now) for one in taken]
        denied = [one for one in texts if one.mark["native_id"] in refused]
        writes += [_denied(store, one, refused[one.mark["native_id"]], now) for one in denied]
        store.written.bulk(writes)

    def _clear(self) -> bool:
        """Empty the field of a batch of records that hold a text of ours; False when none is due.

        A record that the vendor refuses is tried again, `CLEAR_TRIES` times in all.
        """
        now = self._hub.now(self._store.tenant_id)
        held = {"connection_id": self._id, "text": {"$exists": True}}
        ready = {**held, "$or": [{"due_at": {"$exists": False}}, {"due_at": {"$lte": now}}]}
        found = list(self._store.written.find(ready).limit(self._how.batch))
        if found:
            self._empty([Text(mark, "") for mark in found], now)
            return True
        if waiting := self._store.written.find_one(held, {"due_at": 1}, sort=[("due_at", 1)]):
            self._note_state({"write_back.waits_until": waiting["due_at"]})
            return False
        self._store.written.delete({"connection_id": self._id})
        self._note_state({"write_back.clearing": False, "write_back.cleared_at": now})
        return False

    def _empty(self, texts: list[Text], now: datetime) -> None:
        self._store.transact(lambda within: leases.check(within, self._lease, LEASE_S))
        refusals = self._call([(one.mark["native_id"], "") for one in texts])
        refused = {refusal.native_id: refusal for refusal in refusals}
        denied = [one for one in texts if one.mark["native_id"] in refused]
        again = [one for one in denied if one.mark.get("tries", 0) + 1 < CLEAR_TRIES]
        done = [one.key for one in texts if one not in again]
        left = len(denied) - len(again)
        log.info("written_back_cleared", count=len(texts), refused=len(denied), given_up=left)
        self._store.written.delete({"_id": {"$in": done}})
        self._store.written.bulk(
            [_denied(self._store, t, refused[t.mark["native_id"]], now, CLEAR_S) for t in again]
        )
        self._well()

    def _well(self) -> None:
        if self._state.get("problem") or self._state.get("waits_until"):
            self._state |= {"problem": None, "waits_until": None}
            self._note_state({"write_back.problem": None, "write_back.waits_until": None})

    def _stopped(self, error: HubError) -> None:
        """Why nothing can be written now, for the screen, and when to try again."""
        if isinstance(error, LeaseLost):
            return
        if isinstance(error, Reconnect):
            connections.needs_reconnect(self._hub, self._store, self._id, error.sentence)
            return
        now = self._hub.now(self._store.tenant_id)
        wait = MENDED
        if isinstance(error, RetryLater):
            wait = timedelta(seconds=error.retry_after) if error.retry_after else AWAY
        change: Doc = {"write_back.waits_until": now + wait}
        if error.reason not in WAITING:
            change["write_back.problem"] = {"sentence": error.sentence, "at": now}
        self._note_state(change)

    def _note_state(self, change: Doc) -> None:
        self._store.connections.update({"_id": self._id}, {"$set": change})


def _lives(record: Doc | None) -> bool:
    return record is not None and not (record.get("life") or {}).get("deleted")


def _open(one: Text, later: datetime) -> Doc:
    """No longer due, unless another change was marked since."""
    same = {"$eq": ["$asked", one.mark["asked"]]}
    return {"$cond": [same, "$$REMOVE", later]}


def _settled(store: TenantStore, one: Text, now: datetime) -> Any:
    change = {"$set": {"due_at": _open(one, now)}}
    return store.written.updating({"_id": one.key}, [change, {"$unset": ["refusal", "tries"]}])


def _taken(store: TenantStore, one: Text, now: datetime) -> Any:
    change = {"text": {"$literal": one.text}, "at": now, "due_at": _open(one, now + marks.EVERY)}
    drop = ["refusal", "tries"]
    return store.written.updating({"_id": one.key}, [{"$set": change}, {"$unset": drop}])


def _denied(
    store: TenantStore, one: Text, refusal: Refusal, now: datetime, longest_s: float = REFUSED_S
) -> Any:
    tries = one.mark.get("tries", 0)
    wait = REFUSED_S if refusal.again_s is None else refusal.again_s * 2 ** min(tries, MOST_DOUBLED)
    change = {
        "refusal": {"sentence": refusal.sentence, "at": now},
        "tries": tries + 1,
        "due_at": now + timedelta(seconds=min(wait, longest_s)),
    }
    return store.written.updating({"_id": one.key}, {"$set": change})
