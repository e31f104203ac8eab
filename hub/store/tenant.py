"""Everything that belongs to one tenant, reachable only through its id."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError
from pymongo.read_concern import ReadConcern

from hub.store.client import DURABLE, Doc
from hub.store.scoped import Scoped

T = TypeVar("T")
COLLISIONS = 5
"""How often a transaction starts anew because another inserted the same document first."""

COLLECTIONS = (
    "inbox",
    "records",
    "versions",
    "accounts",
    "contacts",
    "connections",
    "streams",
    "runs",
    "listings",
    "quarantine",
    "leases",
    "outbox",
    "events",
    "health_days",
    "ledgers",
    "refused",
    "fetches",
    "overlays",
    "mapping_revs",
    "pulses",
    "tenant_state",
    "decisions",
    "reviews",
    "resolution_log",
    "link_labels",
    "usage_events",
    "usage_people",
    "usage_days",
    "event_names",
    "scorecards",
    "overrides",
    "suppressions",
    "privacy_requests",
    "described",
    "drift",
    "missed",
    "missed_days",
    "written",
)


class TenantStore:
    """The collections of one tenant; inside `transact` the same names speak within the session."""

    inbox: Scoped
    records: Scoped
    versions: Scoped
    accounts: Scoped
    contacts: Scoped
    connections: Scoped
    streams: Scoped
    runs: Scoped
    listings: Scoped
    quarantine: Scoped
    leases: Scoped
    outbox: Scoped
    events: Scoped
    health_days: Scoped
    ledgers: Scoped
    refused: Scoped
    fetches: Scoped
    overlays: Scoped
    mapping_revs: Scoped
    pulses: Scoped
    tenant_state: Scoped
    decisions: Scoped
    reviews: Scoped
    resolution_log: Scoped
    link_labels: Scoped
    usage_events: Scoped
    usage_people: Scoped
    usage_days: Scoped
    event_names: Scoped
    scorecards: Scoped
    overrides: Scoped
    suppressions: Scoped
    privacy_requests: Scoped
    missed: Scoped
    missed_days: Scoped
    described: Scoped
    drift: Scoped
    written: Scoped

    def __init__(
        self,
        tenant_id: str,
        client: MongoClient[Doc],
        database: Database[Doc],
        session: ClientSession | None = None,
    ) -> None:
        self.tenant_id = tenant_id
        self.database = database
        self._client = client
        for name in COLLECTIONS:
            setattr(self, name, Scoped(database[name], tenant_id, session))

    def transact(self, work: Callable[[TenantStore], T]) -> T:
        """Run `work` as one transaction, again from the start when another one got in its way."""
        for attempt in range(COLLISIONS):
            try:
                return self._once(work)
            except (BulkWriteError, DuplicateKeyError) as error:
                if attempt == COLLISIONS - 1 or not _is_duplicate(error):
                    raise
        raise AssertionError("unreachable")

    def _once(self, work: Callable[[TenantStore], T]) -> T:
        with self._client.start_session() as session:
            return session.with_transaction(
                lambda within: work(
                    TenantStore(self.tenant_id, self._client, self.database, within)
                ),
                read_concern=ReadConcern("snapshot"),
                write_concern=DURABLE,
            )

    def note_due(self, kind: str, connection_id: str = "") -> None:
        """Let the sweep and the scheduler know that this tenant has work of this kind."""
        key = f"{self.tenant_id}:{kind}:{connection_id}"
        entry = {"tenant_id": self.tenant_id, "kind": kind, "connection_id": connection_id}
        self.database["due"].update_one({"_id": key}, {"$setOnInsert": entry}, upsert=True)

    def forget_due(self, kind: str, connection_id: str = "") -> None:
        self.database["due"].delete_one({"_id": f"{self.tenant_id}:{kind}:{connection_id}"})


def _is_duplicate(error: BulkWriteError | DuplicateKeyError) -> bool:
    if isinstance(error, DuplicateKeyError):
        return True
    return any(e.get("code") == 11000 for e in error.details.get("writeErrors", []))
