"""Salesforce through the whole hub on real stores: pulled, pushed both ways, merged, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from hub.embedded import Services
from hub.sandbox import Sandbox
from hub.store import inbox
from plugins.salesforce import CONNECTOR, memory
from plugins.salesforce.sandbox import Org
from tests.stage import Stage, build_hub, picture, serving

OBJECTS = [stream.object for stream in CONNECTOR.streams]


@pytest.fixture
def stage(services: Services) -> Iterator[Stage]:
    memory.KEPT.clear()
    with (
        closing(build_hub(services)) as hub,
        Sandbox(["salesforce"], seed=7, accounts=5, retry_scale=1 / 60_000) as sandbox,
        serving(hub),
    ):
        yield Stage(hub, sandbox)


@pytest.fixture
def org(stage: Stage) -> Org:
    assert stage.sandbox is not None
    served = stage.sandbox["salesforce"]
    assert isinstance(served, Org)
    return served


def records(stage: Stage, name: str) -> dict[str, dict[str, Any]]:
    """Living records by native id."""
    found = stage.store.records.find({"object": name, "life.deleted": False})
    return {doc["native_id"]: doc for doc in found}


def said(stage: Stage, name: str) -> dict[str, Any]:
    """What living records say, without how they came."""
    found = records(stage, name)
    return {id: (doc["values"], doc["links"], doc["modified_at"]) for id, doc in found.items()}


def arrive(stage: Stage, org: Org, connection: Any) -> None:
    assert org.settle(timeout=20)
    stage.drain(connection)


@pytest.mark.long
def test_a_first_sync_brings_every_living_record(stage: Stage, org: Org) -> None:
    connection = stage.connect("salesforce")
    stage.sync(connection)
    for name in OBJECTS:
        assert set(records(stage, name)) == set(org.table(name).ids())
    assert stage.store.quarantine.count({}) == 0
    truth = {org.world.who("salesforce", id) for id in org.table("Account").ids()}
    assert stage.store.accounts.count({"merged_into": None}) == len(truth)


@pytest.mark.long
def test_further_syncs_change_nothing(stage: Stage, org: Org) -> None:
    connection = stage.connect("salesforce")
    stage.sync(connection)
    before = {d["_id"]: d["rev"] for d in stage.store.records.find({})}
    for full in (False, False, True):
        stage.sync(connection, full=full)
        assert {d["_id"]: d["rev"] for d in stage.store.records.find({})} == before
    for stream in CONNECTOR.streams:
        assert stage.run_of(connection, stream.name)["state"] == "done"


def test_change_events_and_listings_end_in_the_same_picture(stage: Stage, org: Org) -> None:
    pushed = stage.connect("salesforce")
    stage.sync(pushed)
    stage.listen(pushed, "change_events")
    org.faults.add("duplicate", probability=0.3)
    org.faults.add("reorder", probability=0.3)
    org.stir_many(20)
    winner, loser = org.table("Account").ids()[:2]
    org.merge("Account", winner, [loser])
    arrive(stage, org, pushed)
    book = inbox.ledger(stage.store, pushed["_id"])["deliveries"]
    assert book["received"] == sum(book[f] for f in ("pending", "done", "failed", "duplicate"))
    assert book["done"] > 20
    assert book["duplicate"] > 0
    assert book["failed"] == book["pending"] == 0

    pulled = Stage(stage.hub, stage.sandbox)
    pulled.sync(pulled.connect("salesforce"))
    assert picture(stage.store) == picture(pulled.store)
    for name in OBJECTS:
        assert said(stage, name) == said(pulled, name)


@pytest.mark.long
def test_outbound_messages_bring_writes_and_the_next_listing_the_deletes(
    stage: Stage, org: Org
) -> None:
    connection = stage.connect("salesforce")
    stage.sync(connection)
    stage.listen(connection, "outbound_messages")
    accounts, contacts = org.table("Account"), org.table("Contact")
    changed, gone = accounts.ids()[0], contacts.ids()[0]
    accounts.patch(changed, {"Name": "Smith & <Söhne>"})
    contacts.delete(gone)
    arrive(stage, org, connection)
    assert records(stage, "Account")[changed]["values"]["name"] == "Smith & <Söhne>"
    assert gone in records(stage, "Contact")
    stage.sync(connection)
    assert gone not in records(stage, "Contact")


def test_a_merge_keeps_the_loser_s_history_at_the_winner(stage: Stage, org: Org) -> None:
    connection = stage.connect("salesforce")
    stage.sync(connection)
    owners = [c["AccountId"] for c in org.table("Contact").all()]
    loser = next(i for i in org.table("Account").ids() if i in owners)
    winner = next(i for i in org.table("Account").ids() if i != loser)
    org.merge("Account", winner, [loser])
    stage.sync(connection)
    key = f"{connection['_id']}:Account:{winner}"
    account = stage.store.accounts.find_one({"members.key": key, "merged_into": None})
    assert account is not None
    assert {m["native_id"] for m in account["members"]} >= {winner, loser}


@pytest.mark.long
def test_a_record_that_silently_vanished_counts_from_the_second_listing(
    stage: Stage, org: Org
) -> None:
    """The hub's user may no longer see it, so no listing shows it, not even as deleted."""
    connection = stage.connect("salesforce")
    stage.sync(connection)
    gone = org.table("Task").ids()[0]
    org.table("Task").delete(gone, quiet=True)
    org.table("Task").tombstones.pop(gone)
    stage.sync(connection, ["tasks"])
    assert gone in records(stage, "Task")
    for _ in range(2):
        stage.sync(connection, ["tasks"], full=True)
    assert gone not in records(stage, "Task")


@pytest.mark.long
def test_a_forged_delivery_is_refused_and_a_broken_org_keeps_the_real_one(
    stage: Stage, org: Org
) -> None:
    connection = stage.connect("salesforce")
    stage.sync(connection)
    endpoint = stage.listen(connection, "outbound_messages")
    org.subscribe(endpoint["url"], secret="forged")
    org.faults.add("error", status=503, path="queryAll")
    org.table("Account").patch(org.table("Account").ids()[0], {"Name": "x"})
    assert org.settle(timeout=20)
    assert org.sent()["by_status"].get("401", 0) > 0
    stage.drain(connection)
    assert inbox.ledger(stage.store, connection["_id"])["deliveries"]["pending"] == 1


@pytest.mark.long
def test_a_gap_has_the_stream_listed_again(stage: Stage, org: Org) -> None:
    connection = stage.connect("salesforce")
    stage.sync(connection)
    stage.listen(connection, "change_events")
    missed = org.table("Case").ids()[0]
    org.table("Case").patch(missed, {"Subject": "never told"}, quiet=True)
    stub = org.table("Case").ids()[1]
    org.overflow("Case")
    org.table("Case").patch(stub, {"Subject": "told"})
    arrive(stage, org, connection)
    key = f"{connection['_id']}:cases"
    assert (stage.store.streams.find_one({"_id": key}) or {}).get("full_due") is True
    stage.sync(connection, ["cases"])
    assert records(stage, "Case")[missed]["values"]["subject"] == "never told"
