"""Jira's streams through the real SDK against the sandbox: paging, resuming, what they bring."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.api import GiveUp, RetryLater, Stream
from hub.sandbox import Request
from plugins.jira import JIRA, streams
from plugins.jira.client import JiraClient
from plugins.jira.sandbox import JiraSandbox


@pytest.fixture
def companies() -> int:
    """Enough for a second page of each kind."""
    return 60


@pytest.mark.parametrize("object", ["request", "issue"])
def test_a_full_listing_brings_each_issue_of_its_kind_once(jira: Any, object: str) -> None:
    found = jira.pages(object)
    ids = [record["id"] for record in jira.records(found)]
    assert len(ids) == len(set(ids))
    assert set(ids) == jira.live(object)
    assert found[0].total == len(ids)


def test_a_listing_of_several_pages_resumes_behind_any_of_them(jira: Any) -> None:
    whole = jira.pages("issue")
    assert len(whole) == 2
    first = next(jira.run("issue"))
    stored = json.loads(json.dumps(first.cursor))
    rest = jira.pages("issue", stored)
    assert jira.records([first]) + jira.records(rest) == jira.records(whole)
    assert rest[-1].cursor == whole[-1].cursor


@pytest.mark.parametrize(
    "sign", [{"isLast": True, "nextPageToken": "x"}, {"nextPageToken": None}, {}]
)
def test_either_sign_of_the_last_page_ends_a_run(
    jira: Any, monkeypatch: pytest.MonkeyPatch, sign: dict[str, object]
) -> None:
    whole = JiraSandbox.search

    def signed(self: JiraSandbox, request: Request) -> object:
        answer = whole(self, request)
        assert isinstance(answer, dict)
        return {"issues": answer["issues"]} | sign

    monkeypatch.setattr(JiraSandbox, "search", signed)
    (page,) = jira.pages("issue")
    assert len(page.records) == 100


def test_a_stale_token_is_given_up_for_the_place_reached(jira: Any) -> None:
    first = next(jira.run("issue"))
    stale = dict(first.cursor) | {"token": "ZXhwaXJlZA=="}
    rest = jira.pages("issue", stale)
    assert {r["id"] for r in jira.records([first, *rest])} == jira.live("issue")


def test_a_refused_query_is_not_taken_for_a_stale_token(
    jira: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(streams.KINDS, "issue", "")
    monkeypatch.setattr(streams, "ORDER", "")
    with pytest.raises(GiveUp) as caught:
        jira.pages("issue")
    assert caught.value.reason == "bad_request"


def test_a_repeated_token_is_an_error_and_no_loop(
    jira: Any, vendor: JiraSandbox, client: JiraClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.jira.client.PAGE", 20)
    vendor.faults.add("repeat_cursor")
    run = jira.run("issue")
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


def test_an_incremental_run_reads_what_changed(jira: Any, vendor: JiraSandbox) -> None:
    cursor = jira.pages("request")[-1].cursor
    vendor.clock.advance(3600)
    moved = jira.one("request")
    vendor.move(moved, "10005")
    run = jira.pages("request", cursor)
    assert moved in {record["id"] for record in jira.records(run)}
    assert len(jira.records(run)) < len(jira.live("request")) / 2
    assert run[-1].cursor["since"] > cursor["since"]
    assert run[0].total is None


def test_a_change_that_the_index_shows_late_is_not_lost(jira: Any, vendor: JiraSandbox) -> None:
    cursor = jira.pages("issue")[-1].cursor
    late, early = sorted(jira.live("issue"))[:2]
    vendor.clock.advance(3600)
    vendor.move(late, "10012")
    vendor.unindexed.add(late)
    vendor.clock.advance(240)
    vendor.move(early, "10012")
    run = jira.pages("issue", cursor)
    assert {late, early} & {r["id"] for r in jira.records(run)} == {early}
    vendor.unindexed.clear()
    again = jira.pages("issue", run[-1].cursor)
    assert late in {r["id"] for r in jira.records(again)}


@pytest.mark.parametrize(("object", "before"), [("issue", "request"), ("request", "issue")])
def test_an_issue_that_came_from_a_project_of_the_other_type_is_gone_there(
    jira: Any, vendor: JiraSandbox, object: str, before: str
) -> None:
    """No search of the former kind shows it again: without webhooks it would be there twice."""
    cursor = jira.pages(object)[-1].cursor
    vendor.clock.advance(3600)
    moved, edited = jira.one(before), jira.one(object)
    project = (vendor.table("issues").get(edited) or {})["fields"]["project"]
    vendor.table("issues").patch(moved, {"fields": {"project": project}})
    vendor.table("issues").patch(edited, {"fields": {"summary": "Where it was"}})
    run = jira.pages(object, cursor)
    assert {moved, edited} <= {record["id"] for record in jira.records(run)}
    changes = [change for page in run for change in page.changes]
    assert [(c.object, c.native_id, c.kind) for c in changes] == [(before, moved, "delete")]
    assert timedelta() <= vendor.clock.now() - changes[0].occurred_at < timedelta(seconds=20)
    for again in ([moved], []):
        cursor = run[-1].cursor
        vendor.clock.advance(86_400)
        vendor.table("issues").patch(moved, {"fields": {"summary": f"Here since {cursor}"}})
        run = jira.pages(object, cursor)
        assert moved in {record["id"] for record in jira.records(run)}
        assert [change.native_id for page in run for change in page.changes] == again


def test_an_empty_run_keeps_its_place(jira: Any, vendor: JiraSandbox) -> None:
    vendor.unindexed |= jira.live("issue")
    assert jira.pages("issue", {"since": 1767571200000})[-1].cursor["since"] == 1767571200000


def test_a_run_that_reads_only_the_overlap_is_told_from_a_loop(jira: Any) -> None:
    before = jira.pages("issue")[-1].cursor
    run = jira.pages("issue", before)
    assert jira.records(run)
    assert run[-1].cursor["since"] == before["since"]
    assert run[-1].cursor != before


def test_an_empty_full_listing_of_full_projects_is_refused(jira: Any, vendor: JiraSandbox) -> None:
    vendor.unindexed |= jira.live("issue")
    with pytest.raises(GiveUp) as caught:
        jira.pages("issue")
    assert caught.value.reason == "empty_listing"


def test_an_empty_full_listing_of_empty_projects_is_fine(jira: Any, vendor: JiraSandbox) -> None:
    for id in jira.live("issue"):
        vendor.table("issues").delete(id)
    assert [page.cursor["since"] for page in jira.pages("issue")] == [0]


def test_users_are_colleagues_and_robots_but_no_customers(jira: Any, vendor: JiraSandbox) -> None:
    found = jira.pages("user")
    assert len(found) > 2
    assert {u["accountType"] for u in jira.records(found)} == {"atlassian", "app"}
    assert len(jira.records(found)) == len(vendor.world.users) + 1
    assert found[-1].cursor is None


def test_users_resume_from_an_offset(jira: Any) -> None:
    first, *rest = jira.pages("user")
    again = jira.pages("user", first.cursor)
    assert jira.records(again) == jira.records(rest)


def test_users_are_fetched_by_id_more_than_ten_at_once(jira: Any, vendor: JiraSandbox) -> None:
    ids = vendor.table("users").ids()[:40]
    kinds = {id: (vendor.table("users").get(id) or {})["accountType"] for id in ids}
    found = {u["accountId"] for u in jira.fetched("user", *ids, "nobody")}
    assert found == {id for id, kind in kinds.items() if kind != "customer"}
    assert len(found) > 10


def test_projects_come_at_once(jira: Any) -> None:
    (page,) = jira.pages("project")
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


def test_a_site_that_does_not_count_is_listed_all_the_same(jira: Any) -> None:
    jira.vendor.faults.add("error", path="approximate-count", status=400)
    found = jira.pages("issue")
    assert found[0].total is None
    assert {record["id"] for record in jira.records(found)} == jira.live("issue")
