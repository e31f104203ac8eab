"""Jira's records in full shape: what is composed, what is left out, and the world's truth."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from hub.api import Change, RetryLater
from mappings.language import Context, load
from plugins.jira import JIRA
from plugins.jira.client import JiraClient
from plugins.jira.sandbox import JiraSandbox
from plugins.jira.sandbox_records import comment
from plugins.jira.sandbox_site import ROBOT

OTHER = {"request": "issue", "issue": "request"}


@pytest.mark.parametrize("object", ["request", "issue"])
def test_a_fetch_has_the_shape_of_the_listing(jira: Any, object: str) -> None:
    listed = {record["id"]: record for record in jira.records(jira.pages(object))}
    ids = sorted(listed)[:100]
    assert {r["id"]: r for r in jira.fetched(object, *ids)} == {id: listed[id] for id in ids}


@pytest.mark.parametrize("object", ["request", "issue"])
def test_an_unchanged_issue_reads_the_same_an_hour_later(
    jira: Any, vendor: JiraSandbox, object: str
) -> None:
    before = jira.records(jira.pages(object))
    vendor.clock.advance(3600)
    assert jira.records(jira.pages(object)) == before


def test_other_issues_are_named_by_id_only(jira: Any, vendor: JiraSandbox) -> None:
    id = jira.one("issue")
    other = {"id": "10042", "key": "CS-42", "fields": {"status": {"name": "Done"}}}
    links = [{"id": "1", "inwardIssue": other}, {"id": "2", "outwardIssue": other}]
    vendor.table("issues").patch(id, {"fields": {"issuelinks": links, "parent": other}})
    (found,) = jira.fetched("issue", id)
    assert found["fields"]["parent"] == {"id": "10042", "key": "CS-42"}
    assert found["fields"]["issuelinks"] == [
        {"inwardIssue": {"id": "10042"}},
        {"outwardIssue": {"id": "10042"}},
    ]


def test_a_missing_issue_is_missing_from_the_fetch(jira: Any, vendor: JiraSandbox) -> None:
    gone, kept = sorted(jira.live("request"))[:2]
    vendor.table("issues").delete(gone)
    assert [r["id"] for r in jira.fetched("request", gone, kept, "424242")] == [kept]


@pytest.mark.parametrize("object", ["request", "issue"])
def test_an_issue_in_a_project_of_the_other_type_is_deleted_here_and_found_there(
    jira: Any, vendor: JiraSandbox, object: str
) -> None:
    id = jira.one(object)
    place = vendor.table("issues").get(jira.one(OTHER[object])) or {}
    vendor.table("issues").patch(id, {"fields": {"project": place["fields"]["project"]}})
    (gone,) = jira.fetched(object, id)
    assert isinstance(gone, Change)
    assert (gone.object, gone.native_id, gone.kind) == (object, id, "delete")
    (there,) = jira.fetched(OTHER[object], id)
    stamp = datetime.fromisoformat(there["fields"]["updated"])
    assert gone.occurred_at == stamp
    assert id not in {r["id"] for r in jira.records(jira.pages(object))}


def test_all_comments_are_read_where_the_search_cuts_them_short(
    jira: Any, vendor: JiraSandbox
) -> None:
    id = jira.one("request")
    held = len((vendor.table("issues").get(id) or {})["_comments"])
    for _ in range(130):
        vendor.comment(id, ROBOT)
    (found,) = jira.fetched("request", id)
    assert len(found["comments"]) == held + 130
    assert not any("body" in comment for comment in found["comments"])


def test_a_comment_for_a_role_is_not_public(jira: Any, vendor: JiraSandbox) -> None:
    id = jira.one("request")
    said = comment("77", ROBOT, vendor.clock.now(), public=True)
    restricted = said | {"id": "78", "visibility": {"type": "role", "value": "Team"}}
    plain = {name: part for name, part in said.items() if name != "jsdPublic"} | {"id": "79"}
    vendor.table("issues").patch(id, {"_comments": [said, restricted, plain]})
    (found,) = jira.fetched("request", id)
    assert [(c["id"], c["public"]) for c in found["comments"]] == [
        ("77", True),
        ("78", False),
        ("79", True),
    ]


def test_a_long_change_log_is_read_to_its_end(jira: Any, vendor: JiraSandbox) -> None:
    id = jira.one("request")
    entry = {"field": "status", "fieldId": "status", "from": "10004", "to": "10001"}
    long = [
        {"id": str(n), "created": "2026-01-05T10:00:00.000+0000", "items": [entry]}
        for n in range(2_300)
    ]
    vendor.table("issues").patch(id, {"_histories": long}, quiet=True)
    (found,) = jira.fetched("request", id)
    assert len(found["changelog"]) == 2_300


def test_a_change_log_that_repeats_its_token_is_an_error(
    jira: Any, vendor: JiraSandbox, client: JiraClient
) -> None:
    test_a_long_change_log_is_read_to_its_end(jira, vendor)
    vendor.faults.add("repeat_cursor", path="changelog")
    with pytest.raises(RetryLater) as caught:
        jira.fetched("request", jira.one("request"))
    assert caught.value.reason == "cursor_stuck"


def test_the_truth_of_the_world_comes_out_of_the_mapping(
    jira: Any, vendor: JiraSandbox, client: JiraClient
) -> None:
    mappings = load(JIRA.mapping.read_text(), "jira/mapping.yaml", JIRA.conversions)
    account = (JIRA.describe or (lambda _: {}))(client)
    context = Context(settings=client.settings, account=account)
    tickets = {
        vendor.world.id("jira", "ticket", ticket.key): ticket
        for ticket in vendor.world.tickets_of("jira")
        if not ticket.deleted
    }
    found = [mappings["request"].apply(r, context) for r in jira.records(jira.pages("request"))]
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


def test_work_is_tied_to_the_customer_it_is_for(
    jira: Any, vendor: JiraSandbox, client: JiraClient
) -> None:
    mappings = load(JIRA.mapping.read_text(), "jira/mapping.yaml", JIRA.conversions)
    context = Context(settings=client.settings)
    issues = {vendor.world.id("jira", "issue", i.key): i for i in vendor.world.issues_of("jira")}
    tied = 0
    for mapped in (mappings["issue"].apply(r, context) for r in jira.records(jira.pages("issue"))):
        truth = issues[mapped.native_id]
        company = vendor.world.company(truth.company) if truth.company else None
        domains = [link.value for link in mapped.links if link.kind == "account"]
        assert domains in ([], [company and company.domain])
        assert mapped.values["status_category"] == truth.category
        tied += bool(domains)
    assert tied > len(issues) / 2
