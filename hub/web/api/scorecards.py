"""/api/v1/scorecards: how health is made, drafted, tried dry and put in force."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Response
from pydantic import Field

from hub.reads import scorecards
from hub.scorecards import activation, drafts
from hub.web.api.caller import caller
from hub.web.api.nouns import Answers, noun, problem
from hub.web.api.shapes import Given, Json, Model, answer

pages = noun("scorecards", __name__, "/scorecards")
CONFLICT: Answers = {409: problem("It is not a draft, or not tried; `detail` says what is missing")}


class Summary(Model):
    label: str = Field(description="name/revision, such as hub-default/1")
    name: str
    revision: int
    state: Literal["draft", "active", "retired"]
    author: str
    at: datetime | None
    note: str
    activated_at: datetime | None
    cards: list[str] = Field(description="Its scorecards, in the order in which they are tried")
    busy: bool = Field(description="A dry run or an activation is under way")


class Summaries(Model):
    items: list[Summary]


class Move(Model):
    """An account that changes its band."""

    account: str
    name: str | None
    before: dict[str, Json]
    after: dict[str, Json]
    delta: float | None


class DryRun(Model):
    state: Literal["running", "done"]
    against: str
    began_at: datetime
    at: datetime | None
    total: int
    accounts: int
    changed: int = Field(description="Accounts that change their band")
    not_scored: int
    bands: dict[str, dict[str, int]] = Field(description="{before: {after: accounts}}")
    cards: dict[str, int]
    mean_change: float | None
    moves: list[Move] = Field(description="The largest, up to 200")
    sentence: str


class Scorecard(Summary):
    document: dict[str, Json]
    frozen: dict[str, Json] | None = Field(description="References and rates as of its dry run")
    changes: list[str]
    diff_from: str | None
    dry_run: DryRun | None


class Change(Model):
    path: str
    before: Json
    after: Json


class Difference(Model):
    label: str
    from_: str = Field(alias="from")
    changes: list[Change]
    sentences: list[str]


class Measure(Model):
    key: str
    title: str
    plugin: str | None = Field(description="Whose signal it is; null for our own")
    unit: str | None = None
    dimension: str | None = None
    curve: list[list[float]] | None = None


class Measures(Model):
    items: list[Measure]


class ByLabel(Model):
    name: str
    revision: int

    @property
    def label(self) -> str:
        return f"{self.name}/{self.revision}"


class Against(Given):
    against: str = Field("active", max_length=60, description="A label, or active")


class Draft(Given):
    document: dict[str, Json] = Field(description="As `GET` shows one; docs/health.md explains")
    note: str = Field("", max_length=1000)


class NewDraft(Draft):
    name: str = Field("", max_length=40, description="That of the active one if empty")


@pages.get("", responses={200: Summaries})
def list_scorecards() -> Response:
    """List the revisions of this tenant's scoring, newest first"""
    return answer(Summaries, {"items": scorecards.every(caller().store)})


@pages.get("/measures", responses={200: Measures})
def list_measures() -> Response:
    """List what a scorecard can give weight to"""
    return answer(Measures, {"items": scorecards.measures(caller().hub)})


@pages.get("/active", responses={200: Scorecard})
def show_active_scorecard() -> Response:
    """Show the revision that counts"""
    return _shown("active")


@pages.get("/<name>/<int:revision>", responses={200: Scorecard})
def show_scorecard(path: ByLabel) -> Response:
    """Show a revision, what it changes, and what its dry run found"""
    return _shown(path.label)


@pages.get("/<name>/<int:revision>/diff", responses={200: Difference})
def compare_scorecards(path: ByLabel, query: Against) -> Response:
    """Say what a revision has otherwise than another"""
    return answer(Difference, scorecards.between(caller().store, path.label, query.against))


@pages.post("", responses={201: Scorecard})
def draft_scorecard(body: NewDraft) -> Response:
    """Save a draft; nothing is scored with it before it is activated"""
    found = drafts.draft(
        caller().hub,
        caller().tenant_id,
        body.document,
        _who(),
        note=body.note,
        name=body.name,
    )
    return _shown(found["label"], 201)


@pages.put("/<name>/<int:revision>", responses=CONFLICT | {200: Scorecard})
def change_draft(path: ByLabel, body: Draft) -> Response:
    """Change a draft; its dry run has to be made again"""
    hub, tenant_id = caller().hub, caller().tenant_id
    drafts.edit(hub, tenant_id, path.label, body.document, _who(), body.note)
    return _shown(path.label)


@pages.delete("/<name>/<int:revision>", responses=CONFLICT | {204: None})
def discard_draft(path: ByLabel) -> Response:
    """Throw a draft away"""
    drafts.discard(caller().hub, caller().tenant_id, path.label, _who())
    return Response(status=204)


@pages.post("/<name>/<int:revision>/dry-run", responses=CONFLICT | {200: Scorecard})
def try_scorecard(path: ByLabel) -> Response:
    """Score every account with a draft and say who would change band

    A large tenant's goes on in the background: ask for the revision until `state` is done.
    """
    activation.try_out(caller().hub, caller().tenant_id, path.label)
    return _shown(path.label)


@pages.post("/<name>/<int:revision>/activate", responses=CONFLICT | {200: Scorecard})
def activate_scorecard(path: ByLabel) -> Response:
    """Put a draft in force; it wants a dry run of the last 24 hours"""
    activation.activate(caller().hub, caller().tenant_id, path.label, _who())
    return _shown(path.label)


@pages.post("/refreeze", responses={201: Scorecard})
def refreeze_references() -> Response:
    """Draft what is active once more, with reference values as of now, and try it"""
    found = activation.refreeze(caller().hub, caller().tenant_id, _who())
    return _shown(found["label"], 201)


def _shown(label: str, status: int = 200) -> Response:
    return answer(Scorecard, scorecards.one(caller().store, label), status)


def _who() -> str:
    return f"key {caller().key_id}"
