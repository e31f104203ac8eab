"""A long first sync that is killed again and again at the end of a page."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from hub.bench.world import STREAMS, World
from hub.prove.ground import Ground, Tenant
from hub.settings import ROOT

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(240)]

UNTIL = datetime(2026, 3, 4, tzinfo=UTC)
WORLD = World("page", accounts=100, tickets=1_400, until=UNTIL)
OBJECTS = {"companies": "company", "people": "person", "tickets": "ticket"}
EACH, KILLS = 4, 5
"""Every worker dies at the end of its 4th page: five times in 20 pages."""


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    env = {"HUB_CRASH_AT": f"page-applied@{EACH}"}
    with Ground(tmp_path_factory.mktemp("ground"), accounts=1, env=env) as made:
        yield made


@pytest.fixture
def vendor_url() -> Iterator[str]:
    sizes = [WORLD.name, str(WORLD.accounts), str(WORLD.tickets), UNTIL.isoformat()]
    command = [sys.executable, "-m", "hub.bench.vendor", *sizes]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.kill()


def stored(tenant: Tenant, object: str) -> dict[str, dict]:
    found = tenant.store.records.find({"object": object, "life.deleted": False}, {"raw": 1})
    return {doc["_id"].split(":")[2]: json.loads(doc["raw"]) for doc in found}


def there(stream: str) -> dict[str, dict]:
    texts = map(json.loads, WORLD.page(stream, 0, WORLD.count(stream)))
    return {record["id"]: record for record in texts}


def test_2_000_records_with_five_kills_equal_the_vendor(ground: Ground, vendor_url: str) -> None:
    assert WORLD.records == 2_000
    tenant = ground.tenant()
    tenant.connect("loopback", {"url": vendor_url, "account": WORLD.name}, {})
    tenant.await_calm(120)
    for stream in STREAMS:
        assert stored(tenant, OBJECTS[stream]) == there(stream)
    read = sum(run["counts"]["read"] for run in tenant.store.runs.find({}))
    assert read == WORLD.records
    assert sum("worker-1 ended (signal 9)" in line for line in ground.said) == KILLS
    assert tenant.store.accounts.count({"listed": True}) == WORLD.accounts
    assert tenant.store.contacts.count({"listed": True}) == WORLD.count("people")
