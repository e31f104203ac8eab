"""A vendor's pushes over real HTTP: stored once, drained, and seen in the profile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.embedded import Services
from hub.sandbox import Sandbox
from hub.store import inbox
from tests.stage import Stage, build_hub, serving


@pytest.fixture
def stage(services: Services) -> Iterator[Stage]:
    hub = build_hub(services)
    with Sandbox(["hubspot"], seed=7, accounts=3) as sandbox, serving(hub):
        yield Stage(hub, sandbox)
    hub.close()


def test_an_edit_at_the_vendor_is_in_the_profile_after_its_webhook(stage: Stage) -> None:
    connection = stage.connect("hubspot")
    stage.sync(connection, ["companies"])
    stage.listen(connection)
    vendor = stage.sandbox["hubspot"]
    company = vendor.table("companies").ids()[0]
    vendor.table("companies").patch(company, {"properties": {"name": "Renamed & Söhne"}})
    _until_sent(vendor)

    stage.drain(connection)

    account = stage.store.accounts.find_one({"members.native_id": company})
    assert account["flat"]["name"] == "Renamed & Söhne"
    book = inbox.ledger(stage.store, connection["_id"])
    assert book["deliveries"]["received"] == book["deliveries"]["done"] > 0


def _until_sent(vendor) -> None:
    from hub.waiting import wait_until

    assert wait_until(lambda: not vendor.queued(), within_s=10)
