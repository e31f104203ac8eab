"""Measures that plugins add: without weight until a scorecard says so, contained when they fail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest

from hub.api import Answer, Observed, Signal, hookimpl
from hub.plugin_host import PluginHost, load_plugins
from tests.api.conftest import Api
from tests.scorecards.desk import Desk

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def plugin(*signals: Signal) -> ModuleType:
    @hookimpl
    def register_signals() -> list[Signal]:
        return list(signals)

    made = SimpleNamespace(__name__="own", register_signals=register_signals)
    return cast(ModuleType, made)


def signal(name: str, compute: Any, **more: Any) -> Signal:
    given: dict[str, Any] = {
        "unit": "of 10",
        "dimension": "sentiment",
        "curve": ((0, 0), (10, 100)),
    }
    return Signal(name=name, title="Mood", compute=compute, **(given | more))


@pytest.fixture
def signals(desk: Desk) -> Iterator[dict[str, Signal]]:
    """The hub's signals, for a test to fill."""
    found = desk.hub.plugins.signals
    yield found
    found.clear()


def loaded(*some: Signal) -> PluginHost:
    return load_plugins({"own": plugin(*some)})


def rows(health: dict[str, Any]) -> dict[str, Any]:
    return {m["key"]: m for d in health["dimensions"] for m in d["measures"]}


def test_the_example_is_seen_without_points_and_counts_once_it_has_a_weight(
    desk: Desk, signals: dict[str, Signal]
) -> None:
    signals |= load_plugins(folder=str(EXAMPLES)).signals
    assert set(signals) == {"weekend_tickets"}
    desk.company("one")
    # 1 March 2026 was a Sunday, 3 March a Tuesday.
    desk.put(
        *(
            {"object": "ticket", "id": n, "company": "one", "status": "open", "opened": day}
            for n, day in (("s", "2026-03-01T10:00:00Z"), ("t", "2026-03-03T10:00:00Z"))
        )
    )
    before = desk.account("one")["health"]
    (seen,) = [m for m in before["unweighted"] if m["key"] == "weekend_tickets"]
    assert (seen["value"], seen["source"]) == (0.5, "desk")
    assert seen["evidence"] == [f"{desk.connection}:ticket:s"]
    api = Api(desk.hub, desk.tenant_id)
    document = api.get("/scorecards/active")["document"]
    for card in document["scorecards"]:
        support = next(d for d in card["dimensions"] if d["key"] == "support")
        curve = [list(point) for point in signals["weekend_tickets"].curve]
        support["measures"].append({"key": "weekend_tickets", "weight": 100, "curve": curve})
    api.post("/scorecards", {"document": document}, 201)
    api.post("/scorecards/hub-default/2/dry-run")
    api.post("/scorecards/hub-default/2/activate")
    desk.settle()
    row = rows(desk.account("one")["health"])["weekend_tickets"]
    # Half of support, which is 20 of what is configured; the curve gives 40 of 100.
    assert (row["score"], row["points"]) == (40, pytest.approx(row["max_points"] * 0.4))
    assert row["title"] == "Tickets opened on weekends"


def boom(observed: Observed, today: date) -> Answer:
    raise RuntimeError("no")


def nonsense(observed: Observed, today: date) -> Any:
    return Answer(float("nan"), "not a number")


def vandal(observed: Observed, today: date) -> Answer:
    cast(dict[str, Any], observed.state).clear()
    cast(dict[str, Any], observed.profile)["name"] = "mine"
    return Answer(7, "cleared")


@pytest.mark.parametrize(
    ("compute", "state", "text"),
    [
        (boom, "no_answer", "the signal mood of own failed (RuntimeError)"),
        (nonsense, "no_answer", "the signal mood gave no number"),
        (lambda observed, today: None, "no_answer", "the signal has no answer"),
        (lambda observed, today: "seven", "no_answer", "the signal mood gave no number"),
        (vandal, "ok", "cleared"),
    ],
)
def test_a_signal_that_fails_says_so_and_breaks_no_score(
    desk: Desk, signals: dict[str, Signal], compute: Any, state: str, text: str
) -> None:
    plain = desk.company("plain")["health"]["health"]
    signals |= loaded(signal("mood", compute)).signals
    account = desk.company("one")
    (mood,) = [m for m in account["health"]["unweighted"] if m["key"] == "mood"]
    assert (mood["state"], mood["text"]) == (state, text)
    assert account["health"]["health"] == plain
    assert account["flat"]["name"] == "Company one"
    assert account["state"] == desk.account("plain")["state"]


def test_a_signal_that_was_uninstalled_leaves_its_weight_to_the_rest(
    desk: Desk, signals: dict[str, Signal]
) -> None:
    signals |= loaded(signal("mood", lambda observed, today: Answer(10, "fine"))).signals
    api = Api(desk.hub, desk.tenant_id)
    document = api.get("/scorecards/active")["document"]
    sentiment = document["scorecards"][2]["dimensions"][3]
    sentiment["measures"] = [{"key": "mood", "weight": 1, "curve": [[0, 0], [10, 100]]}]
    api.post("/scorecards", {"document": document}, 201)
    api.post("/scorecards/hub-default/2/dry-run")
    api.post("/scorecards/hub-default/2/activate")
    assert "mood" in rows(desk.company("one")["health"])
    signals.clear()
    found = desk.company("two")["health"]
    assert "mood" not in rows(found)
    assert sum(m["max_points"] for m in rows(found).values()) == pytest.approx(100)
    assert api.post("/scorecards", {"document": document}, 422)["field"] == "mood"


@pytest.mark.parametrize("name", ["nps", "Mood", "m", "mo od"])
def test_a_signal_needs_a_name_of_its_own(name: str) -> None:
    host = loaded(signal(name, boom))
    assert not host.signals
    (failed,) = [p for p in host.report if p.name == "own"]
    assert "name" in failed.reason


def test_a_daily_signal_makes_its_accounts_due_every_day(
    desk: Desk, signals: dict[str, Signal]
) -> None:
    tomorrow = date.fromordinal(desk.now.date().toordinal() + 1).isoformat()
    quiet = desk.company("quiet")
    assert quiet["next_due"] != tomorrow
    signals |= loaded(signal("mood", boom, daily=True)).signals
    assert desk.company("one")["next_due"] == tomorrow
