"""Indexes for urgency, trials and scorecards; every account is scored anew for what is new."""

from __future__ import annotations

from pymongo import ASCENDING as UP
from pymongo.database import Database

from hub.store.client import Doc


def control(database: Database[Doc]) -> None:
    """Nothing to do."""


def shard(database: Database[Doc]) -> None:
    accounts, scorecards = database["accounts"], database["scorecards"]
    for fields in (("listed", "sort.urgency", "_id"), ("listed", "sort.trial", "sort.health")):
        accounts.create_index([("tenant_id", UP), *((field, UP) for field in fields)])
    in_force = {"partialFilterExpression": {"state": "active"}}
    scorecards.create_index([("tenant_id", UP)], unique=True, **in_force)
    named = [("tenant_id", UP), ("name", UP), ("revision", UP)]
    scorecards.create_index(named, unique=True)
    accounts.update_many({"listed": True}, {"$set": {"score_due": True}})
    children = {"entity": "account", "links.kind": "parent", "due": {"$exists": False}}
    database["records"].update_many(children, {"$set": {"due": 1}})
