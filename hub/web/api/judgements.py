"""/api/v1/accounts/{id}/pulse and /override: what a person says of an account."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Response
from pydantic import Field

from hub import judgements
from hub.reads import accounts
from hub.web.api.caller import caller
from hub.web.api.nouns import noun
from hub.web.api.shapes import ById, Given, Model, answer

pages = noun("judgements", __name__, "/accounts")
Level = Literal["green", "yellow", "red"]


class Pulse(Model):
    level: Level
    at: datetime
    by: str
    note: str


class GivenPulse(Pulse):
    account_id: str


class Override(Model):
    score: float | None = None
    band: Level | None = None
    reason: str
    by: str
    at: datetime
    expires_at: datetime


class GivenOverride(Override):
    account_id: str


class Judgements(Model):
    pulse: Pulse | None
    pulses: list[Pulse] = Field(description="Earlier ones, newest first")
    override: Override | None = Field(description="As last set; it may have expired")
    overrides: list[Override]


class NewPulse(Given):
    level: Level
    note: str = Field("", max_length=1000)
    by: str = Field("", max_length=200, description="Who says so; the API key if empty")


class NewOverride(Given):
    score: float | None = Field(None, ge=0, le=100, description="Either a score or a band")
    band: Level | None = None
    reason: str = Field(max_length=1000)
    days: int = Field(30, ge=1, le=90)
    by: str = Field("", max_length=200)


class Ended(Model):
    account_id: str
    ended: bool


@pages.get("/<id>/judgements", responses={200: Judgements})
def show_judgements(path: ById) -> Response:
    """Show an account's pulse and override, and the earlier ones"""
    store = caller().store
    return answer(Judgements, judgements.of_account(store, accounts.find(store, path.id)))


@pages.post("/<id>/pulse", responses={200: GivenPulse})
def give_pulse(path: ById, body: NewPulse) -> Response:
    """Give a pulse: it counts in the account's health, for 60 days whole, and fades until 90"""
    asked = caller()
    by = body.by or f"key {asked.key_id}"
    found = judgements.give_pulse(asked.hub, asked.tenant_id, path.id, body.level, by, body.note)
    asked.note("pulse given", account=found["account_id"], level=body.level)
    return answer(GivenPulse, found)


@pages.post("/<id>/override", responses={200: GivenOverride})
def set_override(path: ById, body: NewOverride) -> Response:
    """Set an override beside the score, for up to 90 days; it never takes the score's place"""
    asked = caller()
    found = judgements.set_override(
        asked.hub,
        asked.tenant_id,
        path.id,
        body.by or f"key {asked.key_id}",
        body.reason,
        score=body.score,
        band=body.band,
        days=body.days,
    )
    asked.note("health overridden", account=found["account_id"])
    return answer(GivenOverride, found)


@pages.delete("/<id>/override", responses={200: Ended})
def end_override(path: ById) -> Response:
    """End an override now"""
    asked = caller()
    by = f"key {asked.key_id}"
    found = judgements.clear_override(asked.hub, asked.tenant_id, path.id, by)
    asked.note("override ended", account=found["account_id"])
    return answer(Ended, found)
