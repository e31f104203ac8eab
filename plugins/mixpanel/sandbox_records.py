"""What Mixpanel holds of the seeded world: profiles, group profiles, and events with their mess."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from hub.sandbox import World
from hub.sandbox.truth import Company, Person
from hub.sandbox.usage import calls, group_id

Json = dict[str, Any]
HISTORY_DAYS = 30
PROPERTY = "company_id"


def seeded(world: World) -> Iterator[tuple[str, str, Json]]:
    """(table, id, record) of what the people of the world did in the last weeks."""
    groups: dict[str, str] = {}
    known = {group_id(company): company for company in world.companies()}
    for call in calls(world, world.now.date(), HISTORY_DAYS):
        user, group = call.get("userId", ""), call.get("groupId", "")
        if call["type"] == "group" and not user:
            yield "groups", group, _profile(group, call["timestamp"], _named(known[group]))
        elif call["type"] == "identify":
            yield "users", user, _profile(user, call["timestamp"], _person(world.person(user)))
        elif call["type"] == "group":
            groups[user] = group
        else:
            yield "events", call["messageId"], _event(call, groups.get(user, ""))
    device = "$device:18f3c2"
    yield "users", device, _profile(device, world.now.isoformat(), {"$city": "Lyon"})


def belongs(world: World) -> dict[str, str]:
    """{person: the account that their profile names}."""
    found = calls(world, world.now.date(), 1)
    return {c["userId"]: c["groupId"] for c in found if c["type"] == "group" and "userId" in c}


def _profile(id: str, at: str, said: Mapping[str, Any]) -> Json:
    seen = datetime.fromisoformat(at).strftime("%Y-%m-%dT%H:%M:%S")
    known = {k: v for k, v in said.items() if v is not None}
    return {"id": id, "properties": {"$created": seen, "$last_seen": seen, **known}}


def shown(row: Json) -> Json:
    """A profile as the query API writes it."""
    return {"$distinct_id": row["id"], "$properties": row["properties"]}


def _named(company: Company) -> Json:
    return {
        "$name": company.name,
        "website": company.website,
        "domain": company.domain,
        "industry": company.industry,
        "plan": company.tier,
        "employees": company.employees,
        "seats": company.seats,
    }


def _person(person: Person) -> Json:
    """Half of the people have a whole name, the others one in parts."""
    parts = {"$first_name": person.first_name, "$last_name": person.last_name}
    name = {"$name": person.full_name} if ord(person.key[-1]) % 2 else parts
    said = {"$email": person.email, "$phone": person.phone, "title": person.title or "Member"}
    return {**name, **said, "$city": "Lyon"}


def _event(call: Json, group: str) -> Json:
    at = datetime.fromisoformat(call["timestamp"])
    own = {PROPERTY: group} if group and call["context"] else {}
    return happened(
        call["event"], call["userId"], at, call["messageId"], {**own, **call["properties"]}
    )


def happened(name: str, user: Any, at: datetime, insert_id: str, said: Mapping[str, Any]) -> Json:
    """An event as it is kept: `at` is the moment, from which an export writes `time`."""
    properties = {"distinct_id": user, "$insert_id": insert_id, **said}
    return {"event": name, "at": at.astimezone(UTC).isoformat(), "properties": properties}


def exported(row: Json, zone: ZoneInfo | None) -> tuple[str, Json]:
    """The project's day of an event, and its line; an old project's `time` is its wall clock."""
    at = datetime.fromisoformat(row["at"])
    wall = at.astimezone(zone).replace(tzinfo=UTC) if zone else at
    took = {"mp_processing_time_ms": int(at.timestamp() * 1000) + 3412}
    line = {
        "event": row["event"],
        "properties": {"time": int(wall.timestamp()), **row["properties"]},
    }
    return wall.date().isoformat(), {**line, "properties": {**line["properties"], **took}}


def body(lines: list[Json]) -> bytes:
    """JSON lines in no order; each seventh event stands there twice."""
    texts = [json.dumps(line, ensure_ascii=False) for line in lines]
    texts += texts[::7]
    mixed = sorted(texts, key=lambda text: blake2b(text.encode(), digest_size=8).digest())
    return "".join(f"{text}\n" for text in mixed).encode()
