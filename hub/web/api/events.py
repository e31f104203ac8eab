"""/api/v1/events and /event-names: product usage as it came, and the catalogue of its names.

Events are taken at the same address by the edge, which stands in front of this and wants a write
key; see docs/usage.md.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Response
from pydantic import AwareDatetime, Field

from hub.reads import events
from hub.web.api.caller import caller
from hub.web.api.nouns import noun, tagged
from hub.web.api.shapes import ById, Json, Model, Paged, answer

pages = noun("events", __name__, "")
TAGS = tagged("events")
Kind = Literal["track", "identify", "group", "page", "screen", "alias"]


class UsageEvent(Model):
    id: str = Field(description="connection:event id")
    event_id: str
    connection_id: str
    kind: Kind
    name: str | None = None
    at: datetime = Field(description="When it happened")
    received_at: datetime
    user: str | None = None
    anonymous: str | None = None
    group: str | None = None
    flags: list[str] = Field(description="What was odd about it")
    counted: bool = Field(description="False while it waits to be counted")
    body: Json = Field(description="As it was sent")


class EventPage(Model):
    items: list[UsageEvent]
    next: str | None


class EventQuery(Paged):
    sort: Literal["at", "-at"] | None = None
    connection_id: str | None = Field(None, max_length=100)
    kind: Kind | None = None
    name: str | None = Field(None, max_length=300)
    user: str | None = Field(None, max_length=200)
    group: str | None = Field(None, max_length=200)
    account_id: str | None = Field(
        None, max_length=100, description="Of its groups, and of its people outside any group"
    )
    contact_id: str | None = Field(None, max_length=100)
    since: AwareDatetime | None = Field(None, description="Happened at or after")
    until: AwareDatetime | None = Field(None, description="Happened before")
    flagged: bool = Field(False, description="Only those that lacked something")


class NamingAdvice(Model):
    rule: Literal["twin", "varying", "style"]
    sentence: str
    suggestion: str | None


class Drift(Model):
    property: str
    had: list[str] = Field(description="Types before")
    now: str
    at: datetime
    noted_at: datetime


class EventName(Model):
    id: str
    connection_id: str
    kind: Kind
    name: str
    volume: int
    first_at: datetime
    last_at: datetime
    since: datetime = Field(description="When the hub first met it")
    version: int = Field(description="Grows when a property appears or shows another type")
    flags: dict[str, int] = Field(description="How many events were odd in which way")
    drift: list[Drift]
    warnings: list[NamingAdvice]


class EventNamePage(Model):
    items: list[EventName]
    next: str | None


class SeenType(Model):
    type: str
    count: int
    first_at: datetime
    last_at: datetime
    example: str = Field(description="Its shape; letters and digits of texts are never kept")


class Property(Model):
    name: str
    types: list[SeenType]


class ShapeChange(Model):
    version: int
    at: datetime
    what: list[str]


class DayCount(Model):
    day: str
    count: int


class EventNameDetail(EventName):
    properties: list[Property]
    more_properties: int = Field(description="How often a property behind the cap was seen")
    changes: list[ShapeChange]
    days: list[DayCount] = Field(description="The last 30 days, oldest first")


class EventNameQuery(Paged):
    sort: (
        Literal["volume", "-volume", "name", "-name", "last", "-last", "first", "-first"] | None
    ) = None
    connection_id: str | None = Field(None, max_length=100)
    kind: Kind | None = None
    q: str | None = Field(None, max_length=200, description="Part of the name")


@pages.get("/events", tags=TAGS, responses={200: EventPage})
def list_events(query: EventQuery) -> Response:
    """List raw usage events, latest first"""
    filters = query.model_dump(exclude={"limit", "cursor", "sort"})
    found = events.search(caller().store, query.asked(query.sort), filters)
    return answer(EventPage, found.shown())


@pages.get("/event-names", tags=TAGS, responses={200: EventNamePage})
def list_event_names(query: EventNameQuery) -> Response:
    """List the catalogue of events, busiest first, with drift and advice"""
    filters = query.model_dump(exclude={"limit", "cursor", "sort"})
    found = events.names(caller().store, query.asked(query.sort), filters)
    return answer(EventNamePage, found.shown())


@pages.get("/event-names/<id>", tags=TAGS, responses={200: EventNameDetail})
def show_event_name(path: ById) -> Response:
    """Show an event of the catalogue: its properties, versions, and counts by day"""
    asked = caller()
    today = asked.hub.now(asked.tenant_id).date()
    return answer(EventNameDetail, events.one_name(asked.store, path.id, today))
