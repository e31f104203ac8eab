"""From raw usage events to people, counts, the catalogue, and records that the engine settles.

A batch is one transaction: its events are no longer due in the same write that counts them, so that
a crash anywhere counts each event once. One worker at a time does this for a tenant.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic

import structlog

from hub.bootstrap import Hub
from hub.engine import usage_derive, usage_fold, usage_names, usage_person, usage_places
from hub.engine.incoming import Incoming, Source, digest, from_record
from hub.engine.record import LAST_RANK, record
from hub.engine.registers import Content
from hub.engine.usage_derive import Made, Raw
from hub.engine.usage_fold import Event, People
from hub.engine.usage_person import Kind, Person, person_id
from hub.faultpoints import point
from hub.scorecards.active import active
from hub.store import leases
from hub.store.tenant import TenantStore
from mappings import normalise

log = structlog.get_logger(__name__)

BATCH = 2000
LEASE_S = 60
DUE, AGAIN = {"due": 1}, {"again": True}
SUMS = 2**52
"""Added to a person's number, so that no time of reading can ever be newer than it."""
IMPORT = "import:"
"""How the batch of an event from a file is called; it proves nothing about the source today."""


def _are_loaded(hub: Hub) -> bool:
    """Whether any connector of usage loads; without one its events have to wait."""
    return any(c.source_kind == "usage" for c in hub.plugins.connectors.values())


def is_due(store: TenantStore) -> bool:
    """Whether events wait, or people of whom records must be made anew."""
    waits = store.usage_events.find_one(DUE, {"_id": 1})
    return (waits or store.usage_people.find_one(AGAIN, {"_id": 1})) is not None


def again(store: TenantStore) -> None:
    """What counts as use has changed: make all records of use anew from what was added up."""
    store.usage_people.update_many({"kind": "user"}, {"$set": {"again": True}})
    store.records.update_many(
        {"entity": usage_places.ENTITY, "due": {"$exists": False}}, {"$set": {"due": LAST_RANK}}
    )


def work(hub: Hub, store: TenantStore, deadline: float) -> bool:
    """Take what is due in batches; True when nothing is left, False at `deadline` (monotonic).

    Who finds the lease taken may go: the holder looks again after it has let go.
    """
    while is_due(store) and _are_loaded(hub):
        if monotonic() > deadline:
            return False
        lease = leases.acquire(store, "usage", LEASE_S)
        if lease is None:
            return True
        try:
            while take(hub, store, lease) and monotonic() < deadline:
                point("usage-batch")
        finally:
            leases.release(store, lease)
    return True


def take(hub: Hub, store: TenantStore, lease: leases.Lease | None = None) -> int:
    """One batch; returns how many events it took."""
    sources = _sources(hub, store)

    def once(within: TenantStore) -> int:
        if lease is not None:
            leases.check(within, lease, LEASE_S)
        silent = active(within).ignored_events
        return Batch(within, sources, hub.now(store.tenant_id), silent).run()

    return store.transact(once)


def _sources(hub: Hub, store: TenantStore) -> dict[str, Source]:
    """The connections that send usage, as the engine reads them."""
    known = {n for n, c in hub.plugins.connectors.items() if c.source_kind == "usage"}
    living = {"connector": {"$in": sorted(known)}, "state": {"$ne": "disabled"}}
    found = store.connections.find(living)
    return {doc["_id"]: hub.source(store, doc) for doc in found}


