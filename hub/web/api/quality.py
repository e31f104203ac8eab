"""/api/v1/identity: how well it works, and the sample by which its precision is measured."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Response
from pydantic import Field

from hub.identity import measures, sampling
from hub.reads import identity
from hub.web.api.caller import caller
from hub.web.api.identities import Side, vendors
from hub.web.api.nouns import noun
from hub.web.api.rulings import who
from hub.web.api.shapes import ById, Given, Model, answer

pages = noun("quality", __name__, "/identity")


class Waiting(Model):
    kind: str
    open: int
    oldest: datetime | None


class SourceShare(Model):
    source: str
    connection_id: str
    records: int = Field(description="Living records of accounts")
    linked: int = Field(description="In one account with a record of another connection")
    share: float | None


class EntityShare(Model):
    entity: str
    records: int
    linked: int = Field(description="Hung on an account")
    share: float | None


class Sizes(Model):
    p50: int
    p99: int
    max: int


class Counted(Model):
    accounts: int
    sources: list[SourceShare]
    hung: list[EntityShare]
    sizes: Sizes = Field(description="Records in an account")


class RulePrecision(Model):
    rule: int
    labelled: int
    right: int


class Precision(Model):
    """Of the labelled links; `low` and `high` are Wilson's interval at 95 %."""

    labelled: int
    right: int
    precision: float | None
    low: float
    high: float
    open: int = Field(description="Drawn and not labelled yet")
    by_rule: list[RulePrecision]


class Splits(Model):
    """Of 90 days: merges, and how many of them came apart again."""

    merges: int
    split_again: int
    rate: float | None


class Measures(Model):
    """`counted` is counted once an hour or when asked for; all else is as of now."""

    counted: Counted | None
    counted_at: datetime | None
    reviews: list[Waiting]
    ambiguous_domains: int
    precision: Precision
    splits: Splits


class Drawing(Given):
    size: int = Field(20, ge=1, le=sampling.MOST_DRAWN)


class Sampled(Model):
    id: str
    a: str
    b: str
    rule: int
    kind: str
    account_id: str
    state: Literal["open", "right", "wrong"]
    drawn_at: datetime
    sentence: str
    sides: list[Side]


class Sample(Model):
    items: list[Sampled]


class Verdict(Given):
    verdict: Literal["right", "wrong"]


@pages.get("/measures", responses={200: Measures})
def show_measures() -> Response:
    """Show how well identity works, in numbers"""
    return answer(Measures, measures.read(caller().store, caller().now))


@pages.post("/measures", responses={200: Measures})
def count_again() -> Response:
    """Count every account now, instead of within the hour"""
    measures.recount(caller().store, caller().now)
    return answer(Measures, measures.read(caller().store, caller().now))


@pages.get("/sample", responses={200: Sample})
def show_sample() -> Response:
    """List drawn links that wait for a label, latest first"""
    found = identity.sample(caller().store, sampling.MOST_DRAWN, vendors(caller()))
    return answer(Sample, {"items": found})


@pages.post("/sample", responses={201: Sample})
def draw_sample(body: Drawing) -> Response:
    """Draw links at random into the sample"""
    sampling.draw(caller().store, body.size, caller().now)
    found = identity.sample(caller().store, sampling.MOST_DRAWN, vendors(caller()))
    return answer(Sample, {"items": found}, 201)


@pages.put("/sample/<id>", responses={200: Sampled})
def label_link(path: ById, body: Verdict) -> Response:
    """Label a drawn link right or wrong; the last label counts"""
    asked = caller()
    found = sampling.label(asked.store, path.id, body.verdict, who(asked), asked.now)
    return answer(Sampled, identity.label(asked.store, found, vendors(asked)))
