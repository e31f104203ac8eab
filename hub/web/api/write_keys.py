"""/api/v1/connections/<id>/write-keys: what SDKs send with, and what was refused of them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Response
from pydantic import Field

from hub import write_keys as making
from hub.reads import write_keys
from hub.web.api.caller import caller
from hub.web.api.nouns import noun
from hub.web.api.shapes import ById, Given, Model, answer

pages = noun("write_keys", __name__, "/connections/<id>/write-keys")
ORIGINS = "Web pages that may send, such as https://app.example.com; none: servers only"


class WriteKey(Model):
    id: str
    connection_id: str
    name: str
    last4: str = Field(description="The end of the key")
    origins: list[str] = Field(description=ORIGINS)
    rate: int = Field(description="Events a second")
    state: Literal["active", "revoked"]
    created_at: datetime
    last_used_at: datetime | None


class EventBook(Model):
    """received = accepted + duplicate + all rejected; counts what was answered."""

    received: int
    accepted: int
    duplicate: int
    rejected: dict[str, int] = Field(description="By reason")


class WriteKeys(Model):
    items: list[WriteKey]
    events: EventBook


class MadeWriteKey(Model):
    write_key: WriteKey
    key: str = Field(description="Shown this once")


class NewWriteKey(Given):
    name: str = Field(max_length=80, description="Who sends with it")
    origins: list[str] = Field(default_factory=list, max_length=50, description=ORIGINS)
    rate: int | None = Field(None, ge=1, description="Events a second; default: a setting")


class Origins(Given):
    origins: list[str] = Field(max_length=50, description=ORIGINS)


class RefusedEvent(Model):
    """An event, or a whole request, that was not taken. Its values are not kept."""

    id: str
    write_key_id: str
    at: datetime
    status: int
    reason: str
    sentence: str
    field: str | None
    event_id: str | None
    shape: str | None = Field(description="The event as JSON with a type for each value")
    headers: dict[str, str]
    sender: str | None


class RefusedEvents(Model):
    items: list[RefusedEvent]


class ByKey(Model):
    id: str
    key: str


@pages.get("", responses={200: WriteKeys})
def list_write_keys(path: ById) -> Response:
    """List a source's write keys, and how many of its events were taken"""
    hub, tenant = caller().hub, caller().tenant_id
    hub.connection(caller().store, path.id)
    found = write_keys.everything(hub, tenant, path.id)
    book = write_keys.book(hub, tenant, path.id)
    return answer(WriteKeys, {"items": found, "events": book})


@pages.post("", responses={201: MadeWriteKey})
def add_write_key(path: ById, body: NewWriteKey) -> Response:
    """Make a write key; it is shown this once"""
    hub, tenant = caller().hub, caller().tenant_id
    made, key = making.create(hub, tenant, path.id, body.name, body.origins, body.rate)
    caller().note("write key created", connection=path.id, key=made["_id"])
    found = {"write_key": write_keys.shown(made), "key": key}
    return answer(MadeWriteKey, found, 201)


@pages.get("/refused", responses={200: RefusedEvents})
def list_refused_events(path: ById) -> Response:
    """List the last refused events of a source: reason, field and shape"""
    found = write_keys.refused(caller().hub, caller().tenant_id, path.id)
    return answer(RefusedEvents, {"items": found})


@pages.patch("/<key>", responses={200: WriteKey})
def allow_origins(path: ByKey, body: Origins) -> Response:
    """Change the web pages that may use a key"""
    hub, tenant = caller().hub, caller().tenant_id
    making.one(hub, tenant, path.key, path.id)
    changed = making.allow(hub, tenant, path.key, body.origins)
    caller().note("write key origins changed", connection=path.id, key=path.key)
    return answer(WriteKey, write_keys.shown(changed))


@pages.post("/<key>/revoke", responses={200: WriteKey})
def revoke_write_key(path: ByKey) -> Response:
    """End a write key at once"""
    hub, tenant = caller().hub, caller().tenant_id
    making.one(hub, tenant, path.key, path.id)
    making.revoke(hub, tenant, path.key)
    caller().note("write key revoked", connection=path.id, key=path.key)
    return answer(WriteKey, write_keys.shown(making.one(hub, tenant, path.key)))
