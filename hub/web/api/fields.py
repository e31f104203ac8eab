"""/api/v1/connections/{id}/fields and /drift: what the vendor tells of, and where that moves."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Response
from pydantic import Field

from hub.drift import settling
from hub.drift.causes import Kind
from hub.errors import NotFound
from hub.reads import drift, fields
from hub.store.client import Doc
from hub.web.api.caller import caller
from hub.web.api.nouns import noun
from hub.web.api.shapes import ById, Given, Model, answer

pages = noun("fields", __name__, "/connections")
State = Literal["open", "dismissed", "accepted", "closed"]


class FieldOut(Model):
    name: str = Field(description="The path that a mapping reads")
    title: str
    type: str
    custom: bool = Field(description="The account's own, not the vendor's")
    described: bool = Field(description="False: only seen in records")
    values: list[str] = Field(description="What people may choose")
    filled: int = Field(description="Of the last `of` records so many have a value")
    of: int
    example: str = Field(description="Free text is hidden but for its first letter")
    mapped: list[str] = Field(description="What the mapping makes of it")
    suggestion: str | None = Field(description="YAML for your overlay")


class ObjectOut(Model):
    object: str
    title: str
    entity: str | None
    stream: str | None
    told_at: datetime | None
    looked_at: datetime | None
    of: int
    note: str
    fields: list[FieldOut]


class FieldsOut(Model):
    connection: str
    connector: str
    described_at: datetime | None
    problem: str = Field(description="Why the vendor did not tell the last time")
    currency: str | None
    time_zone: str | None
    objects: list[ObjectOut]


class FieldsQuery(Given):
    object: str | None = Field(None, max_length=200, description="This one alone")


class Notice(Model):
    id: str
    connection: str
    connector: str | None
    object: str
    path: str
    title: str
    kind: Kind
    state: State
    since: datetime
    seen_at: datetime
    settled_as: Literal["dismissed", "accepted"] | None
    settled_by: str | None
    was: str
    now: str
    type: str
    reads: list[str] = Field(description="What the mapping makes of it")
    carried: int = Field(description="Of the last `of` records so many show it")
    of: int
    words: list[str]
    example: str
    sentence: str
    suggestion: str | None = Field(description="YAML for your overlay")


class Notices(Model):
    items: list[Notice] = Field(description="Those of longest standing first")


class DriftQuery(Given):
    state: State = "open"


class ByNotice(Model):
    id: str
    notice: str


class Accepted(Model):
    version: int = Field(description="Of the overlay that is live now")
    connector: str
    object: str


@pages.get("/<id>/fields", responses={200: FieldsOut})
def list_fields(path: ById, query: FieldsQuery) -> Response:
    """List the vendor's fields: what they are, who carries them, what reads them"""
    found = fields.of_connection(caller().hub, caller().store, path.id, query.object)
    return answer(FieldsOut, found)


@pages.get("/<id>/drift", responses={200: Notices})
def list_drift(path: ById, query: DriftQuery) -> Response:
    """List notices of schema drift"""
    caller().hub.connection(caller().store, path.id)
    found = drift.listed(caller().hub, caller().store, path.id, query.state)
    return answer(Notices, {"items": found})


@pages.post("/<id>/drift/<notice>/dismiss", responses={200: Notice})
def dismiss_drift(path: ByNotice) -> Response:
    """Dismiss a notice: it comes back only if there is more to it"""
    me = caller()
    _of(path)
    settling.dismiss(me.store, path.notice, f"key {me.key_id}", me.now)
    me.note("drift dismissed", notice=path.notice)
    return answer(Notice, drift.one(me.hub, me.store, path.notice))


@pages.post("/<id>/drift/<notice>/accept", responses={200: Accepted})
def accept_drift(path: ByNotice) -> Response:
    """Put the suggested line live in your overlay

    Stored records say what they said until they are replayed.
    """
    me = caller()
    _of(path)
    live = settling.accept(me.hub, me.store, path.notice, f"key {me.key_id}", me.now)
    me.note("drift accepted", notice=path.notice, version=live["version"])
    return answer(Accepted, live)


def _of(path: ByNotice) -> Doc:
    """Raises NotFound for a notice of another connection."""
    found = drift.one(caller().hub, caller().store, path.notice)
    if found["connection"] != path.id:
        raise NotFound("There is no such notice.")
    return found
