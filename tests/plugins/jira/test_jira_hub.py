"""Jira through the whole hub on real stores: pulled, pushed, repeated, moved and deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from hub.embedded import Services
from hub.sandbox import Sandbox
from hub.store import inbox
from plugins.jira.sandbox import JiraSandbox
from tests.stage import Stage, build_hub, picture, serving


@pytest.fixture
def stage(services: Services) -> Iterator[Stage]:
    with (
        closing(build_hub(services)) as hub,
        Sandbox(["jira"], seed=7, accounts=5, retry_scale=1 / 6000) as sandbox,
        serving(hub),
    ):
        yield Stage(hub, sandbox)


@pytest.fixture
def site(stage: Stage) -> JiraSandbox:
    assert stage.sandbox is not None
    served = stage.sandbox["jira"]
    assert isinstance(served, JiraSandbox)
    return served


def records(stage: Stage, object: str) -> dict[str, dict[str, Any]]:
    """Living records by native id."""
    found = stage.store.records.find({"object": object, "life.deleted": False})
    return {doc["native_id"]: doc for doc in found}


def said(stage: Stage, object: str) -> dict[str, Any]:
    """What living records say, without how they came."""
    found = records(stage, object)
    return {id: (doc["values"], doc["links"], doc["modified_at"]) for id, doc in found.items()}


def keys(site: JiraSandbox, project: str) -> list[str]:
    return sorted(
        issue["id"]
        for issue in site.table("issues").all()
        if issue["fields"]["project"]["key"] == project
    )


def arrive(stage: Stage, site: JiraSandbox, connection: Any) -> None:
    assert site.settle(timeout=20)
    stage.drain(connection)


@pytest.mark.long
def test_a_first_sync_brings_tickets_work_and_people(stage: Stage, site: JiraSandbox) -> None:
    connection = stage.connect("jira")
    stage.sync(connection)
    assert set(records(stage, "request")) == set(keys(site, "SUP"))
    assert set(records(stage, "issue")) == {*keys(site, "PLT"), *keys(site, "MOB")}
    assert len(records(stage, "user")) == len(site.world.users) + 1
    assert stage.store.quarantine.count({}) == 0
    runs = [stage.run_of(connection, s) for s in ("projects", "users", "requests", "issues")]
    assert {run["state"] for run in runs} == {"done"}
    for doc in records(stage, "request").values():
        assert doc["values"]["url"].startswith(f"{site.url}/browse/SUP-")


@pytest.mark.long
def test_a_second_sync_changes_nothing_and_a_third_neither(stage: Stage, site: JiraSandbox) -> None:
    connection = stage.connect("jira")
    stage.sync(connection)
    before = {d["_id"]: d["rev"] for d in stage.store.records.find({})}
    for full in (False, False, True):
        stage.sync(connection, full=full)
        assert {d["_id"]: d["rev"] for d in stage.store.records.find({})} == before
    assert stage.run_of(connection, "issues")["state"] == "done"


def test_pushed_and_pulled_end_in_the_same_picture(stage: Stage, site: JiraSandbox) -> None:
    pushed = stage.connect("jira")
    stage.sync(pushed)
    stage.listen(pushed)
    site.faults.add("duplicate", probability=0.3)
    site.faults.add("reorder", probability=0.3)
    site.stir_many(15)
    arrive(stage, site, pushed)
    book = inbox.ledger(stage.store, pushed["_id"])
    assert book["deliveries"]["received"] == sum(
        book["deliveries"][fate] for fate in ("pending", "done", "failed", "duplicate")
    )
    assert book["deliveries"]["done"] > 10

    pulled = Stage(stage.hub, stage.sandbox)
    pulled.sync(pulled.connect("jira"))
    assert picture(stage.store) == picture(pulled.store)
    for object in ("request", "issue", "user"):
        assert said(stage, object) == said(pulled, object)


@pytest.mark.long
def test_a_reopening_is_counted_from_the_change_log(stage: Stage, site: JiraSandbox) -> None:
    connection = stage.connect("jira")
    stage.sync(connection)
    stage.listen(connection)
    id = keys(site, "SUP")[0]
    site.move(id, "10004")
    arrive(stage, site, connection)
    before = records(stage, "request")[id]["values"]
    site.move(id, "10001")
    arrive(stage, site, connection)
    after = records(stage, "request")[id]["values"]
    assert (before["status"], after["status"]) == ("solved", "open")
    assert after["reopen_count"] == before["reopen_count"] + 1


@pytest.mark.long
def test_a_deleted_issue_goes_and_an_issue_moved_to_the_desk_becomes_a_ticket(
    stage: Stage, site: JiraSandbox
) -> None:
    connection = stage.connect("jira")
    stage.sync(connection)
    stage.listen(connection)
    gone, moved = keys(site, "PLT")[:2]
    desk = site.table("issues").get(keys(site, "SUP")[0]) or {}
    site.table("issues").delete(gone)
    site.table("issues").patch(moved, {"fields": {"project": desk["fields"]["project"]}})
    arrive(stage, site, connection)
    assert {gone, moved}.isdisjoint(records(stage, "issue"))
    assert moved in records(stage, "request")


@pytest.mark.long
def test_a_silent_deletion_counts_from_the_second_listing(stage: Stage, site: JiraSandbox) -> None:
    connection = stage.connect("jira")
    stage.sync(connection)
    gone = keys(site, "PLT")[0]
    site.table("issues").delete(gone, quiet=True)
    stage.sync(connection, full=True)
    stage.sync(connection, full=True)
    assert gone not in records(stage, "issue")


@pytest.mark.long
def test_a_forged_delivery_is_refused_and_a_broken_site_keeps_the_real_one(
    stage: Stage, site: JiraSandbox
) -> None:
    connection = stage.connect("jira")
    stage.sync(connection)
    endpoint = stage.listen(connection)
    site.subscribe(endpoint["url"], secret="forged")
    id = keys(site, "SUP")[0]
    site.faults.add("error", status=503, path="bulkfetch")
    site.move(id, "10005")
    assert site.settle(timeout=20)
    assert site.sent()["by_status"].get("401", 0) > 0
    stage.drain(connection)
    assert inbox.ledger(stage.store, connection["_id"])["deliveries"]["pending"] == 1


def test_tickets_and_work_hang_at_the_customer_they_are_for(services: Services) -> None:
    with (
        closing(build_hub(services)) as hub,
        Sandbox(["jira", "hubspot"], seed=7, accounts=6) as sandbox,
    ):
        stage = Stage(hub, sandbox)
        stage.sync(stage.connect("hubspot"), ["companies", "contacts"])
        stage.sync(stage.connect("jira"))
        world = sandbox["jira"].world
        truth = {
            world.id("jira", "ticket", ticket.key): ticket.company
            for ticket in world.tickets_of("jira")
        } | {
            world.id("jira", "issue", issue.key): issue.company for issue in world.issues_of("jira")
        }
        hung = [d for o in ("request", "issue") for d in records(stage, o).values()]
        tied = [doc for doc in hung if doc.get("account_id")]
        for doc in tied:
            account = stage.store.accounts.find_one({"_id": doc["account_id"]})
            assert account is not None
            keys_of = [world.who("hubspot", m["native_id"]) for m in account["members"]]
            # Two companies of the world share one domain; a domain cannot tell them apart.
            domains = {world.company(key).domain for key in keys_of if key}
            company = truth[doc["native_id"]]
            assert company is not None
            assert world.company(company).domain in domains
        assert len(tied) > len(hung) / 3
