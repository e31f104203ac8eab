"""Deliveries, quarantine, mappings and accounts on the command line."""

from __future__ import annotations

from pathlib import Path

from hub.store.client import Doc
from tests.cli.conftest import Run
from tests.stage import Stage


def test_a_delivery_is_listed_and_shown_without_its_key(
    run: Run, synced: Stage, delivered: Doc
) -> None:
    listed = run("deliveries", "list", "--json").json
    assert [(d["id"], d["state"]) for d in listed["items"]] == [(delivered["_id"], "done")]
    assert listed["next"] is None
    shown = run("deliveries", "show", delivered["_id"], "--json")
    key = delivered["url"].rsplit("/", 1)[1]
    assert key not in shown.out
    assert shown.json["url"].endswith("/webhooks/hubspot/•••")
    assert shown.json["body"] == delivered["body"].decode()
    assert run("deliveries", "list", "--state", "failed", "--json").json["items"] == []
    assert run("deliveries", "show", "nothing").code == 3


def test_a_dry_run_says_what_would_change_and_changes_nothing(
    run: Run, synced: Stage, delivered: Doc
) -> None:
    said = run("deliveries", "replay", delivered["_id"], "--dry-run", "--json")
    assert said.code == 0, said.err
    [trial] = said.json
    assert trial["id"] == delivered["_id"]
    assert trial["outcomes"]
    assert synced.store.inbox.count({"state": "pending"}) == 0


def test_failed_ones_are_replayed(run: Run, synced: Stage, connection: Doc, delivered: Doc) -> None:
    assert run("deliveries", "replay").code == 2
    assert run("deliveries", "replay", "nothing").code == 3
    assert run("deliveries", "replay", "--failed", "--json").json == {"replayed": 0}
    synced.store.inbox.update({"_id": delivered["_id"]}, {"$set": {"state": "failed"}})
    assert run("deliveries", "replay", "--failed", "--json").json == {"replayed": 1}
    assert synced.store.inbox.count({"state": "pending"}) == 1
    synced.drain(connection)
    assert run("deliveries", "list", "--json").json["items"][0]["state"] == "done"


def test_refused_deliveries_show_headers_and_reason(
    run: Run, synced: Stage, connection: Doc
) -> None:
    endpoint = synced.endpoint(connection)
    synced.store.refused.insert(
        {
            "_id": "ref_1",
            "endpoint_id": endpoint["id"],
            "connection_id": connection["_id"],
            "at": synced.hub.now(),
            "status": 401,
            "reason": "signature",
            "sentence": "The signature is missing.",
            "headers": {"user-agent": "curl"},
            "sender": "127.0.0.1",
        }
    )
    [refused] = run("deliveries", "list", "--rejected", "--json").json
    assert (refused["status"], refused["headers"]) == (401, {"user-agent": "curl"})
    assert "The signature is missing." in run("deliveries", "list", "--rejected").out
    synced.store.refused.delete({"_id": "ref_1"})


def test_a_quarantined_record_says_where_and_why_and_is_mended_by_a_mapping(
    run: Run, stage: Stage, quarantined: Doc
) -> None:
    [listed] = run("quarantine", "list", "--json").json["items"]
    assert listed["path"] == "properties.numberofemployees"
    assert "many" in listed["sentence"] or "number" in listed["sentence"]
    shown = run("quarantine", "show", listed["id"], "--json").json
    assert shown["raw"]["properties"]["numberofemployees"] == "many"
    still = run("quarantine", "replay", listed["id"], "--json")
    assert (still.code, still.json) == (1, {"mended": 0, "still": 1})
    stage.store.overlays.insert(
        {
            "_id": "ovl_1",
            "connector": "hubspot",
            "object": "company",
            "active": True,
            "document": {"fields": {"employees": None}},
        }
    )
    mended = run("quarantine", "replay", "--all", "--json")
    assert (mended.code, mended.json) == (0, {"mended": 1, "still": 0})
    assert run("quarantine", "list", "--json").json["items"] == []
    assert run("quarantine", "show", "nothing").code == 3


