"""/api/v1/mappings: how each vendor object becomes a canonical one, and trying a change."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from pydantic import Field

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
