"""/api/v1/quarantine: records that could not be mapped, why, and trying again."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Response
from pydantic import Field

from hub.engine import replay
from hub.reads import quarantine
from hub.web.api.caller import caller
from hub.web.api.nouns import noun
from hub.web.api.shapes import ById, Given, Json, Model, Paged, answer

pages = noun("quarantine", __name__, "/quarantine")


class Quarantined(Model):
    id: str = Field(description="connection:object:native id")
    connection_id: str
    source: str
    object: str
    native_id: str
    path: str = Field(description="Where in the record")
    sentence: str = Field(description="Why it cannot be mapped")
    state: Literal["open", "mended"]
    at: datetime
    first_at: datetime | None
    mended_at: datetime | None
    origin: Json


class QuarantinePage(Model):
    items: list[Quarantined]
    next: str | None


class QuarantinedRecord(Quarantined):
    raw: Json = Field(description="The vendor's body")


class QuarantineQuery(Paged):
    sort: Literal["at", "-at"] | None = None
    state: Literal["open", "mended", "any"] = "open"
    connection_id: str | None = Field(None, max_length=100)
    object: str | None = Field(None, max_length=100)


class TryAgain(Given):
    ids: list[str] = Field(min_length=1, max_length=500)


class Tried(Model):
    mended: int
    still: int = Field(description="Still not to be mapped")


@pages.get("", responses={200: QuarantinePage})
def list_quarantine(query: QuarantineQuery) -> Response:
    """List quarantined records, latest first"""
    filters = query.model_dump(exclude={"limit", "cursor", "sort"})
    found = quarantine.search(caller().store, query.asked(query.sort), filters)
    return answer(QuarantinePage, found.shown())


@pages.get("/<id>", responses={200: QuarantinedRecord})
def show_quarantined(path: ById) -> Response:
    """Show a quarantined record with the vendor's body"""
    return answer(QuarantinedRecord, quarantine.one(caller().store, path.id))


@pages.post("/replay", responses={200: Tried})
def replay_quarantine(body: TryAgain) -> Response:
    """Map quarantined records again with today's mapping"""
    for one_id in body.ids:
        quarantine.one(caller().store, one_id)
    tried = replay.quarantined(caller().hub, caller().tenant_id, body.ids)
    caller().note("quarantine replayed", **tried)
    return answer(Tried, tried)
