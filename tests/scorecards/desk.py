"""A CRM that also bills, in a few lines: companies with parents, subscriptions and tickets.

What a test puts is recorded as a page of a sync would be, by the hub's own engine on real stores.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hub.api import AccountInfo, Connector, Stream
from hub.bootstrap import Hub
from hub.engine import apply
from hub.engine.incoming import Source, from_record
from hub.engine.record import record
from hub.store.client import Doc
from mappings import language
from mappings.language import Context
from tests.stage import Stage

MAPPING = """
- stream: companies
  object: company
  entity: account
  id: id
  modified_at: at
  fields:
    name: name
    domains: {from: domain, as: domains}
    lifecycle: {from: stage, map: {trial: trial, gone: churned, live: active}}
    seats: {from: seats, as: integer}
    mrr: {from: mrr, as: money, currency: currency}
    renewal_at: {from: renewal, as: day}
  links:
    parent: parent
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
- stream: subscriptions
  object: subscription
  entity: subscription
  id: id
  modified_at: at
  fields:
    status: {from: status, map: {active: active, trialing: trialing, canceled: canceled}}
    mrr: {from: mrr, as: money, currency: currency}
    started_at: {from: started, as: timestamp}
    seats: {from: seats, as: integer}
  links:
    account: {record: company, from: company}
- stream: tickets
  object: ticket
  entity: ticket
  id: id
  modified_at: at
  fields:
    status: {from: status, map: {open: open, closed: closed}}
    priority: {from: priority, map: {urgent: urgent, low: low}}
    opened_at: {from: opened, as: timestamp}
    last_customer_message_at: {from: said, as: timestamp}
  links:
    account: {record: company, from: company}
    requester: {record: person, from: person}
"""
ENTITIES = {
    "company": "account",
    "person": "contact",
    "subscription": "subscription",
    "ticket": "ticket",
}


def _none(*_: Any) -> Any:
    return None


class Desk(Stage):
    """One tenant with one connection of this system."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub)
        self.connection = f"desk_{self.tenant_id}"
        streams = tuple(Stream(f"{o}s", o, e, _none) for o, e in ENTITIES.items())
        connector = Connector(
            name="desk",
            title="Desk",
            source_kind="crm",
            fields=(),
            open=_none,
            check=lambda client: AccountInfo("1", "one"),
            streams=streams,
            webhooks=(),
            mapping=Path("mapping.yaml"),
            readme=Path("README.md"),
            authoritative=True,
        )
        compiled = language.load(MAPPING, "desk.yaml", {})
        self.source = Source(self.connection, connector, compiled, Context())
        hub.plugins.connectors["desk"] = connector
        self._feed()

    def _feed(self) -> None:
        """The connection as supply sees it: all its streams are fresh."""
        now = self.hub.now()
        self.store.connections.insert(
            {"_id": self.connection, "connector": "desk", "state": "active", "account": {"id": "1"}}
        )
        for object in ENTITIES:
            self.store.streams.insert(
                {
                    "_id": f"{self.connection}:{object}s",
                    "connection_id": self.connection,
                    "stream": f"{object}s",
                    "fresh_at": now,
                }
            )

    @property
    def now(self) -> datetime:
        return self.hub.now(self.tenant_id)

    def put(self, *bodies: dict[str, Any]) -> None:
        """Records of these bodies, each with its `object` and `id`, and everything they move."""
        at = self.now
        items = []
        for body in bodies:
            given = {"at": at.isoformat(), **body}
            items.append(from_record(self.source, given.pop("object"), given, at, ORIGIN, None))
        self.store.transact(lambda store: record(store, self.source, items, at))
        self.settle()

    def company(self, native_id: str, **body: Any) -> Doc:
        """One company as an account."""
        given = {"name": f"Company {native_id}", "domain": f"{native_id}.example.org", **body}
        self.put({"object": "company", "id": native_id, **given})
        return self.account(native_id)

    def account(self, native_id: str) -> Doc:
        key = f"{self.connection}:company:{native_id}"
        known = self.store.records.find_one({"_id": key}, {"account_id": 1})
        assert known is not None
        found = self.store.accounts.find_one({"_id": known["account_id"]})
        assert found is not None
        return found

    def days_ago(self, days: int) -> str:
        return (self.now - timedelta(days=days)).isoformat()

    def pass_days(self, days: int) -> None:
        """The tenant's clock goes on; its sources stay fresh."""
        control = self.hub.catalogue.control
        tenant = control.tenant(self.tenant_id)
        seconds = tenant.get("clock_offset_s", 0) + days * 86_400
        change = {"$set": {"clock_offset_s": seconds, "sandbox": True}}
        control.tenants.update_one({"_id": self.tenant_id}, change)
        self.hub.forget_offsets()
        self.store.streams.update_many({}, {"$set": {"fresh_at": self.now}})
        self.settle()

    def settle(self) -> None:
        while not apply.settle(self.hub, self.tenant_id):
            pass


ORIGIN = {"kind": "test", "id": "1"}
