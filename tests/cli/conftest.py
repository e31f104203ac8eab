"""The command `hub` as a person types it, on real stores that know no tenant yet."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from hub.bootstrap import Hub
from hub.cli import main
from hub.embedded import Embedded, Services
from hub.sandbox import Sandbox
from hub.settings import ROOT
from hub.store.client import Doc
from hub.waiting import wait_until
from tests.stage import MASTER_KEY, Stage, build_hub, serving


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def problem(self) -> Any:
        """The refusal, as `--json` prints it on standard error."""
        return json.loads(self.err)


Run = Callable[..., Said]


@pytest.fixture(scope="session")
def own_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Stores of the commands alone: they see every tenant, so others' must not be here."""
    with Embedded(tmp_path_factory.mktemp("cli")) as services:
        yield services


@pytest.fixture
def hub(own_services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The same hub as the commands find by their environment."""
    monkeypatch.setenv("HUB_MONGODB_URI", own_services.mongodb_uri)
    monkeypatch.setenv("HUB_REDIS_URL", own_services.redis_url)
    monkeypatch.setenv("HUB_MASTER_KEY", MASTER_KEY)
    monkeypatch.setenv("HUB_PUBLIC_URL", "https://hub.example")
    built = build_hub(own_services)
    for name in ("tenants", "users", "api_keys", "links"):
        built.catalogue.control.database[name].delete_many({})
    yield built
    built.close()


@pytest.fixture
def run(hub: Hub, capsys: pytest.CaptureFixture[str]) -> Run:
    """Types a command; a word per argument."""

    def type_in(*words: str) -> Said:
        capsys.readouterr()
        try:
            code = main(words)
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return type_in


@pytest.fixture
def stage(hub: Hub) -> Stage:
    """One tenant named Test, so that no command has to name it."""
    return Stage(hub)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """HubSpot over a world of twelve companies."""
    with Sandbox(["hubspot"], seed=7, accounts=12) as running:
        yield running


@pytest.fixture
def words(sandbox: Sandbox) -> list[str]:
    """How the sandbox's credentials are typed."""
    given = sandbox["hubspot"].credentials()
    settings = [word for k, v in given["settings"].items() for word in ("--set", f"{k}={v}")]
    return settings + [w for k, v in given["secrets"].items() for w in ("--secret", f"{k}={v}")]


@pytest.fixture
def worker(hub: Hub) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker process on the same stores."""
    hub.redis.flushall()
    program = [sys.executable, str(ROOT / "worker.py")]
    with subprocess.Popen(program, cwd=ROOT) as process:
        yield process
        process.terminate()
        process.wait(20)


@pytest.fixture
def connection(stage: Stage, sandbox: Sandbox) -> Doc:
    """HubSpot, connected and synced."""
    stage.sandbox = sandbox
    made = stage.connect("hubspot")
    stage.sync(made)
    return made


@pytest.fixture
def delivered(stage: Stage, connection: Doc, sandbox: Sandbox) -> Doc:
    """A delivery that renamed a company to Renamed, drained."""
    with serving(stage.hub):
        stage.listen(connection)
        companies = sandbox["hubspot"].table("companies")
        companies.patch(companies.ids()[0], {"properties": {"name": "Renamed"}})
        assert wait_until(lambda: not sandbox["hubspot"].queued(), within_s=10)
    stage.drain(connection)
    row = stage.store.inbox.find_one({})
    assert row is not None
    return row


@pytest.fixture
def quarantined(stage: Stage, connection: Doc, sandbox: Sandbox) -> Doc:
    """A company that says "many" where a number of employees is due."""
    companies = sandbox["hubspot"].table("companies")
    companies.patch(companies.ids()[0], {"properties": {"numberofemployees": "many"}})
    stage.sync(connection, ["companies"])
    entry = stage.store.quarantine.find_one({"state": "open"})
    assert entry is not None
    return entry
