"""/api/v1/runs: what each sync read and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Response
from pydantic import Field

from hub.reads import runs
from hub.web.api.caller import caller
from hub.web.api.nouns import noun
from hub.web.api.shapes import ById, Model, Paged, answer

pages = noun("runs", __name__, "/runs")
State = Literal["running", "done", "failed"]


class Run(Model):
    id: str
    connection_id: str
    stream: str
    full: bool
    state: State
    counts: dict[str, int] = Field(description="read, and how many had which fate")
    total: int | None = Field(description="What the vendor said there would be")
    remaining_s: float | None = Field(
        description="Seconds to its end at its own pace, where a total is known"
    )
    started_at: datetime
    finished_at: datetime | None
    error: str | None


class RunPage(Model):
    items: list[Run]
    next: str | None


class RunQuery(Paged):
    sort: Literal["started_at", "-started_at"] | None = None
    connection_id: str | None = Field(None, max_length=100)
    stream: str | None = Field(None, max_length=100)
    state: State | None = None


@pages.get("", responses={200: RunPage})
def list_runs(query: RunQuery) -> Response:
    """List sync runs, latest first"""
    filters = query.model_dump(exclude={"limit", "cursor", "sort"})
    return answer(RunPage, runs.search(caller().store, query.asked(query.sort), filters).shown())


@pages.get("/<id>", responses={200: Run})
def show_run(path: ById) -> Response:
    """Show a sync run"""
    return answer(Run, runs.one(caller().store, path.id))
