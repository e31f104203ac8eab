"""Scorecards, pulses and overrides as a program uses them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Api
from tests.scorecards.desk import Desk


@pytest.fixture
def api(desk: Desk) -> Api:
    return Api(desk.hub, desk.tenant_id)


def urgent(company: str) -> dict[str, Any]:
    opened = {"opened": "2020-01-01T00:00:00Z", "status": "open", "priority": "urgent"}
    return {"object": "ticket", "id": f"t-{company}", "company": company, **opened}


def test_a_draft_is_tried_and_put_in_force_and_history_keeps_the_old_one(
    desk: Desk, api: Api
) -> None:
    for name in ("calm", "loud"):
        desk.company(name)
    desk.put(urgent("loud"))
    before = desk.account("loud")["health"]
    document = api.get("/scorecards/active")["document"]
    document["caps"]["urgent_open"] = 10
    draft = api.post("/scorecards", {"document": document, "note": "stricter"}, 201)
    assert (draft["label"], draft["state"]) == ("hub-default/2", "draft")
    assert draft["changes"] == ["caps.urgent_open is 10 instead of 60."]
    refused = api.post("/scorecards/hub-default/2/activate", expect=409)
    assert "make a dry run first" in refused["detail"]
    tried = api.post("/scorecards/hub-default/2/dry-run")["dry_run"]
    assert (tried["state"], tried["accounts"], tried["changed"]) == ("done", 2, 1)
    assert tried["bands"] == {before["band"]: {before["band"]: 1, "red": 1}}
    (move,) = tried["moves"]
    assert (move["name"], move["after"]["health"]) == ("Company loud", 10)
    assert desk.account("loud")["health"] == before
    active = api.post("/scorecards/hub-default/2/activate")
    assert active["state"] == "active"
    desk.settle()
    after = desk.account("loud")["health"]
    assert (after["scorecard"], after["health"], after["band"]) == ("hub-default/2", 10, "red")
    states = {s["label"]: s["state"] for s in api.get("/scorecards")["items"]}
    assert states == {"hub-default/2": "active", "hub-default/1": "retired"}


def test_a_draft_that_changed_has_to_be_tried_again(desk: Desk, api: Api) -> None:
    desk.company("one")
    document = api.get("/scorecards/active")["document"]
    document["bands"]["green"] = 80
    api.post("/scorecards", {"document": document}, 201)
    api.post("/scorecards/hub-default/2/dry-run")
    document["bands"]["green"] = 90
    changed = api.call("PUT", "/scorecards/hub-default/2", json={"document": document})
    assert changed.get_json()["dry_run"] is None
    api.post("/scorecards/hub-default/2/activate", expect=409)
    api.post("/scorecards/hub-default/2/dry-run")
    api.post("/scorecards/hub-default/2/activate")
    refused = api.call("PUT", "/scorecards/hub-default/2", json={"document": document})
    assert refused.status_code == 409


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("bands", "green"), 40, "bands"),
        (("rates",), {"USD": 0.9}, "currency"),
        (("pulse", "gone_days"), 10, "pulse"),
        (("windows",), {"nps": 999}, "windows.nps"),
        (("windows",), {"payment": 9}, "windows.payment"),
        (("seats", "field"), "name", "seats.field"),
        (("go_live_field",), "name", "go_live_field"),
        (("internal_domains",), ["me@example.org"], "internal_domains"),
        (("scorecards", 0, "when"), {"any": []}, "scorecards.onboarding.when.any"),
        (
            ("scorecards", 0, "when", "any", 0),
            {"fact": "mood", "below": 1},
            "scorecards.onboarding.when.any.0.fact",
        ),
        (("scorecards", 2, "when"), {"any": []}, "scorecards.default.when"),
        (("direction",), "down", "direction"),
    ],
)
def test_a_document_that_cannot_be_right_is_refused_at_its_field(
    api: Api, path: tuple[Any, ...], value: Any, field: str
) -> None:
    document: Any = api.get("/scorecards/active")["document"]
    at = document
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    problem = api.post("/scorecards", {"document": document}, 422)
    assert problem["field"] == field
    assert len(problem["detail"]) > len(field) + 10


def test_a_pulse_counts_and_is_kept_with_those_before_it(desk: Desk, api: Api) -> None:
    account = desk.company("one")
    where = f"/accounts/{account['_id']}"
    api.post(f"{where}/pulse", {"level": "red", "note": "furious", "by": "ada"})
    api.post(f"{where}/pulse", {"level": "green", "by": "grace"})
    desk.settle()
    rows = [m for d in api.get(f"{where}/health")["dimensions"] for m in d["measures"]]
    pulse = next(m for m in rows if m["key"] == "csm_pulse")
    assert (pulse["state"], pulse["value"], pulse["score"]) == ("ok", 2, 100)
    kept = api.get(f"{where}/judgements")
    assert (kept["pulse"]["by"], [p["note"] for p in kept["pulses"]]) == ("grace", ["furious"])
    told = {entry["what"] for entry in api.all(f"{where}/timeline")}
    assert "pulse given" in told


def test_an_override_stands_beside_the_score_and_ends_on_its_day(desk: Desk, api: Api) -> None:
    account = desk.company("one")
    where = f"/accounts/{account['_id']}"
    computed = account["health"]["health"]
    api.post(f"{where}/override", {"band": "red", "reason": "they told us", "days": 10})
    desk.settle()
    shown = api.get(where)
    assert (shown["override"]["band"], shown["band"]) == ("red", account["health"]["band"])
    assert desk.account("one")["health"]["health"] == computed
    desk.pass_days(9)
    assert "override" in desk.account("one")
    desk.pass_days(1)
    assert "override" not in desk.account("one")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "x"}, "score"),
        ({"reason": "x", "band": "red", "score": 3}, "score"),
        ({"reason": " ", "band": "red"}, "reason"),
        ({"reason": "x", "band": "red", "days": 91}, "days"),
    ],
)
def test_an_override_that_says_too_little_or_too_long_is_refused(
    desk: Desk, api: Api, body: dict[str, Any], field: str
) -> None:
    where = f"/accounts/{desk.company('one')['_id']}/override"
    assert api.post(where, body, 422)["field"] == field


def test_what_was_said_of_a_merged_account_counts_for_the_survivor(desk: Desk, api: Api) -> None:
    first = desk.company("one")
    api.post(f"/accounts/{first['_id']}/pulse", {"level": "green", "by": "early"})
    second = desk.company("two")
    api.post(f"/accounts/{second['_id']}/pulse", {"level": "red", "by": "late"})
    desk.store.accounts.update({"_id": first["_id"]}, {"$set": {"aliases": [second["_id"]]}})
    desk.store.accounts.update({"_id": first["_id"]}, {"$set": {"score_due": True}})
    desk.settle()
    rows = [m for d in desk.account("one")["health"]["dimensions"] for m in d["measures"]]
    assert next(m for m in rows if m["key"] == "csm_pulse")["text"].startswith("red")


def test_another_tenant_sees_no_scorecard_and_no_judgement_of_this_one(
    desk: Desk, api: Api
) -> None:
    document = api.get("/scorecards/active")["document"]
    api.post("/scorecards", {"document": document}, 201)
    stranger = Api(desk.hub, Desk(desk.hub).tenant_id)
    assert [s["label"] for s in stranger.get("/scorecards")["items"]] == ["hub-default/1"]
    stranger.get("/scorecards/hub-default/2", expect=404)
    account = desk.company("one")["_id"]
    stranger.post(f"/accounts/{account}/pulse", {"level": "red"}, 404)
