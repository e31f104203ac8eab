"""An account's health through time: the chart of its days, and why it moved between two of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from hub import backtest
from hub.errors import HubError
from hub.reads import history, moves, tested
from hub.store.client import Doc
from hub.web.screens import lists
from hub.web.screens.here import here

SPANS = {"30": 30, "90": 90, "365": 365}
WIDTH, HEIGHT = 720, 200
SERIES = ("as_known", "restated", "rebased")


@dataclass(slots=True)
class Chart:
    """Lines of a drawing of WIDTH x HEIGHT, cut where days are missing, and marks of a day."""

    lines: dict[str, list[str]] = field(default_factory=dict)
    marks: list[tuple[float, str]] = field(default_factory=list)
    first: str = ""
    last: str = ""


@dataclass(slots=True)
class Page:
    """What the page shows. `refused`: why the two days cannot be compared."""

    series: Doc
    chart: Chart
    span: str
    since: str
    until: str
    why: Doc | None = None
    refused: str = ""
    tested: bool = False


def page(account_id: str) -> Page:
    """By the address: `span` in days, and the days `from` and `to`."""
    at = here()
    span = lists.choice("span", SPANS, "90")
    first = (at.now.date() - timedelta(days=SPANS[span] - 1)).isoformat()
    told = history.series(at.hub, at.store, account_id, first)
    since, until = _days(told["points"])
    found = Page(told, chart(told), span, since, until, tested=tested.passes(at.store))
    if since and until:
        try:
            found.why = moves.why(at.hub, at.store, account_id, since, until)
        except HubError as error:
            found.refused = error.sentence
    return found


def _days(points: Sequence[Doc]) -> tuple[str, str]:
    """The days of the address, else the last one known and the one a week before, or the first."""
    known = [p["day"] for p in points if p["as_known"]]
    since, until = (lists.text(name, 10) for name in ("from", "to"))
    if len(known) < 2:
        return since, until
    week = (date.fromisoformat(known[-1]) - timedelta(days=7)).isoformat()
    usual = max((day for day in known[:-1] if day <= week), default=known[0])
    return since or usual, until or known[-1]


def chart(told: Doc) -> Chart:
    """Each series as lines; another scorecard in force as a mark."""
    points = told["points"]
    if not points:
        return Chart()
    place = _places([p["day"] for p in points])
    return Chart(
        {name: _lines(points, name, place) for name in SERIES},
        [(place[turn["day"]], turn["after"]) for turn in told["revisions"]],
        points[0]["day"],
        points[-1]["day"],
    )


def _places(days: Sequence[str]) -> dict[str, float]:
    start = date.fromisoformat(days[0])
    whole = max((date.fromisoformat(days[-1]) - start).days, 1)
    return {day: round((date.fromisoformat(day) - start).days * WIDTH / whole, 1) for day in days}


def _lines(points: Iterable[Doc], name: str, place: dict[str, float]) -> list[str]:
    """Points of polylines; a day without a value ends a line."""
    lines: list[list[str]] = [[]]
    for point in points:
        value: Any = (point[name] or {}).get("health")
        if value is None:
            lines.append([])
        else:
            x, y = place[point["day"]], round(HEIGHT - value * HEIGHT / 100, 1)
            lines[-1] += [f"{x},{y}"] if lines[-1] else [f"{x},{y}", f"{x + 0.1},{y}"]
    return [" ".join(line) for line in lines if line]


def tested_page() -> Doc | None:
    """The last back-test, with its sentences; None before the first."""
    try:
        told = backtest.last(here().store)
    except HubError:
        return None
    return told | {"words": backtest.words(told)}
