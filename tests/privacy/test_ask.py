"""Asking by the command line and by the API: a copy of everything, an erasure, and its report."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from hub.bootstrap import Hub
from hub.cli import main
from hub.embedded import Services
from hub.store.client import Doc
from hub.web import api
from tests.privacy.desk import Desk, contact_of, sync_all, traces
from tests.stage import MASTER_KEY, Stage


@pytest.fixture(scope="module")
def stage(hub: Hub) -> Stage:
    """One tenant for all of them; who erases somebody brings them along."""
    return Stage(hub)


@pytest.fixture(scope="module")
def connection(hub: Hub, stage: Stage) -> Doc:
    desk = Desk(hub)
    desk.company("1", "Acme", "acme.example")
    ada = desk.person("501", "Ada Lovelace", "ada@acme.example", company="1", shoe="38")
    desk.person("502", "Bob Other", "bob@acme.example", company="1")
    desk.ticket("900", ada, company="1", text="my own words")
    made = desk.connect(stage.tenant_id)
    sync_all(stage, [made])
    desk.person("501", "Ada Lovelace", "ada@acme.example", day=2, company="1", shoe="39")
    sync_all(stage, [made])
    event = {"object": "person", "id": "501", "record": desk.records["person", "501"]}
    desk.deliver(stage.tenant_id, made, event)
    stage.drain(made)
    return made


class Program:
    """A program with a key of the tenant."""

    def __init__(self, stage: Stage, client: Client) -> None:
        _, self.key = stage.hub.catalogue.control.add_key(stage.tenant_id, "t", stage.hub.now())
        self.client = client

    def call(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = self.client.open(
            f"/api/v1/privacy{path}", method=method, headers=headers, **options
        )
        return answer.status_code, answer.get_json(force=True)


@pytest.fixture(scope="module")
def client(hub: Hub) -> Client:
    app = Flask("site")
    api.register(app, hub)
    return Client(app.wsgi_app)


@pytest.fixture
def program(stage: Stage, client: Client) -> Program:
    return Program(stage, client)


@pytest.fixture
def typed(stage: Stage, services: Services, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Any:
    monkeypatch.setenv("HUB_MONGODB_URI", services.mongodb_uri)
    monkeypatch.setenv("HUB_REDIS_URL", services.redis_url)
    monkeypatch.setenv("HUB_MASTER_KEY", MASTER_KEY)

    def run(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        try:
            code = main(["privacy", *words, "--tenant", stage.tenant_id, "--json"])
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out or said.err

    return run


def test_a_copy_holds_what_every_place_says_of_a_person(
    stage: Stage, connection: Doc, program: Program
) -> None:
    contact = contact_of(stage, connection, "501")
    status, copy = program.call("GET", "/export", query_string={"entity": "contact", "id": contact})
    assert (status, copy["format"], copy["id"]) == (200, "customer-hub-export/1", contact)
    [record] = copy["records"]
    assert record["raw"]["shoe"] == "39"
    assert [former["raw"]["shoe"] for former in copy["versions"]] == ["38"]
    assert [other["raw"]["text"] for other in copy["mentions"]] == ["my own words"]
    [delivery] = copy["deliveries"]
    assert delivery["body"][0]["record"]["name"] == "Ada Lovelace"
    assert delivery["names_others"] is False
    assert copy["profiles"][0]["profile"]["full_name"]["src"]
    assert "bob@acme.example" not in json.dumps(copy)
    trail = stage.hub.catalogue.control.audit.find({"tenant_id": stage.tenant_id})
    assert "exported" in [entry["what"] for entry in trail]


def test_a_copy_of_an_account_holds_its_people_and_tickets(
    stage: Stage, connection: Doc, program: Program
) -> None:
    [account] = stage.store.accounts.find({"listed": True})
    query = {"entity": "account", "id": account["_id"]}
    _, copy = program.call("GET", "/export", query_string=query)
    assert [p["entity"] for p in copy["profiles"]] == ["account", "contact", "contact"]
    assert len(copy["records"]) == 4
    assert {"contact added", "ticket opened"} >= {moment["what"] for moment in copy["timeline"]}


def test_a_copy_is_a_file_that_only_its_owner_reads(
    stage: Stage, connection: Doc, typed: Any, tmp_path: Path
) -> None:
    contact, file = contact_of(stage, connection, "501"), tmp_path / "ada.json"
    assert typed("export", "contact", contact, "--output", str(file))[0] == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["id"] == contact
    assert typed("export", "contact", contact, "--output", str(file))[0] == 5


def test_what_cannot_be_asked_is_refused(stage: Stage, program: Program, typed: Any) -> None:
    assert program.call("GET", "/requests/prv_none")[0] == 404
    nobody = {"kind": "erase", "entity": "contact", "subject": "con_none"}
    assert program.call("POST", "/requests", json=nobody)[0] == 404
    query = {"entity": "account", "id": "acc_none"}
    assert program.call("GET", "/export", query_string=query)[0] == 404
    assert typed("erase", "account", "acc_none", "--yes")[0] == 3


def test_an_erasure_is_asked_for_worked_on_and_proved(
    stage: Stage, desk: Desk, program: Program, typed: Any
) -> None:
    desk.person("701", "Eve Late", "eve@late.example")
    connection = desk.connect(stage.tenant_id)
    sync_all(stage, [connection])
    contact = contact_of(stage, connection, "701")
    wish = {"kind": "erase", "entity": "contact", "subject": contact, "reason": "asked by mail"}
    status, made = program.call("POST", "/requests", json=wish)
    assert (status, made["state"]) == (202, "pending")
    assert program.call("POST", "/requests", json=wish)[0] == 409
    stage.settle()
    _, shown = program.call("GET", f"/requests/{made['id']}")
    assert (shown["state"], shown["report"]["verification"]["hits"]) == ("done", [])
    assert shown["report"]["oplog"]["known"]
    code, text = typed("show", made["id"])
    assert (code, json.loads(text)["reason"]) == (0, "asked by mail")
    assert traces(stage, "eve@late.example") == []
    code, text = typed("unsuppress", made["id"])
    assert (code, json.loads(text)["state"]) == (0, "pending")
    stage.settle()
    _, page = program.call("GET", "/requests")
    assert [row["kind"] for row in page["items"]] == ["unsuppress", "erase"]
