"""How an account uses the product: active people by day, its busiest events, and who they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from hub.engine import usage_days, usage_person
from hub.engine.usage_person import USE, Person, person_id
from hub.reads import events
from hub.store.client import Doc
from hub.store.tenant import TenantStore

DAYS, WINDOW = 90, 28
MOST_PEOPLE, MOST_EVENTS = 50, 20
EACH: Doc = {
    "_id": {
        "connection": "$connection_id",
        "user": "$values.user_key",
        "group": "$values.group_key",
    },
    "last": {"$max": "$values.last_active_on"},
    "days": {"$sum": {"$size": {"$ifNull": ["$values.active_days", []]}}},
    "record": {"$max": "$_id"},
}


@dataclass(slots=True)
class Used:
    """One event name at an account: user-days in 28 days, and how often it ever came."""

    name: str
    user_days: int = 0
    people: set[str] = field(default_factory=set)
    total: int = 0


def read(store: TenantStore, account_id: str, today: date) -> Doc:
    """{"days": [{"day", "count"}], "active_7", "active_28", "people", "people_total", "names"}."""
    account = store.accounts.find_one({"_id": account_id}, {"state.counters": 1}) or {}
    counters = (account.get("state") or {}).get("counters") or {}
    active, last = counters.get("active_user_days", {}), counters.get("last_active", {})
    span = [(today - timedelta(days=ago)).isoformat() for ago in range(DAYS - 1, -1, -1)]
    people, total = _people(store, account_id)
    return {
        "days": [{"day": day, "count": active.get(day, 0)} for day in span],
        "active_7": _since(last, today, 7),
        "active_28": _since(last, today, WINDOW),
        "people": people,
        "people_total": total,
        "names": _names(store, account_id, today),
    }


def _since(last: Doc, today: date, days: int) -> int:
    first = (today - timedelta(days=days - 1)).isoformat()
    return sum(count for day, count in last.items() if day >= first)


def _people(store: TenantStore, account_id: str) -> tuple[list[Doc], int]:
    """Who used it last, with the contact that they are; and how many there are.

    A source that is read may have a record for each of a person's days.
    """
    mine = {"account_id": account_id, "entity": "usage", "values.last_active_on": {"$ne": None}}
    each: list[Doc] = [{"$match": mine}, {"$group": EACH}]
    latest: list[Doc] = [{"$sort": {"last": -1, "_id": 1}}, {"$limit": MOST_PEOPLE}]
    found = store.records.aggregate([*each, *latest])
    users = {_user_record(one["_id"]) for one in found}
    hung = store.records.find({"_id": {"$in": sorted(users)}}, {"contact_id": 1})
    contact_of = {doc["_id"]: doc.get("contact_id") for doc in hung}
    known = store.contacts.find(
        {"_id": {"$in": [c for c in contact_of.values() if c]}}, {"flat": 1}
    )
    flats = {doc["_id"]: doc.get("flat") or {} for doc in known}
    rows = []
    for one in found:
        who = one["_id"]
        contact = contact_of.get(_user_record(who))
        flat = flats.get(contact, {})
        rows.append(
            {
                "record": one["record"],
                "contact_id": contact,
                "user": who.get("user"),
                "group": who.get("group"),
                "name": flat.get("full_name") or next(iter(flat.get("emails") or ()), None),
                "is_internal": bool(flat.get("is_internal")),
                "last_active_on": one["last"],
                "days": one["days"],
            }
        )
    total = store.records.aggregate([*each, {"$count": "n"}])
    return rows, int(total[0]["n"]) if total else 0


def _user_record(who: Doc) -> str:
    return f"{who['connection']}:user:{who.get('user')}"


def _names(store: TenantStore, account_id: str, today: date) -> list[Doc]:
    """The busiest names, by user-days in 28 days; of accounts with more people, of 1,000."""
    found: dict[str, Used] = {}
    groups = _groups(store, account_id)
    recent = usage_days.from_day((today - timedelta(days=WINDOW - 1)).isoformat())
    for person in _users(store, account_id):
        for (group, kind, name), use in person.uses.items():
            if kind in USE and (not group or group in groups):
                entry = found.setdefault(name, Used(name))
                entry.total += use.count
                if use.days & recent:
                    entry.user_days += (use.days & recent).bit_count()
                    entry.people.add(person.id)
    ranked = sorted(found.values(), key=lambda u: (-u.user_days, -u.total, u.name))
    return [
        {"name": u.name, "user_days": u.user_days, "people": len(u.people), "total": u.total}
        for u in ranked[:MOST_EVENTS]
    ]


def _groups(store: TenantStore, account_id: str) -> set[str]:
    mine = {"account_id": account_id, "entity": "usage"}
    found = store.records.find(mine, {"values.group_key": 1})
    return {g for doc in found if (g := (doc.get("values") or {}).get("group_key"))}


def _users(store: TenantStore, account_id: str) -> Iterable[Person]:
    by_source: dict[str, list[str]] = defaultdict(list)
    for connection_id, user in events.account_users(store, account_id):
        by_source[connection_id].append(person_id(connection_id, "user", user))
    for ids in by_source.values():
        for doc in store.usage_people.find({"_id": {"$in": ids}}):
            yield usage_person.loaded(doc)
