"""/api/v1/accounts/{id}/health/...: the score day by day, and why it moved between two days."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from flask import Response
from pydantic import Field

from hub.reads import history, moves
from hub.web.api.caller import caller
from hub.web.api.families import Band
from hub.web.api.nouns import noun
from hub.web.api.shapes import ById, Given, Model, answer

pages = noun("health", __name__, "/accounts")
State = Literal["closed", "today", "missing", "gone"]


class DayValue(Model):
    """A score of one day."""

    health: float | None
    health_shown: int | None
    band: Band
    coverage: float
    scorecard: str = Field(description="The revision that made it")
    capped: bool


class Restated(DayValue):
    """A past day with what is known of it by now."""

    measures: list[str] = Field(description="What came out otherwise than it was closed")


class Point(Model):
    """One day. `missing`: nobody computed it; `gone`: the account was not listed."""

    day: date
    state: State
    as_known: DayValue | None = Field(description="The day's close, which never changes")
    restated: Restated | None = Field(description="Null where nothing differs or can be told")
    rebased: DayValue | None = Field(description="By the scorecard that counts now")


class Turn(Model):
    """Another scorecard came into force."""

    day: date
    before: str
    after: str


class Series(Model):
    account_id: str
    from_: date = Field(alias="from")
    to: date
    scorecard: str
    points: list[Point]
    revisions: list[Turn]
    tellable: list[str] = Field(description="Measures that past days can be restated in")


class DayOf(DayValue):
    day: date


class Side(Model):
    value: float | None
    state: str
    points: float


class Stirred(Model):
    """A record that something happened to between the two days."""

    record: str
    kind: str
    source: str
    title: str | None
    url: str | None
    what: str
    at: datetime


class Part(Model):
    """What one measure did, or `cap`, or `scorecard`: a change of scorecard by itself."""

    key: str
    points: float | None = Field(description="Null while the score of either day is unknown")
    points_shown: float | None = Field(description="Tenths; they sum to `delta_shown`")
    unit: str
    before: Side | None
    after: Side | None
    evidence: list[Stirred]


class CapsOf(Model):
    before: list[str]
    after: list[str]


class Why(Model):
    account_id: str
    from_: DayOf = Field(alias="from")
    to: DayOf
    delta: float | None = Field(description="The points of the parts, summed")
    delta_shown: float | None
    by: list[Part]
    caps: CapsOf
    words: list[str] = Field(description="The same in sentences")


class Days(Given):
    from_: date | None = Field(None, alias="from", description="UTC day")
    to: date | None = Field(None, description="UTC day; today by default")

    def texts(self) -> tuple[str | None, str | None]:
        return _text(self.from_), _text(self.to)


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


@pages.get("/<id>/health/series", responses={200: Series})
def show_series(path: ById, query: Days) -> Response:
    """List an account's health day by day: as known then, restated, and rebased

    The last 90 days by default, at most 400. Days before the first score are left out.
    """
    asked = caller()
    return answer(Series, history.series(asked.hub, asked.store, path.id, *query.texts()))


@pages.get("/<id>/health/why", responses={200: Why})
def show_why(path: ById, query: Days) -> Response:
    """Say why an account's health moved between any two days, by measure

    The last seven days by default. A day that nobody computed answers 404, with the reason.
    """
    asked = caller()
    return answer(Why, moves.why(asked.hub, asked.store, path.id, *query.texts()))
