"""Tenants, people, keys and sign-in links on the command line."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from hub.bootstrap import Hub
from tests.cli.conftest import Run


def test_adding_a_tenant_prints_its_id_and_a_key_that_works(run: Run, hub: Hub) -> None:
    said = run("tenants", "add", "Acme", "--json")
    assert said.code == 0
    assert said.json.keys() == {"tenant", "api_key"}
    assert said.json["tenant"]["name"] == "Acme"
    key = hub.catalogue.control.api_keys.find_one(
        {"hash": hashlib.sha256(said.json["api_key"].encode()).hexdigest()}
    )
    assert key is not None
    assert key["tenant_id"] == said.json["tenant"]["id"]


def test_the_same_name_twice_is_refused_and_stores_nothing(run: Run, hub: Hub) -> None:
    run("tenants", "add", "Acme")
    said = run("tenants", "add", "Acme", "--json")
    assert (said.code, said.problem["field"]) == (5, "name")
    assert hub.catalogue.control.tenants.count_documents({}) == 1


def test_a_removal_shows_what_goes_and_asks(run: Run, hub: Hub) -> None:
    tenant = run("tenants", "add", "Acme", "--json").json["tenant"]["id"]
    said = run("tenants", "remove", "Acme", "--json")
    assert (said.code, said.json["removed"]) == (2, False)
    assert hub.catalogue.control.tenants.find_one({"_id": tenant})
    assert run("tenants", "remove", "Acme", "--yes").code == 0
    assert hub.catalogue.control.tenants.find_one({"_id": tenant}) is None
    assert hub.catalogue.control.api_keys.find_one({"tenant_id": tenant}) is None


def test_a_tenant_that_is_not_there_is_exit_code_3(run: Run) -> None:
    said = run("tenants", "show", "nobody", "--json")
    assert (said.code, said.problem["type"]) == (3, "not_found")


def test_the_tenant_may_be_left_out_only_while_there_is_one(run: Run) -> None:
    assert run("users", "list").code == 3
    run("tenants", "add", "Acme")
    assert run("users", "list", "--json").json == []
    run("tenants", "add", "Other")
    said = run("users", "list", "--json")
    assert (said.code, said.problem["field"]) == (2, "tenant")
    assert "Acme" in said.problem["detail"]
    assert "Other" in said.problem["detail"]
    assert run("users", "list", "--tenant", "Other", "--json").json == []


def test_a_login_link_opens_once_for_the_one_person(run: Run, hub: Hub) -> None:
    run("tenants", "add", "Acme")
    assert run("login-link").code == 3
    run("users", "add", "Ann@Example.com", "--name", "Ann")
    said = run("login-link")
    match = re.fullmatch(r"https://hub\.example/sign-in/(\S+)\n", said.out)
    assert match
    user = hub.catalogue.control.use_link(match[1], hub.now())
    assert user is not None
    assert user["email"] == "ann@example.com"
    assert hub.catalogue.control.use_link(match[1], hub.now()) is None


def test_a_removed_person_has_no_link_left(run: Run, hub: Hub) -> None:
    run("tenants", "add", "Acme")
    run("users", "add", "ann@example.com")
    token = run("login-link").out.strip().rsplit("/", 1)[1]
    assert run("users", "remove", "ann@example.com").code == 0
    assert hub.catalogue.control.use_link(token, hub.now()) is None
    assert run("users", "remove", "ann@example.com").code == 3


def test_what_is_no_address_is_refused(run: Run, hub: Hub) -> None:
    run("tenants", "add", "Acme")
    assert run("users", "add", "ann").code == 2
    assert hub.catalogue.control.users.count_documents({}) == 0


def test_a_revoked_key_is_none_and_lists_show_no_key(run: Run, hub: Hub) -> None:
    run("tenants", "add", "Acme")
    made = run("keys", "add", "nightly export", "--json").json
    listed = run("keys", "list", "--json")
    assert made["api_key"] not in listed.out
    assert [key["name"] for key in listed.json] == ["nightly export", "first key"]
    assert run("keys", "revoke", made["key"]["id"]).code == 0
    assert hub.catalogue.control.key_of(made["api_key"]) is None
    assert run("keys", "revoke", made["key"]["id"]).code == 3


def test_a_list_for_people_has_the_name_and_no_json(run: Run) -> None:
    run("tenants", "add", "Acme")
    said = run("tenants", "list")
    assert "Acme" in said.out
    assert "{" not in said.out


def test_without_stores_the_command_says_what_to_do(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HUB_MONGODB_URI")
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    said = run("tenants", "list", "--json")
    assert said.code == 4
    assert "hub up" in said.problem["detail"]


def test_a_store_that_does_not_answer_is_exit_code_4(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_MONGODB_URI", "mongodb://127.0.0.1:9/")
    monkeypatch.setattr("hub.cli.session.STORE_TIMEOUT_MS", 300)
    said = run("tenants", "list", "--json")
    assert (said.code, said.problem["type"]) == (4, "unavailable")


def test_an_unknown_option_is_exit_code_2(run: Run) -> None:
    assert run("tenants", "list", "--jsno").code == 2
