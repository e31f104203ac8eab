"""What the events of one user, anonymous visitor or group add up to.

Each part is joined in a way that has no order: sets of days, counts of events that are taken once
each, smallest moments, and last or first words by (time, event id). So any order, and any cut into
batches, of the same events ends in the same sum. A sum is bounded: days older than 400 are only
counted, and names, traits and groups have caps, behind which events are counted together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from hub.engine import usage_days
from hub.health.view import LONG_HORIZON_DAYS
from hub.store.client import Doc

Kind = Literal["user", "anonymous", "group"]
Stamp = tuple[datetime, str]
"""When, and the event's id, so that two words of one moment have an order."""

NAMES, TRAITS, ALIASES = 300, 100, 50
TRAIT_BYTES = 4096
OTHER = "(other)"
"""Stands for all names behind the cap."""
USE = frozenset({"track", "page", "screen"})
"""Calls that are something done; the others say who somebody is."""


@dataclass(slots=True)
class Use:
    """One name of event in one group ("" names none): how often, and on which days."""

    count: int = 0
    days: int = 0


@dataclass(slots=True)
class Person:
    """`joins`: the last group call of each day. `owner`: the user an anonymous visitor turned out
    to be, by the earliest word. `moved`: what is derived from this must be looked at again."""

    id: str
    connection_id: str
    kind: Kind
    key: str
    uses: dict[tuple[str, str, str], Use] = field(default_factory=dict)
    joins: dict[str, tuple[Stamp, str]] = field(default_factory=dict)
    traits: dict[str, tuple[Stamp, str]] = field(default_factory=dict)
    owner: tuple[Stamp, str] | None = None
    aliases: set[str] = field(default_factory=set)
    events: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    made: dict[str, str] = field(default_factory=dict)
    rev: int = 0
    moved: bool = False
    touched: bool = False

    def see(self, at: datetime) -> None:
        self.events += 1
        self.touched = True
        if self.first_at is None or at < self.first_at:
            self.first_at, self.moved = at, True
        if self.last_at is None or at > self.last_at:
            self.last_at = at

    def use(self, group: str, kind: str, name: str, day: str) -> None:
        place = (group, kind, name)
        if place not in self.uses and len(self.uses) >= NAMES:
            place = ("", kind, OTHER)
        found = self.uses.setdefault(place, Use())
        found.count += 1
        days = found.days | 1 << usage_days.index(day)
        self.moved |= days != found.days
        found.days = days

    def join(self, group: str, day: str, stamp: Stamp) -> None:
        before = self.joins.get(day)
        if before is None or before[0] < stamp:
            self.joins[day] = (stamp, group)
            self.moved |= before is None or before[1] != group

    def say(self, traits: Mapping[str, Any], stamp: Stamp) -> None:
        """Of each trait the last word holds; what is too long to be a trait is not one."""
        for name, value in traits.items():
            before = self.traits.get(name)
            if before is None and len(self.traits) >= TRAITS:
                continue
            if before is None or before[0] < stamp:
                text = json.dumps(value, sort_keys=True, ensure_ascii=False)
                if len(text) <= TRAIT_BYTES:
                    self.moved |= before is None or before[1] != text
                    self.traits[name] = (stamp, text)

    def belong(self, user: str, stamp: Stamp) -> None:
        if self.owner is None or (stamp, user) < self.owner:
            self.moved |= self.owner is None or self.owner[1] != user
            self.owner, self.touched = (stamp, user), True

    def rename(self, former: str) -> None:
        if former not in self.aliases and len(self.aliases) < ALIASES:
            self.aliases.add(former)
            self.moved = True

    def forget(self, today: date) -> None:
        """Fold what is behind the horizon: days into counts, old joins into the last of them."""
        first = horizon(today)
        kept = usage_days.from_day(first)
        for use in self.uses.values():
            use.days &= kept
        old = sorted(day for day in self.joins if day < first)
        for day in old[:-1]:
            del self.joins[day]

    def words(self) -> dict[str, Any]:
        """The traits as they hold now."""
        return {name: json.loads(text) for name, (_, text) in sorted(self.traits.items())}

    def said_at(self) -> datetime | None:
        """When a trait or a group last came."""
        stamps = [s for s, _ in self.traits.values()] + [s for s, _ in self.joins.values()]
        return max(stamps)[0] if stamps else None


def horizon(today: date) -> str:
    """The first day that is kept as a day."""
    return (today - timedelta(days=LONG_HORIZON_DAYS - 1)).isoformat()


def person_id(connection_id: str, kind: Kind, key: str) -> str:
    return f"{connection_id}:{kind[0]}:{key}"


def stored(person: Person) -> Doc:
    """As a document; names are values and not keys, since senders may call an event anything."""
    uses = []
    for (group, kind, event), use in sorted(person.uses.items()):
        low, bits = usage_days.packed(use.days)
        uses.append([group, kind, event, use.count, low, bits])
    return {
        "_id": person.id,
        "connection_id": person.connection_id,
        "kind": person.kind,
        "key": person.key,
        "uses": uses,
        "joins": [[day, *stamp, group] for day, (stamp, group) in sorted(person.joins.items())],
        "traits": [[name, *stamp, text] for name, (stamp, text) in sorted(person.traits.items())],
        **({"owner": person.owner[1], "owned": list(person.owner[0])} if person.owner else {}),
        "aliases": sorted(person.aliases),
        "events": person.events,
        "first_at": person.first_at,
        "last_at": person.last_at,
        "made": [[key, digest] for key, digest in sorted(person.made.items())],
        "rev": person.rev,
    }


def loaded(doc: Doc) -> Person:
    owner = ((_stamp(*doc["owned"])), doc["owner"]) if "owner" in doc else None
    return Person(
        doc["_id"],
        doc["connection_id"],
        doc["kind"],
        doc["key"],
        {(g, k, n): Use(c, usage_days.unpacked(low, b)) for g, k, n, c, low, b in doc["uses"]},
        {day: (_stamp(at, event), group) for day, at, event, group in doc["joins"]},
        {name: (_stamp(at, event), text) for name, at, event, text in doc["traits"]},
        owner,
        set(doc["aliases"]),
        doc["events"],
        doc["first_at"],
        doc["last_at"],
        dict(doc["made"]),
        doc["rev"],
        moved="again" in doc,
    )


def _stamp(at: datetime, event: str) -> Stamp:
    return (at if at.tzinfo else at.replace(tzinfo=UTC), event)
