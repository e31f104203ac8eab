"""Usage events as they are shown: raw ones, and the catalogue of their names."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from hub.engine import usage_advice
from hub.engine.usage_advice import Named
from hub.errors import NotFound
from hub.reads import accounts, contacts
from hub.reads.paging import Asked, Page, order_of, read
from hub.store.client import Doc
from hub.store.tenant import TenantStore

ORDERS = {"at": "at"}
NAME_ORDERS = {"volume": "volume", "name": "name", "last": "last_at", "first": "first_at"}
COPIED = ("connection_id", "kind", "name", "at", "received_at", "user", "anonymous", "group")
MOST_PEOPLE = 1000
SERIES_DAYS = 30


def search(store: TenantStore, asked: Asked, filters: Mapping[str, Any]) -> Page:
    """Latest first. Filters: connection_id, kind, name, user, group, account_id, contact_id, since
    and until (UTC datetimes), flagged."""
    order = order_of(ORDERS, asked, "-at")
    where: Doc = {
        name: filters[name]
        for name in ("connection_id", "kind", "name", "user", "group")
        if filters.get(name)
    }
    if filters.get("flagged"):
        where["flags.0"] = {"$exists": True}
    span = {"$gte": filters.get("since"), "$lt": filters.get("until")}
    if span := {key: at for key, at in span.items() if at is not None}:
        where["at"] = span
    whose = [_of_account(store, filters), _of_contact(store, filters)]
    if narrowed := [one for one in whose if one is not None]:
        where = {"$and": [where, *narrowed]}
    return read(store.usage_events, where, order, asked, shown)


def shown(event: Doc) -> Doc:
    """One raw event with its body as it was sent."""
    _, _, event_id = event["_id"].partition(":")
    return {
        "id": event["_id"],
        "event_id": event_id,
        **{name: event.get(name) for name in COPIED},
        "flags": list(event.get("flags") or ()),
        "counted": "due" not in event,
        "body": _body(event.get("body")),
    }


def _body(raw: Any) -> Any:
    try:
        return json.loads(bytes(raw or b"null"))
    except ValueError:
        return None


def _of_account(store: TenantStore, filters: Mapping[str, Any]) -> Doc | None:
    """Events that name a group of the account, and those without a group of its people."""
    if not filters.get("account_id"):
        return None
    account_id = accounts.find(store, filters["account_id"])["_id"]
    hung = store.records.find(
        {"account_id": account_id, "entity": "usage"}, {"values.group_key": 1}
    )
    groups = {g for d in hung if (g := (d.get("values") or {}).get("group_key"))}
    mine = {"account_id": account_id, "entity": "account", "object": "group"}
    groups |= {d["native_id"] for d in store.records.find(mine, {"native_id": 1})}
    users = {key for _, key in account_users(store, account_id)}
    alone = {"user": {"$in": sorted(users)}, "group": {"$exists": False}}
    return {"$or": [{"group": {"$in": sorted(groups)}}, alone]}


def account_users(store: TenantStore, account_id: str) -> list[tuple[str, str]]:
    """(connection, user id) of who used the product there, up to 1,000 of them."""
    wanted = {"account_id": account_id, "entity": "usage"}
    found = store.records.find(wanted, {"connection_id": 1, "values.user_key": 1})
    pairs = {
        (d["connection_id"], key)
        for d in found.limit(MOST_PEOPLE)
        if (key := (d.get("values") or {}).get("user_key"))
    }
    return sorted(pairs)


def _of_contact(store: TenantStore, filters: Mapping[str, Any]) -> Doc | None:
    """Events of a contact's users, and of the visitors that these turned out to have been."""
    if not filters.get("contact_id"):
        return None
    contact_id = contacts.find(store, filters["contact_id"])["_id"]
    mine = {"contact_id": contact_id, "object": "user", "entity": "contact"}
    users = [
        (d["connection_id"], d["native_id"])
        for d in store.records.find(mine, {"connection_id": 1, "native_id": 1})
    ]
    return {"$or": [part for pair in users for part in _of_user(store, *pair)] or [{"_id": ""}]}


def _of_user(store: TenantStore, connection_id: str, user: str) -> Iterable[Doc]:
    yield {"connection_id": connection_id, "user": user}
    owned = store.usage_people.find({"connection_id": connection_id, "owner": user}, {"key": 1})
    if keys := [doc["key"] for doc in owned]:
        mine = {"connection_id": connection_id, "anonymous": {"$in": keys}}
        yield {**mine, "user": {"$exists": False}}


def names(store: TenantStore, asked: Asked, filters: Mapping[str, Any]) -> Page:
    """The catalogue, busiest first. Filters: connection_id, kind, q (part of the name)."""
    order = order_of(NAME_ORDERS, asked, "-volume")
    where: Doc = {n: filters[n] for n in ("connection_id", "kind") if filters.get(n)}
    if filters.get("q"):
        where["name"] = {"$regex": re.escape(filters["q"]), "$options": "i"}
    advice = warnings(store, filters.get("connection_id"))
    return read(store.event_names, where, order, asked, lambda doc: name_shown(doc, advice))


def one_name(store: TenantStore, name_id: str, today: date) -> Doc:
    """A name, by its id or itself, with properties, history and counts by day; raises NotFound."""
    names = store.event_names
    doc = names.find_one({"_id": name_id}) or names.find_one({"name": name_id})
    if doc is None:
        raise NotFound("There is no such event in the catalogue.")
    name_id = doc["_id"]
    found = name_shown(doc, warnings(store, doc["connection_id"]))
    details = {key: doc[key] for key in ("properties", "more_properties", "changes")}
    return {**found, **details, "days": series(store, [name_id], today)[name_id]}


def name_shown(doc: Doc, advice: Mapping[str, list[usage_advice.Advice]]) -> Doc:
    copied = ("connection_id", "kind", "name", "volume", "first_at", "last_at", "version", "since")
    return {
        "id": doc["_id"],
        **{name: doc.get(name) for name in copied},
        "flags": doc["flags"],
        "drift": doc["drift"],
        "warnings": [
            {"rule": a.rule, "sentence": a.sentence, "suggestion": a.suggestion or None}
            for a in advice.get(doc["_id"], ())
        ],
    }


def warnings(
    store: TenantStore, connection_id: str | None = None
) -> dict[str, list[usage_advice.Advice]]:
    """Advice on names by id; names of one source are weighed against each other."""
    where = {"connection_id": connection_id} if connection_id else {}
    of: dict[str, list[Named]] = defaultdict(list)
    for doc in store.event_names.find(
        where, {"connection_id": 1, "kind": 1, "name": 1, "volume": 1}
    ):
        of[doc["connection_id"]].append(Named(doc["_id"], doc["kind"], doc["name"], doc["volume"]))
    return {key: some for each in of.values() for key, some in usage_advice.advise(each).items()}


def series(
    store: TenantStore, name_ids: list[str], today: date, days: int = SERIES_DAYS
) -> dict[str, list[Doc]]:
    """{name: [{"day", "count"}]} of the last days, oldest first, noughts included."""
    span = [(today - timedelta(days=ago)).isoformat() for ago in range(days - 1, -1, -1)]
    counts: dict[tuple[str, str], int] = {
        (d["name_id"], d["day"]): d["count"]
        for d in store.usage_days.find({"name_id": {"$in": name_ids}, "day": {"$gte": span[0]}})
    }
    return {
        name: [{"day": day, "count": counts.get((name, day), 0)} for day in span]
        for name in name_ids
    }
