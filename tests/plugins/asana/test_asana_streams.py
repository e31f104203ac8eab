"""Asana's streams over real HTTP: paging, resuming, what they bring, what is gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest

from hub.api import GiveUp, Page, RetryLater
from hub.sandbox import Request
from mappings.language import Context, load
from plugins.asana import ASANA
from plugins.asana.client import AsanaClient
from plugins.asana.sandbox import AsanaSandbox, problem
from plugins.asana.sandbox_records import OLD, OLD_PROJECT
from plugins.asana.workspace import describe

Opener = Callable[..., AsanaClient]
STREAMS = {stream.name: stream for stream in ASANA.streams}


def pages(name: str, client: AsanaClient, cursor: Any = None) -> list[Page]:
    return list(STREAMS[name].pages(client, cursor, ()))


def records(found: Iterable[Page]) -> list[Any]:
    return [record for page in found for record in page.records]


def gids(found: Iterable[Page]) -> set[str]:
    return {record["gid"] for record in records(found)}


def fetched(client: AsanaClient, name: str, *wanted: str) -> list[Any]:
    fetch = STREAMS[name].fetch
    assert fetch is not None
    return list(fetch(client, wanted))


def live(vendor: AsanaSandbox, name: str = "tasks") -> set[str]:
    return set(vendor.table(name).ids())


def top(vendor: AsanaSandbox) -> str:
    """A task in a customer's own project, with nothing below it."""
    return next(
        str(task["gid"])
        for task in vendor.table("tasks").all()
        if task["memberships"] and not task["num_subtasks"] and task["gid"] != OLD
    )


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two to a page, so that a small project has many."""
    monkeypatch.setattr("plugins.asana.client.PAGE", 2)


def test_a_full_listing_brings_each_task_and_what_is_below_it(
    vendor: AsanaSandbox, client: AsanaClient
) -> None:
    found = pages("tasks", client)
    assert gids(found) == live(vendor)
    assert OLD in gids(found)
    below = [record for record in records(found) if record.get("parent")]
    assert len(below) > 6
    assert not any(record["memberships"] for record in below)


def test_subtasks_of_subtasks_come_too(vendor: AsanaSandbox, client: AsanaClient) -> None:
    table = vendor.table("tasks")
    child = next(task for task in table.all() if task["parent"])
    deep = {**child, "gid": "1299000000000001", "parent": {"gid": child["gid"]}}
    table.put(deep["gid"], deep)
    table.patch(child["gid"], {"num_subtasks": 1})
    found = {record["gid"]: record for record in records(pages("tasks", client))}
    grandparent = found[deep["gid"]]["parent"]["parent"]
    assert grandparent["gid"] == child["parent"]["gid"]
    assert grandparent["memberships"][0]["project"]["gid"]


def test_a_run_resumes_behind_any_page(
    vendor: AsanaSandbox, connect: Opener, small_pages: None
) -> None:
    whole = pages("tasks", connect())
    assert len(whole) > 20
    for place in range(0, len(whole) - 1, 7):
        stored = json.loads(json.dumps(whole[place].cursor))
        rest = pages("tasks", connect(), stored)
        assert records(rest) == records(whole[place + 1 :])
        assert rest[-1].cursor == whole[-1].cursor


def test_no_cursor_comes_twice_in_a_run(client: AsanaClient, small_pages: None) -> None:
    marks = [json.dumps(page.cursor, sort_keys=True) for page in pages("tasks", client)]
    assert len(marks) == len(set(marks))


def under_way(client: AsanaClient) -> list[Page]:
    """Pages of a full run up to one that is amid a project."""
    found: list[Page] = []
    for page in STREAMS["tasks"].pages(client, None, ()):
        found.append(page)
        if page.cursor["offset"] and len(found) > 5:
            return found
    raise AssertionError("no project has two pages")


def test_an_offset_that_expired_begins_its_project_anew(
    vendor: AsanaSandbox, client: AsanaClient, small_pages: None
) -> None:
    found = under_way(client)
    stale = {**found[-1].cursor, "offset": "ZXhwaXJlZA=="}
    assert gids([*found, *pages("tasks", client, stale)]) == live(vendor)


def test_an_offset_is_not_used_for_another_project(
    vendor: AsanaSandbox, client: AsanaClient, small_pages: None
) -> None:
    found = under_way(client)
    gone = {**found[-1].cursor, "project": found[-1].cursor["done"]}
    assert gids([*found, *pages("tasks", client, gone)]) == live(vendor)
    whole = [r["gid"] for r in records(pages("tasks", client, gone))]
    rest = [r["gid"] for r in records(pages("tasks", client, found[-1].cursor))]
    assert len(whole) > len(rest)


def test_a_request_that_is_wrong_is_no_expired_offset(
    client: AsanaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AsanaSandbox, "tasks", lambda self, request: problem(400, "limit"))
    with pytest.raises(GiveUp) as caught:
        pages("tasks", client)
    assert caught.value.reason == "bad_request"


@pytest.mark.parametrize("name", ["tasks", "users"])
def test_an_offset_that_comes_twice_is_an_error_and_no_loop(
    vendor: AsanaSandbox, client: AsanaClient, small_pages: None, name: str
) -> None:
    vendor.faults.add("repeat_cursor", path=f"/{name}$")
    with pytest.raises(RetryLater) as caught:
        pages(name, client)
    assert caught.value.reason == "cursor_stuck"


def test_an_incremental_run_reads_what_changed_and_leaves_archives_alone(
    vendor: AsanaSandbox, client: AsanaClient
) -> None:
    vendor.clock.advance(2 * 86_400)
    cursor = pages("tasks", client)[-1].cursor
    vendor.clock.advance(2 * 3600)
    edited = top(vendor)
    vendor.table("tasks").patch(edited, {"completed": True})
    vendor.table("tasks").patch(OLD, {"name": "Older task"})
    run = pages("tasks", client, cursor)
    assert gids(run) == {edited}
    assert OLD_PROJECT not in {page.cursor.get("project") for page in run}
    assert run[-1].cursor["turn"] == 2
    assert run[-1].cursor["since"] > cursor["since"]


def test_a_run_begins_where_the_one_before_began(vendor: AsanaSandbox, client: AsanaClient) -> None:
    """A task edited while a run is under way is found by the next, an hour back."""
    run = iter(STREAMS["tasks"].pages(client, None, ()))
    next(run)
    edited = top(vendor)
    vendor.clock.advance(7200)
    vendor.table("tasks").patch(edited, {"name": "Edited meanwhile"})
    *_, last = run
    vendor.clock.advance(7200)
    found = {r["gid"]: r["name"] for r in records(pages("tasks", client, last.cursor))}
    assert found[edited] == "Edited meanwhile"


def test_a_move_that_leaves_no_stamp_is_found_within_the_day(
    vendor: AsanaSandbox, client: AsanaClient
) -> None:
    vendor.clock.advance(2 * 86_400)
    cursor = pages("tasks", client)[-1].cursor
    task = vendor.table("tasks").get(top(vendor)) or {}
    vendor.place(task, "Somewhere else")
    assert task["gid"] not in gids(pages("tasks", client, cursor))
    found = {r["gid"]: r for r in records(pages("tasks", client))}
    assert found[task["gid"]]["memberships"][0]["section"]["name"] == "Somewhere else"
    assert found[task["gid"]]["modified_at"] == task["modified_at"]


def test_a_task_in_two_projects_is_one_task(vendor: AsanaSandbox, client: AsanaClient) -> None:
    table = vendor.table("tasks")
    task = table.get(top(vendor)) or {}
    other = next(
        t
        for t in table.all()
        if t["memberships"] and t["gid"] != task["gid"] and t["memberships"] != task["memberships"]
    )
    both = [*other["memberships"], *task["memberships"]]
    both.sort(key=lambda m: str(m["project"]["gid"]), reverse=True)
    table.patch(task["gid"], {"memberships": both})
    found = [r for r in records(pages("tasks", client)) if r["gid"] == task["gid"]]
    assert len(found) == 2
    assert found[0] == found[1]
    projects = [m["project"]["gid"] for m in found[0]["memberships"]]
    assert projects == sorted(projects)


def test_a_task_reads_the_same_from_a_list_and_alone(
    vendor: AsanaSandbox, client: AsanaClient
) -> None:
    some = records(pages("tasks", client))[:40]
    assert any(one.get("parent") for one in some)
    assert fetched(client, "tasks", *(one["gid"] for one in some)) == some


def test_a_deleted_task_is_nowhere_and_that_is_no_delete(
    vendor: AsanaSandbox, client: AsanaClient
) -> None:
    gone, *_ = live(vendor) - {OLD}
    vendor.table("tasks").delete(gone)
    assert gone not in gids(pages("tasks", client))
    assert fetched(client, "tasks", gone, "../users/me", "7") == []
    assert STREAMS["tasks"].deletes == "listing"


def test_a_project_that_is_gone_since_it_was_listed_has_no_tasks(
    vendor: AsanaSandbox, client: AsanaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = AsanaSandbox.tasks

    def tasks(self: AsanaSandbox, request: Request) -> object:
        hidden = request.query["project"] == OLD_PROJECT
        return problem(403, "Forbidden") if hidden else whole(self, request)

    monkeypatch.setattr(AsanaSandbox, "tasks", tasks)
    assert gids(pages("tasks", client)) == live(vendor) - {OLD}


def test_users_and_projects_are_read_whole(
    vendor: AsanaSandbox, client: AsanaClient, small_pages: None
) -> None:
    users = pages("users", client)
    assert gids(users) == live(vendor, "users")
    assert (len(users), users[-1].cursor) == (6, None)
    (projects,) = pages("projects", client)
    assert gids([projects]) == live(vendor, "projects")
    assert projects.total == len(projects.records)


def test_users_resume_and_forget_an_expired_offset(
    vendor: AsanaSandbox, client: AsanaClient, small_pages: None
) -> None:
    first, *rest = pages("users", client)
    assert records(pages("users", client, first.cursor)) == records(rest)
    assert gids(pages("users", client, "ZXhwaXJlZA==")) == live(vendor, "users")


def test_users_are_fetched(vendor: AsanaSandbox, client: AsanaClient) -> None:
    one, other, *_ = sorted(live(vendor, "users"))
    assert [user["gid"] for user in fetched(client, "users", one, "7", other)] == [one, other]


def test_every_task_maps_and_belongs_to_whom_the_world_says(
    vendor: AsanaSandbox, client: AsanaClient
) -> None:
    mapping = load(ASANA.mapping.read_text(), "mapping.yaml", ASANA.conversions)["task"]
    context = Context(client.settings, describe(client))
    world = vendor.world
    truths = {world.id("asana", "task", task.key): task for task in world.tasks_of("asana")}
    domains = {c.key: p.domain for c, p in world.companies_of("asana") if p.note != "hosted"}
    tied = 0
    for raw in records(pages("tasks", client)):
        found = mapping.apply(raw, context)
        truth = truths.get(found.native_id)
        if truth is None:
            continue
        links = [link.value for link in found.links if link.kind == "account"]
        domain = domains.get(truth.company or "")
        assert links == ([domain] if domain else [])
        assert (found.values["status_category"] == "done") == (truth.completed_at is not None)
        assert found.values.get("due_on") == (truth.due_on and truth.due_on.isoformat())
        assert found.values["customer_visible"] is True
        tied += bool(links)
    assert tied > 30


def test_a_run_reaches_back_an_hour(vendor: AsanaSandbox, client: AsanaClient) -> None:
    cursor = pages("tasks", client)[-1].cursor
    table, late = vendor.table("tasks"), top(vendor)
    for minutes, comes in ((55, True), (65, False)):
        stamp = vendor.iso(vendor.clock.now() - timedelta(minutes=minutes), "milliseconds")
        table.seed(late, {**(table.get(late) or {}), "modified_at": stamp})
        table._sorted.clear()
        assert (late in gids(pages("tasks", client, cursor))) is comes
