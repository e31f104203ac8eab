"""Shapes of what stands beside an account's score: urgency, override, and its family."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from hub.web.api.shapes import Json, Model, Money

Band = Literal["green", "yellow", "red", "unknown", "churned"]


class Urgency(Model):
    """(100 - health) / 100 x monthly revenue x nearness of the renewal; apart from health."""

    priority: Money | None
    share: float | None = Field(description="Of the revenue that is at risk")
    mrr: Money | None
    factor: float = Field(description="1 up to 30 days before the renewal, 0.3 from 180")
    renewal_on: date | None
    sentence: str


class InForce(Model):
    """What a person holds to be true; the score stays what was computed."""

    score: float | None = None
    band: str | None = None
    reason: str
    by: str
    at: datetime
    expires_at: datetime


class Worst(Model):
    id: str
    name: str
    health: float | None
    band: Band


class FamilySummary(Model):
    """A parent's health by its children; by itself where `basis` is own."""

    basis: Literal["own", "children"]
    health: float | None
    band: Band


class Family(FamilySummary):
    mean: float | None
    children: int
    counted: int
    left_out: list[tuple[str, int]]
    weights: Literal["mrr", "equal"]
    worst_child: Worst | None
    mrr: Money | None
    sentence: str
    circle: int = Field(0, description="Children left out because they are its ancestors, too")


class Relative(Model):
    id: str
    name: str | None
    health: float | None
    band: Band
    mrr: Money | None
    children: int


class Tree(Model):
    """The accounts above, nearest first, and below."""

    parent: dict[str, Json] | None = Field(description="Which record says so")
    above: list[Relative]
    below: list[Relative]
    more_below: bool