def test_a_preview_counts_what_an_overlay_would_change(
    run: Run, stage: Stage, companies: Doc, tmp_path: Path
) -> None:
    count = stage.store.records.count({"object": "company", "raw": {"$exists": True}})
    file = tmp_path / "overlay.yaml"
    file.write_text("fields:\n  tier: properties.name\n")
    said = run("mappings", "preview", "hubspot", "company", str(file), "--json")
    assert said.code == 0, said.err
    assert said.json["counts"] == {"same": 0, "changed": count, "unmappable": 0}
    example = said.json["examples"][0]
    record = stage.store.records.find_one({"_id": example["record"]})
    assert record is not None
    assert example["changes"]["tier"] == {"from": None, "to": record["values"]["name"]}
    file.write_text("fields:\n  teir: properties.name\n")
    wrong = run("mappings", "preview", "hubspot", "company", str(file), "--json")
    assert wrong.code == 2
    assert "tier" in wrong.problem["detail"]
    assert "tier" not in (stage.store.records.find_one({"object": "company"}) or {})["values"]


def test_a_mapping_file_is_checked_with_line_and_nearest_name(
    run: Run, stage: Stage, tmp_path: Path
) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text(
        "- stream: companies\n  object: company\n  entity: account\n  id: id\n"
        "  fields:\n    nmae: title\n"
    )
    said = run("mappings", "check", str(file), "--json")
    assert said.code == 1
    [problem] = said.json["problems"]
    assert f"{file}:6" in problem
    assert "name" in problem
    file.write_text(file.read_text().replace("nmae", "name"))
    good = run("mappings", "check", str(file), "--json")
    assert (good.code, good.json["objects"]) == (0, ["company"])
    assert run("mappings", "check", str(tmp_path / "none.yaml")).code == 2


def test_mappings_show_every_object_and_one_in_yaml(run: Run, stage: Stage) -> None:
    every = run("mappings", "show", "hubspot", "--json").json
    assert {"company": "account", "contact": "contact"}.items() <= {
        one["object"]: one["entity"] for one in every
    }.items()
    assert "entity: account" in run("mappings", "show", "hubspot", "company").out
    assert run("mappings", "show", "hubspot", "nothing").code == 3


def test_an_account_is_explained_in_words(run: Run, synced: Stage, delivered: Doc) -> None:
    renamed = run("accounts", "list", "--query", "renamed", "--json").json["items"]
    assert [account["name"] for account in renamed] == ["Renamed"]
    shown = run("accounts", "show", renamed[0]["id"], "--json").json
    assert shown["profile"]["name"]["source"] == "hubspot"
    said = run("accounts", "explain", renamed[0]["id"])
    member = shown["members"][0]
    assert f"hubspot company {member['native_id']}, Renamed" in said.out
    assert f"Health {renamed[0]['health']} of 100" in said.out
    assert run("accounts", "explain", "acc_none").code == 3


def test_lists_go_on_behind_a_page(run: Run, synced: Stage, connection: Doc) -> None:
    whole = run("accounts", "list", "--sort", "name", "--json").json["items"]
    first = run("accounts", "list", "--sort", "name", "--limit", "3", "--json").json
    rest = run("accounts", "list", "--sort", "name", "--cursor", first["next"], "--json").json
    assert [a["id"] for a in first["items"] + rest["items"]] == [a["id"] for a in whole]
    assert "--cursor" in run("accounts", "list", "--limit", "3").err
    assert run("accounts", "list", "--sort", "colour", "--json").problem["field"] == "sort"


def test_an_overlay_goes_live_and_is_withdrawn_by_command(
    run: Run, stage: Stage, companies: Doc, tmp_path: Path
) -> None:
    count = stage.store.records.count({"object": "company", "raw": {"$exists": True}})
    file = tmp_path / "overlay.yaml"
    file.write_text("fields:\n  teir: properties.name\n")
    refused = run("mappings", "activate", "hubspot", "company", str(file), "--json")
    assert refused.code == 2
    assert "overlay:2: fields.teir" in refused.problem["detail"]
    file.write_text("fields:\n  tier: properties.name\n")
    live = run("mappings", "activate", "hubspot", "company", str(file), "--json").json
    assert [(v["version"], v["active"]) for v in live["versions"]] == [(1, True)]
    assert [(one["stored"], one["old"]) for one in live["stored"]] == [(count, count)]
    assert run("mappings", "replay", "hubspot", "company", "--json").json == {"records": count}
    assert "1  " in run("mappings", "activate", "hubspot", "company", str(file)).out
    gone = run("mappings", "withdraw", "hubspot", "company", "--json").json
    assert [v["active"] for v in gone["versions"]] == [False, False]
    assert run("mappings", "withdraw", "hubspot", "company", "--json").code == 3
