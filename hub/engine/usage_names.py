"""The catalogue of events: which names come, with which properties of which types, how often.

Volume and counts are exact, since they are written in the transaction that takes the events. What
a text says is never kept, only its shape, so that the catalogue can hold nobody's data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.engine.usage_fold import Event
from hub.engine.usage_person import OTHER
from hub.store.client import Doc
from hub.store.tenant import TenantStore

NAMES, PROPERTIES = 500, 150
CHANGES, DRIFTS, SHAPE = 30, 20, 24
PLAIN_BELOW = 1_000_000
"""A larger number may be somebody's telephone."""
IDENTITY = frozenset({"identify", "group"})


@dataclass(slots=True)
class Seen:
    """One type of one property, as far as a batch shows it."""

    count: int
    first_at: datetime
    last_at: datetime
    example: str


@dataclass(slots=True)
class Tally:
    """What a batch shows of one name of event."""

    volume: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    flags: dict[str, int] = field(default_factory=dict)
    properties: dict[tuple[str, str], Seen] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        at = event.doc["at"]
        self.volume += 1
        self.first_at = min(self.first_at or at, at)
        self.last_at = max(self.last_at or at, at)
        for flag in event.doc.get("flags") or ():
            self.flags[flag] = self.flags.get(flag, 0) + 1
        part = "traits" if event.doc["kind"] in IDENTITY else "properties"
        for name, value in event.part(part).items():
            self._see(name, kind_of(value), value, at)

    def _see(self, name: str, kind: str, value: Any, at: datetime) -> None:
        found = self.properties.get((name, kind))
        if found is None:
            if len(self.properties) < PROPERTIES:
                self.properties[name, kind] = Seen(1, at, at, shape(value))
            return
        found.count += 1
        found.first_at, found.last_at = min(found.first_at, at), max(found.last_at, at)


def kind_of(value: Any) -> str:
    """The type of a JSON value, in a word; `empty` is no type."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list) else "object"


def shape(value: Any) -> str:
    """An example that tells nothing of anybody: small numbers as they are, else "Aaa 99"."""
    if isinstance(value, bool) or (isinstance(value, int | float) and abs(value) < PLAIN_BELOW):
        return str(value).lower()
    if isinstance(value, list | dict):
        return f"{len(value)} values"
    text = "" if value is None else str(value)
    made = "".join(map(_masked, text[:SHAPE]))
    return made + ("..." if len(text) > SHAPE else "")


def _masked(sign: str) -> str:
    if sign.isdigit():
        return "9"
    if sign.isalpha():
        return "A" if sign.isupper() else "a"
    return sign if sign.isascii() and sign.isprintable() else "?"


def name_id(connection_id: str, kind: str, name: str) -> str:
    digest = hashlib.blake2b(f"{kind}:{name}".encode(), digest_size=12).hexdigest()
    return f"{connection_id}:{digest}"


def note(store: TenantStore, events: Iterable[Event], now: datetime) -> None:
    """Add a batch to the catalogue and to the counts by day, inside the caller's transaction."""
    tallies: dict[tuple[str, str, str], Tally] = {}
    days: dict[tuple[str, str, str, str], int] = {}
    batch = list(events)
    names = _admitted(store, batch)
    for event in batch:
        place = names[_place(event)]
        tallies.setdefault(place, Tally()).add(event)
        on = (*place, event.doc["day"])
        days[on] = days.get(on, 0) + 1
    _write_names(store, tallies, now)
    _write_days(store, days)


def _place(event: Event) -> tuple[str, str, str]:
    kind = event.doc["kind"]
    return event.doc["connection_id"], kind, event.doc.get("name") or f"({kind})"


def _admitted(
    store: TenantStore, batch: Iterable[Event]
) -> dict[tuple[str, str, str], tuple[str, str, str]]:
    """The catalogue's name for each name of the batch: itself, or "(other)" behind the cap."""
    names = {place: place for place in map(_place, batch)}
    ids = {name_id(*place): place for place in names}
    known = {d["_id"] for d in store.event_names.find({"_id": {"$in": [*ids]}}, {"_id": 1})}
    room: dict[str, int] = {}
    for key, place in sorted(ids.items()):
        if key in known:
            continue
        cnx = place[0]
        if cnx not in room:
            room[cnx] = NAMES - store.event_names.count({"connection_id": cnx})
        room[cnx] -= 1
        if room[cnx] < 0:
            names[place] = (cnx, place[1], OTHER)
    return names


