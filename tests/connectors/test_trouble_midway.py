"""A listing through the hub that meets every trouble on its way ends as if it had met none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import stamina

from hub import connections
from hub.bootstrap import Hub
from hub.embedded import Services
from hub.engine import apply, runs
from hub.sandbox import Sandbox
from hub.store.client import Doc
from plugins.hubspot import answers
from plugins.salesforce import bulk
from plugins.salesforce.sandbox import Org
from tests.stage import Stage, build_hub

TROUBLE = ("limit", "error", "half", "expired")
PAGE = 3
HOUR_S = 3600
LISTINGS = [
    ("salesforce", "contacts", "Contact", "/query"),
    ("hubspot", "contacts", "contacts", "/objects/"),
    ("freshdesk", "tickets", "tickets", "/tickets$"),
    ("jira", "issues", "issues", "/search/jql"),
    ("asana", "tasks", "tasks", "/tasks$"),
]


@pytest.fixture(scope="module")
def hub(services: Services) -> Iterator[Hub]:
    made = build_hub(services)
    yield made
    made.close()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(vendors=[name for name, *_ in LISTINGS], accounts=8) as made:
        yield made


@pytest.fixture(autouse=True)
def _one_attempt() -> Iterator[None]:
    """The hub's short repeats would hide the trouble."""
    stamina.set_testing(True, attempts=1)
    yield
    stamina.set_testing(False)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Pages of a few records, until it is undone."""
    for name in ("freshdesk", "jira", "asana"):
        monkeypatch.setattr(f"plugins.{name}.client.PAGE", PAGE)
    slice_of = answers.slice_of
    monkeypatch.setattr(answers, "slice_of", lambda r, at, most: slice_of(r, at, min(most, PAGE)))
    monkeypatch.setattr(Org, "page_size", PAGE)
    return monkeypatch


class Midway:
    """One connection whose stream is pulled page by page."""

    def __init__(self, stage: Stage, vendor: str, stream: str) -> None:
        self.stage, self.stream = stage, stream
        self.id = stage.connect(vendor)["_id"]

    def page(self) -> Doc:
        """Pull one page, or fail to; returns the run."""
        deadline_over = 0.0
        runs.work(
            self.stage.hub,
            self.stage.store,
            self.connection,
            self.stream,
            deadline_over,
            self.stage.settle,
        )
        return self.stage.run_of(self.connection, self.stream)

    @property
    def connection(self) -> Doc:
        return self.stage.hub.connection(self.stage.store, self.id)

    def mend(self) -> None:
        """An hour passes, and a person types the key again where it was refused."""
        assert self.stage.sandbox is not None
        clock = self.stage.sandbox.clock
        clock.advance(HOUR_S)
        ahead = {"$set": {"clock_offset_s": clock.offset.total_seconds()}}
        control = self.stage.hub.catalogue.control
        control.tenants.update_one({"_id": self.stage.tenant_id}, ahead)
        self.stage.hub.forget_offsets()
        if self.connection["state"] == "reconnect":
            connections.reconnect(self.stage.hub, self.stage.tenant_id, self.id, {}, {})


def wanted(sandbox: Sandbox, vendor: str, table: str) -> set[str]:
    """What the vendor itself holds; of Jira's issues those that are no requests."""
    rows: Any = sandbox[vendor].table(table)
    desks = {"projectTypeKey": "service_desk"}.items()
    found = {id: rows.get(id) for id in rows.ids()}
    return {
        id
        for id, row in found.items()
        if vendor != "jira" or not desks <= row["fields"]["project"].items()
    }


@pytest.mark.parametrize(("vendor", "stream", "table", "path"), LISTINGS)
def test_trouble_in_the_middle_of_a_listing_costs_time_alone(
    hub: Hub,
    sandbox: Sandbox,
    small_pages: pytest.MonkeyPatch,
    vendor: str,
    stream: str,
    table: str,
    path: str,
) -> None:
    """Nothing is lost, and read again is only what Freshdesk's pages share, which is a second."""
    served: Any = sandbox[vendor]
    stage = Stage(hub, sandbox)
    midway = Midway(stage, vendor, stream)
    begun = midway.page()
    assert begun["counts"]["read"] > 0
    for kind in TROUBLE:
        before = stage.run_of(midway.connection, stream)
        served.faults.add(kind, count=1, path=path, retry_after=120)
        struck = midway.page()
        assert served.faults.fired.pop(kind) == 1
        assert struck["_id"] == begun["_id"]
        renewed = kind == "expired" and struck["counts"]["read"] > before["counts"]["read"]
        assert renewed or struck["cursor"] == before["cursor"]
        midway.mend()
        assert midway.page()["counts"]["read"] > before["counts"]["read"]
    small_pages.undo()
    stage.sync(midway.connection, [stream])
    ended = stage.run_of(midway.connection, stream)
    assert (ended["_id"], ended["state"]) == (begun["_id"], "done")
    stage.sync(midway.connection, [stream], full=True)
    clean = stage.run_of(midway.connection, stream)
    assert clean["_id"] != ended["_id"]
    overlap = 2 * PAGE if vendor == "freshdesk" else 0
    assert 0 <= ended["counts"]["read"] - clean["counts"]["read"] <= overlap
    assert clean["counts"].get("applied", 0) == 0
    kept = {row["native_id"] for row in stage.store.records.find({"connection_id": midway.id})}
    assert kept >= wanted(sandbox, vendor, table)


def test_a_job_of_the_vendor_is_waited_for_without_a_failure(
    hub: Hub, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is given back between the looks, and the same job brings all rows in the end."""
    monkeypatch.setattr(bulk, "ABOVE", 20)
    org: Any = sandbox["salesforce"]
    org.job_looks = 2
    stage = Stage(hub, sandbox)
    connection = stage.connect("salesforce")
    for _ in range(2):
        assert apply.sync(hub, stage.tenant_id, connection["_id"], "contacts")
        stream = stage.store.streams.find_one({"_id": f"{connection['_id']}:contacts"}) or {}
        assert (stream["failures"], stream["waits"]["sentence"]) == (
            0,
            "Salesforce is preparing the rows.",
        )
    stage.sync(connection, ["contacts"])
    run = stage.run_of(connection, "contacts")
    assert (run["state"], run["counts"]["read"]) == ("done", run["total"])
    assert stage.store.records.count({"connection_id": connection["_id"]}) == run["total"]
    assert len(org.jobs) == 1
