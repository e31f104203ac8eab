"""Indexes for urgency, trials and scorecards; every account is scored anew for what is new."""

from __future__ import annotations

from pymongo import ASCENDING as UP
from pymongo.database import Database

from hub.store.client import Doc


def control(database: Database[Doc]) -> None:
    """Nothing to do."""


def shard(database: Database[Doc]) -> None:
    accounts, scorecards = database["accounts"], database["scorecards"]
    for fields in (("sort.urgency", "_id"), ("sort.band", "sort.trial", "sort.health")):
        keys = [("tenant_id", UP), ("listed", UP), *((field, UP) for field in fields)]
        accounts.create_index(keys)
    scorecards.create_index(
        [("tenant_id", UP)], unique=True, partialFilterExpression={"state": "active"}
    )
    named = [("tenant_id", UP), ("name", UP), ("revision", UP)]
    scorecards.create_index(named, unique=True)
    accounts.update_many({"listed": True}, {"$set": {"score_due": True}})
    children = {"entity": "account", "links.kind": "parent", "due": {"$exists": False}}
    database["records"].update_many(children, {"$set": {"due": 1}})
