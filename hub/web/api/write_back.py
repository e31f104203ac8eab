"""/api/v1/connections/{id}/write-back: health in one field of the vendor's records."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from pydantic import Field

from hub.web.api.caller import caller
from hub.web.api.nouns import Answers, noun, problem
from hub.web.api.shapes import ById, Given, Model, answer
from hub.writing_back import desk

pages = noun("write_back", __name__, "/connections")
VENDOR: Answers = {"502": problem("The vendor is slow, down or limiting us")}


class Stopped(Model):
    """Why nothing is written just now."""

    sentence: str
    at: datetime


class RefusedRecord(Model):
    native_id: str
    account_id: str | None
    name: str
    sentence: str
    at: datetime
    again_at: datetime | None = Field(description="When it is tried again")


class PreviewRow(Model):
    account_id: str
    name: str
    native_id: str
    text: str = Field(description="What would be written now; empty while it is not scored")
    now: str | None = Field(description="What the field holds by the last read")


class WriteBackOut(Model):
    possible: bool = Field(description="Whether this vendor takes a text at all")
    on: bool
    clearing: bool = Field(description="The texts are being taken out of the field")
    field: str | None
    title: str
    since: datetime | None
    by: str
    problem: Stopped | None
    waits_until: datetime | None
    written: int = Field(description="Records that hold a text of ours")
    due: int
    refused: int
    last_at: datetime | None
    refusals: list[RefusedRecord] = Field(description="The first twenty")


class WriteBackShown(WriteBackOut):
    preview: list[PreviewRow]


class Choosable(Model):
    name: str = Field(description="The path in the vendor's record")
    title: str
    read_by: str = Field(description="Not empty: the hub reads it, so it cannot be chosen")
    filled: int = Field(description="Of the last `of` records so many hold something in it")
    of: int


class Choices(Model):
    fields: list[Choosable]
    missing: list[str] = Field(description="Permissions that are missing, with where to grant them")
    create: str = Field(description="How to make such a field at the vendor")


class Wish(Given):
    field: str = Field(max_length=200, description="One of the writable fields, by its name")


class OffQuery(Given):
    clear: bool = Field(False, description="Take the texts out of the field, too")


@pages.get("/<id>/write-back", responses={200: WriteBackShown})
def show_write_back(path: ById) -> Response:
    """Show whether health is written back, how it goes, and what would be written"""
    hub, store = caller().hub, caller().store
    connection = hub.connection(store, path.id)
    found = desk.stand(hub, store, connection)
    shown = desk.preview(hub, store, connection, found["field"] or "") if found["possible"] else []
    return answer(WriteBackShown, {**found, "preview": shown})


@pages.get("/<id>/write-back/fields", responses={200: Choices, **VENDOR})
def list_writable_fields(path: ById) -> Response:
    """Ask the vendor which fields can be written"""
    return answer(Choices, desk.choices(caller().hub, caller().tenant_id, path.id))


@pages.put("/<id>/write-back", responses={200: WriteBackOut, **VENDOR})
def switch_write_back_on(path: ById, body: Wish) -> Response:
    """Write each account's health to this field from now on"""
    who = f"key {caller().key_id}"
    found = desk.switch_on(caller().hub, caller().tenant_id, path.id, body.field, who)
    return answer(WriteBackOut, found)


@pages.delete("/<id>/write-back", responses={200: WriteBackOut})
def switch_write_back_off(path: ById, query: OffQuery) -> Response:
    """Write no more; the texts stay, or are taken out of the field"""
    who = f"key {caller().key_id}"
    found = desk.switch_off(caller().hub, caller().tenant_id, path.id, who, query.clear)
    return answer(WriteBackOut, found)
