"""Customers who live through months on real stores: late, edited, moved, merged, deleted, erased.

`Lives` keeps the truth as plain lists beside what it tells the hub; one step is one day.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from hub.api import AccountInfo, Connector, Stream
from hub.engine import registers
from hub.engine.incoming import Incoming, Source, from_record
from hub.engine.record import record
from hub.engine.settle import Settler
from hub.engine.supply import CAPABILITIES, Supply
from hub.health import defaults, revision
from hub.health.context import SourceFreshness
from hub.store.tenant import TenantStore
from mappings import language
from mappings.language import Context
from tests.health.lifebook import FACTS, OBJECTS, Bodies, mapping
from tests.health.oracle import FEATURES, Body, Customer

_USUAL = defaults.document()
DOCUMENT = _USUAL | {"key_features": list(FEATURES), "scorecards": _USUAL["scorecards"][-1:]}
REVISION = revision.check_document("oracle", 1, DOCUMENT)
"""The default card alone: which card counts when is another test's matter."""


def _nothing(*_: Any) -> Any:
    return None


class Lives:
    """A tenant's customers from `first` on; seeded."""

    def __init__(self, store: TenantStore, seed: int, first: date, companies: int = 4) -> None:
        self.rng = random.Random(seed)
        self.store = store
        self.today = first
        self.truth: dict[tuple[str, str], Body] = {}
        self.gone: set[tuple[str, str]] = set()
        self.pulses: dict[str, tuple[datetime, str]] = {}
        self._serial = 0
        self._told: list[Incoming] = []
        self.source = self._build()
        for _ in range(companies):
            self._put("company", self._new_id(), {"name": "A customer"})
        for _ in range(2 * companies):
            self._join()
        self._tell()

    def _build(self) -> Source:
        streams = tuple(Stream(f"{o}s", o, e, _nothing) for o, e in OBJECTS.items())
        connector = Connector(
            name="life",
            title="Life",
            source_kind="crm",
            fields=(),
            open=_nothing,
            check=lambda client: AccountInfo("1", "one"),
            streams=streams,
            webhooks=(),
            mapping=Path("mapping.yaml"),
            readme=Path("README.md"),
            authoritative=False,
        )
        compiled = language.load(mapping(), "lives.yaml", {})
        return Source(f"life_{self.store.tenant_id}", connector, compiled, Context())

    @property
    def now(self) -> datetime:
        return datetime.combine(self.today, time(12), UTC)

    @property
    def _bodies(self) -> Bodies:
        return Bodies(self.rng, self.now)

    def live(self, changes: int) -> None:
        """So many things happen today, and are told."""
        for _ in range(changes):
            self.rng.choices(
                [self._happen, self._edit, self._delete, self._move, self._judge, self._join],
                [10, 8, 2, 2, 1, 1],
            )[0]()
        if self.rng.random() < 0.01:
            self._merge()
        if self.rng.random() < 0.02:
            self._erase()
        self._tell()

    def settle(self) -> None:
        while not self.settler().run(monotonic() + 60):
            pass

    def settler(self) -> Settler:
        fresh = SourceFreshness(True, self.now, 86_400, source="life")
        feeds = {self.source.connection_id: dict.fromkeys(CAPABILITIES, fresh)}
        supply = Supply(feeds, {"life": "crm"}, REVISION)
        return Settler(self.store, lambda _: supply, {"life": False}, lambda: self.now)

    def customers(self, mrr_then: dict[str, int | None]) -> dict[str, Customer]:
        """The truth of today, by the account that each company is."""
        homes = self._homes()
        found: dict[str, Customer] = {a: Customer() for a in homes.values()}
        for (kind, _), body in self.truth.items():
            if kind in FACTS and (kind, body["id"]) not in self.gone:
                mine = found[homes[body["company"]]].records
                mine.setdefault(kind, []).append(body)
        external = frozenset(
            body["id"]
            for (kind, _), body in self.truth.items()
            if kind == "person" and (kind, body["id"]) not in self.gone and not body["internal"]
        )
        for account_id, who in found.items():
            who.external, who.mrr_then = external, mrr_then.get(account_id)
            who.pulse = self._pulse(account_id)
        return found

    def _pulse(self, account_id: str) -> tuple[str, date] | None:
        """The last one of the account and of those that it has absorbed."""
        account = self.store.accounts.find_one({"_id": account_id}, {"aliases": 1}) or {}
        names = (account_id, *account.get("aliases", ()))
        last = max((self.pulses[n] for n in names if n in self.pulses), default=None)
        return (last[1], last[0].date()) if last else None

    def _homes(self) -> dict[str, str]:
        keys = {f"{self.source.connection_id}:company:{c}": c for c in self._companies()}
        docs = self.store.records.find({"_id": {"$in": list(keys)}}, {"account_id": 1})
        return {keys[doc["_id"]]: doc["account_id"] for doc in docs}

    def _companies(self) -> list[str]:
        return [n for kind, n in self.truth if kind == "company" and (kind, n) not in self.gone]

    def _new_id(self) -> str:
        self._serial += 1
        return str(self._serial)

    def _put(self, kind: str, number: str, body: Body) -> None:
        self._serial += 1
        at = self.now + timedelta(milliseconds=self._serial)
        self.truth[kind, number] = {"id": number, "at": at.isoformat(), **body}
        origin = {"kind": "test", "id": "1"}
        read_at = at + timedelta(seconds=2)
        raw = self.truth[kind, number]
        self._told.append(from_record(self.source, kind, raw, read_at, origin))

    def _end(self, kind: str, number: str, life: registers.Life) -> None:
        self.gone.add((kind, number))
        self._told.append(Incoming(kind, number, life=life, origin={"kind": "test", "id": "1"}))

    def _later(self) -> datetime:
        self._serial += 1
        return self.now + timedelta(seconds=5, milliseconds=self._serial)

    def _tell(self) -> None:
        """Out of order and in parts, as it comes."""
        told, self._told = self._told, []
        while told:
            part, told = told[:7], told[7:]
            take = partial(record, source=self.source, batch=part, now=self.now)
            self.store.transact(take)

    def _happen(self) -> None:
        kind = self.rng.choice([*FACTS, "usage", "usage", "ticket"])
        self._put(kind, self._new_id(), self._body(kind, self.rng.choice(self._companies())))

    def _body(self, kind: str, company: str) -> Body:
        rng = self.rng
        people = [
            body["id"]
            for (k, n), body in self.truth.items()
            if k == "person" and (k, n) not in self.gone and body["company"] == company
        ]
        person = rng.choice([*people, None]) if kind != "usage" else rng.choice(people or [None])
        return {"company": company, "person": person, **self._bodies.of(kind)}

    def _join(self) -> None:
        company = self.rng.choice(self._companies())
        internal = self.rng.random() < 0.2
        person = {"name": "A person", "internal": internal, "company": company}
        self._put("person", self._new_id(), person)

    def _some(self, kinds: tuple[str, ...]) -> tuple[str, str] | None:
        known = [key for key in self.truth if key[0] in kinds and key not in self.gone]
        return self.rng.choice(known) if known else None

    def _edit(self) -> None:
        if key := self._some(FACTS):
            kind, number = key
            before = self.truth[key]
            fresh = self._bodies.of(kind)
            keep = {"company": before["company"], "person": before["person"]}
            self._put(kind, number, keep | fresh)

    def _move(self) -> None:
        """A record is linked to another customer."""
        if key := self._some(FACTS):
            body = self.truth[key] | {"company": self.rng.choice(self._companies())}
            self._put(*key, {k: v for k, v in body.items() if k not in ("id", "at")})

    def _delete(self) -> None:
        if key := self._some((*FACTS, "person")):
            self._end(*key, registers.deleted(self._later()))

    def _erase(self) -> None:
        if key := self._some(FACTS):
            self._end(*key, registers.erased())

    def _judge(self) -> None:
        """A manager gives a pulse, as the screen does: stored, and the account is due."""
        homes = self._homes()
        if homes:
            account = homes[self.rng.choice(sorted(homes))]
            level = self.rng.choice(["green", "yellow", "red"])
            at = self._later()
            said = {"$set": {"level": level, "at": at, "by": "ann"}}
            self.store.pulses.update({"_id": account}, said, upsert=True)
            self.store.accounts.update({"_id": account}, {"$set": {"score_due": True}})
            self.pulses[account] = (at, level)

    def _merge(self) -> None:
        """The vendor merges a company into another, and its records hang there from now on."""
        if len(self._companies()) < 3:
            return
        self._tell()
        self.settle()
        self.merge(*self.rng.sample(self._companies(), 2))

    def merge(self, loser: str, winner: str) -> None:
        into = f"{self.source.connection_id}:company:{winner}"
        self._end("company", loser, registers.merged(self._later(), into))
        for key, body in list(self.truth.items()):
            if body.get("company") == loser:
                if key in self.gone:
                    self.truth[key] = body | {"company": winner}
                else:
                    moved = body | {"company": winner}
                    self._put(*key, {k: v for k, v in moved.items() if k not in ("id", "at")})
