"""Stripe through the whole hub on real stores: pulled, pushed, repeated, deleted, and scored."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from hub.bootstrap import Hub
from hub.embedded import Services
from hub.sandbox import Event, Sandbox
from hub.store import inbox
from plugins.stripe.sandbox import StripeSandbox
from tests.stage import Stage, build_hub, picture, serving


@pytest.fixture(scope="module")
def hub(services: Services) -> Iterator[Hub]:
    """One hub for all tests here; each has a tenant of its own."""
    with closing(build_hub(services)) as built, serving(built):
        yield built


@pytest.fixture
def stage(hub: Hub) -> Iterator[Stage]:
    vendors = ["stripe", "freshdesk"]
    with Sandbox(vendors, seed=7, accounts=14, retry_scale=1 / 600_000) as sandbox:
        yield Stage(hub, sandbox)


@pytest.fixture
def vendor(stage: Stage) -> StripeSandbox:
    assert stage.sandbox is not None
    served = stage.sandbox["stripe"]
    assert isinstance(served, StripeSandbox)
    return served


def records(stage: Stage, object: str) -> dict[str, dict[str, Any]]:
    """Living records by native id."""
    found = stage.store.records.find({"object": object, "life.deleted": False})
    return {doc["native_id"]: doc for doc in found}


def said(stage: Stage) -> dict[str, Any]:
    """What living records say, without how they came."""
    return {
        id: (doc["values"], doc["links"])
        for object in ("customer", "subscription", "invoice")
        for id, doc in records(stage, object).items()
    }


def arrive(stage: Stage, vendor: StripeSandbox, connection: Any) -> None:
    assert vendor.settle(timeout=20)
    stage.drain(connection)


def account_of(stage: Stage, customer: str) -> dict[str, Any]:
    found = stage.store.accounts.find_one(
        {"_id": records(stage, "customer")[customer]["account_id"]}
    )
    assert found is not None
    return found


def measures(account: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {m["key"]: m for d in account["health"]["dimensions"] for m in d["measures"]}


def pass_days(stage: Stage, days: int) -> None:
    """The clocks of the tenant and of the vendors go on together."""
    control = stage.hub.catalogue.control
    offset = control.tenant(stage.tenant_id).get("clock_offset_s", 0) + days * 86_400
    change = {"$set": {"clock_offset_s": offset, "sandbox": True}}
    control.tenants.update_one({"_id": stage.tenant_id}, change)
    stage.hub.forget_offsets()
    assert stage.sandbox is not None
    stage.sandbox.clock.advance(days * 86_400)


@pytest.mark.long
def test_a_first_sync_brings_everything_and_a_second_changes_nothing(
    stage: Stage, vendor: StripeSandbox
) -> None:
    connection = stage.connect("stripe")
    stage.sync(connection)
    for object in ("customer", "subscription", "invoice"):
        assert set(records(stage, object)) == set(vendor.table(f"{object}s").ids())
    assert stage.store.quarantine.count({}) == 0
    before = {d["_id"]: d["rev"] for d in stage.store.records.find({})}
    for full in (False, False, True):
        stage.sync(connection, full=full)
        assert {d["_id"]: d["rev"] for d in stage.store.records.find({})} == before
    for object in ("subscription", "invoice"):
        hung = {doc["native_id"] for doc in records(stage, object).values() if doc["account_id"]}
        assert hung == set(records(stage, object))


@pytest.mark.long
def test_pushed_and_pulled_end_in_the_same_picture(stage: Stage, vendor: StripeSandbox) -> None:
    pushed, slept = stage.connect("stripe"), Stage(stage.hub, stage.sandbox)
    asleep = slept.connect("stripe")
    stage.sync(pushed)
    slept.sync(asleep)
    stage.listen(pushed)
    vendor.faults.add("duplicate", probability=0.3)
    vendor.faults.add("reorder", probability=0.3)
    vendor.stir_many(40)
    vendor.remove(random.Random(7).choice(vendor.table("customers").ids()))
    arrive(stage, vendor, pushed)
    book = inbox.ledger(stage.store, pushed["_id"])["deliveries"]
    assert book["received"] == sum(book[f] for f in ("pending", "done", "failed", "duplicate"))
    assert book["done"] > 30
    assert (book["failed"], book["pending"]) == (0, 0)

    slept.sync(asleep)
    pulled = Stage(stage.hub, stage.sandbox)
    pulled.sync(pulled.connect("stripe"))
    assert said(stage) == said(slept)
    living = set(vendor.table("customers").ids())
    assert set(records(pulled, "customer")) == set(records(stage, "customer")) == living
    assert said(stage) == said(pulled)
    assert picture(stage.store) == picture(slept.store)
    stage.sync(pushed, full=True)
    assert picture(stage.store) == picture(slept.store)


@pytest.mark.long
def test_a_deleted_customer_goes_and_a_late_event_does_not_bring_it_back(
    stage: Stage, vendor: StripeSandbox
) -> None:
    connection = stage.connect("stripe")
    stage.sync(connection)
    stage.listen(connection)
    sold = next(s for s in vendor.table("subscriptions").all() if s["status"] == "active")
    vendor.faults.add("unsent", count=1)
    vendor.table("customers").patch(sold["customer"], {"name": "Told late"})
    vendor.remove(sold["customer"])
    arrive(stage, vendor, connection)
    assert sold["customer"] not in records(stage, "customer")
    left = records(stage, "subscription")[sold["id"]]["values"]
    assert (left["status"], left["mrr"]["minor"]) == ("canceled", 0)
    stage.sync(connection)
    assert sold["customer"] not in records(stage, "customer")


@pytest.mark.long
def test_forged_events_and_those_of_the_other_mode_are_refused(
    stage: Stage, vendor: StripeSandbox
) -> None:
    connection = stage.connect("stripe")
    endpoint = stage.listen(connection)
    object = {"object": "customer", "id": "cus_1"}
    event = {"id": "evt_live", "type": "customer.updated", "created": 1, "livemode": True}
    vendor.emit([Event("customer.updated", {**event, "data": {"object": object}})])
    assert vendor.settle(timeout=20)
    refused = vendor.sent()["by_status"].get("401", 0)
    assert refused > 0
    vendor.unsubscribe(vendor.subscriptions()[0].id)
    vendor.subscribe(endpoint["url"], secret="whsec_forged")
    vendor.table("customers").patch(vendor.table("customers").ids()[0], {"name": "x"})
    assert vendor.settle(timeout=20)
    assert vendor.sent()["by_status"]["401"] > refused
    assert inbox.ledger(stage.store, connection["_id"])["deliveries"]["received"] == 0


@pytest.mark.long
def test_what_a_platform_is_told_of_another_account_changes_nothing(
    stage: Stage, vendor: StripeSandbox
) -> None:
    """The same id in the same mode, deleted elsewhere: counted by name, and no more."""
    connection = stage.connect("stripe")
    stage.listen(connection)
    object = {"object": "customer", "id": vendor.table("customers").ids()[0], "deleted": True}
    event = {"id": "evt_9", "type": "customer.deleted", "created": 1, "livemode": False}
    whole = {**event, "account": "acct_9", "data": {"object": object}}
    vendor.emit([Event("customer.deleted", whole)])
    arrive(stage, vendor, connection)
    ledger = inbox.ledger(stage.store, connection["_id"])
    assert ledger["deliveries"]["done"] == 1
    assert {fate: n for fate, n in ledger["changes"].items() if n} == {"ignored": 1}
    assert stage.store.records.find_one({"native_id": object["id"]}) is None


def test_the_commercial_side_of_health_comes_to_life(stage: Stage, vendor: StripeSandbox) -> None:
    """Freshdesk and Stripe hold the same customer number; revenue is compared after 90 days."""
    desk = stage.connect("freshdesk", customer_number_field="cf_customer_no")
    stage.sync(desk, ["companies"])
    stripe = stage.connect("stripe")
    stage.sync(stripe)
    both = [
        account
        for account in (account_of(stage, id) for id in vendor.table("customers").ids())
        if {m["connection_id"] for m in account["members"]} == {desk["_id"], stripe["_id"]}
    ]
    assert len(both) > 2
    for account in both:
        names = {vendor.world.who("freshdesk", m["native_id"]) for m in account["members"]}
        numbers = {
            doc["external_id"]
            for doc in stage.store.records.find({"account_id": account["_id"]})
            if doc.get("external_id")
        }
        assert len(names - {None}) == len(numbers) == 1
        assert measures(account)["payment"]["state"] == "ok"

    paying = next(
        s
        for s in vendor.table("subscriptions").all()
        if s["status"] == "active" and account_of(stage, s["customer"]) in both
    )
    quantity = paying["items"]["data"][0]["quantity"]
    pass_days(stage, 1)
    stage.sync(stripe)
    pass_days(stage, 91)
    stage.sync(stripe)
    vendor.resize(paying["id"], quantity * 2)
    stage.sync(stripe)
    found = measures(account_of(stage, paying["customer"]))
    assert (found["payment"]["state"], found["mrr_trend"]["state"]) == ("ok", "ok")
    assert found["mrr_trend"]["value"] == pytest.approx(2.0, abs=0.01)


@pytest.mark.long
def test_an_unpaid_bill_shows_and_a_paid_one_heals(stage: Stage, vendor: StripeSandbox) -> None:
    connection = stage.connect("stripe")
    stage.sync(connection)
    stage.listen(connection)
    bill = next(b for b in vendor.table("invoices").all() if b["status"] == "paid")
    late = vendor.clock.now() - timedelta(days=10)
    open_ = {"status": "open", "due_date": int(late.timestamp()), "amount_remaining": 1}
    vendor.table("invoices").patch(bill["id"], open_)
    arrive(stage, vendor, connection)
    assert measures(account_of(stage, bill["customer"]))["payment"]["value"] >= 10
    for other in vendor.table("invoices").all():
        if other["customer"] == bill["customer"] and other["status"] == "open":
            vendor.pay(other["id"], vendor.clock.now())
    arrive(stage, vendor, connection)
    assert measures(account_of(stage, bill["customer"]))["payment"]["value"] == 0
