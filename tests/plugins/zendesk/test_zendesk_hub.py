"""Zendesk through the whole hub on real stores: consent, pulled, pushed, deleted, forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hub import removal
from hub.embedded import Services
from hub.sandbox import Sandbox
from hub.store import inbox
from hub.store.client import Doc
from hub.subscriptions import asking
from plugins.zendesk.sandbox import ZendeskSandbox
from tests.granted import Granted
from tests.stage import Stage, picture, serving

MOVING = ("organizations", "users", "agents", "tickets")
LISTED = ("organizations", "agents")
OBJECTS = ("organization", "user", "agent", "ticket", "satisfaction_rating", "survey_response")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(["zendesk"], seed=7, accounts=3, retry_scale=1 / 600_000) as running:
        yield running


@pytest.fixture(scope="module")
def hub_of(services: Services, sandbox: Sandbox) -> Iterator[Granted]:
    """One hub for all tests here, with the operator's app at Zendesk."""
    found = Granted(services, sandbox, "zendesk")
    with serving(found.hub):
        yield found
    found.hub.close()


@pytest.fixture
def stage(hub_of: Granted) -> Granted:
    hub_of.change_tenant()
    return hub_of


@pytest.fixture
def vendor(sandbox: Sandbox) -> Iterator[ZendeskSandbox]:
    served = sandbox["zendesk"]
    assert isinstance(served, ZendeskSandbox)
    yield served
    served.faults.clear()
    for subscription in served.subscriptions():
        served.unsubscribe(subscription.id)


def records(stage: Stage, object: str) -> dict[str, dict[str, Any]]:
    """Living records by native id."""
    found = stage.store.records.find({"object": object, "life.deleted": False})
    return {doc["native_id"]: doc for doc in found}


def said(stage: Stage) -> dict[str, Any]:
    """What living records say, without how they came."""
    return {
        f"{object}:{id}": (doc["values"], doc["links"])
        for object in OBJECTS
        for id, doc in records(stage, object).items()
    }


def arrive(stage: Granted, vendor: ZendeskSandbox, connection: Doc) -> None:
    assert vendor.settle(timeout=20)
    stage.drain(connection)


def people(vendor: ZendeskSandbox) -> set[str]:
    return {str(r["id"]) for r in vendor.table("users").all() if r["role"] == "end-user"}


def test_signing_in_connects_and_each_renewal_stores_the_new_pair(
    stage: Granted, vendor: ZendeskSandbox
) -> None:
    """A renewal ends the former pair at once; two days is what was asked for."""
    connection = stage.connected()
    pairs = []
    for _ in range(3):
        grant = stage.grant(connection)
        assert grant["life_s"] == 172_800
        pairs.append((grant["access_token"], grant["refresh_token"]))
        stage.age(connection, hours=39)
        stage.sync(connection, ["agents"])
    assert len({token for pair in pairs for token in pair}) == 6
    assert (vendor.granting.refusals, vendor.granting.reused) == (0, 0)
    assert records(stage, "agent")


@pytest.mark.long
def test_a_first_sync_brings_everything_and_another_changes_nothing(
    stage: Granted, vendor: ZendeskSandbox
) -> None:
    connection = stage.connect("zendesk")
    stage.sync(connection)
    wanted = {
        "organization": set(vendor.table("organizations").ids()),
        "user": people(vendor),
        "agent": set(vendor.table("users").ids()) - people(vendor),
        "ticket": set(vendor.table("tickets").ids()),
        "satisfaction_rating": set(vendor.table("ratings").ids()),
        "survey_response": set(vendor.table("responses").ids()),
    }
    assert {object: set(records(stage, object)) for object in OBJECTS} == wanted
    assert all(wanted.values())
    assert stage.store.quarantine.count({}) == 0
    before = {d["_id"]: d["rev"] for d in stage.store.records.find({})}
    for streams, full in (((), False), (MOVING, True)):
        stage.sync(connection, streams, full=full)
        assert {d["_id"]: d["rev"] for d in stage.store.records.find({})} == before
    rated = records(stage, "survey_response") | records(stage, "satisfaction_rating")
    assert all(doc["account_id"] for doc in rated.values() if _has_home(vendor, doc))


def _has_home(vendor: ZendeskSandbox, doc: Doc) -> bool:
    tickets = [link["value"].partition(":")[2] for link in doc["links"] if link["kind"] == "ticket"]
    return any((vendor.table("tickets").get(id) or {}).get("organization_id") for id in tickets)


