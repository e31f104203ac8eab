"""`hub accounts lineage` tells the chain as an indented tree, or as JSON."""

from __future__ import annotations

from hub.settings import ROOT
from hub.store.client import Doc
from tests.cli.conftest import Run
from tests.stage import Stage


def test_lineage_is_a_tree_in_words_and_json_for_programs(
    run: Run, synced: Stage, connection: Doc
) -> None:
    account = synced.store.accounts.find_one({"listed": True, "health.dimensions.0.key": "support"})
    assert account is not None
    said = run("accounts", "lineage", account["_id"], "name")
    name = account["flat"]["name"]
    lines = (ROOT / "plugins/hubspot/mapping.yaml").read_text().splitlines()
    number = lines.index("    name: properties.name") + 1
    assert said.code == 0
    assert said.out.splitlines()[0] == f'name = "{name}"'
    assert f'    reads: properties.name = "{name}"' in said.out.splitlines()
    assert f"    mapping: hubspot/mapping.yaml:{number}: name: properties.name" in said.out
    assert "mapping the body again gives the same value" in said.out

    point = run("accounts", "lineage", account["_id"], "open_urgent", "--json")
    assert point.json["curve"]["points"] == [[0, 100], [1, 60], [2, 30], [4, 0]]
    assert "Open urgent tickets" in run("accounts", "lineage", account["_id"], "open_urgent").out


def test_an_unknown_name_is_refused_with_the_nearest(
    run: Run, synced: Stage, connection: Doc
) -> None:
    account = synced.store.accounts.find_one({"listed": True})
    assert account is not None
    said = run("accounts", "lineage", account["_id"], "nam", "--json")
    assert said.code == 2
    assert "did you mean 'name'" in said.problem["detail"]


def test_a_value_that_a_webhook_brought_names_the_delivery_and_its_fate(
    run: Run, synced: Stage, delivered: Doc
) -> None:
    account = synced.store.accounts.find_one({"listed": True, "flat.name": "Renamed"})
    assert account is not None
    chosen = run("accounts", "lineage", account["_id"], "name", "--json").json["chosen"]
    assert (chosen["brought_by"]["id"], chosen["value"]) == (delivered["_id"], "Renamed")
    assert chosen["brought_by"]["state"] == "done"
    assert chosen["brought_by"]["fates"]["applied"] == 1
    assert delivered["_id"] in run("accounts", "lineage", account["_id"], "name").out
    [former] = chosen["former"]
    assert former["brought_by"]["kind"] == "run"
    assert former["value"] != "Renamed"

    redacted = {"$set": {"erased": {"how": "redacted", "at": synced.hub.now(), "by": "prv_1"}}}
    synced.store.inbox.update({"_id": delivered["_id"]}, redacted)
    said = run("accounts", "lineage", account["_id"], "name").out
    assert "its body was redacted by a privacy request" in said
    synced.store.inbox.delete({"_id": delivered["_id"]})
    assert "It was purged" in run("accounts", "lineage", account["_id"], "name").out
