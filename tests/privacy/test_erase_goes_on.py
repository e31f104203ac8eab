"""An erasure that was interrupted at whatever step goes on and ends the same."""

from __future__ import annotations

import os
import subprocess
import sys
from time import monotonic

from hub.embedded import Services
from hub.privacy import asked, work
from hub.store.client import Doc
from tests.privacy.desk import Desk, contact_of, request_of, sync_all, traces
from tests.stage import MASTER_KEY, Stage

WORDS = ("ada lovelace", "ada@acme.example", "person:501")


def asked_for(stage: Stage, desk: Desk) -> tuple[Doc, str]:
    desk.company("1", "Acme", "acme.example")
    ada = desk.person("501", "Ada Lovelace", "ada@acme.example", company="1")
    desk.ticket("900", ada, company="1", subject="Ada Lovelace")
    connection = desk.connect(stage.tenant_id)
    sync_all(stage, [connection])
    contact = contact_of(stage, connection, "501")
    made = asked.create(stage.hub, stage.tenant_id, "erase", "contact", contact, "test")
    return connection, str(made["_id"])


def test_it_goes_on_from_step_to_step(stage: Stage, desk: Desk) -> None:
    """A worker whose time is up after every single step."""
    _, request = asked_for(stage, desk)
    turns = 0
    while request_of(stage, request)["state"] != "done":
        work.work(stage.hub, stage.store, monotonic() + 0.001)
        turns += 1
        assert turns < 40
    assert turns > 5
    assert traces(stage, *WORDS) == []


WORKER = """
import sys
from hub import bootstrap
from hub.engine import apply
from hub.settings import load_settings
hub = bootstrap.build(load_settings())
hub.plugins.connectors.clear()
while not apply.settle(hub, sys.argv[1]):
    pass
"""


def test_a_worker_that_is_killed_is_followed_by_one_that_ends_it(
    stage: Stage, desk: Desk, services: Services
) -> None:
    _, request = asked_for(stage, desk)
    killed = run(stage, services, HUB_CRASH_AT="dropped-batch")
    assert killed == -9
    assert request_of(stage, request)["state"] == "running"
    stage.settle()
    done = request_of(stage, request)
    assert done["state"] == "done"
    assert traces(stage, *WORDS) == []
    assert done["report"]["removed"]["records"] == 1


def run(stage: Stage, services: Services, **more: str) -> int:
    stores = {
        "HUB_MONGODB_URI": services.mongodb_uri,
        "HUB_REDIS_URL": services.redis_url,
        "HUB_MASTER_KEY": MASTER_KEY,
    }
    command = [sys.executable, "-c", WORKER, stage.tenant_id]
    return subprocess.run(
        command, env={**os.environ, **stores, **more}, timeout=60, check=False
    ).returncode


def test_it_is_not_done_while_anything_is_found(stage: Stage, desk: Desk) -> None:
    """In a collection of which the sweep knows nothing."""
    _, request = asked_for(stage, desk)
    elsewhere = stage.store.database["left_behind"]
    note = {"_id": request, "tenant_id": stage.tenant_id, "note": "Ada@Acme.example"}
    elsewhere.insert_one(note)
    stage.settle()
    elsewhere.drop()
    found = request_of(stage, request)
    hits = found["report"]["verification"]["hits"]
    assert (found["state"], hits) == ("failed", [{"collection": "left_behind", "id": request}])
    work.again(stage.hub, stage.tenant_id, request, "ada@hub.example")
    stage.settle()
    found = request_of(stage, request)
    assert (found["state"], found["report"]["verification"]["hits"]) == ("done", [])
    assert "sealed" not in found
