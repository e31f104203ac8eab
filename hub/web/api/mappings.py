"""/api/v1/mappings: how each vendor object becomes a canonical one, and trying a change."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from pydantic import Field

from hub import overlays
from hub.reads import mappings
from hub.web.api.caller import caller
from hub.web.api.nouns import noun
from hub.web.api.shapes import Given, Json, Model, answer

pages = noun("mappings", __name__, "/mappings")


class MappingSummary(Model):
    connector: str
    object: str = Field(description="The vendor's own word")
    stream: str
    entity: str
    rev: str
    source_fields: list[str]
    custom_path: str | None
    overlaid: bool = Field(description="An overlay of this tenant is live")


class Mappings(Model):
    items: list[MappingSummary]


class MappingOut(MappingSummary):
    definition: dict[str, Json]


class MappingQuery(Given):
    connector: str | None = Field(None, max_length=100)


class ByObject(Model):
    connector: str
    object: str


class PreviewRequest(Given):
    connection_id: str = Field(max_length=100)
    object: str = Field(max_length=100)
    overlay: dict[str, Json] = Field(description="As docs/mapping.md describes overlays")


class PreviewCounts(Model):
    same: int
    changed: int
    unmappable: int


class Preview(Model):
    counts: PreviewCounts
    examples: list[Json]
    at: datetime


class OverlayText(Given):
    text: str = Field(max_length=overlays.MOST_TEXT, description="YAML, as docs/mapping.md says")


class Version(Model):
    version: int | None
    active: bool
    author: str | None = None
    at: datetime | None = None
    ended_at: datetime | None = None
    text: str | None = None


class Stored(Model):
    """Bodies of one connection, and how many of them an older revision has mapped."""

    id: str
    name: str
    stored: int
    old: int


class Overlays(Model):
    items: list[Version] = Field(description="Latest first; at most one is active")
    stored: list[Stored]


class Replayed(Model):
    records: int = Field(description="Stored bodies that a worker maps anew")


@pages.get("", responses={200: Mappings})
def list_mappings(query: MappingQuery) -> Response:
    """List mappings, this tenant's overlays laid over"""
    found = mappings.everything(caller().hub, caller().store, query.connector)
    return answer(Mappings, {"items": found})


@pages.get("/<connector>/<object>", responses={200: MappingOut})
def show_mapping(path: ByObject) -> Response:
    """Show a mapping's definition"""
    found = mappings.one(caller().hub, caller().store, path.connector, path.object)
    return answer(MappingOut, found)


@pages.post("/preview", responses={200: Preview})
def preview_mapping(body: PreviewRequest) -> Response:
    """Say what an overlay would do to stored records; nothing is changed"""
    found = mappings.preview(
        caller().hub,
        caller().tenant_id,
        body.connection_id,
        body.object,
        body.overlay,
        caller().now,
    )
    return answer(Preview, found)


def _overlays(path: ByObject) -> Response:
    hub, store = caller().hub, caller().store
    mappings.own(hub, path.connector, path.object)
    found = overlays.versions(store, path.connector, path.object)
    rows = [{"version": None, **version} for version in found]
    waiting = overlays.waiting(hub, store, path.connector, path.object)
    return answer(Overlays, {"items": rows, "stored": waiting})


@pages.get("/<connector>/<object>/overlays", responses={200: Overlays})
def list_overlays(path: ByObject) -> Response:
    """List the versions of your overlay, and what is still mapped as before"""
    return _overlays(path)


@pages.post("/<connector>/<object>/overlays", responses={200: Overlays})
def activate_overlay(path: ByObject, body: OverlayText) -> Response:
    """Put an overlay live in the place of the one before

    Stored records say what they said until they are replayed.
    """
    me = caller()
    author = f"key {me.key_id}"
    live = overlays.activate(
        me.hub, me.store, path.connector, path.object, body.text, author, me.now
    )
    me.note("mapping overlay activated", **path.model_dump(), version=live["version"])
    return _overlays(path)


@pages.delete("/<connector>/<object>/overlays", responses={200: Overlays})
def withdraw_overlay(path: ByObject) -> Response:
    """Withdraw the live overlay: the connector's own mapping counts again"""
    overlays.withdraw(caller().hub, caller().store, path.connector, path.object, caller().now)
    caller().note("mapping overlay withdrawn", **path.model_dump())
    return _overlays(path)


@pages.post("/<connector>/<object>/replay", responses={200: Replayed})
def replay_mapping(path: ByObject) -> Response:
    """Map stored records anew with what is live; the vendor is not asked"""
    mappings.own(caller().hub, path.connector, path.object)
    count = overlays.replay(caller().hub, caller().store, path.connector, path.object)
    caller().note("records mapped anew", **path.model_dump(), records=count)
    return answer(Replayed, {"records": count})
