"""/api/v1/health/backtest: whether the score told who would leave."""

from __future__ import annotations

from datetime import date, datetime

from flask import Response
from pydantic import Field

from hub import backtest
from hub.web.api.caller import caller
from hub.web.api.nouns import noun
from hub.web.api.shapes import Model, answer

pages = noun("backtest", __name__, "/health")


class Group(Model):
    """Snapshots of like health."""

    from_: float = Field(alias="from")
    to: float
    snapshots: int
    rate: float | None = Field(description="Share that left within the horizon")


class Step(Model):
    from_: float = Field(alias="from")
    rate: float


class Single(Model):
    key: str
    auc: float


class Compared(Model):
    """What simpler means would have reached; the best measure is chosen after the fact."""

    equal_weights: float | None
    best_measure: Single | None
    measures: dict[str, float]
    shown_score: float | None = Field(None, description="With what is part of the outcome left in")
    pulse_alone: float | None = None
    revision_before: float | None = Field(None, description="By the revision before the active one")


class Red(Model):
    snapshots: int
    precision: float | None
    recall: float | None


class Lead(Model):
    accounts: int
    median: float | None


class Green(Model):
    accounts: int
    share: float | None


class Backtest(Model):
    at: datetime
    label: str
    horizon: int = Field(description="Days")
    seed: int
    first: date | None
    last: date | None
    snapshots: int
    accounts: int
    left: int = Field(description="Accounts that left")
    base_rate: float | None
    by_coverage: list[Group]
    passes: bool = Field(description="The interval begins above 0.6")
    refused: str | None = Field(description="Why nothing is claimed; the rest is null then")
    auc: float | None = None
    auc_interval: tuple[float, float] | None = Field(
        None, description="95 %, bootstrap over accounts"
    )
    hanley_mcneil: float | None = Field(None, description="Standard error by size alone")
    compared: Compared | None = None
    deciles: list[Group] | None = None
    map: list[Step] | None = Field(None, description="Isotonic: health to the chance of leaving")
    lift: float | None = None
    red: Red | None = None
    lead_days: Lead | None = None
    green_before: Green | None = None
    words: list[str]


@pages.get("/backtest", responses={200: Backtest})
def show_backtest() -> Response:
    """Show the last test of the score against who really left

    `hub health backtest` runs one. Below 20 accounts that left it counts and claims nothing.
    """
    told = backtest.last(caller().store)
    return answer(Backtest, told | {"words": backtest.words(told)})
