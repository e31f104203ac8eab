"""Mixpanel through the whole hub on real stores: pulled, pushed, repeated, and counted."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from hub import connections
from hub.bootstrap import Hub
from hub.embedded import Services
from hub.engine import apply, usage_import
from hub.reads import account_use
from hub.sandbox import Sandbox
from hub.sandbox.usage import calls
from hub.store import inbox
from plugins.mixpanel.sandbox import MixpanelSandbox, batch
from tests.privacy.desk import erase, traces
from tests.stage import Stage, build_hub, picture, serving

DAYS = "8"


@pytest.fixture(scope="module")
def hub(services: Services) -> Iterator[Hub]:
    """One hub for all tests here; each has a tenant of its own."""
    with closing(build_hub(services)) as built, serving(built):
        yield built


@pytest.fixture
def stage(hub: Hub) -> Iterator[Stage]:
    with Sandbox(["mixpanel"], seed=7, accounts=3, retry_scale=1 / 60_000) as sandbox:
        yield Stage(hub, sandbox)


@pytest.fixture
def vendor(stage: Stage) -> MixpanelSandbox:
    assert stage.sandbox is not None
    served = stage.sandbox["mixpanel"]
    assert isinstance(served, MixpanelSandbox)
    return served


def counters(stage: Stage) -> dict[Any, Any]:
    """What counts for health, by account."""
    found = picture(stage.store)["accounts"]
    return {name: account["state"]["counters"] for name, account in found.items()}


def revs(stage: Stage) -> dict[str, int]:
    return {doc["_id"]: doc["rev"] for doc in stage.store.records.find({})}


def people(vendor: MixpanelSandbox) -> list[str]:
    return [id for id in vendor.table("users").ids() if not id.startswith("$")]


def test_a_first_sync_brings_everything_and_a_second_changes_nothing(
    stage: Stage, vendor: MixpanelSandbox
) -> None:
    connection = stage.connect("mixpanel", history_days=DAYS)
    stage.sync(connection)
    kinds = {
        kind: set(stage.store.records.distinct("native_id", {"object": kind}))
        for kind in ("group", "user", "usage")
    }
    assert kinds["group"] == set(vendor.table("groups").ids())
    assert kinds["user"] == set(people(vendor))
    assert len(kinds["usage"]) > 30
    assert stage.store.quarantine.count({}) == 0
    for account in stage.store.accounts.find({"rollup.contacts": {"$gt": 0}}):
        found = {m["key"]: m for d in account["health"]["dimensions"] for m in d["measures"]}
        assert found["usage_recency"]["state"] == "ok"
        used = account_use.read(stage.store, account["_id"], vendor.today())
        assert used["people_total"] == len({(p["user"], p["group"]) for p in used["people"]})
    nowhere = {"object": "usage", "account_id": None}
    assert stage.store.records.count(nowhere) == 0
    before = revs(stage)
    for full in (False, True):
        stage.sync(connection, full=full)
        assert revs(stage) == before


def test_use_counts_as_if_it_had_been_sent(
    stage: Stage, vendor: MixpanelSandbox, tmp_path: Path
) -> None:
    """The same deeds of the same people, once pulled from Mixpanel and once sent as events."""
    connection = stage.connect("mixpanel", history_days=DAYS)
    stage.sync(connection)
    sent = Stage(stage.hub)
    source = connections.add(stage.hub, sent.tenant_id, "product_usage", {"source": "App"}, {})
    told = calls(vendor.world, vendor.world.now.date(), int(DAYS))
    file = tmp_path / "events.ndjson"
    file.write_text("".join(json.dumps(call) + "\n" for call in told))
    report = usage_import.bring(stage.hub, sent.tenant_id, source["_id"], file, format="ndjson")
    assert not report.reasons
    while not apply.use(stage.hub, sent.tenant_id):
        pass
    sent.settle()
    found = counters(stage)
    assert found == counters(sent)
    assert sum(len(c.get("active_user_days", {})) for c in found.values()) > 15
    assert {n for c in found.values() for n in c} >= {"active_user_days", "last_active"}


@pytest.mark.long
def test_pushed_and_pulled_end_in_the_same_picture(stage: Stage, vendor: MixpanelSandbox) -> None:
    pushed = stage.connect("mixpanel", history_days=DAYS)
    stage.sync(pushed)
    stage.listen(pushed)
    vendor.faults.add("duplicate", probability=0.3)
    vendor.faults.add("reorder", probability=0.3)
    vendor.stir_many(16)
    assert vendor.settle(timeout=20)
    stage.drain(pushed)
    book = inbox.ledger(stage.store, pushed["_id"])["deliveries"]
    assert book["received"] == sum(book[f] for f in ("pending", "done", "failed", "duplicate"))
    assert book["done"] > 3
    assert (book["failed"], book["pending"]) == (0, 0)

    titles = {id: vendor.table("users").get(id) or {} for id in people(vendor)}
    for doc in stage.store.records.find({"object": "user"}):
        said = titles[doc["native_id"]]["properties"]
        assert doc["values"].get("title") == (said.get("title") or None)

    stage.store.streams.update({"_id": f"{pushed['_id']}:usage"}, {"$unset": {"cursor.looked": ""}})
    stage.sync(pushed)
    pulled = Stage(stage.hub, stage.sandbox)
    pulled.sync(pulled.connect("mixpanel", history_days=DAYS))
    assert picture(stage.store) == picture(pulled.store)
    stage.sync(pushed, full=True)
    assert picture(stage.store) == picture(pulled.store)


def test_what_people_do_later_comes_with_the_next_runs(
    stage: Stage, vendor: MixpanelSandbox
) -> None:
    connection = stage.connect("mixpanel", history_days=DAYS)
    stage.sync(connection)
    user = people(vendor)[0]
    assert stage.sandbox is not None
    stage.sandbox.clock.advance(2 * 86_400)
    for ago in (0, 1):
        vendor.act(user, "Dashboard Opened", vendor.clock.now() - timedelta(days=ago))
    stage.sync(connection, ["usage"])
    days = {
        day
        for doc in stage.store.records.find({"object": "usage", "values.user_key": user})
        for day in doc["values"]["active_days"]
    }
    today = vendor.today()
    assert {today.isoformat(), (today - timedelta(days=1)).isoformat()} <= days


def test_only_our_password_lets_a_cohort_in(stage: Stage, vendor: MixpanelSandbox) -> None:
    """401 pauses Mixpanel's sync, which is right for a wrong password and for nothing else."""
    connection = stage.connect("mixpanel", history_days=DAYS)
    endpoint = stage.endpoint(connection)

    def post(password: str, action: str = "add_members") -> requests.Response:
        pair = base64.b64encode(f"hub:{password}".encode()).decode()
        body = batch(action, [{"mixpanel_distinct_id": people(vendor)[0]}], "s-1")
        headers = {"Authorization": f"Basic {pair}"}
        return requests.post(endpoint["url"], json=body, headers=headers, timeout=10)

    assert post("wrong").status_code == 401
    taken = post(endpoint["secret"])
    assert (taken.status_code, taken.json()["status"]) == (200, "success")
    gone = post(endpoint["secret"], "remove_members")
    assert (gone.status_code, gone.json()["action"]) == (200, "remove_members")
    stage.drain(connection)
    book = inbox.ledger(stage.store, connection["_id"])
    assert (book["deliveries"]["received"], book["deliveries"]["done"]) == (2, 2)


