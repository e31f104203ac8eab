"""Steps 3 to 5 of apply: resolve, project, score what `record` has marked due.

A batch is one transaction. All batches of a tenant are put in a row by one document that each of
them writes, so that two records that claim one domain at once cannot miss each other
(docs/adr/0003). What is not yet settled stays marked due, so a crash in between repeats, and
whoever records while another settles may leave the work to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any

import structlog

from hub.engine import hierarchy, linking, membership, moments, usage_places
from hub.engine.linking import Answers
from hub.engine.membership import Resolution
from hub.engine.project import Projection
from hub.engine.supply import CAPABILITIES, LINKED, Supply
from hub.engine.usage_places import Places
from hub.engine.vouching import Vouching
from hub.faultpoints import point
from hub.health import facts
from hub.health.facts import Contribution
from hub.identity import history, reviews
from hub.queue import JobTimeout
from hub.store import leases
from hub.store.client import Doc
from hub.store.errors import StoreError
from hub.store.scoped import Filter, Update
from hub.store.tenant import TenantStore
from mappings.identity import RULESET

log = structlog.get_logger(__name__)

BATCH = 400
EVERY: Filter = {}
LEASE_S = 30
BODILESS = {"raw": 0, "custom": 0}
"""Settling reads canonical values; the vendor's body is the greater part of a record."""
ACCOUNT, CONTACT = 1, 2
DONE = {"due": "", "stuck": "", "ruled": ""}
NOWHERE = Places()


@dataclass(slots=True)
class Settler:
    """Settles one tenant.

    `supply` tells what feeds its health, read anew in each batch's own snapshot, so that no score
    rests on a source's state of a moment ago. `authoritative`: which sources may have only one
    record in an account.
    """

    store: TenantStore
    supply: Callable[[TenantStore], Supply]
    authoritative: Mapping[str, bool]
    now: Callable[[], datetime]

    def run(self, deadline: float) -> bool:
        """Settle until nothing is due (True) or `deadline` (monotonic) passes (False).

        Who finds the lease taken may go: the holder looks again after it has let go.
        """
        while self.is_due():
            if monotonic() > deadline:
                return False
            lease = leases.acquire(self.store, "settle", LEASE_S)
            if lease is None:
                return True
            try:
                while self._settle_some():
                    point("settled-batch")
                    if monotonic() > deadline or not self.is_due():
                        break
            finally:
                leases.release(self.store, lease)
        return True

    def is_due(self) -> bool:
        waiting = {"due": {"$gte": 1}}
        if self.store.records.find_one(waiting, {"_id": 1}) is not None:
            return True
        today = self.now().date().isoformat()
        for wanted in ({"score_due": True}, {"next_due": {"$lte": today}}):
            if self.store.accounts.find_one(wanted, {"_id": 1}) is not None:
                return True
        return False

    def _settle_some(self) -> int:
        """A batch; if it breaks for a reason of its own, its records one by one."""
        try:
            return self.store.transact(self._batch)
        except (StoreError, JobTimeout):
            raise
        except Exception:
            waiting = self.store.records.find({"due": {"$gte": 1}}, {"_id": 1}).sort("due", 1)
            keys = [doc["_id"] for doc in waiting.limit(BATCH)]
            if not keys:
                raise
        for key in keys:
            self._settle_one(key)
        return len(keys)

    def _settle_one(self, key: str) -> None:
        """What cannot be settled is set aside, with the reason, until its record changes."""
        try:
            self.store.transact(partial(self._batch, only={"_id": key}))
        except (StoreError, JobTimeout):
            raise
        except Exception as error:
            log.exception("record_set_aside", record=key)
            why = {"$set": {"stuck": f"{type(error).__name__}: {str(error)[:300]}"}}
            self.store.records.update({"_id": key}, {**why, "$unset": {"due": ""}})

    def _batch(self, store: TenantStore, only: Filter = EVERY) -> int:
        """One transaction; returns how many records and accounts it settled."""
        take_turn(store)
        waiting = {"due": {"$gte": 1}, **only}
        due = list(store.records.find(waiting, BODILESS).sort("due", 1).limit(BATCH))
        rank = due[0]["due"] if due else 0
        due = [doc for doc in due if doc["due"] == rank]
        supply = self.supply(store)
        projection = Projection(store, supply, self.now())
        if rank == ACCOUNT:
            self._settle_accounts(store, due, projection)
        elif rank == CONTACT:
            self._settle_contacts(store, due, projection, supply)
        else:
            self._settle_rest(store, due, projection, supply)
        rescored = projection.take_score_due(BATCH) if not due else 0
        projection.write()
        return len(due) + rescored

    def _settle_accounts(self, store: TenantStore, due: list[Doc], projection: Projection) -> None:
        result = membership.resolve(store, "account", due, self.authoritative, self.now())
        store.records.bulk(_member_writes(store, due, result, "account_id"))
        history.note(store, "account", due, result, self.now())
        projection.regroup(result)
        projection.reparent(hierarchy.watching(store, result.stirred))
        reviews.refresh(store, result, self.authoritative, self.now())
        stir(store, result.stirred)

    def _settle_contacts(
        self, store: TenantStore, due: list[Doc], projection: Projection, supply: Supply
    ) -> None:
        result = membership.resolve(store, "contact", due, self.authoritative, self.now())
        members = [doc for group in result.groups for doc in group.members]
        paths = (p for doc in members for p in linking.paths(doc))
        answers = linking.look_up(store, paths, supply.revision.internal_domains)
        vouching = Vouching(answers)
        own = Places(keys=result.keys)
        writes, homes = [], {}
        changed = {doc["_id"] for doc in due} | result.moved.keys()
        for group in result.groups:
            for doc in group.members:
                if doc["_id"] in changed:
                    fresh = {
                        "contact_id": group.id,
                        "vouches": vouching.vouch(doc),
                        "stood": membership.standing(doc),
                        "ruleset": RULESET,
                    }
                    homes[doc["_id"]] = linking.account_of(doc, answers)[0]
                    hung = _hang(store, doc, answers, projection, fresh, result.stirred, own)
                    writes.append(hung)
        store.records.bulk(writes)
        vouching.write(store)
        history.note(store, "contact", due, result, self.now())
        projection.regroup_contacts(result, homes)
        together = [group.id for group in result.groups if len(group.members) > 1]
        stir(store, result.stirred | usage_places.person_keys(together))

    def _settle_rest(
        self, store: TenantStore, due: list[Doc], projection: Projection, supply: Supply
    ) -> None:
        staff = supply.revision.internal_domains
        answers = linking.look_up(store, (p for doc in due for p in linking.paths(doc)), staff)
        stirred: set[str] = set()
        use = usage_places.settle(store, due, answers, supply.key_features, staff)
        writes = [_hang(store, doc, answers, projection, {}, stirred, use) for doc in due]
        writes += [_shift(store, doc, new, projection) for doc, new in use.siblings]
        store.records.bulk(writes)
        stir(store, stirred)


