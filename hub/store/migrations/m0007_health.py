"""Day closes: one document for each account and month, in place of one for each day. An account's
children are found by index."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from pymongo import ASCENDING as UP
from pymongo.collection import Collection
from pymongo.database import Database

from hub.health.closes import revenue_logged
from hub.health.history import Entry, History, kept_of
from hub.store.client import Doc


def control(database: Database[Doc]) -> None:
    """Nothing to do."""


def shard(database: Database[Doc]) -> None:
    closes = database["health_days"]
    closes.create_index([("tenant_id", UP), ("account_id", UP), ("month", UP)])
    daily = closes.find({"day": {"$exists": True}}).sort(
        [("tenant_id", UP), ("account_id", UP), ("day", UP)]
    )
    for (tenant_id, account_id), docs in groupby(daily.allow_disk_use(True), _account):
        _fold(database, tenant_id, account_id, list(docs))
    for name in closes.index_information():
        if "day_" in name:
            closes.drop_index(name)
    _note_running(database["tenant_state"])
    database["accounts"].create_index(
        [("tenant_id", UP), ("parent_id", UP)],
        partialFilterExpression={"parent_id": {"$exists": True}},
    )


def _account(doc: Doc) -> tuple[str, str]:
    return doc["tenant_id"], doc["account_id"]


def _fold(database: Database[Doc], tenant_id: str, account_id: str, docs: list[Doc]) -> None:
    """Days between two that were kept were not computed; done again it starts from what is left."""
    history = History(
        database["health_days"].find({"account_id": account_id, "month": {"$gt": ""}})
    )
    entries: list[Entry] = []
    log: list[list[Any]] = []
    for doc in docs:
        after = history.last_day and _next(history.last_day)
        if after and after < doc["day"]:
            entries += history.miss(after)
        entries += history.write(doc["day"], kept_of(doc["close"], mrr=doc.get("mrr")))
        log = revenue_logged(log, doc["day"], doc.get("mrr"))
    _store(database["health_days"], tenant_id, account_id, entries)
    known = {"closed": docs[-1]["day"], "revenue": log}
    database["accounts"].update_one({"_id": account_id, "tenant_id": tenant_id}, {"$set": known})
    database["health_days"].delete_many({"_id": {"$in": [doc["_id"] for doc in docs]}})


def _store(
    closes: Collection[Doc], tenant_id: str, account_id: str, entries: Iterable[Entry]
) -> None:
    for month, some in groupby(entries, lambda entry: entry.day[:7]):
        found = list(some)
        facts = {"tenant_id": tenant_id, "account_id": account_id, "month": month}
        closes.update_one(
            {"_id": f"{account_id}:{month}"},
            {
                "$set": {f"days.{entry.day[8:]}": entry.what for entry in found},
                "$setOnInsert": facts | {"base": found[0].base},
            },
            upsert=True,
        )


def _note_running(state: Collection[Doc]) -> None:
    """A day was closed on the next one, so that the hub ran on that."""
    for doc in state.find({"closed": {"$exists": True}, "_id": {"$regex": ":days$"}}):
        change = {"$set": {"seen": _next(doc["closed"])}, "$unset": {"closed": ""}}
        state.update_one({"_id": doc["_id"]}, change)


def _next(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
