"""Shapes that all nouns of the API share: the base model, lists, problems, values."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any, Literal

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from hub.reads.paging import LIMIT, MOST, Asked

Json = Any


class Model(BaseModel):
    """Base of all shapes. As an answer it is a whitelist: what it does not name is not sent."""

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
        """Made once for each model: the framework asks for it anew with every request."""
        return _schema(cls, args, tuple(sorted(options.items())))


@cache
def _schema(
    model: type[Model], args: tuple[Any, ...], options: tuple[tuple[str, Any], ...]
) -> dict[str, Any]:
    return super(Model, model).model_json_schema(*args, **dict(options))


class Given(Model):
    """Base of what a caller sends: a name that means nothing is refused and not passed over."""

    model_config = ConfigDict(extra="forbid")


class FieldProblem(Model):
    field: str
    detail: str


class Problem(Model):
    """RFC 9457. `type` is stable; programs go by it and not by the words."""

    type: str = Field(examples=["urn:hub:error:not_found"])
    title: str
    status: int
    detail: str
    field: str | None = None
    errors: list[FieldProblem] | None = None


class Paged(Given):
    limit: int = Field(LIMIT, ge=1, le=MOST, description="Rows of a page")
    cursor: str | None = Field(None, description="`next` of the page before")

    def asked(self, sort: str | None = None) -> Asked:
        return Asked(self.limit, self.cursor, sort)


class Money(Model):
    """minor / 10^exponent of the currency."""

    minor: int
    currency: str
    exponent: int


class ById(Model):
    id: str


class Member(Model):
    """A source record that is part of an account or a contact."""

    key: str = Field(description="connection:object:native id")
    connection_id: str
    source: str
    object: str
    native_id: str
    name: str | None = None
    deleted: bool
    merged_into: str | None = None


class Edge(Model):
    """Evidence that two records are one, or why it was not taken."""

    a: str
    b: str
    rule: int
    kind: str
    value: str
    state: Literal["accepted", "dropped", "ambiguous"]
    reason: str | None = None
    sentence: str


class Said(Model):
    """A value and who says so."""

    value: Json
    source: str | None = None
    record: str | None = None
    at: datetime | date | None = None


class Surviving(Said):
    """The value that is shown, by which rule, and the others."""

    rule: str
    also: list[Said]


def answer(model: type[Model], found: Any, status: int = 200, **headers: str) -> Response:
    """The shape as JSON."""
    text = model.model_validate(found).model_dump_json(by_alias=True)
    made = Response(text, status, content_type="application/json")
    for name, value in headers.items():
        made.headers[name] = value
    return made
