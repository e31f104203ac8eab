"""Two small systems, a CRM and a help desk, whose changes can be dealt in any order.

A history is a list of `Happening`s: what a webhook or a page would bring, each with the moment at
which it was true. `final` is what one clean full sync would see in the end.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hub.api import AccountInfo, Connector, Stream
from hub.engine import registers
from hub.engine.incoming import Incoming, Source, from_record
from mappings import language
from mappings.language import Context

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
MAPPING = """
- stream: companies
  object: company
  entity: account
  id: id
  modified_at: at
  external_id: number
  fields:
    name: name
    domains: {from: domain, as: domains}
- stream: people
  object: person
  entity: contact
  id: id
  modified_at: at
  fields:
    full_name: name
    emails: {from: email, as: emails}
  links:
    account: {record: company, from: company}
- stream: tickets
  object: ticket
  entity: ticket
  id: id
  modified_at: at
  fields:
    subject: name
    status: {from: status, map: {open: open, closed: closed}}
    priority: {from: priority, map: {high: high, low: low}}
    opened_at: {from: opened, as: timestamp}
  links:
    account: {record: company, from: company}
    requester: {record: person, from: person}
"""
ENTITIES = {"company": "account", "person": "contact", "ticket": "ticket"}
DOMAINS = ("alpha.io", "beta.de", "gamma.co.uk", "delta.fr")
AUTHORITATIVE = {"crm": True, "desk": False}


def _none(*_: Any) -> Any:
    return None


def source(name: str, connection_id: str) -> Source:
    """A connection of this system."""
    streams = tuple(Stream(f"{o}s", o, e, _none) for o, e in ENTITIES.items())
    connector = Connector(
        name=name,
        title=name,
        source_kind="crm" if name == "crm" else "support",
        fields=(),
        open=_none,
        check=lambda client: AccountInfo("1", "one"),
        streams=streams,
        webhooks=(),
        mapping=Path("mapping.yaml"),
        readme=Path("README.md"),
        authoritative=AUTHORITATIVE[name],
    )
    compiled = language.load(MAPPING, "tiny.yaml", {})
    return Source(connection_id, connector, compiled, Context())


def sources(tenant_id: str) -> dict[str, Source]:
    """The tenant's two connections; their ids are theirs alone, as minted ones are."""
    return {name: source(name, f"{name}_{tenant_id}") for name in AUTHORITATIVE}


@dataclass(frozen=True)
class Happening:
    """One change of one record: a body read just after its version, or evidence of its fate."""

    system: str
    object: str
    native_id: str
    at: datetime
    body: dict[str, Any] | None = None
    fate: str = ""
    into: str = ""

    def incoming(self, here: Source) -> Incoming:
        """A fresh one for each delivery, since the engine writes its fate into it."""
        origin = {"kind": "test", "id": "1"}
        if self.body is not None:
            life = registers.restored(self.at) if self.fate == "restore" else None
            read_at = self.at + timedelta(milliseconds=200)
            return from_record(here, self.object, self.body, read_at, origin, life)
        life = registers.deleted(self.at)
        if self.fate == "merge":
            life = registers.merged(self.at, here.key(self.object, self.into))
        return Incoming(self.object, self.native_id, life=life, origin=origin)


@dataclass
class Record:
    """One record of a system as it stands now."""

    body: dict[str, Any]
    at: datetime
    gone: bool = False
    told: list[Happening] = field(default_factory=list)


