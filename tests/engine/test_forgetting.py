"""What is deleted is gone: connections taken away with their data, and people's privacy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from hub import removal
from hub.api import Page
from hub.bootstrap import Hub
from hub.engine import apply
from hub.errors import AlreadyThere
from hub.store import leases
from hub.store.tenant import COLLECTIONS
from tests.engine.toy import Toy
from tests.stage import Stage

AT = datetime(2026, 3, 1, tzinfo=UTC)


def anything_of(stage: Stage, text: str) -> list[str]:
    """The tenant's collections in which this text stands, in whatever place."""
    return [
        name
        for name in COLLECTIONS
        if any(text in repr(doc) for doc in getattr(stage.store, name).find({}))
    ]


def test_an_erased_connection_leaves_the_other_the_same_account(stage: Stage, hub: Hub) -> None:
    """The account was first known by the connection that goes."""
    first, second = Toy(hub), Toy(hub)
    first.put("company", "1", AT, name="Erased Ltd", domain="alpha.io")
    second.put("company", "2", AT, name="Kept Ltd", domain="alpha.io")
    first.put("person", "3", AT, name="Only There", email="only@alpha.io", company="1")
    one = first.connect(stage.tenant_id)
    stage.sync(one)
    two = second.connect(stage.tenant_id)
    stage.sync(two)
    [account] = stage.store.accounts.find({"listed": True})
    removal.remove(hub, stage.tenant_id, one["_id"], erase=True)
    second.put("company", "2", AT.replace(day=2), name="Kept and renamed", domain="alpha.io")
    stage.sync(two, full=True)
    [after] = stage.store.accounts.find({"listed": True})
    assert after["_id"] == account["_id"]
    assert after["flat"]["name"] == "Kept and renamed"
    assert anything_of(stage, "Erased Ltd") == []
    assert anything_of(stage, "only@alpha.io") == []


def test_erasing_waits_for_a_settling_under_way(stage: Stage, toy: Toy) -> None:
    """Otherwise the records go before profiles have forgotten them."""
    toy.put("company", "1", AT, name="Erased Ltd", domain="alpha.io")
    connection = toy.connect(stage.tenant_id)
    stage.sync(connection)
    other = leases.acquire(stage.store, "settle", 60)
    assert other is not None
    timer = threading.Timer(1, leases.release, (stage.store, other))
    timer.start()
    removal.remove(stage.hub, stage.tenant_id, connection["_id"], erase=True)
    timer.join()
    assert anything_of(stage, "Erased Ltd") == []


def test_a_sync_under_way_brings_nothing_back(stage: Stage, toy: Toy) -> None:
    connection = toy.connect(stage.tenant_id)

    def pages(object: str, cursor: object) -> Iterator[Page]:
        yield Page([{"id": "1", "name": "Before"}], "a")
        removal.remove(stage.hub, stage.tenant_id, connection["_id"], erase=True)
        yield Page([{"id": "2", "name": "After"}], "b")

    toy.pages = pages
    apply.sync(stage.hub, stage.tenant_id, connection["_id"], "companies")
    assert anything_of(stage, "Before") == []
    assert anything_of(stage, "After") == []


def test_a_connection_can_go_when_its_plugin_has_gone(stage: Stage, toy: Toy) -> None:
    connection = toy.connect(stage.tenant_id)
    del stage.hub.plugins.connectors[toy.name]
    removal.remove(stage.hub, stage.tenant_id, connection["_id"], erase=False)
    assert stage.store.connections.count({}) == 0


def test_a_privacy_deletion_leaves_no_body_version_or_profile(stage: Stage, toy: Toy) -> None:
    toy.put("person", "1", AT, name="Ada Private", email="ada@private.example")
    connection = toy.connect(stage.tenant_id)
    stage.sync(connection)
    toy.put("person", "1", AT.replace(day=2), name="Ada Privatissima", email="ada@private.example")
    stage.sync(connection, full=True)
    toy.put("person", "1", AT.replace(day=3), name=3, email="ada@private.example")
    stage.sync(connection, full=True)
    assert anything_of(stage, "Privat") == ["records", "versions", "contacts"]
    assert "quarantine" in anything_of(stage, "ada@private.example")
    toy.deliver(
        stage.tenant_id, connection, {"object": "person", "id": "1", "kind": "privacy_delete"}
    )
    stage.drain(connection)
    stage.sync(connection, full=True)
    assert anything_of(stage, "Privat") == []
    assert anything_of(stage, "ada@private.example") == []


def test_an_erased_person_who_was_merged_away_leaves_nothing_either(stage: Stage, hub: Hub) -> None:
    first, second = Toy(hub), Toy(hub)
    first.put("person", "1", AT, name="Ada Private", email="a@one.io")
    second.put("person", "1", AT, name="Ada Second", email="b@two.io")
    pairs = [(first, first.connect(stage.tenant_id)), (second, second.connect(stage.tenant_id))]
    for _, connection in pairs:
        stage.sync(connection)
    first.put("person", "1", AT.replace(day=2), name="Ada Private", email="b@two.io")
    stage.sync(pairs[0][1], full=True)
    for _, connection in pairs:
        stage.sync(connection, full=True)
        toy_event: dict[str, Any] = {"object": "person", "id": "1", "kind": "privacy_delete"}
        pairs[0][0].deliver(stage.tenant_id, connection, toy_event)
        stage.drain(connection)
    assert anything_of(stage, "Ada") == []


def test_one_vendor_account_connected_twice_at_once_is_connected_once(
    stage: Stage, toy: Toy
) -> None:
    together = threading.Barrier(4)
    refused: list[Exception] = []

    def connect() -> None:
        together.wait()
        try:
            toy.connect(stage.tenant_id)
        except AlreadyThere as error:
            refused.append(error)

    threads = [threading.Thread(target=connect) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (stage.store.connections.count({}), len(refused)) == (1, 3)
    assert stage.store.streams.count({}) == 2
    due = stage.store.database["due"]
    assert due.count_documents({"tenant_id": stage.tenant_id, "kind": "connection"}) == 1
