"""A vendor with companies, people and tickets, and what of somebody is left in the stores."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from hub.api import Connector, Stream
from hub.privacy import asked
from hub.store import rawscan
from hub.store.client import Doc
from mappings import language
from tests.engine.toy import MAPPING, Toy
from tests.stage import Stage

AT = datetime(2026, 3, 1, tzinfo=UTC)
TICKETS = """
- stream: tickets
  object: ticket
  entity: ticket
  id: id
  modified_at: at
  fields:
    subject: subject
    status: {from: status, map: {open: open, closed: closed}}
    opened_at: {from: at, as: timestamp}
    last_customer_message_at: {from: at, as: timestamp}
  links:
    account: {record: company, from: company}
    requester: {record: person, from: requester_id}
    requester_email: {by: email, from: requester.email}
"""


@dataclass
class Desk(Toy):
    """Tickets say who asked, by id, name and address, as real help desks do."""

    def __post_init__(self) -> None:
        super().__post_init__()
        text = MAPPING.replace("emails: {from: email, as: emails}", PEOPLE)
        mapping = language.load(text + TICKETS, "desk.yaml", {})
        self.hub.plugins.mappings[self.name] = mapping

    def connector(self) -> Connector:
        made = super().connector()
        tickets = Stream(
            "tickets",
            "ticket",
            "ticket",
            lambda client, cursor, fields: self._pages("ticket", cursor),
            lambda client, ids: self._fetch("ticket", ids),
            deletes="listing",
        )
        return replace(made, streams=(*made.streams, tickets))

    def company(self, native_id: str, name: str, domain: str, day: int = 1) -> None:
        self.put("company", native_id, AT.replace(day=day), name=name, domain=domain)

    def person(self, native_id: str, name: str, email: str, day: int = 1, **more: Any) -> Doc:
        at = AT.replace(day=day)
        return self.put("person", native_id, at, name=name, email=email, **more)

    def ticket(self, native_id: str, who: Doc, day: int = 1, **more: Any) -> Doc:
        asked_by = {"name": who["name"], "email": who["email"]}
        body = {"subject": "It broke", "status": "open", **more}
        at = AT.replace(day=day)
        return self.put("ticket", native_id, at, requester_id=who["id"], requester=asked_by, **body)


PEOPLE = "emails: {from: email, as: emails}\n    phones: {from: phone, as: phones}"


def traces(stage: Stage, *words: str) -> list[tuple[str, str, str]]:
    """(collection, id, word) for each of the tenant's documents that holds a word in its bytes."""
    forms = {w: {w.lower().encode(), json.dumps(w)[1:-1].lower().encode()} for w in words}
    return [
        (collection, str(stored.id), word)
        for collection in rawscan.names(stage.store.database)
        for stored in rawscan.documents(stage.store.database, collection, stage.tenant_id)
        for word, written in forms.items()
        if any(form in stored.raw.lower() for form in written)
    ]


def erase(stage: Stage, entity: str, subject: str, kind: str = "erase") -> Doc:
    """Ask, let the workers work, and read the request as it ended."""
    made = asked.create(stage.hub, stage.tenant_id, kind, entity, subject, "ada@hub.example")
    stage.settle()
    return request_of(stage, made["_id"])


def request_of(stage: Stage, request_id: str) -> Doc:
    found = stage.store.privacy_requests.find_one({"_id": request_id})
    assert found is not None
    return found


def contact_of(stage: Stage, connection: Doc, native_id: str) -> str:
    return str(record(stage, connection, "person", native_id)["contact_id"])


def record(stage: Stage, connection: Doc, object: str, native_id: str) -> Doc:
    found = stage.store.records.find_one({"_id": f"{connection['_id']}:{object}:{native_id}"})
    assert found is not None
    return found


def sync_all(stage: Stage, connections: Iterable[Doc]) -> None:
    for connection in connections:
        stage.sync(connection, full=True)
