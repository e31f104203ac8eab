"""What an account has: its people, tickets, work items and deals, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from hub.store.client import Doc
from hub.store.tenant import TenantStore
from hub.web.screens.lists import PAGE_SIZE, offset

OPEN: Mapping[str, Doc] = {
    "ticket": {"values.status": {"$in": ["new", "open", "pending", "on_hold"]}},
    "work_item": {"values.status_category": {"$nin": ["done", "cancelled"]}},
    "opportunity": {"values.status": "open"},
}
FIELDS = {"entity": 1, "source": 1, "native_id": 1, "url": 1, "moved_at": 1, "values": 1}


@dataclass(frozen=True, slots=True)
class Span:
    """Which records: of one entity, all or the open ones, opened between two times."""

    entity: str
    state: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def filter(self, account_id: str) -> Doc:
        wanted: Doc = {"account_id": account_id, "entity": self.entity}
        wanted["life.deleted"] = {"$ne": True}
        if self.state == "open":
            wanted |= OPEN[self.entity]
        if self.since or self.until:
            bounds = (("$gte", self.since), ("$lt", self.until))
            wanted["values.opened_at"] = {sign: at for sign, at in bounds if at}
        return wanted


def records(store: TenantStore, account_id: str, span: Span, page: int) -> tuple[list[Doc], int]:
    """(rows of this page, how many in all)."""
    wanted = span.filter(account_id)
    rows = store.records.find(wanted, FIELDS).sort("moved_at", -1)
    return list(rows.skip(offset(page)).limit(PAGE_SIZE)), store.records.count(wanted)


def people(store: TenantStore, account_id: str, page: int) -> tuple[list[Doc], int]:
    """(contacts of this page by name, how many in all)."""
    wanted = {"account_id": account_id, "listed": True}
    fields = {"flat": 1, "members.source": 1, "members.key": 1, "members.deleted": 1}
    rows = store.contacts.find(wanted, fields).sort("sort.name", 1)
    return list(rows.skip(offset(page)).limit(PAGE_SIZE)), store.contacts.count(wanted)