@pytest.mark.long
def test_pushed_and_pulled_end_in_the_same_picture(stage: Granted, vendor: ZendeskSandbox) -> None:
    pushed, slept = stage.connected(), Stage(stage.hub, stage.sandbox)
    asleep = slept.connect("zendesk")
    stage.sync(pushed, MOVING)
    slept.sync(asleep, MOVING)
    made = asking.subscribe(stage.hub, stage.tenant_id, pushed["_id"])
    assert {(one["target"], one["state"]) for one in made} == {
        ("organizations_and_users", "waiting"),
        ("tickets", "waiting"),
    }
    vendor.faults.add("duplicate", probability=0.3)
    vendor.faults.add("reorder", probability=0.3)
    vendor.stir_many(20)
    vendor.remove_organization(vendor.table("organizations").ids()[0])
    lost = vendor.table("tickets").ids()[0]
    vendor.table("tickets").delete(lost)
    vendor.table("tickets").restore(lost)
    promoted = sorted(people(vendor))[0]
    vendor.table("users").patch(promoted, {"role": "agent"})
    arrive(stage, vendor, pushed)
    book = inbox.ledger(stage.store, pushed["_id"])["deliveries"]
    assert book["received"] == sum(book[f] for f in ("pending", "done", "failed", "duplicate"))
    assert book["done"] > 15
    assert (book["failed"], book["pending"]) == (0, 0)
    assert (lost in records(stage, "ticket"), promoted in records(stage, "user")) == (True, False)
    assert promoted in records(stage, "agent")

    for streams in (MOVING, LISTED):
        slept.sync(asleep, streams, full=True)
    assert said(stage) == said(slept)
    assert picture(stage.store) == picture(slept.store)
    stage.sync(pushed, MOVING, full=True)
    assert picture(stage.store) == picture(slept.store)


@pytest.mark.long
def test_what_no_webhook_told_comes_with_the_export_and_the_forgotten_go(
    stage: Granted, vendor: ZendeskSandbox
) -> None:
    connection = stage.connect("zendesk")
    stage.sync(connection, ["users", "tickets"])
    tickets, person = vendor.table("tickets"), sorted(people(vendor))[-1]
    name = records(stage, "user")[person]["values"]["full_name"]
    dead, moved = tickets.ids()[:2]
    tickets.delete(dead)
    tickets.patch(moved, {"status": "hold"})
    vendor.forget_user(person)
    stage.sync(connection, ["users", "tickets"])
    assert dead not in records(stage, "ticket")
    assert records(stage, "ticket")[moved]["values"]["status"] == "on_hold"
    for full in (True, False):
        assert person not in records(stage, "user")
        assert name not in repr(list(stage.store.records.find({})))
        assert name not in repr(list(stage.store.contacts.find({})))
        stage.sync(connection, ["users" if full else "deleted_users"], full=full)


@pytest.mark.long
def test_a_trigger_moves_its_ticket_and_a_forged_one_does_not(
    stage: Granted, vendor: ZendeskSandbox
) -> None:
    connection = stage.connect("zendesk")
    endpoint = stage.listen(connection, "trigger")
    some, other = vendor.table("tickets").ids()[:2]
    vendor.table("tickets").patch(some, {"subject": "Told by a trigger"})
    arrive(stage, vendor, connection)
    assert records(stage, "ticket")[some]["values"]["subject"] == "Told by a trigger"
    vendor.unsubscribe(vendor.subscriptions()[0].id)
    vendor.subscribe(endpoint["url"], "forged", (), {"webhook": "trigger"})
    vendor.table("tickets").patch(other, {"subject": "Forged"})
    assert vendor.settle(timeout=20)
    assert vendor.sent()["by_status"].get("401", 0) > 0
    stage.drain(connection)
    assert set(records(stage, "ticket")) == {some}


@pytest.mark.long
def test_removing_the_connection_removes_its_webhooks(
    stage: Granted, vendor: ZendeskSandbox
) -> None:
    connection = stage.connected()
    asking.subscribe(stage.hub, stage.tenant_id, connection["_id"])
    assert len(vendor.subscriptions()) == 2
    removal.remove(stage.hub, stage.tenant_id, connection["_id"], erase=False)
    assert vendor.subscriptions() == []
