"""A spent quota: the worker is given back, nothing counts as failed, and all goes on by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from hub.bootstrap import Hub
from hub.embedded import Services
from hub.engine import apply, runs
from hub.errors import RetryLater
from hub.reads import limits
from hub.sandbox import Sandbox, Vendor, Window
from hub.store.client import Doc
from tests.stage import Stage, build_hub, serving

DAY = 86_400.0
STREAM = "contacts"


@pytest.fixture(scope="module")
def hub(services: Services) -> Iterator[Hub]:
    made = build_hub(services)
    yield made
    made.close()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    with Sandbox(vendors=["hubspot"], accounts=40, data_dir=folder) as made:
        yield made


@pytest.fixture
def stage(hub: Hub, sandbox: Sandbox) -> Stage:
    made = Stage(hub, sandbox)
    pass_by(made, 0)
    return made


@pytest.fixture
def vendor(sandbox: Sandbox) -> Iterator[Vendor]:
    yield sandbox["hubspot"]
    sandbox["hubspot"].quota.enforce([])


def pass_by(stage: Stage, seconds: float) -> None:
    """The time moves on, for the vendor and for the tenant, who lives by the vendor's clock."""
    assert stage.sandbox is not None
    stage.sandbox.clock.advance(seconds)
    offset = {"$set": {"clock_offset_s": stage.sandbox.clock.offset.total_seconds()}}
    stage.hub.catalogue.control.tenants.update_one({"_id": stage.tenant_id}, offset)
    stage.hub.forget_offsets()


def stream_of(stage: Stage, connection: Doc) -> Doc:
    found = stage.store.streams.find_one({"_id": f"{connection['_id']}:{STREAM}"})
    assert found is not None
    return found


def test_a_backfill_beyond_the_days_quota_waits_and_goes_on_at_its_cursor(
    stage: Stage, vendor: Vendor
) -> None:
    """A day allows a full listing, which may use half of it, two calls less than it needs."""
    connection = stage.connect("hubspot")
    stage.sync(connection, [STREAM])
    before = sum(vendor.calls.values())
    stage.sync(connection, [STREAM], full=True)
    needed = sum(vendor.calls.values()) - before
    pass_by(stage, 2 * DAY)
    vendor.quota.enforce([Window(2 * (needed - 2), DAY)])
    runs.ask(stage.store, connection["_id"], STREAM, stage.hub.now(stage.tenant_id), full=True)
    assert apply.sync(stage.hub, stage.tenant_id, connection["_id"], STREAM)
    waiting = stream_of(stage, connection)
    begun = stage.run_of(connection, STREAM)
    assert begun["state"] == "running"
    assert begun["counts"]["read"] > 0
    assert (waiting["failures"], waiting.get("failing_since"), waiting.get("error")) == (
        0,
        None,
        None,
    )
    assert waiting["waits"]["until"] == waiting["next_sync_at"] > stage.hub.now(stage.tenant_id)
    assert vendor.quota.refused == 0
    pass_by(stage, DAY + 7200)
    stage.sync(connection, [STREAM])
    ended = stage.run_of(connection, STREAM)
    assert (ended["_id"], ended["state"]) == (begun["_id"], "done")
    assert ended["counts"]["read"] == stage.store.records.count({"object": "contact"})
    assert vendor.quota.refused == 0
    assert stream_of(stage, connection)["waits"] is None


def test_a_webhook_whose_read_must_wait_is_no_failed_attempt(stage: Stage, vendor: Vendor) -> None:
    with serving(stage.hub):
        connection = stage.connect("hubspot")
        stage.listen(connection, "private")
        vendor.quota.enforce([Window(1, DAY)])
        contact = vendor.table("contacts").ids()[0]
        vendor.table("contacts").patch(contact, {"properties": {"firstname": "Renamed"}})
        assert vendor.settle(10)
        stage.drain(connection)
        row = stage.store.inbox.find_one({"connection_id": connection["_id"]})
        assert row is not None
        assert (row["state"], row.get("attempts", 0)) == ("pending", 0)
        assert row["due_at"] > stage.hub.now(stage.tenant_id) + timedelta(hours=20)
        assert vendor.quota.refused == 0
        pass_by(stage, DAY + 7200)
        vendor.quota.enforce([])
        stage.drain(connection)
    done = stage.store.inbox.find_one({"_id": row["_id"]})
    assert done is not None
    assert done["state"] == "done"


def test_tenants_of_one_vendor_account_wait_for_one_another(
    hub: Hub, sandbox: Sandbox, stage: Stage, vendor: Vendor
) -> None:
    mine = stage.connect("hubspot")
    other = Stage(hub, sandbox)
    pass_by(other, 0)
    theirs = other.connect("hubspot")
    vendor.faults.add("limit", count=1, retry_after=120)
    for connection, reason in ((mine, "rate_limit"), (theirs, "budget")):
        with pytest.raises(RetryLater) as told:
            hub.client(connection).properties("companies")
        assert told.value.reason == reason
        assert 110 < (told.value.retry_after or 0) <= 120
    shown = limits.of(hub, theirs)
    assert shown["pause"]["reason"] == "rate_limit"
