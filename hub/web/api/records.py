"""/api/v1/tickets, /work-items and /opportunities: source records in canonical words."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Response
from pydantic import AwareDatetime, Field

from hub.reads import records
from hub.web.api.caller import caller
from hub.web.api.nouns import noun, tagged
from hub.web.api.shapes import ById, Json, Model, Paged, answer

pages = noun("records", __name__, "")
TICKETS, WORK = tagged("tickets"), tagged("work items")
DEALS = tagged("opportunities")
ANY = "Any of these"
TicketStatus = Literal["new", "open", "pending", "on_hold", "solved", "closed"]
Priority = Literal["low", "normal", "high", "urgent"]
Category = Literal["to_do", "in_progress", "done"]
WorkKind = Literal["bug", "feature", "task", "milestone", "epic", "approval", "other"]
DealStatus = Literal["open", "won", "lost"]
DealKind = Literal["new_business", "expansion", "renewal", "other"]


class RecordLink(Model):
    kind: str
    by: str
    value: str


class RecordOut(Model):
    """One record of one connection."""

    id: str = Field(description="connection:object:native id")
    source: str
    connection_id: str
    object: str = Field(description="The vendor's own word")
    native_id: str
    external_id: str | None
    url: str | None = Field(description="Where it is at the vendor")
    account_id: str | None
    linked_by: str | None = Field(description="What led to the account")
    created_at: datetime | None
    modified_at: datetime | None = Field(description="The vendor's stamp")
    moved_at: datetime | None = Field(description="Its latest moment on the timeline")
    first_seen_at: datetime | None
    deleted: bool
    merged_into: str | None
    values: dict[str, Json] = Field(description="Canonical values by name")
    custom: dict[str, Json]
    links: list[RecordLink]


class RecordPage(Model):
    items: list[RecordOut]
    next: str | None


class RecordQuery(Paged):
    sort: Literal["moved_at", "-moved_at"] | None = None
    account_id: str | None = Field(None, max_length=100)
    connection_id: str | None = Field(None, max_length=100)
    since: AwareDatetime | None = Field(None, description="Moved at this time or after")
    deleted: bool = Field(False, description="Show deleted ones too")


class TicketQuery(RecordQuery):
    status: list[TicketStatus] = Field(default_factory=list, description=ANY)
    priority: list[Priority] = Field(default_factory=list, description=ANY)


class WorkQuery(RecordQuery):
    status_category: list[Category] = Field(default_factory=list, description=ANY)
    kind: list[WorkKind] = Field(default_factory=list, description=ANY)


class OpportunityQuery(RecordQuery):
    status: list[DealStatus] = Field(default_factory=list, description=ANY)
    kind: list[DealKind] = Field(default_factory=list, description=ANY)


def _page(entity: str, query: RecordQuery) -> Response:
    filters = query.model_dump(exclude={"limit", "cursor", "sort"})
    found = records.search(caller().store, entity, query.asked(query.sort), filters)
    return answer(RecordPage, found.shown())


@pages.get("/tickets", tags=TICKETS, responses={200: RecordPage})
def list_tickets(query: TicketQuery) -> Response:
    """List tickets, latest moved first"""
    return _page("ticket", query)


@pages.get("/tickets/<id>", tags=TICKETS, responses={200: RecordOut})
def show_ticket(path: ById) -> Response:
    """Show a ticket"""
    return answer(RecordOut, records.one(caller().store, "ticket", path.id))


@pages.get("/work-items", tags=WORK, responses={200: RecordPage})
def list_work_items(query: WorkQuery) -> Response:
    """List work items, latest moved first"""
    return _page("work_item", query)


@pages.get("/work-items/<id>", tags=WORK, responses={200: RecordOut})
def show_work_item(path: ById) -> Response:
    """Show a work item"""
    return answer(RecordOut, records.one(caller().store, "work_item", path.id))


@pages.get("/opportunities", tags=DEALS, responses={200: RecordPage})
def list_opportunities(query: OpportunityQuery) -> Response:
    """List opportunities, latest moved first"""
    return _page("opportunity", query)


@pages.get("/opportunities/<id>", tags=DEALS, responses={200: RecordOut})
def show_opportunity(path: ById) -> Response:
    """Show an opportunity"""
    return answer(RecordOut, records.one(caller().store, "opportunity", path.id))
