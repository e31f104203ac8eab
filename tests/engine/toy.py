"""A vendor in a few lines, which does exactly what a test says: a real connector without HTTP."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from hub import connections
from hub.api import AccountInfo, Change, Connector, Delivery, Page, Registration, Stream, Webhook
from hub.bootstrap import Hub
from hub.store import inbox, intake
from hub.store.client import Doc
from mappings import language

MAPPING = """
- stream: companies
  object: company
  entity: account
  id: id
  modified_at: at
  fields:
    name: name
    domains: {from: domain, as: domains}
    employees: employees
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
"""
_numbers = itertools.count(1)


@dataclass
class Toy:
    """What the vendor answers; a test changes it at any time. `asked` counts its calls."""

    hub: Hub
    name: str = field(default_factory=lambda: f"toy{next(_numbers)}")
    records: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    pages: Callable[[str, Any], Iterable[Page]] | None = None
    fetch: Callable[[str, Sequence[str]], Iterable[Any]] | None = None
    check: Callable[[], AccountInfo] = lambda: AccountInfo("1", "Toy")
    parse: Callable[[Delivery], Iterable[Change]] | None = None
    key: Callable[[Delivery], str] = lambda delivery: delivery.body.decode()
    asked: int = 0

    def __post_init__(self) -> None:
        self.hub.plugins.connectors[self.name] = self.connector()
        self.hub.plugins.mappings[self.name] = language.load(MAPPING, "toy.yaml", {})

    def connector(self) -> Connector:
        return Connector(
            name=self.name,
            title="Toy",
            source_kind="crm",
            fields=(),
            open=lambda settings, secrets, http: http,
            check=lambda client: self.check(),
            streams=(self._stream("companies", "company"), self._stream("people", "person")),
            webhooks=(
                Webhook(
                    "events",
                    "Events",
                    verify=_verify,
                    delivery_key=lambda delivery: self.key(delivery),
                    parse=lambda delivery: (self.parse or _changes)(delivery),
                ),
            ),
            mapping=Path("toy.yaml"),
            readme=Path("README.md"),
            authoritative=True,
        )

    def _stream(self, name: str, object: str) -> Stream:
        entity = {"company": "account", "person": "contact"}[object]
        return Stream(
            name,
            object,
            entity,
            lambda client, cursor, fields: self._pages(object, cursor),
            lambda client, ids: self._fetch(object, ids),
            deletes="listing",
        )

    def _pages(self, object: str, cursor: Any) -> Iterable[Page]:
        self.asked += 1
        if self.pages is not None:
            return self.pages(object, cursor)
        found = [body for (kind, _), body in sorted(self.records.items()) if kind == object]
        return [Page(found, "end")]

    def _fetch(self, object: str, ids: Sequence[str]) -> Iterable[Any]:
        self.asked += 1
        if self.fetch is not None:
            return self.fetch(object, ids)
        return [self.records[object, i] for i in ids if (object, i) in self.records]

    def put(self, object: str, native_id: str, at: datetime, **body: Any) -> dict[str, Any]:
        made = {"id": native_id, "at": at.isoformat(), **body}
        self.records[object, native_id] = made
        return made

    def connect(self, tenant_id: str) -> Doc:
        return connections.add(self.hub, tenant_id, self.name, {}, {})

    def deliver(self, tenant_id: str, connection: Doc, *changes: dict[str, Any]) -> str:
        """A delivery in the inbox as the edge leaves it; returns its id."""
        now = self.hub.now(tenant_id)
        body = json.dumps([*changes, next(_numbers)]).encode()
        row = {
            "_id": inbox.row_id(connection["_id"], body.decode()),
            "connection_id": connection["_id"],
            "endpoint_id": "end_1",
            "webhook": "events",
            "key": "k",
            "receipt": str(next(_numbers)),
            "state": "pending",
            "received_at": now,
            "due_at": now,
            "method": "POST",
            "url": "http://127.0.0.1/",
            "headers": {},
            "body": body,
        }
        intake.commit(self.hub.catalogue, [intake.Arrival(tenant_id, row, False)])
        return str(row["_id"])


def _verify(delivery: Delivery, registration: Registration) -> None: ...


def _changes(delivery: Delivery) -> Iterator[Change]:
    for given in json.loads(delivery.body):
        if isinstance(given, dict):
            at = datetime.fromisoformat(given["at"]) if "at" in given else delivery.received_at
            rest = {k: v for k, v in given.items() if k not in ("object", "id", "kind", "at")}
            yield Change(given["object"], given["id"], given.get("kind", "upsert"), at, **rest)
