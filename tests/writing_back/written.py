"""A connection whose vendor takes health back: what its field holds, and the jobs one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

from hub import judgements
from hub.bootstrap import Hub
from hub.sandbox import Sandbox
from hub.sandbox.vendor import Vendor
from hub.store.client import Doc
from hub.writing_back import desk, work
from hub.writing_back.marks import EVERY
from tests.stage import Stage

FIELD = {"salesforce": "Customer_Health__c", "hubspot": "properties.customer_health"}
TABLE = {"salesforce": "Account", "hubspot": "companies"}
WEBHOOK = {"salesforce": "change_events", "hubspot": "private"}
STREAM = {"salesforce": "accounts", "hubspot": "companies"}


@dataclass
class Written:
    """One vendor's connection in a tenant of its own."""

    stage: Stage
    connection: Doc
    vendor: Vendor
    calls_before: int = 0

    @classmethod
    def connected(cls, hub: Hub, sandbox: Sandbox, name: str) -> Written:
        stage = Stage(hub, sandbox)
        connection = stage.connect(name)
        stage.sync(connection)
        stage.listen(connection, WEBHOOK[name])
        return cls(stage, connection, sandbox[name])

    @property
    def hub(self) -> Hub:
        return self.stage.hub

    @property
    def id(self) -> str:
        return str(self.connection["_id"])

    @property
    def field(self) -> str:
        return FIELD[self.vendor.name]

    @property
    def record_object(self) -> str:
        return {"salesforce": "Account", "hubspot": "company"}[self.vendor.name]

    @property
    def table(self) -> Any:
        return self.vendor.table(TABLE[self.vendor.name])

    def fresh(self) -> Doc:
        return self.hub.connection(self.stage.store, self.id)

    def on(self) -> None:
        desk.switch_on(self.hub, self.stage.tenant_id, self.id, self.field, "ada")
        self.calls_before = self.calls()

    def write(self) -> None:
        """The worker's job, to its end."""
        assert work.work(self.hub, self.stage.tenant_id, self.id, monotonic() + 30)

    def later(self) -> None:
        """So long that every record may be written again."""
        self._pass(EVERY + timedelta(seconds=1))

    def morning(self) -> None:
        """One o'clock of the next day, with all that the night changes done: scores move then."""
        now = self.hub.now(self.stage.tenant_id)
        tomorrow = (now + timedelta(days=1)).replace(hour=1, minute=0, second=0)
        self._pass(tomorrow - now)
        self.echo()
        self.poll()
        self.stage.store.accounts.update_many({}, {"$set": {"score_due": True}})
        self.stage.settle()

    def _pass(self, time: timedelta) -> None:
        passed = time.total_seconds()
        change = {"$inc": {"clock_offset_s": passed}}
        self.hub.catalogue.control.tenants.update_one({"_id": self.stage.tenant_id}, change)
        self.hub.forget_offsets()
        self.vendor.clock.advance(passed)

    def echo(self) -> None:
        """What the vendor pushes about its records comes in."""
        assert self.vendor.settle(timeout=20)
        self.stage.drain(self.connection)

    def held(self) -> dict[str, str | None]:
        """What the field holds at the vendor, by native id."""
        *outer, name = self.field.split(".")
        found = {}
        for id in self.table.ids():
            row = self.table.get(id)
            for step in outer:
                row = row[step]
            found[id] = row.get(name) or None
        return found

    def calls(self) -> int:
        """How many times the vendor was asked to save."""
        return self.vendor.calls.get("update_many", 0)

    def calls_of_round(self) -> int:
        """The same since writing was switched on: looking for a missing permission may be one."""
        return self.calls() - self.calls_before

    def accounts(self) -> dict[str, Doc]:
        """The hub's accounts by the native ids of their living records."""
        found = {}
        for doc in self.stage.store.accounts.find({"listed": True}):
            for member in doc["members"]:
                if not member["deleted"]:
                    found[member["key"].split(":", 2)[2]] = doc
        return found

    def reset(self) -> None:
        self.stage.store.written.delete({"connection_id": self.id})
        gone = {"$unset": {"write_back": ""}}
        self.stage.store.connections.update({"_id": self.id}, gone)
        *outer, name = self.field.split(".")
        empty = {outer[0]: {name: None}} if outer else {name: None}
        for id in self.table.ids():
            self.table.patch(id, empty, quiet=True)
        self.later()

    def poll(self, full: bool = False) -> None:
        """The records that are written to are listed, or what is new of them."""
        self.stage.sync(self.connection, [STREAM[self.vendor.name]], full)

    def pulse(self, account_id: str, level: str) -> None:
        """A person says how it goes, which moves the account's score."""
        judgements.give_pulse(self.hub, self.stage.tenant_id, account_id, level, "ada")
        self.stage.settle()
