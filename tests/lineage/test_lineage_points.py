"""A health point leads to its definition, its curve, and the very records that were counted."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from hub.errors import CorrectInput, NotFound
from hub.health.closes import measures_of
from hub.lineage import points
from hub.store.client import Doc
from tests.stage import Stage

OPEN = ("new", "open", "pending", "on_hold")


def scored(stage: Stage) -> list[Doc]:
    mine = {"listed": True, "health.dimensions.0": {"$exists": True}}
    return list(stage.store.accounts.find(mine).sort("_id", 1))


def tickets(stage: Stage, account: Doc) -> list[Doc]:
    mine = {"account_id": account["_id"], "entity": "ticket", "life.deleted": {"$ne": True}}
    return list(stage.store.records.find(mine))


def test_every_known_measure_of_every_account_has_a_whole_chain(stage: Stage) -> None:
    known = 0
    for account in scored(stage):
        for row in measures_of(account["health"]):
            found = points.of_measure(stage.hub, stage.store, account["_id"], row["key"])
            assert found["value"] == row["value"]
            assert found["definition"]
            assert found["curve"] is not None
            assert found["weight"] is not None
            if row["state"] != "ok":
                continue
            known += 1
            assert found["fresh_at"] is not None
            if row["evidence"] and row["value"] and found["evidence"]["counted"]:
                assert found["evidence"]["records"], row["key"]
            for one in found["evidence"]["records"]:
                assert stage.store.records.find_one({"_id": one["record"]["id"]}) is not None
                assert one["brought_by"]["gone"] is None
                assert one["values"], (row["key"], one["title"])
                for fact in one["values"]:
                    assert (fact["mapping"]["again"], fact["mapping"]["missing"]) == ("same", None)
                    assert fact["mapping"]["line"] > 0
    assert known > 60


def test_open_urgent_names_the_open_tickets_that_press(stage: Stage) -> None:
    seen = 0
    for account in scored(stage):
        pressing = {
            t["_id"]
            for t in tickets(stage, account)
            if t["values"].get("status") in OPEN
            and not t["values"].get("is_spam")
            and not t["values"].get("merged")
            and (t["values"].get("escalated") or t["values"].get("priority") in ("urgent", "high"))
        }
        row = next(m for m in measures_of(account["health"]) if m["key"] == "open_urgent")
        if row["state"] != "ok":
            continue
        found = points.of_measure(stage.hub, stage.store, account["_id"], "open_urgent")
        assert {one["record"]["id"] for one in found["evidence"]["records"]} == pressing
        assert found["evidence"]["looked_at"] == len(tickets(stage, account))
        seen += len(pressing)
    assert seen > 0


def test_the_load_counts_each_ticket_of_the_window_once(stage: Stage) -> None:
    seen = 0
    for account in scored(stage):
        row = next(m for m in measures_of(account["health"]) if m["key"] == "ticket_load")
        if row["state"] != "ok":
            continue
        found = points.of_measure(stage.hub, stage.store, account["_id"], "ticket_load")
        first = date.fromisoformat(account["health"]["as_of"]) - timedelta(days=29)
        opened = {
            t["_id"]
            for t in tickets(stage, account)
            if t["values"]["opened_at"].date() >= first
            and not t["values"].get("is_spam")
            and not t["values"].get("merged")
        }
        assert {one["record"]["id"] for one in found["evidence"]["records"]} == opened
        assert found["text"].startswith(f"{len(opened)} ticket")
        seen += len(opened)
    assert seen > 5


def test_a_value_lies_between_the_two_points_of_the_default_curve(stage: Stage) -> None:
    """domain: open_urgent (0,100)(1,60)(2,30)(4,0); weight 35 in support, which has 20."""
    account = next(
        a
        for a in scored(stage)
        if any(m["key"] == "open_urgent" and m["value"] == 1 for m in measures_of(a["health"]))
    )
    found = points.of_measure(stage.hub, stage.store, account["_id"], "open_urgent")
    assert found["curve"]["points"] == [[0, 100], [1, 60], [2, 30], [4, 0]]
    assert (found["curve"]["between"], found["score"]) == ([[1, 60]], 60)
    assert found["weight"] == {"measure": 35, "dimension": 20}
    assert found["dimension"] == "support"


def test_a_measure_that_is_left_out_says_so(stage: Stage) -> None:
    account = scored(stage)[0]
    with pytest.raises(NotFound, match="nothing that knows it is connected"):
        points.of_measure(stage.hub, stage.store, account["_id"], "payment")


def test_an_unknown_measure_names_the_nearest(stage: Stage) -> None:
    account = scored(stage)[0]
    with pytest.raises(CorrectInput, match="did you mean 'open_urgent'"):
        points.of_measure(stage.hub, stage.store, account["_id"], "open_urgnt")


def test_people_in_contact_are_named(stage: Stage) -> None:
    named = 0
    for account in scored(stage):
        row = next(m for m in measures_of(account["health"]) if m["key"] == "engaged_contacts")
        if row["state"] != "ok":
            continue
        found = points.of_measure(stage.hub, stage.store, account["_id"], "engaged_contacts")
        others = found["evidence"]["others"]
        assert len(others) == row["value"]
        for one in others:
            person = stage.store.contacts.find_one({"_id": one["id"]})
            if person is not None:
                assert (one["kind"], one["words"]) == ("contact", person["flat"]["full_name"])
                named += 1
    assert named > 0
