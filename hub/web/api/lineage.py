"""/api/v1/.../lineage: from a value or a health point back to what the vendor said."""

from __future__ import annotations

from datetime import date, datetime

from flask import Response
from pydantic import Field

from hub.errors import CorrectInput
from hub.lineage import points, values
from hub.web.api.caller import caller
from hub.web.api.nouns import noun, tagged
from hub.web.api.shapes import ById, Given, Json, Model, answer

pages = noun("lineage", __name__, "")
TAGS = tagged("lineage")


class Bringer(Model):
    """A delivery, a sync run, or a read: what brought a body, and its fate or counts."""

    kind: str = Field(description="delivery, run, fetch, or another way of our own")
    id: str | None
    words: str
    gone: str | None = Field(description="Why it can no longer be looked at")
    webhook: str | None = None
    stream: str | None = None
    full: bool | None = None
    state: str | None = None
    fates: dict[str, int] | None = Field(None, description="Changes in a delivery by fate")
    counts: dict[str, int] | None = Field(None, description="Records of a run by fate")
    duplicates: int | None = None
    received_at: datetime | None = None
    closed_at: datetime | None = None
    erased: Json = Field(None, description="{how, at}: a privacy request took somebody out of it")
    name: str | None = Field(None, description="Of a usage event")
    at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


class Line(Model):
    file: str
    line: int
    text: str


class Looked(Model):
    path: str
    of: str = Field(description="record, or settings or account: facts of the connection")
    value: Json
    used: bool


class Conversion(Model):
    name: str
    module: str
    of_connector: bool


class Overlay(Model):
    version: int | None
    author: str | None
    at: datetime | None


class MappingLine(Model):
    """The line of the mapping that makes the value; the last of `lines` is the one that counts."""

    connector: str
    object: str
    revision: str | None = Field(description="Of the mapping that made the stored value")
    revision_now: str | None
    current: bool
    file: str | None
    line: int | None
    text: str | None
    lines: list[Line]
    then: list[Line] = Field(description="Of the revision that made the value, if it is another")
    reads: list[Looked]
    conversion: Conversion | None
    translated: bool
    const: bool
    overlay: Overlay | None = Field(description="This tenant's change to this very value")
    again: str = Field(description="same: mapping the stored body anew gives this value")
    missing: str | None


class RecordFound(Model):
    id: str
    source: str
    connection_id: str
    connection: str | None
    object: str
    native_id: str
    entity: str | None
    external_id: str | None
    url: str | None
    modified_at: datetime | None
    touched_at: datetime | None
    first_seen_at: datetime | None
    deleted: bool
    erased: bool
    settled: bool


class Raw(Model):
    size: int
    body: Json = Field(description="As stored; what is named like a secret is masked")
    marks: list[list[str | int]] = Field(description="Where in it the value was read")
    missing: str | None


class Version(Model):
    current: bool = Field(description="The record still says what is shown")
    id: str | None
    replaced_at: datetime | None


class Former(Model):
    id: str
    replaced_at: datetime
    value: Json
    readable: bool
    brought_by: Bringer


class Chain(Model):
    """One source's word: value, record, body, what brought it, and the mapping's line."""

    field: str
    value: Json
    said_by: str | None = None
    record: RecordFound | None
    raw: Raw | None
    brought_by: Bringer | None
    mapping: MappingLine | None
    version: Version | None
    former: list[Former]


class ValueLineage(Model):
    account_id: str | None = None
    contact_id: str | None = None
    record_id: str | None = None
    asked_id: str | None = None
    field: str
    value: Json
    rule: str | None = Field(None, description="The rule that chose this value among all")
    order: list[str] = Field(default_factory=list, description="Kinds of sources, first one first")
    chosen: Chain
    others: list[Chain] = Field(default_factory=list)


class Fact(Model):
    field: str
    value: Json
    mapping: MappingLine


