"""A value leads back to the vendor's record, its body, what brought it, and the mapping's line."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from hub.engine import purge, replay
from hub.errors import CorrectInput, NotFound
from hub.lineage import values
from hub.settings import ROOT
from hub.store.client import Doc
from tests.stage import Stage


def accounts_of(stage: Stage, source: str) -> list[Doc]:
    mine = {"listed": True, "profile.name.src": source}
    return list(stage.store.accounts.find(mine).sort("_id", 1))


def written(vendor: str, object: str, start: str) -> tuple[int, str]:
    """(number, text) of the first line below an object of a vendor's mapping that starts so."""
    lines = (ROOT / "plugins" / vendor / "mapping.yaml").read_text().splitlines()
    below = lines.index(f"  object: {object}")
    number = next(n for n in range(below, len(lines)) if lines[n].strip().startswith(start))
    return number + 1, lines[number].strip()


def test_a_salesforce_name_leads_to_its_line_body_and_run(stage: Stage) -> None:
    account = accounts_of(stage, "salesforce")[0]
    found = values.of_account(stage.hub, stage.store, account["_id"], "name")

    chosen = found["chosen"]
    assert stage.sandbox is not None
    vendors_own = stage.sandbox["salesforce"].table("Account").get(chosen["record"]["native_id"])
    number, text = written("salesforce", "Account", "name:")
    connection = stage.store.connections.find_one({"connector": "salesforce"})
    assert connection is not None
    mine = {"connection_id": connection["_id"], "stream": "accounts"}
    run = stage.store.runs.find_one(mine, sort=[("started_at", 1)])
    assert run is not None
    assert found["value"] == vendors_own["Name"]
    assert chosen["raw"]["body"]["Name"] == vendors_own["Name"]
    assert chosen["raw"]["marks"] == [["Name"]]
    assert chosen["brought_by"]["id"] == run["_id"]
    assert chosen["brought_by"]["counts"]["read"] == run["counts"]["read"]
    mapping = chosen["mapping"]
    assert (mapping["line"], mapping["text"]) == (number, text)
    assert mapping["file"] == "salesforce/mapping.yaml"
    assert mapping["conversion"]["name"] == "text"
    assert chosen["record"]["url"].endswith(chosen["record"]["native_id"])


def test_the_losers_are_told_with_lineage_of_their_own(stage: Stage) -> None:
    """Two systems of one kind: the name of the connector settles it, and Freshdesk comes last."""
    contested = stage.store.accounts.find_one(
        {"listed": True, "profile.tier.also.0.src": "freshdesk"}
    )
    assert contested is not None
    found = values.of_account(stage.hub, stage.store, contested["_id"], "tier")

    [loser] = found["others"]
    assert stage.sandbox is not None
    company = stage.sandbox["freshdesk"].table("companies").get(loser["record"]["native_id"])
    number, text = written("freshdesk", "company", "tier:")
    assert (found["rule"], found["order"][0]) == ("source_order", "crm")
    assert found["chosen"]["said_by"] == "salesforce"
    assert loser["value"] == company["account_tier"] != found["value"]
    assert (loser["mapping"]["line"], loser["mapping"]["text"]) == (number, text)
    assert loser["raw"]["marks"] == [["account_tier"]]


def test_every_profile_field_of_every_account_and_contact_has_a_whole_chain(stage: Stage) -> None:
    fields = 0
    for entity, finder in (("accounts", values.of_account), ("contacts", values.of_contact)):
        profiles = getattr(stage.store, entity).find({"listed": True}).sort("_id", 1)
        for doc in profiles.limit(0 if entity == "accounts" else 15):
            for name, answer in doc["profile"].items():
                found = finder(stage.hub, stage.store, doc["_id"], name)
                assert found["value"] == answer["v"]
                for chain in (found["chosen"], *found["others"]):
                    assert_whole(stage, chain)
                    fields += 1
    assert fields > 250


def assert_whole(stage: Stage, chain: Doc) -> None:
    """Down to the body's own text and the file's own text, which the chain must repeat."""
    record = stage.store.records.find_one({"_id": chain["record"]["id"]})
    assert record is not None
    assert chain["raw"]["body"] == json.loads(record["raw"])
    assert stage.store.runs.find_one({"_id": chain["brought_by"]["id"]}) is not None
    mapping = chain["mapping"]
    vendor, _, name = mapping["file"].partition("/")
    lines = (ROOT / "plugins" / vendor / name).read_text().splitlines()
    first = mapping["text"].splitlines()[0]
    assert lines[mapping["line"] - 1].strip() == first
    assert first.startswith(f"{chain['field']}:")
    assert (mapping["again"], mapping["current"], mapping["missing"]) == ("same", True, None)
    assert chain["version"]["current"]
    for look in mapping["reads"]:
        if look["used"] and look["of"] == "record" and look["path"] != "the whole record":
            assert look["value"] == at(chain["raw"]["body"], look["path"])


def at(body: Any, path: str) -> Any:
    for step in path.split("."):
        body = body.get(step) if isinstance(body, dict) else None
    return body


@pytest.mark.parametrize(("asked", "near"), [("nmae", "name"), ("employes", "employees")])
def test_an_unknown_field_names_the_nearest(stage: Stage, asked: str, near: str) -> None:
    account = accounts_of(stage, "salesforce")[0]
    with pytest.raises(CorrectInput, match=f"did you mean '{near}'"):
        values.of_account(stage.hub, stage.store, account["_id"], asked)


