"""Group commit: many deliveries, of many tenants, made durable by one journaled write per shard.

Each row carries its tenant; nothing is read across tenants here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from hub.store.catalogue import Catalogue
from hub.store.client import Doc
from hub.store.scoped import DUPLICATE_KEY


@dataclass(frozen=True, slots=True)
class Arrival:
    """One row to insert. `holds`: the key is the vendor's own id, so a repeat is no news."""

    tenant_id: str
    row: Doc
    holds: bool


def commit(catalogue: Catalogue, arrivals: Sequence[Arrival]) -> None:
    """Insert all rows, majority-acknowledged and journaled; a row met again is counted on it.

    Raises PyMongoError; then a repeat of any of these is harmless.
    """
    shards: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        shards[catalogue.home(arrival.tenant_id)].append(arrival)
    for shard, some in shards.items():
        inbox = catalogue.shard(shard)["inbox"]
        rows = [{**one.row, "tenant_id": one.tenant_id} for one in some]
        try:
            inbox.insert_many(rows, ordered=False)
        except BulkWriteError as error:
            again = [_again(some[place]) for place in met(error)]
            inbox.bulk_write(again, ordered=False)


def met(error: BulkWriteError) -> list[int]:
    """Places of the rows that were there before; any other failure is raised."""
    failures: list[dict[str, Any]] = error.details.get("writeErrors", [])
    if error.details.get("writeConcernErrors") or any(
        failure["code"] != DUPLICATE_KEY for failure in failures
    ):
        raise error
    return [failure["index"] for failure in failures]


def _again(arrival: Arrival) -> UpdateOne:
    """Count the repeat; where the key is only a hash of the body, A, B, A is three edits.

    What a privacy request took a part of cannot be worked on again.
    """
    row = arrival.row
    reopened = ["failed"] if arrival.holds else ["failed", "done"]
    whole = {"$eq": [{"$type": "$erased"}, "missing"]}
    finished = {"$and": [{"$in": ["$state", reopened]}, whole]}
    change = {
        "duplicates": {"$add": [{"$ifNull": ["$duplicates", 0]}, 1]},
        "state": {"$cond": [finished, "pending", "$state"]},
        "due_at": {"$cond": [finished, row["due_at"], "$due_at"]},
        "attempts": {"$cond": [finished, 0, "$attempts"]},
        "seen_at": row["received_at"],
    }
    mine = {
        "tenant_id": arrival.tenant_id,
        "_id": row["_id"],
        "receipt": {"$ne": row["receipt"]},
    }
    return UpdateOne(mine, [{"$set": change}])
