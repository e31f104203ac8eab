"""Days of an account as they are told: as known then, restated, rebased, missing; and why it moved.

The customers' lives end today, so that the API tells their history.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from hub.bootstrap import Hub
from hub.embedded import Services
from hub.engine import days, supply
from hub.errors import CorrectInput, NotFound
from hub.health import defaults
from hub.health.restate import restated
from hub.reads import history, moves
from tests.api.conftest import Api
from tests.health import oracle
from tests.health.lives import DOCUMENT, REVISION, Lives
from tests.stage import build_hub

AGO = 40
LATE, ASLEEP = 12, range(20, 23)


class Told:
    """A tenant of two customers after forty days, of which the hub slept three."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.today = hub.now().date()
        self.store = hub.store(hub.catalogue.control.add_tenant("Told", hub.now())["_id"])
        self.lives = Lives(self.store, 4, self.day(AGO), companies=2)
        self._connect()
        self.score_by("oracle", 1, DOCUMENT)
        for ago in range(AGO, -1, -1):
            self.lives.today = self.day(ago)
            if ago in ASLEEP:
                continue
            days.note(self.store, self.lives.now)
            if ago:
                self.lives.live(3)
            self.lives.settle()
        self.account = self.store.accounts.find_one({"listed": True}, sort=[("anchor", 1)]) or {}

    def _connect(self) -> None:
        """Every stream has been read to its end just now."""
        source = self.lives.source
        self.hub.plugins.connectors["life"] = source.connector
        here = {"_id": source.connection_id, "connector": "life", "state": "active"}
        self.store.connections.insert(here | {"account": {"id": "1"}})
        self.store.streams.insert_many(
            {
                "_id": f"{source.connection_id}:{stream.name}",
                "connection_id": source.connection_id,
                "stream": stream.name,
                "fresh_at": self.hub.now(),
            }
            for stream in source.connector.streams
        )

    def score_by(self, name: str, number: int, document: Any) -> None:
        label = f"{name}/{number}"
        key = {"_id": f"{self.store.tenant_id}:{label}", "label": label, "state": "active"}
        made = {"name": name, "revision": number, "document": document, "frozen": {}}
        self.store.scorecards.insert(key | made)

    def day(self, ago: int) -> date:
        return self.today - timedelta(days=ago)

    def series(self, **asked: Any) -> Any:
        return history.series(self.hub, self.store, self.account["_id"], **asked)

    def why(self, since: int, until: int) -> Any:
        first, last = str(self.day(since)), str(self.day(until))
        return moves.why(self.hub, self.store, self.account["_id"], first, last)


@pytest.fixture(scope="module")
def told(services: Services) -> Iterator[Told]:
    hub = build_hub(services)
    yield Told(hub)
    hub.close()


def test_days_on_which_the_hub_slept_are_missing_and_not_made_up(told: Told) -> None:
    states = {p["day"]: p["state"] for p in told.series()["points"]}
    missing = {str(told.day(ago)) for ago in ASLEEP}
    assert {day for day, state in states.items() if state == "missing"} == missing
    assert states[str(told.today)] == "today"
    assert len(states) == AGO + 1
    known = {p["day"]: p["as_known"] for p in told.series()["points"]}
    assert all(known[day] is None for day in missing)


def test_the_parts_of_a_move_sum_to_it_between_any_two_days(told: Told) -> None:
    pairs = [(38, 0), (30, 8), (25, 24), (9, 1), (24, 19)]
    for since, until in pairs:
        found = told.why(since, until)
        moved = found["to"]["health"] - found["from"]["health"]
        parts = found["by"]
        assert math.fsum(p["points"] for p in parts) == found["delta"]
        assert found["delta"] == pytest.approx(moved, abs=1e-9)
        tenths = sum(round(p["points_shown"] * 10) for p in parts)
        assert tenths == round(found["delta_shown"] * 10)
        assert abs(found["delta_shown"] - moved) <= 0.05 + 1e-9


def test_each_part_shows_values_and_what_happened_in_between(told: Told) -> None:
    found = told.why(38, 0)
    ticket = next(p for p in found["by"] if p["key"] == "ticket_load")
    assert {"value", "state", "points"} <= ticket["before"].keys()
    first, last = found["from"]["day"], found["to"]["day"]
    for part in found["by"]:
        for entry in part["evidence"]:
            assert first < entry["at"].date().isoformat() <= last
            assert told.store.records.find_one({"_id": entry["record"]}) is not None
    assert any(part["evidence"] for part in found["by"])


