"""Connections on the command line, against HubSpot in small."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from hub.sandbox import Sandbox
from tests.cli.conftest import Run
from tests.stage import Stage


def test_connecting_prints_an_id_and_the_addresses_to_set_up(
    run: Run, stage: Stage, words: list[str]
) -> None:
    said = run("connections", "add", "hubspot", *words, "--json")
    assert said.code == 0
    saved = stage.store.connections.find_one({})
    assert saved is not None
    assert said.json["id"] == saved["_id"]
    own, app = sorted(said.json["webhook_urls"], reverse=True)
    assert own.startswith("https://hub.example/webhooks/hubspot/")
    assert app == "https://hub.example/webhooks/hubspot"


def test_wrong_credentials_are_told_at_once_and_nothing_is_saved(
    run: Run, stage: Stage, sandbox: Sandbox
) -> None:
    base = sandbox["hubspot"].credentials()["settings"]["base_url"]
    said = run(
        "connections", "add", "hubspot", "--set", f"base_url={base}",
        "--secret", "access_token=pat-wrong", "--json",
    )  # fmt: skip
    assert (said.code, said.problem["type"]) == (7, "reconnect")
    assert "pat-wrong" not in said.err
    assert stage.store.connections.count({}) == 0
    assert stage.store.streams.count({}) == 0


def test_an_unknown_field_is_named_with_the_known_ones(run: Run, stage: Stage) -> None:
    said = run("connections", "add", "hubspot", "--set", "tokn=x", "--json")
    assert (said.code, said.problem["field"]) == (2, "tokn")
    assert "access_token" in said.problem["detail"]


def test_an_unknown_connector_is_exit_code_3(run: Run, stage: Stage) -> None:
    assert run("connections", "add", "nothing").code == 3


def test_a_pair_without_equals_is_refused_without_repeating_it(run: Run, stage: Stage) -> None:
    said = run("connections", "add", "hubspot", "--secret", "pat-eu1-hidden", "--json")
    assert (said.code, said.problem["field"]) == (2, "secret")
    assert "pat-eu1-hidden" not in said.err


def test_a_secret_comes_from_a_file_or_from_standard_input(
    run: Run, stage: Stage, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = sandbox["hubspot"].credentials()
    base, token = given["settings"]["base_url"], given["secrets"]["access_token"]
    file = tmp_path / "token"
    file.write_text(token + "\n")
    address = ["--set", f"base_url={base}"]
    added = run("connections", "add", "hubspot", *address, "--secret", f"access_token=@{file}")
    assert added.code == 0, added.err
    monkeypatch.setattr(sys, "stdin", io.StringIO(token + "\n"))
    again = run("connections", "reconnect", "hubspot", "--secret", "access_token=-", "--json")
    assert (again.code, again.json["state"]) == (0, "active")


def test_the_same_account_twice_is_a_conflict(run: Run, stage: Stage, words: list[str]) -> None:
    run("connections", "add", "hubspot", *words)
    assert run("connections", "add", "hubspot", *words).code == 5


def test_what_is_shown_holds_no_secret(
    run: Run, stage: Stage, words: list[str], sandbox: Sandbox
) -> None:
    run("connections", "add", "hubspot", *words)
    token = sandbox["hubspot"].credentials()["secrets"]["access_token"]
    for line in (("list",), ("list", "--json"), ("show", "hubspot"), ("show", "hubspot", "--json")):
        said = run("connections", *line)
        assert said.code == 0, said.err
        assert token not in said.out


def test_paused_it_refuses_to_sync_and_resumed_it_is_active(
    run: Run, stage: Stage, words: list[str]
) -> None:
    run("connections", "add", "hubspot", *words)
    assert run("connections", "pause", "hubspot", "--json").json["state"] == "paused"
    said = run("sync", "hubspot", "--json")
    assert (said.code, said.problem["type"]) == (2, "not_active")
    assert "resume" in said.problem["detail"]
    assert run("connections", "resume", "hubspot", "--json").json["state"] == "active"


def test_a_test_names_the_account(
    run: Run, stage: Stage, words: list[str], sandbox: Sandbox
) -> None:
    run("connections", "add", "hubspot", *words)
    saved = stage.store.connections.find_one({})
    assert saved is not None
    said = run("connections", "test", "hubspot", "--json")
    assert (said.code, said.json["id"], said.json["missing"]) == (0, saved["account"]["id"], [])


def test_rotating_gives_a_new_secret_beside_the_former(
    run: Run, stage: Stage, words: list[str]
) -> None:
    run("connections", "add", "hubspot", *words)
    first = run("connections", "rotate", "hubspot", "--json").json["secret"]
    second = run("connections", "rotate", "hubspot", "--secret", "of-the-vendor", "--json")
    assert "secret" not in second.json
    connection = stage.store.connections.find_one({})
    assert connection is not None
    assert stage.endpoint(connection)["secret"] == "of-the-vendor"
    assert len(first) > 30


def test_a_removal_previews_then_keeps_or_erases(run: Run, stage: Stage, words: list[str]) -> None:
    run("connections", "add", "hubspot", *words)
    connection = stage.store.connections.find_one({})
    assert connection is not None
    stage.sync(connection, ["companies"])
    records = stage.store.records.count({})
    assert records > 0
    shown = run("connections", "remove", "hubspot", "--json")
    assert (shown.code, shown.json["holds"]["records"]) == (2, records)
    assert run("connections", "remove", "hubspot", "--yes").code == 2
    assert stage.store.connections.count({}) == 1
    assert run("connections", "remove", "hubspot", "--yes", "--erase").code == 0
    assert (stage.store.connections.count({}), stage.store.records.count({})) == (0, 0)


def test_health_is_written_back_by_command(run: Run, stage: Stage, words: list[str]) -> None:
    run("connections", "add", "hubspot", *words)
    asked = ("connections", "write-back", "hubspot")
    assert "properties.customer_health" in run(*asked, "--fields").out
    assert run(*asked, "--field", "properties.name").code == 2
    assert run(*asked, "--clear").code == 2
    said = run(*asked, "--field", "properties.customer_health", "--json")
    assert (said.code, said.json["on"], said.json["by"]) == (0, True, "the command line")
    assert run(*asked, "--off", "--json").json["on"] is False
    assert stage.store.connections.find_one({"written_fields": "properties.customer_health"})


def test_another_tenants_connection_is_not_there(run: Run, stage: Stage, words: list[str]) -> None:
    made = run("connections", "add", "hubspot", *words, "--json").json["id"]
    other = Stage(stage.hub)
    said = run("connections", "show", made, "--tenant", other.tenant_id, "--json")
    assert (said.code, said.problem["type"]) == (3, "not_found")


def test_connectors_list_names_what_failed(
    run: Run, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = run("connectors", "list", "--json")
    assert listed.code == 0
    assert "hubspot" in {one["name"] for one in listed.json["items"]}
    shown = run("connectors", "show", "hubspot", "--json").json
    token = next(field for field in shown["fields"] if field["key"] == "access_token")
    assert (token["secret"], token["required"]) == (True, True)
    assert run("connectors", "show", "nothing").code == 3