def _write_names(
    store: TenantStore, tallies: Mapping[tuple[str, str, str], Tally], now: datetime
) -> None:
    ids = {name_id(*place): place for place in tallies}
    known = {d["_id"]: d for d in store.event_names.find({"_id": {"$in": [*ids]}})}
    writes = []
    for key, place in ids.items():
        doc = known.get(key) or _new(key, place, now)
        writes.append(
            store.event_names.replacing({"_id": key}, added(doc, tallies[place], now), upsert=True)
        )
    store.event_names.bulk(writes)


def _new(key: str, place: tuple[str, str, str], now: datetime) -> Doc:
    return {
        "_id": key,
        "connection_id": place[0],
        "kind": place[1],
        "name": place[2],
        "since": now,
        "volume": 0,
        "first_at": None,
        "last_at": None,
        "properties": [],
        "more_properties": 0,
        "version": 0,
        "changes": [],
        "drift": [],
        "flags": {},
    }


def added(doc: Doc, tally: Tally, now: datetime) -> Doc:
    """The catalogue's entry with what a batch showed."""
    assert tally.first_at is not None
    assert tally.last_at is not None
    after = dict(doc)
    after["volume"] += tally.volume
    after["first_at"] = min(doc["first_at"] or tally.first_at, tally.first_at)
    after["last_at"] = max(doc["last_at"] or tally.last_at, tally.last_at)
    flags = {*doc["flags"], *tally.flags}
    after["flags"] = {f: doc["flags"].get(f, 0) + tally.flags.get(f, 0) for f in sorted(flags)}
    what, drift = _learn(after, tally)
    if what or not doc["version"]:
        after["version"] += 1
        entry = {"version": after["version"], "at": now, "what": what[:PROPERTIES]}
        after["changes"] = [*doc["changes"], entry][-CHANGES:]
    after["drift"] = [*doc["drift"], *({**one, "noted_at": now} for one in drift)][-DRIFTS:]
    return after


def _learn(doc: Doc, tally: Tally) -> tuple[list[str], list[Doc]]:
    """Put the batch's properties in; returns what is new, in words, and what changed its type."""
    known = {p["name"]: {**p, "types": dict(p["types"])} for p in _read(doc["properties"])}
    what, drift = [], []
    for (name, kind), seen in sorted(tally.properties.items(), key=_when):
        if name not in known:
            if len(known) >= PROPERTIES:
                doc["more_properties"] += seen.count
                continue
            known[name] = {"name": name, "types": {}}
        types = known[name]["types"]
        if kind not in types and kind != "empty":
            what.append(f"{name}: {kind}")
            if had := sorted(types.keys() - {"empty"}):
                drift.append({"property": name, "had": had, "now": kind, "at": seen.first_at})
        types[kind] = _joined(types.get(kind), seen)
    doc["properties"] = [
        {"name": name, "types": [{"type": k, **t} for k, t in sorted(p["types"].items())]}
        for name, p in sorted(known.items())
    ]
    return what, drift


def _when(found: tuple[tuple[str, str], Seen]) -> tuple[str, datetime, str]:
    """A property's types in the order in which they were sent."""
    (name, kind), seen = found
    return name, seen.first_at, kind


def _read(properties: Iterable[Doc]) -> list[Doc]:
    return [
        {"name": p["name"], "types": {t["type"]: _bare(t) for t in p["types"]}} for p in properties
    ]


def _bare(entry: Doc) -> Doc:
    return {key: value for key, value in entry.items() if key != "type"}


def _joined(entry: Doc | None, seen: Seen) -> Doc:
    if entry is None:
        return {
            "count": seen.count,
            "first_at": seen.first_at,
            "last_at": seen.last_at,
            "example": seen.example,
        }
    return {
        "count": entry["count"] + seen.count,
        "first_at": min(entry["first_at"], seen.first_at),
        "last_at": max(entry["last_at"], seen.last_at),
        "example": entry["example"],
    }


def _write_days(store: TenantStore, days: Mapping[tuple[str, str, str, str], int]) -> None:
    """One counter for each name and day."""
    store.usage_days.bulk(
        [
            store.usage_days.updating(
                {"_id": f"{name_id(cnx, kind, name)}:{day}"},
                {
                    "$inc": {"count": count},
                    "$setOnInsert": {
                        "connection_id": cnx,
                        "name_id": name_id(cnx, kind, name),
                        "day": day,
                    },
                },
                upsert=True,
            )
            for (cnx, kind, name, day), count in sorted(days.items())
        ]
    )
