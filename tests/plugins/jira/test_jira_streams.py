"""Jira's streams through the real SDK against the sandbox: paging, resuming, shape, deletes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.api import Change, GiveUp, Page, RetryLater, Stream
from mappings.language import Context, load
from plugins.jira import JIRA, streams
from plugins.jira.client import JiraClient
from plugins.jira.sandbox import JiraSandbox
from plugins.jira.sandbox_site import ROBOT

STREAMS = {stream.object: stream for stream in JIRA.streams}
OTHER = {"request": "issue", "issue": "request"}


def pages(object: str, client: JiraClient, cursor: Any = None) -> list[Page]:
    return list(STREAMS[object].pages(client, cursor, ()))


def records(found: Sequence[Page]) -> list[dict[str, Any]]:
    return [dict(record) for page in found for record in page.records]


def fetched(object: str, client: JiraClient, *ids: str) -> list[Any]:
    fetch = STREAMS[object].fetch
    assert fetch is not None
    return list(fetch(client, ids))


def live(vendor: JiraSandbox, object: str) -> set[str]:
    """Ids of the sandbox's own table, by the type of their project."""
    desk = object == "request"
    return {
        issue["id"]
        for issue in vendor.table("issues").all()
        if (issue["fields"]["project"]["projectTypeKey"] == "service_desk") == desk
    }


def one(vendor: JiraSandbox, object: str) -> str:
    return min(live(vendor, object))


@pytest.mark.parametrize("object", ["request", "issue"])
def test_a_full_listing_brings_each_issue_of_its_kind_once(
    vendor: JiraSandbox, client: JiraClient, object: str
) -> None:
    found = pages(object, client)
    ids = [record["id"] for record in records(found)]
    assert len(ids) == len(set(ids))
    assert set(ids) == live(vendor, object)
    assert found[0].total == len(ids)


def test_a_listing_of_several_pages_resumes_behind_any_of_them(
    vendor: JiraSandbox, connect: Callable[[], JiraClient]
) -> None:
    whole = pages("issue", connect())
    assert len(whole) == 2
    first = next(iter(STREAMS["issue"].pages(connect(), None, ())))
    stored = json.loads(json.dumps(first.cursor))
    rest = pages("issue", connect(), stored)
    assert records([first]) + records(rest) == records(whole)
    assert rest[-1].cursor == whole[-1].cursor


def test_a_stale_token_is_given_up_for_the_place_reached(
    vendor: JiraSandbox, client: JiraClient
) -> None:
    first = next(iter(STREAMS["issue"].pages(client, None, ())))
    stale = dict(first.cursor) | {"token": "ZXhwaXJlZA=="}
    rest = pages("issue", client, stale)
    assert {r["id"] for r in records([first, *rest])} == live(vendor, "issue")