@dataclass(slots=True)
class Batch:
    """One transaction's work. `store` speaks within it; `silent` are the names that the tenant's
    scoring takes out of use, beside those of each source."""

    store: TenantStore
    sources: Mapping[str, Source]
    now: datetime
    silent: frozenset[str] = frozenset()
    incoming: dict[str, list[Incoming]] = field(default_factory=lambda: defaultdict(list))

    def run(self) -> int:
        """Take the next events; those of a connection that was removed only lose their mark."""
        docs = list(self.store.usage_events.find(DUE).limit(BATCH))
        if not docs:
            return self._once_more()
        events = self._of_nobody_erased(
            usage_fold.read(doc) for doc in docs if doc["connection_id"] in self.sources
        )
        people = People(self.store)
        people.load(events)
        owners = {p.id: p.owner[1] for p in people.known.values() if p.owner}
        for event in events:
            people.fold(event)
        usage_names.note(self.store, events, self.now)
        self._derive(people, owners, _origins(events))
        self._write(people)
        _hear(self.store, events)
        ids = [doc["_id"] for doc in docs]
        self.store.usage_events.update_many({"_id": {"$in": ids}}, {"$unset": {"due": ""}})
        point("usage-written")
        return len(docs)

    def _of_nobody_erased(self, events: Iterable[Event]) -> list[Event]:
        """Events of who asked to be forgotten are taken away and counted nowhere."""
        known = {cnx: source.suppressed(self.store) for cnx, source in self.sources.items()}
        kept: list[Event] = []
        gone: list[Event] = []
        for event in events:
            who = known[event.doc["connection_id"]]
            is_gone = who is not None and any(who.knows(pair) for pair in _names(event))
            (gone if is_gone else kept).append(event)
        if gone:
            self.store.usage_events.delete({"_id": {"$in": [e.doc["_id"] for e in gone]}})
        return kept

    def _once_more(self) -> int:
        people = People(self.store)
        for doc in self.store.usage_people.find(AGAIN).limit(BATCH):
            person = usage_person.loaded(doc)
            person.touched, person.moved = True, person.connection_id in self.sources
            people.known[person.id] = person
        self._derive(people, {}, {})
        count = len(people.known)
        self._write(people)
        return count

    def _write(self, people: People) -> None:
        usage_fold.write(self.store, people.known.values(), self.now.date())
        for cnx, incoming in self.incoming.items():
            record(self.store, self.sources[cnx], incoming, self.now)

    def _derive(
        self, people: People, owners: Mapping[str, str], origins: Mapping[str, str]
    ) -> None:
        """Make the records of those whom this batch moved."""
        users = _users(people, owners)
        people.read_in(users)
        visitors = people.owned_by([people.known[key] for key in users])
        for group in [p for p in people.known.values() if p.kind == "group" and p.moved]:
            self._keep(group, usage_derive.group(group), origins)
        for key in users:
            user = people.known[key]
            settings = self.sources[user.connection_id].context.settings
            silent = usage_derive.ignored(settings, self.silent)
            made = usage_derive.user(user, visitors[key], silent, self.now.date())
            self._keep(user, made, origins)

    def _keep(self, person: Person, made: Made, origins: Mapping[str, str]) -> None:
        """Record what came out otherwise than before, under the person's next number."""
        hashes = {f"{o}:{n}": digest(_bytes(raw)) for (o, n), raw in made.items()}
        fresh = [k for k in made if person.made.get(":".join(k)) != hashes[":".join(k)]]
        if not fresh:
            return
        person.rev += 1
        person.touched = True
        origin = {"kind": "events", "id": origins.get(person.id, "")}
        source = self.sources[person.connection_id]
        for key in fresh:
            item = from_record(source, key[0], made[key], self.now, origin)
            self.incoming[person.connection_id].append(_numbered(item, person.rev))
            if item.problem is None:
                person.made[":".join(key)] = hashes[":".join(key)]


def _names(event: Event) -> list[tuple[str, str]]:
    """By what the person or group of an event may be on the list of the forgotten."""
    source = event.doc["connection_id"]
    keys = [("keys", f"{source}:user:{event.user}"), ("user_ids", event.user)]
    inside = event.part("context").get("traits")
    said = event.part("traits") or (inside if isinstance(inside, Mapping) else {})
    given = said.get("email")
    email = normalise.email(given) if isinstance(given, str) else None
    if event.doc["kind"] == "identify" and email:
        keys.append(("emails", email))
    others = [("user_ids", event.anonymous)] if event.anonymous else []
    if event.group:
        others.append(("keys", f"{source}:group:{event.group}"))
    return others + (keys if event.user else keys[2:])


def _numbered(item: Incoming, rev: int) -> Incoming:
    """In the order of the sums and not of clocks: what is made of more events is newer."""
    if item.content is None:
        return item
    return replace(item, content=Content((SUMS + rev, 0, 1, rev, item.content.hash)))


def _bytes(raw: Raw) -> bytes:
    return json.dumps(raw, sort_keys=True, ensure_ascii=True).encode()


def _users(people: People, owners: Mapping[str, str]) -> dict[str, tuple[str, Kind, str]]:
    """Who has to be made anew: users that moved, and those who won or lost a visitor."""
    found: dict[str, tuple[str, Kind, str]] = {}
    for person in people.known.values():
        if not person.moved:
            continue
        keys = {person.key} if person.kind == "user" else set()
        if person.kind == "anonymous":
            keys = {k for k in (owners.get(person.id), person.owner and person.owner[1]) if k}
        for key in keys:
            cnx = person.connection_id
            found[person_id(cnx, "user", key)] = (cnx, "user", key)
    return dict(sorted(found.items()))


def _origins(events: Iterable[Event]) -> dict[str, str]:
    """{person: the id of the latest event of this batch that speaks of them}."""
    found: dict[str, tuple[datetime, str]] = {}
    for event in events:
        cnx = event.doc["connection_id"]
        for kind, key in usage_fold.named(event):
            one = person_id(cnx, kind, key)
            found[one] = max(found.get(one, event.stamp), event.stamp)
    return {one: stamp[1] for one, stamp in found.items()}


def _hear(store: TenantStore, events: Iterable[Event]) -> None:
    """Note until when each source is known to speak: by what came of itself, not by old files."""
    heard: dict[str, datetime] = {}
    for event in events:
        doc = event.doc
        is_old = str(doc.get("batch", "")).startswith(IMPORT)
        at = min(doc["at"], doc["received_at"]) if is_old else doc["received_at"]
        cnx = doc["connection_id"]
        heard[cnx] = max(heard.get(cnx, at), at)
    for cnx, at in heard.items():
        store.streams.update({"_id": f"{cnx}:usage"}, {"$max": {"heard_at": at}})
