"""POST /api/v1/events as the API describes it. The edge in front takes it, with a write key."""

from __future__ import annotations

from typing import Literal

from flask import Response
from pydantic import AwareDatetime, Field

from hub.errors import TryAgainSoon
from hub.web.api.nouns import Answers, noun, problem, tagged
from hub.web.api.shapes import Json, Model

pages = noun("event_intake", __name__, "")
TAGS = tagged("events")
Kind = Literal["track", "identify", "group", "page", "screen", "alias"]


class NewEvent(Model):
    """Further fields are kept as they are."""

    event_id: str = Field(description="Yours; sent twice it counts once", max_length=200)
    type: Kind = "track"
    name: str | None = Field(None, description="What happened, or which page", max_length=300)
    occurred_at: AwareDatetime | None = Field(
        None, description="RFC 3339, or a number of seconds or milliseconds; default: now"
    )
    user_id: str | None = None
    anonymous_id: str | None = None
    group_id: str | None = Field(None, description="The account it happened in")
    previous_id: str | None = Field(None, description="Of an alias")
    properties: dict[str, Json] | None = None
    traits: dict[str, Json] | None = Field(None, description="Of an identify or group call")


class NewEvents(Model):
    events: list[NewEvent] = Field(max_length=500)


class EventResult(Model):
    index: int
    event_id: str | None
    status: Literal["accepted", "duplicate", "rejected"]
    flags: list[str] | None = Field(None, description="What was odd about an event that was taken")
    reason: str | None = None
    field: str | None = None
    detail: str | None = None


class Taken(Model):
    results: list[EventResult]
    accepted: int
    duplicate: int
    rejected: int


REFUSALS: Answers = {
    "400": problem("No JSON"),
    "401": problem("No good write key"),
    "403": problem("The key is not for pages of this origin"),
    "413": problem("More than 500 events or 4 MiB"),
    "429": problem("Over the key's rate; Retry-After says when to come again"),
}


@pages.post("/events", tags=TAGS, responses={202: Taken, **REFUSALS})
def send_events(body: NewEvents) -> Response:
    """Send events, up to 500 at once or one alone

    Wants a write key as Bearer token, not an API key. Each event is answered by itself; an answer
    of 202 means that what was accepted is durable.
    """
    raise TryAgainSoon("The door for events is not open here.")
