"""The vendor's fields and their drift by command."""

from __future__ import annotations

import pytest

from hub import describing
from hub.drift import look
from hub.sandbox import Sandbox
from hub.store.client import Doc
from tests.cli.conftest import Run
from tests.stage import Stage

TIER = {"name": "properties.tier", "title": "Tier", "type": "text", "custom": True}


@pytest.fixture
def connection(stage: Stage, sandbox: Sandbox) -> Doc:
    """HubSpot, connected and looked at; no record has come yet."""
    stage.sandbox = sandbox
    made = stage.connect("hubspot")
    look.again(stage.hub, stage.store, "hubspot", "company", stage.hub.now(stage.tenant_id))
    return made


def test_fields_are_listed_and_a_notice_is_settled(run: Run, stage: Stage, connection: Doc) -> None:
    said = run("mappings", "fields", "hubspot", "--object", "company", "--json")
    assert said.code == 0, said.err
    (company,) = said.json["objects"]
    assert {field["custom"] for field in company["fields"]} == {True}
    assert "Customer No" in run("mappings", "fields", "hubspot").out
    assert "Machines: No stream" in run("mappings", "fields", "hubspot").err
    assert "Industry" in run("mappings", "fields", "hubspot", "--all").out
    assert run("mappings", "fields", "hubspot", "--object", "nothing").code == 3

    (company,) = run(
        "mappings", "fields", "hubspot", "--object", "company", "--all", "--json"
    ).json["objects"]
    now = stage.hub.now(stage.tenant_id)
    told = {"fields": {"company": [*_known(company), TIER | {"name": "properties.plan"}]}}
    describing.keep(stage.store, connection["_id"], told, now)
    look.again(stage.hub, stage.store, "hubspot", "company", now)
    (notice,) = run("mappings", "drift", "hubspot", "--json").json
    assert (notice["kind"], notice["path"]) == ("appeared", "properties.plan")
    assert "custom:\n  tier: plan\n" in run("mappings", "drift").out
    accepted = run("mappings", "drift", "--accept", notice["id"], "--json")
    assert (accepted.code, accepted.json[0]["settled_as"]) == (0, "accepted")
    assert accepted.json[0]["state"] == "closed"
    assert run("mappings", "drift", "--json").json == []
    assert run("mappings", "drift", "--dismiss", "drf_none").code == 3
    assert run("mappings", "drift", "--dismiss", "a", "--accept", "b").code != 0


def _known(company: Doc) -> list[Doc]:
    keys = ("name", "title", "type", "custom")
    return [{key: field[key] for key in keys} for field in company["fields"]]