def test_a_profile_that_vanished_takes_its_use_out_of_the_count(
    stage: Stage, vendor: MixpanelSandbox
) -> None:
    """Deleted and merged profiles are only missing: two full listings are the evidence."""
    connection = stage.connect("mixpanel", history_days=DAYS)
    stage.sync(connection)
    before = counters(stage)
    user = stage.store.records.distinct("values.user_key", {"object": "usage"})[0]
    vendor.table("users").delete(user)
    for _ in range(2):
        stage.sync(connection, ["users"], full=True)
    gone = stage.store.records.find_one({"object": "user", "native_id": user})
    assert gone is not None
    assert gone["life"]["deleted"]
    assert counters(stage) != before


def test_who_asks_to_be_forgotten_is_named_nowhere_and_does_not_come_back(
    stage: Stage, vendor: MixpanelSandbox
) -> None:
    connection = stage.connect("mixpanel", history_days=DAYS)
    stage.sync(connection)
    user = stage.store.records.distinct("values.user_key", {"object": "usage"})[0]
    known = stage.store.records.find_one({"object": "user", "native_id": user})
    assert known is not None
    before = counters(stage)
    done = erase(stage, "contact", known["contact_id"])
    assert (done["state"], done["report"]["verification"]["hits"]) == ("done", [])
    assert counters(stage) != before
    after = counters(stage)
    stage.sync(connection, full=True)
    assert traces(stage, user) == []
    assert counters(stage) == after