class SentEvent(Model):
    id: str
    name: str | None
    kind: str
    at: datetime
    received_at: datetime
    user: str | None
    group: str | None


class EvidenceRecord(Model):
    counts: int
    day: date | None
    title: str | None
    linked_by: str | None
    record: RecordFound
    brought_by: Bringer
    values: list[Fact]
    events: list[SentEvent] = Field(description="The latest usage events behind a record of use")


class OtherEvidence(Model):
    kind: str = Field(description="contact, pulse, or the name of what was counted")
    id: str
    words: str


class Evidence(Model):
    since: date | None
    until: date | None
    looked_at: int = Field(description="Records of these kinds that the account has")
    counted: int
    records: list[EvidenceRecord]
    more: int
    others: list[OtherEvidence]


class CurvePoints(Model):
    points: list[list[float]]
    between: list[list[float]] = Field(description="The points on both sides of the value")
    reference: float


class Weight(Model):
    measure: float
    dimension: float


class PointLineage(Model):
    account_id: str
    asked_id: str
    measure: str
    title: str
    definition: str
    dimension: str | None
    scorecard: str
    as_of: date
    scored_at: datetime | None
    state: str
    value: float | None
    unit: str
    text: str
    score: float | None
    points: float | None = Field(description="null where the scorecard gives it no weight")
    points_shown: float | None
    max_points: float | None
    lost: float | None
    curve: CurvePoints | None
    weight: Weight | None
    source: str | None
    fresh_at: datetime | None
    evidence: Evidence


class AccountLineageQuery(Given):
    field: str | None = Field(None, max_length=200, description="Of the profile")
    measure: str | None = Field(None, max_length=200, description="Of the health score")


class FieldQuery(Given):
    field: str = Field(max_length=200)


class AccountLineage(Model):
    """One of the two, as asked."""

    field: ValueLineage | None = None
    measure: PointLineage | None = None


@pages.get("/accounts/<id>/lineage", tags=TAGS, responses={200: AccountLineage})
def show_account_lineage(path: ById, query: AccountLineageQuery) -> Response:
    """Follow a field of the profile, or a health point, back to its source

    Give `field` or `measure`.
    """
    hub, store = caller().hub, caller().store
    if (query.field is None) == (query.measure is None):
        raise CorrectInput("Give either field or measure.", field="field")
    if query.measure is not None:
        point = points.of_measure(hub, store, path.id, query.measure)
        return answer(AccountLineage, {"measure": point})
    value = values.of_account(hub, store, path.id, str(query.field))
    return answer(AccountLineage, {"field": value})


@pages.get("/contacts/<id>/lineage", tags=TAGS, responses={200: ValueLineage})
def show_contact_lineage(path: ById, query: FieldQuery) -> Response:
    """Follow a field of a contact back to its source"""
    found = values.of_contact(caller().hub, caller().store, path.id, query.field)
    return answer(ValueLineage, found)


def _of_record(entity: str, path: ById, query: FieldQuery) -> Response:
    found = values.of_record(caller().hub, caller().store, path.id, query.field, entity)
    return answer(ValueLineage, found)


@pages.get("/tickets/<id>/lineage", tags=TAGS, responses={200: ValueLineage})
def show_ticket_lineage(path: ById, query: FieldQuery) -> Response:
    """Follow a value of a ticket back to what the vendor said"""
    return _of_record("ticket", path, query)


@pages.get("/work-items/<id>/lineage", tags=TAGS, responses={200: ValueLineage})
def show_work_item_lineage(path: ById, query: FieldQuery) -> Response:
    """Follow a value of a work item back to what the vendor said"""
    return _of_record("work_item", path, query)


@pages.get("/opportunities/<id>/lineage", tags=TAGS, responses={200: ValueLineage})
def show_opportunity_lineage(path: ById, query: FieldQuery) -> Response:
    """Follow a value of an opportunity back to what the vendor said"""
    return _of_record("opportunity", path, query)
