"""Day closes: each account's score of a day that ended is kept as known then.

A close is written when its account is scored for the first time on a later day, in the same
transaction, from the explanation that was stored until then: nobody has touched it since. Until
then that explanation is the close. So a midnight costs what is due on the new day and nothing else,
and there is no moment at which a crash could lose a close or write it twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from hub.health.closes import TREND_DAYS
from hub.health.history import Entry, History, keep
from hub.store.client import Doc
from hub.store.scoped import Update
from hub.store.tenant import TenantStore

ABSENT_KEPT = 400
"""So many days on which the hub did not run are remembered."""


def note(store: TenantStore, now: datetime) -> None:
    """Say that the hub runs today; whole days on which nobody said so are kept as absent."""
    today = now.date().isoformat()
    key = {"_id": f"{store.tenant_id}:days"}
    state = store.tenant_state.find_one(key)
    if state is not None and state["seen"] >= today:
        return
    change: Doc = {"$max": {"seen": today}}
    if missed := _between(state["seen"], today) if state else []:
        change["$push"] = {"absent": {"$each": missed, "$slice": -ABSENT_KEPT}}
    wanted = key if state is None else {**key, "seen": state["seen"]}
    store.tenant_state.update(wanted, change, upsert=state is None)


def absent(store: TenantStore) -> frozenset[str]:
    """The whole days on which this tenant's hub did not run."""
    state = store.tenant_state.find_one({"_id": f"{store.tenant_id}:days"}, {"absent": 1})
    return frozenset((state or {}).get("absent", ()))


def _between(first: str, last: str) -> list[str]:
    start = date.fromisoformat(first)
    count = (date.fromisoformat(last) - start).days - 1
    return [(start + timedelta(days=n + 1)).isoformat() for n in range(count)]


def recent(store: TenantStore, accounts: Iterable[Doc], today: date) -> dict[str, History]:
    """The closes of the last four weeks of these accounts, read at once."""
    months = {_month(today - timedelta(days=ago)) for ago in (1, TREND_DAYS)}
    ids = {
        f"{account['_id']}:{month}"
        for account in accounts
        if account.get("closed")
        for month in {*months, account["closed"][:7]}
    }
    found: dict[str, list[Doc]] = defaultdict(list)
    for document in store.health_days.find({"_id": {"$in": sorted(ids)}}) if ids else ():
        found[document["account_id"]].append(document)
    gone = absent(store)
    return {a["_id"]: History(found[a["_id"]], gone) for a in accounts}


def _month(day: date) -> str:
    return day.isoformat()[:7]


def close(history: History, account: Doc, today: str) -> list[Entry]:
    """The closes that have become due of a stored account, put on its history.

    From the day on which a score was due and not made, its days are missing.
    """
    health = account.get("health")
    if not health or health["as_of"] >= today:
        return []
    day, rollup = health["as_of"], account.get("rollup", {})
    if not account.get("listed"):
        before = history.on(day)
        return history.write(day, {**before, "gone": True}) if before else []
    entries = history.write(day, keep(health, mrr=rollup.get("mrr"), seats=rollup.get("seats")))
    due = account.get("next_due")
    if due and day < due < today:
        entries += history.miss(due)
    return entries


def writes(store: TenantStore, account_id: str, entries: Iterable[Entry]) -> list[Update]:
    """Store entries; done again they change nothing."""
    return [_write(store, account_id, entry) for entry in entries]


def _write(store: TenantStore, account_id: str, entry: Entry) -> Update:
    month, number = entry.day[:7], entry.day[8:]
    facts = {"account_id": account_id, "month": month, "base": entry.base}
    change = {"$set": {f"days.{number}": entry.what}, "$setOnInsert": facts}
    return store.health_days.updating({"_id": f"{account_id}:{month}"}, change, upsert=True)
