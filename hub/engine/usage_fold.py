"""Folds a batch of raw events into the people and groups that they speak of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from hub.engine import usage_person
from hub.engine.usage_person import USE, Kind, Person, person_id
from hub.store.client import Doc
from hub.store.tenant import TenantStore

Body = Mapping[str, Any]
_NONE: Body = {}


@dataclass(slots=True)
class Event:
    """One raw event, read."""

    doc: Doc
    body: Body

    @property
    def user(self) -> str:
        return self.doc.get("user") or ""

    @property
    def anonymous(self) -> str:
        return self.doc.get("anonymous") or ""

    @property
    def group(self) -> str:
        return self.doc.get("group") or ""

    @property
    def stamp(self) -> usage_person.Stamp:
        return self.doc["at"], self.doc["_id"]

    def part(self, name: str) -> Body:
        """An object of the body; empty where it is none."""
        found = self.body.get(name)
        return found if isinstance(found, Mapping) else _NONE

    @property
    def former(self) -> str:
        """Whom an alias call renames."""
        found = self.body.get("previousId", self.body.get("previous_id"))
        return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def read(doc: Doc) -> Event:
    """Bytes that hold no object are an event without particulars."""
    try:
        body = json.loads(bytes(doc.get("body") or b"{}"))
    except ValueError:
        body = {}
    return Event(doc, body if isinstance(body, Mapping) else {})


@dataclass(slots=True)
class People:
    """The people and groups of a batch, by id; `load` first those that it speaks of."""

    store: TenantStore
    known: dict[str, Person] = field(default_factory=dict)

    def load(self, events: Iterable[Event]) -> None:
        wanted: dict[str, tuple[str, Kind, str]] = {}
        for event in events:
            cnx = event.doc["connection_id"]
            for kind, key in named(event):
                wanted[person_id(cnx, kind, key)] = (cnx, kind, key)
        self.read_in(wanted)

    def read_in(self, wanted: Mapping[str, tuple[str, Kind, str]]) -> None:
        """Know these too; who was never heard of begins empty."""
        missing = [key for key in wanted if key not in self.known]
        for doc in self.store.usage_people.find({"_id": {"$in": missing}}) if missing else ():
            self.known[doc["_id"]] = usage_person.loaded(doc)
        for key in missing:
            if key not in self.known:
                self.known[key] = Person(key, *wanted[key])

    def owned_by(self, users: Iterable[Person]) -> dict[str, list[Person]]:
        """{user's id: the anonymous visitors they turned out to be}, in a fixed order."""
        found: dict[str, list[Person]] = {person.id: [] for person in users}
        for connection_id in {self.known[key].connection_id for key in found}:
            keys = [p.key for i in found if (p := self.known[i]).connection_id == connection_id]
            mine = {"connection_id": connection_id, "owner": {"$in": keys}}
            for doc in self.store.usage_people.find(mine):
                self.known.setdefault(doc["_id"], usage_person.loaded(doc))
        for person in sorted(self.known.values(), key=lambda p: p.id):
            if person.owner is not None:
                owner = person_id(person.connection_id, "user", person.owner[1])
                if owner in found:
                    found[owner].append(person)
        return found

    def fold(self, event: Event) -> None:
        """Add one event to whom it concerns; each event exactly once."""
        kind, cnx = event.doc["kind"], event.doc["connection_id"]
        for person in self._concerned(cnx, event):
            person.see(event.doc["at"])
        doer = self._doer(cnx, event)
        if doer is not None and kind in USE:
            name = event.doc.get("name") or f"({kind})"
            doer.use(event.group, kind, name, event.doc["day"])
        FOLDS.get(kind, _fold_words)(self, event, doer)

    def _concerned(self, cnx: str, event: Event) -> list[Person]:
        told = event.group if event.doc["kind"] == "group" else ""
        return [p for p in (self._doer(cnx, event), self.of(cnx, "group", told)) if p]

    def _doer(self, cnx: str, event: Event) -> Person | None:
        return self.of(cnx, "user", event.user) or self.of(cnx, "anonymous", event.anonymous)

    def of(self, cnx: str, kind: Kind, key: str) -> Person | None:
        return self.known[person_id(cnx, kind, key)] if key else None


def named(event: Event) -> list[tuple[Kind, str]]:
    """Whom an event speaks of."""
    found: list[tuple[Kind, str]] = [("user", event.user), ("anonymous", event.anonymous)]
    if event.doc["kind"] == "group":
        found.append(("group", event.group))
    if event.doc["kind"] == "alias":
        found.append(("anonymous", event.former))
    return [(kind, key) for kind, key in found if key]


def _link(people: People, event: Event) -> None:
    """Who says both ids in one call is the visitor."""
    visitor = people.of(event.doc["connection_id"], "anonymous", event.anonymous)
    if visitor is not None and event.user:
        visitor.belong(event.user, event.stamp)


def _fold_words(people: People, event: Event, doer: Person | None) -> None:
    _link(people, event)
    if doer is not None:
        traits = event.part("context").get("traits")
        doer.say(traits if isinstance(traits, Mapping) else _NONE, event.stamp)


def _fold_identify(people: People, event: Event, doer: Person | None) -> None:
    """RudderStack's SDKs say traits in the context, Segment's beside it."""
    _link(people, event)
    if doer is not None:
        said = event.part("traits") or event.part("context").get("traits")
        doer.say(said if isinstance(said, Mapping) else _NONE, event.stamp)


def _fold_group(people: People, event: Event, doer: Person | None) -> None:
    _link(people, event)
    if doer is not None and event.group:
        doer.join(event.group, event.doc["day"], event.stamp)
    group = people.of(event.doc["connection_id"], "group", event.group)
    if group is not None:
        group.moved |= group.rev == 0
        group.say(event.part("traits"), event.stamp)


def _fold_alias(people: People, event: Event, doer: Person | None) -> None:
    former = event.former
    visitor = people.of(event.doc["connection_id"], "anonymous", former)
    if visitor is not None and event.user and former != event.user:
        visitor.belong(event.user, event.stamp)
        if doer is not None:
            doer.rename(former)


FOLDS = {"identify": _fold_identify, "group": _fold_group, "alias": _fold_alias}


def write(store: TenantStore, people: Iterable[Person], today: date) -> None:
    """Write back whom the batch touched."""
    writes = []
    for person in people:
        if not person.touched:
            continue
        person.forget(today)
        doc = usage_person.stored(person)
        writes.append(store.usage_people.replacing({"_id": person.id}, doc, upsert=True))
    store.usage_people.bulk(writes)