def take_turn(store: TenantStore) -> None:
    """Within a transaction: come after every other batch and decision of this tenant."""
    store.tenant_state.update({"_id": store.tenant_id}, {"$inc": {"turn": 1}}, upsert=True)


def _member_writes(
    store: TenantStore, due: list[Doc], result: Resolution, id_field: str
) -> list[Update]:
    """Members keep their id and keys; the due ones are done."""
    writes = []
    settled = {doc["_id"] for doc in due}
    for group in result.groups:
        for doc in group.members:
            if doc["_id"] not in settled and doc["_id"] not in result.moved:
                continue
            change: Doc = {"$set": {id_field: group.id, "keys": _own_keys(doc, result)}}
            if doc["_id"] in settled:
                change["$set"]["stood"] = membership.standing(doc)
                change["$set"]["ruleset"] = RULESET
                change["$set"]["moved_at"] = doc.get("modified_at") or moments.EPOCH
                change["$unset"] = dict(DONE)
            writes.append(store.records.updating({"_id": doc["_id"]}, change))
    return writes


def _own_keys(doc: Doc, result: Resolution) -> list[str]:
    """What finds a member: its claims, its merge target, and of an account its parent."""
    above = hierarchy.watches(doc) if doc["entity"] == "account" else []
    return sorted({*result.keys[doc["_id"]], *above})


def _hang(
    store: TenantStore,
    doc: Doc,
    answers: Answers,
    projection: Projection,
    fresh: Mapping[str, Any],
    stirred: set[str],
    use: Places = NOWHERE,
) -> Update:
    """Hang a record on its account and move what it contributes there."""
    account_id, path = use.accounts.get(doc["_id"]) or linking.account_of(doc, answers)
    life = doc.get("life") or {}
    gone = bool(life.get("deleted"))
    entity, values = doc.get("entity") or "", linking.values_of(doc, answers)
    contacts = (fresh["contact_id"],) if entity == "contact" else linking.contacts_of(doc, answers)
    contribution = use.contributions.get(doc["_id"]) or facts.contribution(
        entity, values, doc["_id"], gone, contacts
    )
    if entity in CAPABILITIES and not gone:
        contribution = _counted(entity, contribution)
    projection.move(doc, account_id, contribution)
    story = [] if gone else moments.moments(entity, values, doc.get("created_at"))
    watched = [f"w:{path}" for path in _watches(doc)]
    stood = membership.standing(doc)
    if account_id != doc.get("account_id") or stood != doc.get("stood", "live"):
        stirred.add(f"r:{doc['_id']}")
    change: Doc = {
        "$set": {
            "stood": stood,
            "account_id": account_id,
            "account_path": path,
            "contribution": contribution,
            "moments": story,
            "moved_at": moments.moved_at(story, doc.get("modified_at")),
            "keys": sorted({*watched, *use.keys.get(doc["_id"], ())}),
            **fresh,
        },
        "$unset": dict(DONE),
    }
    return store.records.updating({"_id": doc["_id"]}, change)


def _counted(entity: str, contribution: Contribution) -> Contribution:
    """With the record itself, so that the account is known to have one of this kind."""
    return {**contribution, "totals": {**contribution.get("totals", {}), LINKED + entity: 1}}


def _shift(
    store: TenantStore, doc: Doc, contribution: Contribution, projection: Projection
) -> Update:
    """Another record of the same person has moved, and with it what this one carries."""
    carried = _counted(usage_places.ENTITY, contribution)
    projection.move(doc, doc["account_id"], carried)
    return store.records.updating({"_id": doc["_id"]}, {"$set": {"contribution": carried}})


def _watches(doc: Doc) -> set[str]:
    """The links that lead to the account, and the people whose identity the facts name."""
    people = {
        f"r:{doc['connection_id']}:{link.value}"
        for link in linking.links_of(doc)
        if link.by == "record" and link.kind in linking.PERSON_LINKS
    }
    return {*linking.paths(doc), *people}


def stir(store: TenantStore, keys: Sequence[str] | set[str]) -> None:
    """Records that watch these keys are due again, found by index."""
    if not keys:
        return
    watching = {"keys": {"$in": [f"w:{key}" for key in sorted(keys)]}, "due": {"$exists": False}}
    again = {"$cond": [{"$eq": ["$entity", "contact"]}, CONTACT, CONTACT + 1]}
    store.records.update_many(watching, [{"$set": {"due": again}}])
