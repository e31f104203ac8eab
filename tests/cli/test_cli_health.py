"""Scorecards, pulse and override as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from hub.sandbox import Sandbox
from hub.store.client import Doc
from tests.cli.conftest import Run
from tests.stage import Stage


@pytest.fixture
def connection(stage: Stage, sandbox: Sandbox) -> Doc:
    """A HubSpot of the test's own, with what makes a score."""
    stage.sandbox = sandbox
    made = stage.connect("hubspot")
    stage.sync(made, ["companies", "tickets"])
    return made


def test_a_scorecard_is_drafted_from_a_file_tried_and_activated(
    run: Run, stage: Stage, connection: Doc, tmp_path: Path
) -> None:
    shown = run("health", "scorecards", "show")
    document = yaml.safe_load(shown.out)
    document["bands"] = {"yellow": 98, "green": 99}
    file = tmp_path / "card.yaml"
    file.write_text(yaml.safe_dump(document))
    drafted = run("health", "scorecards", "draft", str(file), "--note", "hard")
    assert "bands.green is 99 instead of 75." in drafted.out
    early = run("health", "scorecards", "activate", "hub-default/2")
    assert (early.code, "make a dry run first" in early.err) == (5, True)
    tried = run("health", "scorecards", "dry-run", "hub-default/2", "--json").json
    assert tried["dry_run"]["state"] == "done"
    assert tried["dry_run"]["changed"] > 0
    assert run("health", "scorecards", "activate", "hub-default/2").code == 0
    stage.settle()
    bands = set(stage.store.accounts.distinct("health.band", {"listed": True}))
    assert bands <= {"red", "unknown", "churned"}
    listed = run("health", "scorecards", "list", "--json").json
    assert [(one["label"], one["state"]) for one in listed] == [
        ("hub-default/2", "active"),
        ("hub-default/1", "retired"),
    ]
    document["caps"]["urgent_open"] = 200
    file.write_text(json.dumps(document))
    refused = run("health", "scorecards", "draft", str(file), "--json")
    assert (refused.code, refused.problem["field"]) == (2, "caps.urgent_open")
    account = stage.store.accounts.find_one({"listed": True})
    assert account is not None
    given = run("health", "pulse", account["_id"], "green", "--note", "fine", "--json")
    assert given.json["level"] == "green"
    said = ("--band", "red", "--reason", "they left us", "--days", "5")
    assert run("health", "override", "set", account["_id"], *said).code == 0
    stage.settle()
    after = stage.store.accounts.find_one({"_id": account["_id"]})
    assert after is not None
    assert after["override"]["reason"] == "they left us"
    assert run("health", "override", "clear", account["_id"], "--json").json["ended"]
    assert run("health", "pulse", "acc_nobody", "green").code == 3
