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


@pytest.fixture(scope="session")
def own_hub(own_services: Services) -> Iterator[Hub]:
    """A hub on these stores, for what one test puts up and others read."""
    built = build_hub(own_services)
    yield built
    built.close()


@pytest.fixture
def hub(own_hub: Hub, own_services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The same hub as the commands find by their environment; it knows no tenant."""
    monkeypatch.setenv("HUB_MONGODB_URI", own_services.mongodb_uri)
    monkeypatch.setenv("HUB_REDIS_URL", own_services.redis_url)
    monkeypatch.setenv("HUB_MASTER_KEY", MASTER_KEY)
    monkeypatch.setenv("HUB_PUBLIC_URL", "https://hub.example")
    for name in ("tenants", "users", "api_keys", "links"):
        own_hub.catalogue.control.database[name].delete_many({})
    settings = own_hub.settings
    yield own_hub
    own_hub.settings = settings


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


@dataclass(frozen=True)
class World:
    """A tenant with HubSpot synced, and a delivery that renamed a company to Renamed, drained."""

    stage: Stage
    tenant: Doc
    connection: Doc
    delivery: Doc


@pytest.fixture(scope="session")
def world(own_hub: Hub) -> Iterator[World]:
    """Put up once, for all who leave it as they found it."""
    settings = own_hub.settings
    with Sandbox(["hubspot"], seed=7, accounts=12) as sandbox:
        stage = Stage(own_hub, sandbox)
        tenant = own_hub.catalogue.control.tenant(stage.tenant_id)
        connection = stage.connect("hubspot")
        stage.sync(connection)
        with serving(own_hub):
            stage.listen(connection)
            companies = sandbox["hubspot"].table("companies")
            companies.patch(companies.ids()[0], {"properties": {"name": "Renamed"}})
            assert wait_until(lambda: not sandbox["hubspot"].queued(), within_s=10)
        stage.drain(connection)
        row = stage.store.inbox.find_one({})
        assert row is not None
        own_hub.settings = settings
        yield World(stage, tenant, connection, row)


@pytest.fixture
def synced(hub: Hub, world: World) -> Stage:
    """The world's tenant as the only one: not beside `stage`."""
    hub.catalogue.control.tenants.insert_one(world.tenant)
    world.stage.forget_limits()
    return world.stage


@pytest.fixture
def connection(synced: Stage, world: World) -> Doc:
    """The world's HubSpot."""
    return world.connection


@pytest.fixture
def delivered(synced: Stage, world: World) -> Iterator[Doc]:
    """The world's delivery, which is put back as it was."""
    row = world.delivery
    yield row
    synced.store.inbox.delete({"_id": row["_id"]})
    synced.store.inbox.insert(row)


@pytest.fixture
def companies(stage: Stage, sandbox: Sandbox) -> Doc:
    """A HubSpot of the test's own, of which the companies were synced."""
    stage.sandbox = sandbox
    made = stage.connect("hubspot")
    stage.sync(made, ["companies"])
    return made


@pytest.fixture
def quarantined(stage: Stage, companies: Doc, sandbox: Sandbox) -> Doc:
    """A company that says "many" where a number of employees is due."""
    table = sandbox["hubspot"].table("companies")
    table.patch(table.ids()[0], {"properties": {"numberofemployees": "many"}})
    stage.sync(companies, ["companies"])
    entry = stage.store.quarantine.find_one({"state": "open"})
    assert entry is not None
    return entry
