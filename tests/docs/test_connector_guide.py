"""The connector of docs/writing-a-connector.md is copied out of the page and used for real."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import hmac
import importlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import hub.api as api
from hub import connections
from hub.bootstrap import Hub
from hub.conform import suite
from hub.conform.rule import RULES, Rule
from hub.embedded import Services
from hub.errors import BadSignature, Malformed, Reconnect
from hub.plugin_host import load_plugins
from hub.prove import guide
from hub.sandbox import Sandbox, Vendor
from hub.settings import ROOT
from hub.trying import trial
from tests.stage import Stage, build_hub, serving

PAGE = guide.PAGE.read_text()
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's files, as an operator would keep them in a folder of their own."""
    return guide.write(tmp_path_factory.mktemp("connectors"))


@pytest.fixture
def hub(services: Services, folder: Path) -> Iterator[Hub]:
    made = build_hub(services, connectors_path=str(folder))
    yield made
    made.close()


@pytest.fixture
def stage(hub: Hub) -> Iterator[Stage]:
    create = _module("sandbox").create
    with Sandbox([create], accounts=20, retry_scale=0.001) as sandbox:
        yield Stage(hub, sandbox)


def _module(name: str) -> Any:
    """A module of the connector as the plugin host has loaded it."""
    return importlib.import_module(f"connectors_tinydesk.{name}")


def _vendor(stage: Stage) -> Vendor:
    assert stage.sandbox is not None
    return stage.sandbox["tinydesk"]


def _names(stage: Stage) -> set[str]:
    found = stage.store.records.find({"entity": "account", "life.deleted": False})
    return {doc["values"]["name"] for doc in found}


def _names_there(stage: Stage) -> set[str]:
    return {record["name"] for record in _vendor(stage).table("companies").all()}


def test_the_page_has_every_file_it_speaks_of(folder: Path) -> None:
    files = {path.name for path in (folder / "tinydesk").iterdir()}
    modules = {"__init__.py", "client.py", "webhook.py", "sandbox.py"}
    assert files - {"__pycache__"} == modules | {
        "mapping.yaml",
        "quality.yaml",
        "README.md",
        "payloads",
    }


def test_it_takes_less_than_eighty_lines_of_python_and_one_yaml(folder: Path) -> None:
    """Blank lines and comments do not count, docstrings do; the sandbox is not the connector."""
    own = [p for p in (folder / "tinydesk").glob("*.py") if p.name != "sandbox.py"]
    lines = [line.strip() for path in own for line in path.read_text().splitlines()]
    assert len([line for line in lines if line and not line.startswith("#")]) < 80


def test_it_loads_beside_the_others(hub: Hub, folder: Path) -> None:
    origin = {name: p.origin for p in hub.plugins.report for name in p.connectors}
    assert [p.reason for p in hub.plugins.report if p.name == "tinydesk"] == [""]
    assert origin["tinydesk"] == f"{folder}/tinydesk"
    assert "freshdesk" in origin


def test_it_is_gold(hub: Hub) -> None:
    outcomes = suite.check(hub.plugins, "tinydesk")
    assert [o for o in outcomes if not o.counts] == []
    assert suite.grade(outcomes) == "gold"


def test_what_is_tried_goes_all_the_way(folder: Path) -> None:
    host = load_plugins(folder=str(folder), only="tinydesk")
    event, company = (folder / "tinydesk" / "payloads" / f"{n}.json" for n in ("event", "company"))
    ways = [
        (trial.by_itself(host, "tinydesk", "", "empty"), 6),
        (trial.of_file(host, "tinydesk", event, "", "seeded"), 6),
        (trial.of_record(host, "tinydesk", "companies", company, "empty"), 2),
    ]
    for way, count in ways:
        steps = list(way)
        assert {step.state for step in steps} == {"passed"}
        assert len(steps) == count


def test_a_full_run_brings_what_the_vendor_has(stage: Stage) -> None:
    connection = stage.connect("tinydesk")
    stage.sync(connection)
    assert len(_names_there(stage)) > 5
    assert _names(stage) == _names_there(stage)
    assert stage.store.accounts.count({"listed": True}) == len(_vendor(stage).table("companies"))


