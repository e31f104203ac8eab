"""/api/v1/deliveries: what vendors pushed, what became of it, and replays."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Response
from pydantic import AwareDatetime, Field, model_validator

from hub.engine import replay
from hub.reads import deliveries
from hub.web.api.caller import caller
from hub.web.api.nouns import noun
from hub.web.api.shapes import ById, Given, Json, Model, Paged, answer

pages = noun("deliveries", __name__, "/deliveries")
State = Literal["pending", "held", "done", "failed"]
TRIED = 50
"""How many deliveries a dry run of all failed ones looks at."""


class DeliverySummary(Model):
    id: str
    connection_id: str
    endpoint_id: str | None
    webhook: str | None
    state: State
    held_reason: str | None
    received_at: datetime
    duplicates: int
    due_at: datetime | None
    attempts: int | None
    fates: dict[str, int] | None = Field(description="What became of its changes")
    rules: list[str] | None = Field(description="Why some were ignored")
    error: Json
    closed_at: datetime | None


class DeliveryPage(Model):
    items: list[DeliverySummary]
    next: str | None


class DeliveryOut(DeliverySummary):
    method: str | None
    url: str = Field(description="As the vendor called it, its key hidden")
    headers: dict[str, str] = Field(description="What proves a sender is hidden")
    body: str
    body_encoding: Literal["utf-8", "base64"]


class DeliveryQuery(Paged):
    sort: Literal["received_at", "-received_at"] | None = None
    connection_id: str | None = Field(None, max_length=100)
    webhook: str | None = Field(None, max_length=100)
    state: State | None = None
    since: AwareDatetime | None = Field(None, description="Received at this time or after")
    until: AwareDatetime | None = Field(None, description="Received before this time")


class ReplayRequest(Given):
    """Either some deliveries by id, or all failed ones of a connection."""

    ids: list[str] = Field(default_factory=list, max_length=500)
    failed_of: str | None = Field(None, description="Id of a connection")
    dry_run: bool = Field(False, description="Only say what would change")

    @model_validator(mode="after")
    def _one_of_both(self) -> ReplayRequest:
        if bool(self.ids) == bool(self.failed_of):
            raise ValueError("give either ids or failed_of")
        return self


class Trial(Model):
    id: str
    outcomes: list[Json]


class Replayed(Model):
    dry_run: bool
    replayed: int = Field(description="Deliveries that are pending again")
    deliveries: list[Trial] = Field(description="What a dry run found")


@pages.get("", responses={200: DeliveryPage})
def list_deliveries(query: DeliveryQuery) -> Response:
    """List deliveries, latest first"""
    filters = query.model_dump(exclude={"limit", "cursor", "sort"})
    found = deliveries.search(caller().store, query.asked(query.sort), filters)
    return answer(DeliveryPage, found.shown())


@pages.get("/<id>", responses={200: DeliveryOut})
def show_delivery(path: ById) -> Response:
    """Show a delivery as it came"""
    return answer(DeliveryOut, deliveries.one(caller().store, path.id))


@pages.post("/replay", responses={200: Replayed})
def replay_deliveries(body: ReplayRequest) -> Response:
    """Process deliveries again, or say what that would change"""
    hub, tenant = caller().hub, caller().tenant_id
    if body.dry_run:
        found = deliveries.trial(hub, tenant, body.ids or _failed(body.failed_of or ""))
        return answer(Replayed, {"dry_run": True, "replayed": 0, "deliveries": found})
    if body.failed_of:
        count = replay.failed(hub, tenant, body.failed_of)
    else:
        count = replay.deliveries(hub, tenant, body.ids)
    caller().note("deliveries replayed", count=count)
    return answer(Replayed, {"dry_run": False, "replayed": count, "deliveries": []})


def _failed(connection_id: str) -> list[str]:
    caller().hub.connection(caller().store, connection_id)
    return deliveries.failed_ids(caller().store, connection_id, TRIED)
