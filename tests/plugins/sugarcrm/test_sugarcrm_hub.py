"""SugarCRM through the whole hub on real stores: pulled, told, forged, deleted, merged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import requests

from hub.bootstrap import Hub
from hub.embedded import Services
from hub.sandbox import Sandbox
from hub.store import inbox
from hub.subscriptions import asking
from plugins.sugarcrm import SUGARCRM
from plugins.sugarcrm.sandbox import SugarSandbox
from tests.stage import Stage, build_hub, picture, serving

MODULES = [stream.object for stream in SUGARCRM.streams]


@pytest.fixture(scope="module")
def hub(services: Services) -> Iterator[Hub]:
    """One hub for all tests here; each has a tenant of its own."""
    with closing(build_hub(services)) as built, serving(built):
        yield built


@pytest.fixture
def stage(hub: Hub) -> Iterator[Stage]:
    with Sandbox(["sugarcrm"], seed=7, accounts=4, retry_scale=1 / 600_000) as sandbox:
        yield Stage(hub, sandbox)


@pytest.fixture
def vendor(stage: Stage) -> SugarSandbox:
    assert stage.sandbox is not None
    served = stage.sandbox["sugarcrm"]
    assert isinstance(served, SugarSandbox)
    return served


def records(stage: Stage, module: str) -> dict[str, dict[str, Any]]:
    """Living records by native id."""
    found = stage.store.records.find({"object": module, "life.deleted": False})
    return {doc["native_id"]: doc for doc in found}


def said(stage: Stage) -> dict[str, Any]:
    """What living records say, without how they came."""
    return {
        f"{module}:{id}": (doc["values"], doc["links"])
        for module in MODULES
        for id, doc in records(stage, module).items()
    }


def subscribe(stage: Stage, connection: Any) -> None:
    """Have the hub make its hooks, as an admin does by a button."""
    made = asking.subscribe(stage.hub, stage.tenant_id, connection["_id"])
    assert {one["state"] for one in made} == {"waiting"}
    assert len(made) == 17


def arrive(stage: Stage, vendor: SugarSandbox, connection: Any) -> None:
    assert vendor.settle(timeout=20)
    stage.drain(connection)


@pytest.mark.long
def test_told_and_pulled_end_in_the_same_picture(stage: Stage, vendor: SugarSandbox) -> None:
    """Hooks come late, twice and in any order, each once at most; some never."""
    told, slept = stage.connect("sugarcrm"), Stage(stage.hub, stage.sandbox)
    asleep = slept.connect("sugarcrm")
    stage.sync(told)
    slept.sync(asleep)
    assert stage.store.quarantine.count({}) == 0
    for module in MODULES:
        assert set(records(stage, module)) == set(vendor.table(module).ids())

    subscribe(stage, told)
    vendor.faults.add("duplicate", probability=0.3)
    vendor.faults.add("reorder", probability=0.3)
    vendor.stir_many(30)
    vendor.table("Contacts").delete(vendor.table("Contacts").ids()[-1])
    contact, account = vendor.table("Contacts").ids()[0], vendor.table("Accounts").ids()[-1]
    vendor.relate(contact, account)
    vendor.table("Cases").restore(_deleted(vendor, "Cases"))
    vendor.faults.clear()
    arrive(stage, vendor, told)
    book = inbox.ledger(stage.store, told["_id"])["deliveries"]
    assert book["received"] == sum(book[s] for s in ("pending", "done", "failed", "duplicate"))
    assert book["done"] > 20
    assert (book["failed"], book["pending"]) == (0, 0)
    assert ("account", f"Accounts:{account}") in _links(records(stage, "Contacts")[contact])

    slept.sync(asleep)
    assert said(slept)[f"Contacts:{contact}"] != said(stage)[f"Contacts:{contact}"]
    slept.sync(asleep, full=True)
    living = {f"{m}:{id}" for m in MODULES for id in vendor.table(m).ids()}
    assert set(said(stage)) == living
    assert said(stage) == said(slept)
    assert picture(stage.store) == picture(slept.store)


def _deleted(vendor: SugarSandbox, module: str) -> str:
    id = vendor.table(module).ids()[0]
    vendor.table(module).delete(id)
    return id


def _links(doc: dict[str, Any]) -> set[tuple[str, str]]:
    return {(link["kind"], link["value"]) for link in doc["links"]}


@pytest.mark.long
def test_what_no_hook_told_comes_with_the_next_run(stage: Stage, vendor: SugarSandbox) -> None:
    """A hook is sent once and never again: cron stood still, or nobody answered. What Sugar has
    purged meanwhile goes after two listings."""
    connection = stage.connect("sugarcrm")
    stage.sync(connection)
    subscribe(stage, connection)
    deal = vendor.table("Opportunities").ids()[0]
    won = {"sales_stage": "Closed Won", "sales_status": "Closed Won"}
    vendor.table("Opportunities").patch(deal, won, quiet=True)
    gone = vendor.table("Cases").ids()[0]
    vendor.table("Cases").delete(gone, quiet=True)
    arrive(stage, vendor, connection)
    assert gone in records(stage, "Cases")
    stage.sync(connection)
    assert records(stage, "Opportunities")[deal]["values"]["status"] == "won"
    assert gone not in records(stage, "Cases")

    purged = vendor.table("Contacts").ids()[0]
    vendor.table("Contacts").delete(purged, quiet=True)
    vendor.table("Contacts").tombstones.clear()
    stage.sync(connection, ["contacts"])
    assert purged in records(stage, "Contacts")
    for _ in range(2):
        stage.sync(connection, ["contacts"], full=True)
    assert purged not in records(stage, "Contacts")


@pytest.mark.long
def test_a_forged_hook_is_refused_a_false_one_changes_nothing_and_a_merge_leaves_the_winner(
    stage: Stage, vendor: SugarSandbox
) -> None:
    connection = stage.connect("sugarcrm")
    stage.sync(connection)
    subscribe(stage, connection)
    hook = next(s for s in vendor.subscriptions() if s.url.endswith("module=Accounts"))
    living = vendor.table("Accounts").ids()[0]
    body = {"bean": "Account", "event": "after_delete", "id": living, "data": {"name": "Forged"}}
    pair = (hook.secret.partition(":")[0], hook.secret.partition(":")[2])
    for auth in (None, (pair[0], "guessed"), ("else", pair[1])):
        assert requests.post(hook.url, json=body, auth=auth, timeout=10).status_code == 401
    before = said(stage)
    assert requests.post(hook.url, json=body, auth=pair, timeout=10).status_code == 200
    stage.drain(connection)
    assert said(stage) == before
    kept = str(list(stage.store.inbox.find({})))
    assert pair[1] not in kept
    assert hook.url.rpartition("/")[2].partition("?")[0] not in kept

    loser = next(r["account_id"] for r in vendor.table("Contacts").all() if r["account_id"])
    into = next(i for i in vendor.table("Accounts").ids() if i != loser)
    moved = [r["id"] for r in vendor.table("Contacts").all() if r["account_id"] == loser]
    vendor.find_duplicates("Accounts", into, [loser])
    arrive(stage, vendor, connection)
    assert loser not in records(stage, "Accounts")
    for id in moved:
        assert ("account", f"Accounts:{into}") in _links(records(stage, "Contacts")[id])
