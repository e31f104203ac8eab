"""Group commit of usage events: many requests, of many tenants, one journaled write per shard.

Each row carries its tenant; nothing is read across tenants here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pymongo.errors import BulkWriteError
from pymongo.write_concern import WriteConcern

from hub.store.catalogue import Catalogue
from hub.store.client import Doc
from hub.store.intake import met
from hub.store.tenant import TenantStore

COUNTED = WriteConcern(w=1)
"""The book counts what was answered; losing its last second with the machine is no loss of data."""


@dataclass(slots=True)
class EventArrival:
    """One event to insert; `duplicate` is set when an event of its id was there before."""

    tenant_id: str
    row: Doc
    duplicate: bool = False


def commit(catalogue: Catalogue, arrivals: Sequence[EventArrival]) -> None:
    """Insert all events, majority-acknowledged and journaled; an id met again is a duplicate.

    Raises PyMongoError; then sending any of these again is harmless.
    """
    shards: dict[str, list[EventArrival]] = defaultdict(list)
    for arrival in arrivals:
        shards[catalogue.home(arrival.tenant_id)].append(arrival)
    for shard, some in shards.items():
        events = catalogue.shard(shard)["usage_events"]
        try:
            rows = [{**one.row, "tenant_id": one.tenant_id} for one in some]
            events.insert_many(rows, ordered=False)
        except BulkWriteError as error:
            for place in met(error):
                some[place].duplicate = True


def count(store: TenantStore, connection_id: str, counts: Mapping[str, int]) -> None:
    """Add to the connection's book of events: accepted, duplicate, rejected.<reason>."""
    moved = {f"events.{name}": n for name, n in counts.items() if n}
    book = store.database["ledgers"].with_options(write_concern=COUNTED)
    mine = {"_id": connection_id, "tenant_id": store.tenant_id}
    book.update_one(mine, {"$inc": moved}, upsert=True)


def tallied(arrivals: Sequence[EventArrival]) -> Mapping[tuple[str, str], Counter[str]]:
    """By tenant and connection: how many were accepted and how many duplicate."""
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for one in arrivals:
        fate = "duplicate" if one.duplicate else "accepted"
        found[one.tenant_id, one.row["connection_id"]][fate] += 1
    return found


def book(store: TenantStore, connection_id: str) -> Doc:
    """{"received", "accepted", "duplicate", "rejected": {reason: n}} of all that was answered."""
    events = (store.ledgers.find_one({"_id": connection_id}) or {}).get("events", {})
    rejected: dict[str, int] = dict(events.get("rejected", {}))
    accepted, duplicate = events.get("accepted", 0), events.get("duplicate", 0)
    return {
        "received": accepted + duplicate + sum(rejected.values()),
        "accepted": accepted,
        "duplicate": duplicate,
        "rejected": rejected,
    }
