"""Lineage in one call: of a field, of a health point, and of single records."""

from __future__ import annotations

from typing import Any

from hub.settings import ROOT
from tests.api.conftest import Api
from tests.stage import Stage


def test_a_field_leads_to_the_vendors_own_words_in_one_call(api_client: Api, stage: Stage) -> None:
    account = api_client.all("/accounts")[0]
    found = api_client.get(f"/accounts/{account['id']}/lineage", field="name")["field"]

    chosen = found["chosen"]
    assert stage.sandbox is not None
    company = stage.sandbox["hubspot"].table("companies").get(chosen["record"]["native_id"])
    lines = (ROOT / "plugins/hubspot/mapping.yaml").read_text().splitlines()
    assert found["value"] == company["properties"]["name"]
    assert chosen["raw"]["body"]["properties"]["name"] == company["properties"]["name"]
    assert chosen["raw"]["marks"] == [["properties", "name"]]
    assert lines[chosen["mapping"]["line"] - 1].strip() == chosen["mapping"]["text"]
    run = api_client.get(f"/runs/{chosen['brought_by']['id']}")
    assert (run["stream"], run["counts"]) == ("companies", chosen["brought_by"]["counts"])


def test_a_health_point_leads_to_records_that_can_be_shown(api_client: Api) -> None:
    for account in api_client.all("/accounts"):
        point = lineage(api_client, account["id"], "ticket_load")
        for one in point["evidence"]["records"]:
            ticket = api_client.get(f"/tickets/{one['record']['id']}")
            fact = next(f for f in one["values"] if f["field"] == "opened_at")
            assert ticket["values"]["opened_at"] == fact["value"]
            assert point["evidence"]["since"] <= fact["value"][:10] <= point["evidence"]["until"]
        if point["evidence"]["records"]:
            return
    raise AssertionError("no account has opened a ticket")


def lineage(api_client: Api, account_id: str, measure: str) -> Any:
    return api_client.get(f"/accounts/{account_id}/lineage", measure=measure)["measure"]


def test_people_and_single_records_answer_too(api_client: Api) -> None:
    person = next(c for c in api_client.all("/contacts") if c["values"].get("emails"))
    found = api_client.get(f"/contacts/{person['id']}/lineage", field="emails")
    assert found["value"] == person["values"]["emails"]
    ticket = api_client.all("/tickets")[0]
    found = api_client.get(f"/tickets/{ticket['id']}/lineage", field="subject")
    assert found["chosen"]["mapping"]["text"].startswith("subject:")
    deal = api_client.all("/opportunities")[0]
    found = api_client.get(f"/opportunities/{deal['id']}/lineage", field="name")
    assert found["value"] == deal["values"]["name"]
    api_client.get(f"/work-items/{deal['id']}/lineage", field="name", expect=404)


def test_what_is_unknown_is_a_problem_that_names_the_nearest(api_client: Api) -> None:
    path = f"/accounts/{api_client.all('/accounts')[0]['id']}/lineage"
    problem = api_client.get(path, field="indsutry", expect=422)
    assert (problem["field"], problem["type"]) == ("field", "urn:hub:error:invalid")
    assert "did you mean 'industry'" in problem["detail"]
    problem = api_client.get(path, measure="open_urgents", expect=422)
    assert "did you mean 'open_urgent'" in problem["detail"]
    api_client.get(path, expect=422)
    api_client.get(path, field="name", measure="csat", expect=422)


def test_another_tenant_sees_nothing(api_client: Api, stranger: Api) -> None:
    account = api_client.all("/accounts")[0]
    stranger.get(f"/accounts/{account['id']}/lineage", expect=404, field="name")
    ticket = api_client.all("/tickets")[0]
    stranger.get(f"/tickets/{ticket['id']}/lineage", expect=404, field="subject")


def test_an_overlay_is_put_live_listed_and_withdrawn(api_client: Api, stage: Stage) -> None:
    path = "/mappings/hubspot/company/overlays"
    assert api_client.get(path)["items"] == []
    refused = api_client.post(path, {"text": "fields: {nmae: a}"}, expect=422)
    assert "did you mean 'name'" in refused["errors"][0]["detail"]
    live = api_client.post(path, {"text": "fields: {tier: properties.name}"})
    assert [(v["version"], v["active"]) for v in live["items"]] == [(1, True)]
    [stored] = live["stored"]
    assert stored["old"] == stored["stored"] > 0
    again = api_client.post("/mappings/hubspot/company/replay")
    assert again == {"records": stored["stored"]}
    gone = api_client.call("DELETE", path).get_json()
    assert [v["active"] for v in gone["items"]] == [False]
    api_client.get("/mappings/hubspot/none/overlays", expect=404)
    stage.store.overlays.delete({})
