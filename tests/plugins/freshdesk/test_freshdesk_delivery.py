"""The sandbox's automation rules, received over HTTP: proven, retried, and read as changes."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from hub.api import BadSignature, Delivery, Registration
from plugins.freshdesk import FRESHDESK
from plugins.freshdesk.client import FreshdeskClient
from plugins.freshdesk.sandbox import FreshdeskSandbox

WEBHOOK = FRESHDESK.webhooks[0]
SECRET = "a secret of 32 characters or more"


@pytest.fixture
def told(vendor: FreshdeskSandbox, receiver: Any) -> Iterator[Any]:
    """A receiver that the vendor's rules call."""
    vendor.subscribe(receiver.url, secret=SECRET)
    return receiver


def arrived(vendor: FreshdeskSandbox, told: Any) -> list[Delivery]:
    assert vendor.settle(timeout=20)
    for delivery in told.got:
        WEBHOOK.verify(delivery, Registration("e1", told.url, (SECRET,)))
        with pytest.raises(BadSignature):
            WEBHOOK.verify(delivery, Registration("e1", told.url, ("another",)))
    found: list[Delivery] = told.got
    return found


def test_each_edit_of_a_ticket_is_told_and_can_be_fetched(
    vendor: FreshdeskSandbox, client: FreshdeskClient, told: Any
) -> None:
    table = vendor.table("tickets")
    one, other = table.ids()[:2]
    table.patch(one, {"status": 7})
    table.delete(other)
    table.put("84000099999", {**(table.get(one) or {}), "id": 84000099999})
    vendor.table("companies").patch(vendor.table("companies").ids()[0], {"name": "x"})
    deliveries = arrived(vendor, told)
    bodies = {body["ticket_id"]: body for body in (json.loads(d.body) for d in deliveries)}
    assert {k: v["hub_event"] for k, v in bodies.items()} == {
        one: "ticket_updated",
        other: "ticket_deleted",
        "84000099999": "ticket_created",
    }
    assert bodies[one]["status"] == "Waiting on Third Party"
    wanted = [change.native_id for d in deliveries for change in WEBHOOK.parse(d)]
    fetch = FRESHDESK.streams[3].fetch
    assert fetch is not None
    found = {str(r["id"]): r for r in fetch(client, wanted)}  # type: ignore[index]
    assert set(found) == {one, other, "84000099999"}
    assert found[one]["status"] == 7
    assert found[other]["deleted"] is True


def test_a_refused_delivery_comes_again_as_it_was(vendor: FreshdeskSandbox, told: Any) -> None:
    told.statuses = [503, 500]
    vendor.table("tickets").patch(vendor.table("tickets").ids()[0], {"status": 4})
    first, second, third = arrived(vendor, told)
    assert first.body == second.body == third.body
    assert len({WEBHOOK.delivery_key(d) for d in (first, second, third)}) == 1


def test_what_stirs_is_told(vendor: FreshdeskSandbox, told: Any) -> None:
    vendor.stir_many(40)
    subjects = {c.native_id for d in arrived(vendor, told) for c in WEBHOOK.parse(d)}
    assert len(told.got) == 40
    assert subjects <= set(vendor.table("tickets").ids())


def test_a_reopening_leaves_its_stamp(vendor: FreshdeskSandbox) -> None:
    table = vendor.table("tickets")
    id = table.ids()[0]
    table.patch(id, {"status": 5})
    closed = (table.get(id) or {})["stats"]
    vendor.clock.advance(60)
    table.patch(id, {"status": 2})
    stats = (table.get(id) or {})["stats"]
    assert closed["closed_at"]
    assert closed["resolved_at"]
    assert stats["reopened_at"] > closed["closed_at"]
    assert (stats["closed_at"], stats["resolved_at"]) == (None, None)


def test_a_customer_writes_a_new_ticket(vendor: FreshdeskSandbox) -> None:
    table = vendor.table("tickets")
    like = table.get(table.ids()[0]) or {}
    new = vendor.open_ticket(like, random.Random(1))
    assert new["requester_id"] == like["requester_id"]
    assert new["status"] == 2
    assert [name for name, stamp in new["stats"].items() if stamp] == ["status_updated_at"]
