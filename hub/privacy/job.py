"""One privacy request while it is worked on: what it is about, how far it got, what it counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from hub.privacy.needles import Needles
from hub.privacy.redact import Redactor
from hub.privacy.subjects import Sources, Subject
from hub.store import leases
from hub.store.client import Doc
from hub.store.leases import Lease
from hub.store.tenant import TenantStore

if TYPE_CHECKING:
    from hub.bootstrap import Hub


LEASE_S = 60


@dataclass(slots=True)
class Job:
    """Who it is about is kept sealed while it runs, and forgotten at its end."""

    hub: Hub
    store: TenantStore
    request: Doc
    deadline: float
    lease: Lease
    _subject: Subject | None = None
    _needles: Needles | None = None
    _redactors: dict[str, Redactor] = field(default_factory=dict)
    _sources: Sources | None = None

    @property
    def id(self) -> str:
        return str(self.request["_id"])

    @property
    def now(self) -> datetime:
        return self.hub.now(self.store.tenant_id)

    @property
    def subject(self) -> Subject:
        if self._subject is None:
            opened = self.hub.catalogue.vault.open(self.request["sealed"])
            self._subject = Subject.load(opened)
        return self._subject

    @property
    def needles(self) -> Needles:
        if self._needles is None:
            self._needles = Needles(self.subject.who)
        return self._needles

    @property
    def sources(self) -> Sources:
        if self._sources is None:
            self._sources = Sources(self.hub, self.store)
        return self._sources

    def redactor(self, connection_id: str) -> Redactor:
        if connection_id not in self._redactors:
            self._redactors[connection_id] = Redactor(self.subject.who, connection_id)
        return self._redactors[connection_id]

    def keep(self, subject: Subject) -> None:
        self._subject = subject
        sealed = self.hub.catalogue.vault.seal(self.store.tenant_id, subject.dump())
        self.save(sealed=sealed, reason=self.redactor("").text(self.request["reason"]))
        self.store.privacy_requests.update({"_id": self.id}, {"$unset": {"captured": ""}})

    def save(self, **fields: Any) -> None:
        """Note how far it got; raises LeaseLost when another worker has taken over."""
        leases.check(self.store, self.lease, LEASE_S)
        self.request |= fields
        self.store.privacy_requests.update({"_id": self.id}, {"$set": fields})

    def count(self, within: TenantStore, what: str, collection: str, n: int) -> None:
        """Within the transaction that did it, so that a repeat is not counted twice."""
        if n:
            change = {"$inc": {f"counts.{what}.{collection}": n}}
            within.privacy_requests.update({"_id": self.id}, change)

    def is_over(self) -> bool:
        return monotonic() > self.deadline