def test_a_day_that_nobody_computed_or_that_is_no_day_is_refused(told: Told) -> None:
    with pytest.raises(NotFound, match="was not computed"):
        told.why(ASLEEP[0], 0)
    with pytest.raises(NotFound, match="had no score yet"):
        told.why(AGO + 30, 0)
    with pytest.raises(CorrectInput, match="different days"):
        told.why(3, 3)
    with pytest.raises(CorrectInput, match="2026-03-04"):
        moves.why(told.hub, told.store, told.account["_id"], "yesterday")
    with pytest.raises(CorrectInput, match="less than 400"):
        told.series(first="2020-01-01")


def test_late_data_restates_a_day_and_leaves_its_close_alone(told: Told) -> None:
    before = {p["day"]: p for p in told.series()["points"]}
    company = next(c for c, a in told.lives._homes().items() if a == told.account["_id"])
    late = {
        "company": company,
        "person": None,
        "kind": "csat",
        "label": "negative",
        "score": None,
        "answered": f"{told.day(LATE)}T10:00:00+00:00",
    }
    told.lives._put("rating", "late", late)
    told.lives._tell()
    told.lives.settle()
    after = {p["day"]: p for p in told.series()["points"]}
    assert {d: p["as_known"] for d, p in after.items() if d != str(told.today)} == {
        d: p["as_known"] for d, p in before.items() if d != str(told.today)
    }
    day = after[str(told.day(LATE))]
    assert "csat" in day["restated"]["measures"]
    for ago in range(LATE + 1, 28):
        earlier = str(told.day(ago))
        assert after[earlier]["restated"] == before[earlier]["restated"], earlier


def test_a_restated_day_is_what_the_records_of_now_say_of_it(told: Told) -> None:
    """By the oracle, from whole lists; the load is measured on the seats of that day."""
    account = told.store.accounts.find_one({"_id": told.account["_id"]}) or {}
    who = told.lives.customers({})[account["_id"]]
    past = history.read(told.hub, told.store, account["_id"], str(told.day(AGO)))
    feeds = supply.load(told.store, told.hub.plugins.connectors)
    context = feeds.context(account, told.hub.now())
    card = REVISION.cards[0].scorecard
    anew = 0
    for ago in range(1, AGO):
        day = told.day(ago)
        found = restated(past.on(str(day)) or {}, str(day), account["state"], context, card)
        expected = oracle.values(who, day)
        for key in found[1] if found else ():
            if key != "ticket_load":
                value = found[0]["measures"][key].get("value") if found else None
                assert value == pytest.approx(expected[key]), (key, day)
                anew += 1
    assert anew > 10


def test_another_revision_tells_the_past_anew_and_marked(told: Told) -> None:
    document = defaults.document()
    card = {"key": "default", "dimensions": defaults.dimensions()}
    card["dimensions"][1]["measures"][0]["curve"] = [[0, 100], [1, 0]]
    told.store.scorecards.update({"label": "oracle/1"}, {"$set": {"state": "retired"}})
    told.score_by("oracle", 2, document | {"scorecards": [card]})
    label = "oracle/2"
    points = [p for p in told.series()["points"] if p["state"] == "closed"]
    assert all(p["rebased"]["scorecard"] == label for p in points)
    assert all(p["as_known"]["scorecard"] == "oracle/1" for p in points)
    assert any(p["rebased"]["health"] != p["as_known"]["health"] for p in points)


def test_the_api_tells_series_and_move(told: Told) -> None:
    api = Api(told.hub, told.store.tenant_id)
    below = f"/accounts/{told.account['_id']}/health"
    found = api.get(f"{below}/series", **{"from": str(told.day(5))})
    assert [p["day"] for p in found["points"]] == [str(told.day(n)) for n in range(5, -1, -1)]
    why = api.get(f"{below}/why")
    assert why["from"]["day"] == str(told.day(7))
    assert why["words"][0].startswith("Between ")
    refused = api.get(f"{below}/why", expect=404, **{"from": str(told.day(ASLEEP[0]))})
    assert refused["field"] == "from"
    api.get(f"{below}/series", expect=422, **{"from": "nonsense"})
    assert api.get("/health/backtest", expect=404)["detail"].startswith("No back-test")