def test_a_field_that_nobody_told_is_not_there(stage: Stage) -> None:
    account = accounts_of(stage, "salesforce")[0]
    missing = next(n for n in ("churn_reason", "tax_ids") if n not in account["profile"])
    with pytest.raises(NotFound, match=f"No source says anything for {missing}"):
        values.of_account(stage.hub, stage.store, account["_id"], missing)


def test_an_account_of_another_tenant_is_not_there(stage: Stage) -> None:
    account = accounts_of(stage, "salesforce")[0]
    with pytest.raises(NotFound):
        values.of_account(stage.hub, Stage(stage.hub).store, account["_id"], "name")


def test_a_conversion_of_a_connector_is_named_with_its_module(stage: Stage) -> None:
    ticket = stage.store.records.find_one(
        {"source": "jira", "entity": "ticket", "values.reopen_count": {"$ne": None}}
    )
    assert ticket is not None
    found = values.of_record(stage.hub, stage.store, ticket["_id"], "reopen_count", "ticket")
    conversion = found["chosen"]["mapping"]["conversion"]
    assert conversion["name"] == "jira_reopens"
    assert conversion["module"].startswith("plugins.jira.conversions.")
    with pytest.raises(NotFound):
        values.of_record(stage.hub, stage.store, ticket["_id"], "status", "opportunity")


def test_a_run_that_was_purged_is_said_to_be(stage: Stage) -> None:
    account = accounts_of(stage, "salesforce")[0]
    keep = list(stage.store.runs.find({}))
    stage.store.tenant_state.delete({"_id": f"{stage.tenant_id}:purge"})
    later = stage.hub.now() + timedelta(days=stage.hub.settings.retention_days + 1)
    purge.purge(stage.hub, stage.store, later)
    try:
        found = values.of_account(stage.hub, stage.store, account["_id"], "name")
    finally:
        stage.store.tenant_state.delete({"_id": f"{stage.tenant_id}:purge"})
        stage.store.runs.insert_many(keep)
    assert found["chosen"]["brought_by"]["gone"].startswith("It was purged")
    assert found["chosen"]["raw"]["body"]["Name"] == found["value"]


def test_an_overlay_is_named_with_version_author_and_line(stage: Stage) -> None:
    account, before = next(
        (account, record)
        for account in accounts_of(stage, "salesforce")
        if (record := stage.store.records.find_one({"_id": account["profile"]["name"]["rec"]}))
        and record["external_id"]
    )
    live = {
        "_id": f"{stage.tenant_id}:salesforce:Account:3",
        "connector": "salesforce",
        "object": "Account",
        "version": 3,
        "author": "Ada",
        "at": stage.hub.now(),
        "active": True,
        "document": {"fields": {"name": "AccountNumber"}},
        "text": "# The number is our name.\nfields:\n  name: AccountNumber\n",
    }
    stage.store.overlays.insert(live)
    try:
        old = values.of_account(stage.hub, stage.store, account["_id"], "name")["chosen"]
        replay.remap(stage.hub, stage.tenant_id, before["connection_id"], "Account")
        stage.settle()
        new = values.of_account(stage.hub, stage.store, account["_id"], "name")
    finally:
        stage.store.overlays.delete({"_id": live["_id"]})
        replay.remap(stage.hub, stage.tenant_id, before["connection_id"], "Account")
        stage.settle()
    assert (old["mapping"]["current"], old["mapping"]["again"]) == (False, "differs")
    number, line = written("salesforce", "Account", "name:")
    own = {"file": "salesforce/mapping.yaml", "line": number, "text": line}
    assert old["mapping"]["then"] == [own]
    mapping = new["chosen"]["mapping"]
    assert new["value"] == json.loads(before["raw"])["AccountNumber"]
    assert (mapping["file"], mapping["line"]) == ("overlay 3", 3)
    assert mapping["text"] == "name: AccountNumber"
    assert [one["file"] for one in mapping["lines"]] == ["salesforce/mapping.yaml", "overlay 3"]
    assert (mapping["overlay"]["version"], mapping["overlay"]["author"]) == (3, "Ada")
    assert (mapping["current"], mapping["again"]) == (True, "same")
    after = values.of_account(stage.hub, stage.store, account["_id"], "name")
    assert after["chosen"]["mapping"]["overlay"] is None


def test_a_replaced_body_tells_what_it_said_and_what_is_shown_meanwhile(stage: Stage) -> None:
    account = accounts_of(stage, "salesforce")[1]
    assert stage.sandbox is not None
    answer = account["profile"]["name"]
    before = stage.store.records.find_one({"_id": answer["rec"]})
    connection = stage.store.connections.find_one({"connector": "salesforce"})
    assert before is not None
    assert connection is not None
    stage.sandbox["salesforce"].table("Account").patch(before["native_id"], {"Name": "Renamed"})
    stage.sync(connection, ["accounts"])

    now = values.of_account(stage.hub, stage.store, account["_id"], "name")
    mine = {"_id": account["_id"]}
    stage.store.accounts.update(mine, {"$set": {"profile.name.v": answer["v"]}})
    unsettled = values.of_account(stage.hub, stage.store, account["_id"], "name")
    stage.store.accounts.update(mine, {"$set": {"profile.name.v": "Renamed"}})

    assert (now["value"], now["chosen"]["version"]["current"]) == ("Renamed", True)
    former = now["chosen"]["former"][0]
    assert former["value"] == answer["v"]
    assert former["brought_by"]["id"] == before["origin"]["id"]
    assert unsettled["chosen"]["version"] == {
        "current": False,
        "id": former["id"],
        "replaced_at": former["replaced_at"],
    }
