"""How an explained identity looks in the API: members, links with evidence, and history."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from hub.identity.vendors import Vendors, of_tenant
from hub.reads import identity
from hub.store.client import Doc
from hub.web.api.caller import Caller
from hub.web.api.shapes import Edge, Member, Model

ReviewKind = Literal["candidate", "dropped", "ambiguous_domain"]


class Fact(Model):
    """A field of a record as the vendor wrote it."""

    field: str
    path: str | None = Field(description="Where in the vendor's body; null when that is not kept")
    value: str


class Side(Model):
    """One end of a link, and the fields that speak for it."""

    record: str = Field(description="connection:object:native id")
    source: str | None
    object: str | None
    native_id: str | None
    name: str | None
    id: str | None = Field(description="The account or contact it belongs to today")
    live: bool
    fields: list[Fact]


class Link(Edge):
    """Evidence that two records are one; `state` and `reason` say what became of it."""

    sides: list[Side]


class Decision(Model):
    id: str
    entity: Literal["account", "contact"]
    kind: Literal["same", "not_same", "domain"]
    sentence: str
    left: list[str] = Field(description="Records, by key")
    right: list[str]
    domain: str | None
    owner: str | None = Field(description="The record to whose account the domain belongs")
    note: str
    by: str
    at: datetime
    undone_at: datetime | None
    undone_by: str | None


class Concerned(Model):
    id: str
    name: str | None
    sources: list[str]


class Review(Model):
    """Two records that may be one, or a domain that several claim; `sides` hold the evidence."""

    id: str
    kind: ReviewKind
    state: Literal["open", "decided", "gone"]
    rule: int
    link: str
    value: str
    domain: str | None
    sentence: str
    accounts: list[Concerned]
    sides: list[Side]
    first_seen: datetime
    seen_at: datetime


class MemberSince(Member):
    first_seen_at: datetime | None = None


class Move(Model):
    record: str
    from_: str | None = Field(alias="from", description="The id it had before")


class Happening(Model):
    at: datetime
    kind: str
    sentence: str
    because: list[str]
    ids: list[str]
    moves: list[Move]


class Identity(Model):
    id: str
    asked_id: str = Field(description="The id as asked; another than `id` after a merge")
    entity: Literal["account", "contact"]
    name: str | None
    aliases: list[str] = Field(description="Ids it absorbed; they answer with this one")
    external_ids: list[str]
    minted_at: datetime | None
    members: list[MemberSince]
    edges: list[Link]
    candidates: list[Review] = Field(description="What waits for a person")
    decisions: list[Decision] = Field(description="Latest first, also undone ones")
    history: list[Happening] = Field(description="Merges, splits and moves, latest first")


def vendors(caller: Caller) -> Vendors:
    return of_tenant(caller.hub, caller.store)


def explained(caller: Caller, entity: str, given: str) -> Doc:
    return identity.whole(caller.store, entity, given, vendors(caller))