class TinyWorld:
    """Lives a random life of so many steps; seeded."""

    def __init__(self, seed: int, steps: int = 25) -> None:
        self.rng = random.Random(seed)
        self.records: dict[tuple[str, str, str], Record] = {}
        self.history: list[Happening] = []
        self._at = NOW - timedelta(days=20)
        for _ in range(steps):
            self._at += timedelta(minutes=self.rng.randrange(1, 600))
            self.rng.choices(
                [self._add, self._edit, self._delete, self._restore, self._merge],
                [10, 10, 2, 2, 1],
            )[0]()

    def final(self) -> list[Happening]:
        """The last body of every living record, as one clean full sync reads it."""
        return [
            Happening(*key, record.at, record.body)
            for key, record in sorted(self.records.items())
            if not record.gone
        ]

    def _tell(self, key: tuple[str, str, str], **what: Any) -> None:
        self.history.append(Happening(*key, self._at, **what))

    def _add(self) -> None:
        system = self.rng.choice(["crm", "desk"])
        object = self.rng.choices(["company", "person", "ticket"], [3, 3, 4])[0]
        key = (system, object, str(len(self.records) + 1))
        self.records[key] = Record({}, self._at)
        self._write(key)

    def _write(self, key: tuple[str, str, str], fate: str = "") -> None:
        record = self.records[key]
        record.at = self._at
        record.body = self._body(key)
        self._tell(key, body=record.body, fate=fate)

    def _body(self, key: tuple[str, str, str]) -> dict[str, Any]:
        system, object, native_id = key
        rng = self.rng
        body: dict[str, Any] = {
            "id": native_id,
            "at": self._at.isoformat(),
            "name": f"{object} {rng.randrange(50)}",
        }
        if object == "company":
            body["domain"] = rng.choice([*DOMAINS, "gmail.com", None])
            body["number"] = rng.choice([None, None, "C-1", "C-2"])
        if object == "person":
            body["email"] = f"{rng.choice('abc')}@{rng.choice([*DOMAINS, 'gmail.com'])}"
        if object == "ticket":
            body["status"] = rng.choice(["open", "closed"])
            body["priority"] = rng.choice(["high", "low"])
            body["opened"] = (self._at - timedelta(hours=rng.randrange(100))).isoformat()
            body["person"] = self._some(system, "person")
        if object != "company":
            body["company"] = self._some(system, "company")
        return body

    def _some(self, system: str, object: str) -> str | None:
        known = [k[2] for k, r in self.records.items() if k[:2] == (system, object) and not r.gone]
        return self.rng.choice([*known, None]) if known else None

    def _pick(self, gone: bool, object: str = "") -> tuple[str, str, str] | None:
        keys = [k for k, r in self.records.items() if r.gone == gone and object in ("", k[1])]
        return self.rng.choice(keys) if keys else None

    def _edit(self) -> None:
        if key := self._pick(gone=False):
            self._write(key)

    def _delete(self) -> None:
        if key := self._pick(gone=False):
            self.records[key].gone = True
            self._tell(key, fate="delete")

    def _restore(self) -> None:
        if key := self._pick(gone=True):
            self.records[key].gone = False
            self._write(key, fate="restore")

    def _merge(self) -> None:
        loser = self._pick(gone=False, object="company")
        winners = [
            k for k, r in self.records.items() if loser and not r.gone and k[:2] == loser[:2]
        ]
        winners = [k for k in winners if k != loser]
        if loser and winners:
            winner = self.rng.choice(winners)
            self.records[loser].gone = True
            self._tell(loser, fate="merge", into=winner[2])
            self._move_children(loser, winner)

    def _move_children(self, loser: tuple[str, str, str], winner: tuple[str, str, str]) -> None:
        """As vendors do: what hung on the loser hangs on the winner."""
        for key, record in self.records.items():
            if key[0] == loser[0] and not record.gone and record.body.get("company") == loser[2]:
                record.at = self._at
                record.body = record.body | {"company": winner[2], "at": self._at.isoformat()}
                self._tell(key, body=record.body)


def dealt(world: TinyWorld, rng: random.Random) -> list[list[Happening]]:
    """The history shuffled, some of it twice, and cut into batches of one system each."""
    cards = [*world.history, *rng.choices(world.history, k=len(world.history) // 3)]
    rng.shuffle(cards)
    batches: list[list[Happening]] = []
    for card in cards:
        if batches and batches[-1][0].system == card.system and rng.random() < 0.7:
            batches[-1].append(card)
        else:
            batches.append([card])
    return batches


def bodies(
    happenings: Sequence[Happening], here: Mapping[str, Source]
) -> dict[str, list[Incoming]]:
    """Per system, ready to be recorded."""
    found: dict[str, list[Incoming]] = {name: [] for name in here}
    for happening in happenings:
        found[happening.system].append(happening.incoming(here[happening.system]))
    return found