def test_an_incremental_run_brings_an_edit(stage: Stage) -> None:
    connection = stage.connect("tinydesk")
    stage.sync(connection)
    table = _vendor(stage).table("companies")
    table.patch(table.ids()[3], {"name": "Renamed GmbH"}, quiet=True)
    stage.sync(connection)
    run = stage.run_of(connection, "companies")
    assert not run["full"]
    assert run["counts"]["applied"] == 1
    assert "Renamed GmbH" in _names(stage)


def test_runs_without_news_are_no_loop(stage: Stage) -> None:
    connection = stage.connect("tinydesk")
    for _ in range(3):
        stage.sync(connection)
    assert [run["state"] for run in stage.store.runs.find({})] == ["done"] * 3


def test_an_edit_arrives_by_webhook(stage: Stage) -> None:
    connection = stage.connect("tinydesk")
    stage.sync(connection)
    with serving(stage.hub):
        stage.listen(connection)
        table = _vendor(stage).table("companies")
        table.patch(table.ids()[0], {"name": "Told At Once"})
        table.delete(table.ids()[1])
        assert _vendor(stage).settle(timeout=20)
    stage.drain(connection)
    assert _names(stage) == _names_there(stage)
    assert "Told At Once" in _names(stage)


def test_a_wrong_token_connects_nothing(stage: Stage) -> None:
    site = _vendor(stage).url
    with pytest.raises(Reconnect):
        connections.add(
            stage.hub, stage.tenant_id, "tinydesk", {"site": site}, {"token": "not this one"}
        )
    assert stage.store.connections.count({}) == 0


def _delivery(body: bytes, signature: str) -> api.Delivery:
    headers = {"x-tinydesk-signature": signature}
    return api.Delivery("POST", "https://hub.example/webhooks/tinydesk/k", headers, body, NOW)


def test_only_the_right_signature_verifies(hub: Hub) -> None:
    verify = hub.plugins.connector("tinydesk").webhooks[0].verify
    body = b'{ "id": "1",  "company": "7", "kind": "update", "at": "2026-03-01T00:00:00Z" }'
    right = hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    both = api.Registration("end_1", "", ("new one", "s3cret"))
    verify(_delivery(body, right), both)
    for given, secrets in ((right, ()), (right, ("other",)), ("", ("s3cret",)), (right, ("",))):
        with pytest.raises(BadSignature):
            verify(_delivery(body, given), api.Registration("end_1", "", secrets))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000])
def test_what_is_no_event_is_malformed(hub: Hub, body: bytes) -> None:
    key = hub.plugins.connector("tinydesk").webhooks[0].delivery_key
    with pytest.raises(Malformed):
        key(_delivery(body, ""))


def test_an_unknown_kind_is_ignored_by_name(hub: Hub) -> None:
    body = b'{"id": "1", "company": "7", "kind": "painted", "at": "2026-03-01T00:00:00+00:00"}'
    [change] = hub.plugins.connector("tinydesk").webhooks[0].parse(_delivery(body, ""))
    assert change.rule == "unknown_kind"


def _hooks() -> dict[str, str]:
    """Each hook's name and how its signature is written in hub/hookspecs.py."""
    tree = ast.parse((ROOT / "hub" / "hookspecs.py").read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {f.name: f"{f.name}({ast.unparse(f.args)}) -> {_returned(f)}" for f in functions}


def _returned(function: ast.FunctionDef) -> str:
    assert function.returns is not None
    return ast.unparse(function.returns)


@pytest.mark.parametrize("name", sorted(_hooks()))
def test_each_hook_is_documented_as_it_is_called(name: str) -> None:
    assert f"| `{_hooks()[name]}` |" in PAGE


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.name))
def test_each_rule_of_the_contract_suite_is_listed(rule: Rule) -> None:
    assert f"| `{rule.name}` | {rule.grade} | {rule.asks} |" in PAGE


RECORDS = [
    getattr(api, name)
    for name in api.__all__
    if dataclasses.is_dataclass(getattr(api, name)) and name != "Unmappable"
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: str(record.__name__))
def test_each_field_of_the_contract_is_named(record: type) -> None:
    [row] = [line for line in PAGE.splitlines() if line.startswith(f"| `{record.__name__}` |")]
    missing = [f.name for f in dataclasses.fields(record) if not re.search(rf"`{f.name}\b", row)]
    assert missing == []
