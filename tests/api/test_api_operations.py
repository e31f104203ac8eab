"""Connecting, syncing, replaying and removing through the API, against HubSpot in small."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from hub.bootstrap import Hub
from hub.engine import runs
from hub.sandbox import Sandbox
from hub.store.client import Doc
from hub.waiting import wait_until
from tests.api.conftest import Api
from tests.stage import Stage, serving


@pytest.fixture
def own(hub: Hub) -> Iterator[Stage]:
    """A tenant of its own with nothing connected."""
    with Sandbox(["hubspot"], seed=7, accounts=3) as sandbox:
        yield Stage(hub, sandbox)


@pytest.fixture
def own_api(own: Stage) -> Api:
    return Api(own.hub, own.tenant_id)


@pytest.fixture(scope="module")
def stage(hub: Hub) -> Iterator[Stage]:
    """A tenant whose HubSpot was synced once, for those who change what no other looks at."""
    with Sandbox(["hubspot"], seed=7, accounts=12) as sandbox:
        made = Stage(hub, sandbox)
        made.sync(made.connect("hubspot"))
        yield made


@pytest.fixture(scope="module")
def connection(stage: Stage) -> Doc:
    found = stage.store.connections.find_one({})
    assert found is not None
    return found


@pytest.fixture(scope="module")
def api(stage: Stage) -> Api:
    return Api(stage.hub, stage.tenant_id)


@pytest.fixture
def given(own: Stage) -> Doc:
    """The body that connects the sandbox."""
    assert own.sandbox is not None
    known = own.sandbox["hubspot"].credentials()
    return {"connector": "hubspot", **{part: known[part] for part in ("settings", "secrets")}}


def test_connecting_answers_with_the_connection_and_no_secret(
    own_api: Api, own: Stage, given: Doc
) -> None:
    answer = own_api.call("POST", "/connections", json=given)
    assert answer.status_code == 201, answer.text
    made = answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/connections/{made['id']}"
    token = given["secrets"]["access_token"]
    assert token not in answer.text
    assert made["state"] == "active"
    assert made["ledger"]["deliveries"]["received"] == 0
    assert {s["name"] for s in made["streams"]} == {
        s.name for s in own.hub.plugins.connector("hubspot").streams
    }
    assert token not in json.dumps(own_api.get(f"/connections/{made['id']}"))
    again = own_api.post("/connections", given, expect=409)
    assert again["type"] == "urn:hub:error:account_connected"


@pytest.mark.parametrize(
    ("change", "status", "reason", "field"),
    [
        ({"secrets": {"access_token": "pat-wrong"}}, 422, "reconnect", "access_token"),
        ({"secrets": {}}, 422, "invalid", "access_token"),
        ({"settings": {"colour": "red"}}, 422, "invalid", "colour"),
        ({"settings": {"base_url": "ftp://x"}}, 422, "invalid", "base_url"),
        ({"connector": "nothing"}, 404, "not_found", None),
        ({"secret": {}}, 422, "invalid", "secret"),
    ],
)
def test_a_connection_that_cannot_be_is_refused_and_nothing_is_saved(
    own_api: Api, own: Stage, given: Doc, change: Doc, status: int, reason: str, field: str | None
) -> None:
    problem = own_api.post("/connections", given | change, expect=status)
    assert problem["type"] == f"urn:hub:error:{reason}"
    assert problem.get("field") == field
    assert "pat-wrong" not in json.dumps(problem)
    assert own.store.connections.count({}) == own.store.streams.count({}) == 0


def test_a_vendor_that_is_down_while_connecting_is_told_as_such(
    own_api: Api, own: Stage, given: Doc
) -> None:
    assert own.sandbox is not None
    own.sandbox["hubspot"].faults.add("error", status=503)
    problem = own_api.post("/connections", given, expect=502)
    assert problem["type"] == "urn:hub:error:vendor_down"
    assert own.store.connections.count({}) == 0


def test_pause_resume_test_and_reconnect(own_api: Api, given: Doc) -> None:
    made = own_api.post("/connections", given, expect=201)
    path = f"/connections/{made['id']}"
    assert own_api.post(f"{path}/pause")["state"] == "paused"
    assert own_api.post(f"{path}/sync", expect=422)["type"] == "urn:hub:error:not_active"
    assert own_api.post(f"{path}/resume")["state"] == "active"
    assert own_api.post(f"{path}/test")["id"] == made["account"]["id"]
    wrong = {"secrets": {"access_token": "pat-wrong"}}
    own_api.post(f"{path}/reconnect", wrong, expect=422)
    same = {"secrets": given["secrets"]}
    assert own_api.post(f"{path}/reconnect", same)["state"] == "active"


def test_a_sync_makes_streams_due_and_runs_are_listed(
    api: Api, stage: Stage, connection: Doc
) -> None:
    path = f"/connections/{connection['_id']}"
    before = stage.store.streams.find_one({"stream": "companies"})
    assert before is not None
    runs_before = api.all("/runs", connection_id=connection["_id"], stream="companies")
    asked = api.post(f"{path}/sync", {"streams": ["companies"], "full": True}, expect=202)
    assert asked["asked"] == ["companies"]
    after = stage.store.streams.find_one({"stream": "companies"})
    assert after is not None
    assert after["full_due"] is True
    assert after["next_sync_at"] < before["next_sync_at"]
    api.post(f"{path}/sync", {"streams": ["compnies"]}, expect=404)
    stage.sync(connection, ["companies"])
    listed = api.all("/runs", connection_id=connection["_id"], stream="companies")
    assert listed[1:] == runs_before
    assert [listed[0]["full"], listed[-1]["full"]] == [True, True]
    assert listed[0]["counts"]["duplicate"] == listed[0]["counts"]["read"] > 0
    assert api.get(f"/runs/{listed[0]['id']}") == listed[0]
    assert "cursor" not in listed[0]
    assert runs.stream_of(stage.hub, connection, "companies").object == "company"


def test_webhooks_show_their_address_and_a_rotated_secret_once(
    api: Api, stage: Stage, connection: Doc
) -> None:
    path = f"/connections/{connection['_id']}/webhooks"
    own = next(w for w in api.get(path)["items"] if w["state"] != "app")
    assert own["url"].startswith("https://hub.example/webhooks/hubspot/")
    made = api.post(f"{path}/{own['id']}/secret")
    assert stage.endpoint(connection)["secret"] == made["secret"]
    pasted = api.post(f"{path}/{own['id']}/secret", {"secret": "of-the-vendor"})
    assert pasted["secret"] is None
    assert stage.endpoint(connection)["secret"] == "of-the-vendor"
    assert "of-the-vendor" not in json.dumps(api.get(path))
    api.post(f"{path}/end_none/secret", expect=404)
    assert api.get(f"{path}/refused")["items"] == []
    assert api.post(f"{path}/subscribe")["items"] == []


def test_deliveries_are_shown_tried_and_replayed(api: Api, stage: Stage, connection: Doc) -> None:
    assert stage.sandbox is not None
    vendor = stage.sandbox["hubspot"]
    settings = stage.hub.settings
    with serving(stage.hub):
        stage.listen(connection)
        company = vendor.table("companies").ids()[0]
        vendor.table("companies").patch(company, {"properties": {"name": "Renamed"}})
        assert wait_until(lambda: not vendor.queued(), within_s=10)
    stage.hub.settings = settings
    stage.drain(connection)
    [row] = api.all("/deliveries", state="done")
    assert row["fates"] == {"applied": 1}
    shown = api.get(f"/deliveries/{row['id']}")
    assert json.loads(shown["body"])[0]["objectId"] == int(company)
    assert shown["url"].endswith("/webhooks/hubspot/•••")
    assert api.all("/deliveries", since=row["received_at"])[0]["id"] == row["id"]
    assert api.all("/deliveries", until=row["received_at"]) == []
    tried = api.post("/deliveries/replay", {"ids": [row["id"]], "dry_run": True})
    assert (tried["replayed"], tried["deliveries"][0]["id"]) == (0, row["id"])
    assert stage.store.inbox.count({"state": "pending"}) == 0
    assert api.post("/deliveries/replay", {"ids": [row["id"]]})["replayed"] == 1
    assert api.all("/deliveries", state="pending")[0]["id"] == row["id"]
    api.post("/deliveries/replay", {"ids": [row["id"], "nothing"]}, expect=404)
    stage.drain(connection)
    failed = {"failed_of": connection["_id"]}
    assert api.post("/deliveries/replay", failed)["replayed"] == 0
    api.post("/deliveries/replay", {"failed_of": "cnx_none", "dry_run": True}, expect=404)


def test_quarantine_says_where_and_why(api: Api, stage: Stage, connection: Doc) -> None:
    assert stage.sandbox is not None
    companies = stage.sandbox["hubspot"].table("companies")
    company = companies.ids()[0]
    companies.patch(company, {"properties": {"numberofemployees": "many"}})
    stage.sync(connection, ["companies"])
    [entry] = api.all("/quarantine")
    assert entry["native_id"] == company
    assert entry["path"] == "properties.numberofemployees"
    shown = api.get(f"/quarantine/{entry['id']}")
    assert shown["raw"]["properties"]["numberofemployees"] == "many"
    assert api.post("/quarantine/replay", {"ids": [entry["id"]]}) == {"mended": 0, "still": 1}
    api.post("/quarantine/replay", {"ids": ["nothing"]}, expect=404)
    companies.patch(company, {"properties": {"numberofemployees": "12"}})
    stage.sync(connection, ["companies"])
    assert api.all("/quarantine") == []
    assert [e["state"] for e in api.all("/quarantine", state="any")] == ["mended"]


def test_a_mapping_is_shown_and_a_change_tried(api: Api, stage: Stage, connection: Doc) -> None:
    every = {m["object"]: m for m in api.get("/mappings", connector="hubspot")["items"]}
    assert every["company"]["entity"] == "account"
    assert api.get("/mappings/hubspot/company")["definition"]["entity"] == "account"
    api.get("/mappings/hubspot/nothing", expect=404)
    wish = {"connection_id": connection["_id"], "object": "company"}
    found = api.post(
        "/mappings/preview", {**wish, "overlay": {"fields": {"tier": "properties.name"}}}
    )
    with_body = {"object": "company", "raw": {"$exists": True}}
    assert found["counts"]["changed"] == stage.store.records.count(with_body) > 0
    broken = {**wish, "overlay": {"fields": {"teir": "properties.name"}}}
    problem = api.post("/mappings/preview", broken, expect=422)
    assert problem["type"] == "urn:hub:error:broken_mapping"
    assert "tier" in problem["errors"][0]["detail"]


def test_health_is_written_back_to_the_field_that_is_chosen(
    api: Api, stage: Stage, connection: Doc
) -> None:
    path = f"/connections/{connection['_id']}/write-back"
    off = api.get(path)
    assert (off["possible"], off["on"], off["field"]) == (True, False, None)
    assert [len(row["text"]) <= 255 for row in off["preview"]] == [True] * 3
    offered = api.get(f"{path}/fields")
    assert "properties.customer_health" in [one["name"] for one in offered["fields"]]
    wrong = api.call("PUT", path, json={"field": "properties.name"})
    assert (wrong.status_code, wrong.get_json()["field"]) == (422, "field")
    on = api.call("PUT", path, json={"field": "properties.customer_health"}).get_json()
    assert (on["on"], on["title"], on["by"][:4]) == (True, "Customer Health", "key ")
    again = api.call("DELETE", f"{path}?clear=true").get_json()
    assert (again["on"], again["clearing"]) == (False, True)


def test_a_removal_is_previewed_and_erases(own_api: Api, own: Stage) -> None:
    connection = own.connect("hubspot")
    own.sync(connection, ["companies"])
    path = f"/connections/{connection['_id']}"
    records = own.store.records.count({})
    assert records > 0
    own.store.written.insert({"_id": "w", "connection_id": connection["_id"], "text": "Healthy"})
    preview = own_api.get(f"{path}/removal")
    assert preview["holds"]["written_back"] == 1
    assert (preview["removed"], preview["holds"]["records"]) == (False, records)
    assert own_api.call("DELETE", path).status_code == 422
    removed = own_api.call("DELETE", f"{path}?data=erase").get_json()
    assert (removed["removed"], removed["holds"]["records"]) == (True, records)
    assert own.store.records.count({}) + own.store.written.count({}) == 0
    own_api.get(path, expect=404)


def test_connectors_say_what_they_ask_for(api: Api) -> None:
    listed = api.get("/connectors")
    hubspot = next(c for c in listed["items"] if c["name"] == "hubspot")
    token = next(f for f in hubspot["fields"] if f["key"] == "access_token")
    assert token["secret"] is True
    assert api.get("/connectors/hubspot") == hubspot
    assert listed["failed"] == [
        {"name": p.name, "origin": p.origin, "reason": p.reason}
        for p in api.hub.plugins.report
        if p.reason
    ]