def test_a_refused_query_is_not_taken_for_a_stale_token(
    vendor: JiraSandbox, client: JiraClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(streams.KINDS, "issue", "")
    monkeypatch.setattr(streams, "ORDER", "")
    with pytest.raises(GiveUp) as caught:
        pages("issue", client)
    assert caught.value.reason == "bad_request"


def test_a_repeated_token_is_an_error_and_no_loop(
    vendor: JiraSandbox, client: JiraClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.jira.client.PAGE", 20)
    vendor.faults.add("repeat_cursor")
    run = iter(STREAMS["issue"].pages(client, None, ()))
    assert len(next(run).records) == 20
    with pytest.raises(RetryLater) as caught:
        next(run)
    assert caught.value.reason == "cursor_stuck"


def test_the_query_is_free_of_time_zones_and_reaches_back_five_minutes() -> None:
    noon = datetime(2026, 1, 5, 0, 5, tzinfo=UTC)
    assert streams.jql("request", int(noon.timestamp() * 1000)) == (
        "projectType = service_desk AND updated >= 1767571200000 ORDER BY updated ASC, key ASC"
    )
    assert streams.jql("issue", None) == (
        "projectType != service_desk ORDER BY updated ASC, key ASC"
    )
    assert "updated >= 0 " in streams.jql("issue", 1)


def test_an_incremental_run_reads_what_changed(vendor: JiraSandbox, client: JiraClient) -> None:
    cursor = pages("request", client)[-1].cursor
    vendor.clock.advance(3600)
    moved = one(vendor, "request")
    vendor.move(moved, "10005")
    run = pages("request", client, cursor)
    assert moved in {record["id"] for record in records(run)}
    assert len(records(run)) < len(live(vendor, "request")) / 2
    assert run[-1].cursor["since"] > cursor["since"]
    assert run[0].total is None


def test_a_change_that_the_index_shows_late_is_not_lost(
    vendor: JiraSandbox, client: JiraClient
) -> None:
    cursor = pages("issue", client)[-1].cursor
    late, early = sorted(live(vendor, "issue"))[:2]
    vendor.clock.advance(3600)
    vendor.move(late, "10012")
    vendor.unindexed.add(late)
    vendor.clock.advance(240)
    vendor.move(early, "10012")
    run = pages("issue", client, cursor)
    assert {late, early} & {r["id"] for r in records(run)} == {early}
    vendor.unindexed.clear()
    again = pages("issue", client, run[-1].cursor)
    assert late in {r["id"] for r in records(again)}


def test_an_empty_run_keeps_its_place(vendor: JiraSandbox, client: JiraClient) -> None:
    vendor.unindexed |= live(vendor, "issue")
    assert pages("issue", client, {"since": 1767571200000})[-1].cursor["since"] == 1767571200000


def test_a_run_that_reads_only_the_overlap_is_told_from_a_loop(client: JiraClient) -> None:
    before = pages("issue", client)[-1].cursor
    run = pages("issue", client, before)
    assert records(run)
    assert run[-1].cursor["since"] == before["since"]
    assert run[-1].cursor != before


def test_an_empty_full_listing_of_full_projects_is_refused(
    vendor: JiraSandbox, client: JiraClient
) -> None:
    vendor.unindexed |= live(vendor, "issue")
    with pytest.raises(GiveUp) as caught:
        pages("issue", client)
    assert caught.value.reason == "empty_listing"


def test_an_empty_full_listing_of_empty_projects_is_fine(
    vendor: JiraSandbox, client: JiraClient
) -> None:
    for id in live(vendor, "issue"):
        vendor.table("issues").delete(id)
    assert [page.cursor["since"] for page in pages("issue", client)] == [0]


@pytest.mark.parametrize("object", ["request", "issue"])
def test_a_fetch_has_the_shape_of_the_listing(
    vendor: JiraSandbox, client: JiraClient, object: str
) -> None:
    listed = {record["id"]: record for record in records(pages(object, client))}
    ids = sorted(listed)[:100]
    assert {r["id"]: r for r in fetched(object, client, *ids)} == {id: listed[id] for id in ids}


@pytest.mark.parametrize("object", ["request", "issue"])
def test_an_unchanged_issue_reads_the_same_an_hour_later(
    vendor: JiraSandbox, client: JiraClient, object: str
) -> None:
    before = records(pages(object, client))
    vendor.clock.advance(3600)
    assert records(pages(object, client)) == before


def test_a_missing_issue_is_missing_from_the_fetch(vendor: JiraSandbox, client: JiraClient) -> None:
    gone, kept = sorted(live(vendor, "request"))[:2]
    vendor.table("issues").delete(gone)
    assert [r["id"] for r in fetched("request", client, gone, kept, "424242")] == [kept]


@pytest.mark.parametrize("object", ["request", "issue"])
def test_an_issue_in_a_project_of_the_other_type_is_deleted_here_and_found_there(
    vendor: JiraSandbox, client: JiraClient, object: str
) -> None:
    id = one(vendor, object)
    place = vendor.table("issues").get(one(vendor, OTHER[object])) or {}
    vendor.table("issues").patch(id, {"fields": {"project": place["fields"]["project"]}})
    (gone,) = fetched(object, client, id)
    assert isinstance(gone, Change)
    assert (gone.object, gone.native_id, gone.kind) == (object, id, "delete")
    (there,) = fetched(OTHER[object], client, id)
    stamp = datetime.fromisoformat(there["fields"]["updated"])
    assert gone.occurred_at == stamp
    assert id not in {r["id"] for r in records(pages(object, client))}


def test_all_comments_are_read_where_the_search_cuts_them_short(
    vendor: JiraSandbox, client: JiraClient
) -> None:
    id = one(vendor, "request")
    held = len((vendor.table("issues").get(id) or {})["_comments"])
    for _ in range(130):
        vendor.comment(id, ROBOT)
    (found,) = fetched("request", client, id)
    assert len(found["comments"]) == held + 130
    assert not any("body" in comment for comment in found["comments"])


def test_a_long_change_log_is_read_to_its_end(vendor: JiraSandbox, client: JiraClient) -> None:
    id = one(vendor, "request")
    entry = {"field": "status", "fieldId": "status", "from": "10004", "to": "10001"}
    long = [
        {"id": str(n), "created": "2026-01-05T10:00:00.000+0000", "items": [entry]}
        for n in range(2_300)
    ]
    vendor.table("issues").patch(id, {"_histories": long}, quiet=True)
    (found,) = fetched("request", client, id)
    assert len(found["changelog"]) == 2_300


def test_a_change_log_that_repeats_its_token_is_an_error(
    vendor: JiraSandbox, client: JiraClient
) -> None:
    test_a_long_change_log_is_read_to_its_end(vendor, client)
    vendor.faults.add("repeat_cursor", path="changelog")
    with pytest.raises(RetryLater) as caught:
        fetched("request", client, one(vendor, "request"))
    assert caught.value.reason == "cursor_stuck"


def test_the_truth_of_the_world_comes_out_of_the_mapping(
    vendor: JiraSandbox, client: JiraClient
) -> None:
    mappings = load(JIRA.mapping.read_text(), "jira/mapping.yaml", JIRA.conversions)
    account = (JIRA.describe or (lambda _: {}))(client)
    context = Context(settings=client.settings, account=account)
    tickets = {
        vendor.world.id("jira", "ticket", ticket.key): ticket
        for ticket in vendor.world.tickets_of("jira")
        if not ticket.deleted
    }
    found = [mappings["request"].apply(r, context) for r in records(pages("request", client))]
    assert len(found) == len(tickets) > 20
    for mapped in found:
        truth = tickets[mapped.native_id]
        assert mapped.values["reopen_count"] == truth.reopens
        assert mapped.values["priority"] == truth.priority
        assert mapped.values["type"] == truth.type
        assert mapped.values["subject"] == truth.subject
        assert mapped.values.get("first_reply_at") == truth.first_reply_at
        status = {"closed": "solved"}.get(truth.status, truth.status)
        assert mapped.values["status"] == status
    assert sum(ticket.reopens for ticket in tickets.values()) > 0


def test_work_is_tied_to_the_customer_it_is_for(vendor: JiraSandbox, client: JiraClient) -> None:
    mappings = load(JIRA.mapping.read_text(), "jira/mapping.yaml", JIRA.conversions)
    context = Context(settings=client.settings)
    issues = {vendor.world.id("jira", "issue", i.key): i for i in vendor.world.issues_of("jira")}
    tied = 0
    for mapped in (mappings["issue"].apply(r, context) for r in records(pages("issue", client))):
        truth = issues[mapped.native_id]
        company = vendor.world.company(truth.company) if truth.company else None
        domains = [link.value for link in mapped.links if link.kind == "account"]
        assert domains in ([], [company and company.domain])
        assert mapped.values["status_category"] == truth.category
        tied += bool(domains)
    assert tied > len(issues) / 2


def test_users_are_colleagues_and_robots_but_no_customers(
    vendor: JiraSandbox, client: JiraClient
) -> None:
    found = pages("user", client)
    assert len(found) > 2
    assert {u["accountType"] for u in records(found)} == {"atlassian", "app"}
    assert len(records(found)) == len(vendor.world.users) + 1
    assert found[-1].cursor is None


def test_users_resume_from_an_offset(client: JiraClient) -> None:
    first, *rest = pages("user", client)
    again = pages("user", client, first.cursor)
    assert records(again) == records(rest)


def test_users_are_fetched_by_id_more_than_ten_at_once(
    vendor: JiraSandbox, client: JiraClient
) -> None:
    ids = vendor.table("users").ids()[:40]
    kinds = {id: (vendor.table("users").get(id) or {})["accountType"] for id in ids}
    found = {u["accountId"] for u in fetched("user", client, *ids, "nobody")}
    assert found == {id for id, kind in kinds.items() if kind != "customer"}
    assert len(found) > 10


def test_projects_come_at_once(vendor: JiraSandbox, client: JiraClient) -> None:
    (page,) = pages("project", client)
    assert [p["key"] for p in page.records] == ["PLT", "MOB", "SUP"]


def test_every_stream_but_projects_can_fetch() -> None:
    def fetches(stream: Stream) -> bool:
        return stream.fetch is not None

    assert {s.object: fetches(s) for s in JIRA.streams} == {
        "project": False,
        "user": True,
        "request": True,
        "issue": True,
    }
