"""/api/v1/identity: why two are not one."""

from __future__ import annotations

from typing import Literal

from flask import Response
from pydantic import Field

from hub.identity import why_not
from hub.web.api.caller import caller
from hub.web.api.identities import Link, vendors
from hub.web.api.nouns import noun
from hub.web.api.shapes import Given, Model, answer

pages = noun("identity", __name__, "/identity")


class Asked(Model):
    id: str
    asked_id: str
    entity: Literal["account", "contact"]
    name: str | None


class Claimed(Model):
    """What a side has under one rule."""

    record: str
    field: str
    path: str | None
    value: str = Field(description="As the vendor wrote it")
    reads_as: str = Field(description="The normal form that is compared")
    live: bool


class Outcome(Model):
    rule: int | None
    kind: str | None
    outcome: str
    sentence: str


class Tried(Outcome):
    a: list[Claimed]
    b: list[Claimed]


class WhyNot(Model):
    """`verdict` is the first rule that was near to linking the two and did not."""

    a: Asked
    b: Asked
    same: bool
    verdict: Outcome
    rules: list[Tried]
    links: list[Link] = Field(description="The links between them, when they are one")


class Pair(Given):
    a: str = Field(max_length=500, description="An account, a contact, or a record of one")
    b: str = Field(max_length=500)


@pages.get("/why-not", responses={200: WhyNot})
def explain_why_not(query: Pair) -> Response:
    """Say why two accounts or two contacts are not one, rule by rule"""
    return answer(WhyNot, why_not.why_not(caller().store, query.a, query.b, vendors(caller())))
