"""Asana's client over real HTTP: credentials, rules, faults, and what reaches a log."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from hub.api import CorrectInput, GiveUp, Reconnect, RetryLater, VendorError
from hub.sandbox import Request, Response
from plugins.asana.client import BASE_URL, AsanaClient, base_url, refusal
from plugins.asana.sandbox import AsanaSandbox
from plugins.asana.sandbox_records import PROJECT_CUSTOMER, WORKSPACE
from plugins.asana.workspace import check, describe

Opener = Callable[..., AsanaClient]


def test_a_good_connection_says_who_it_is(client: AsanaClient) -> None:
    found = check(client)
    assert (found.id, found.name, found.missing) == (WORKSPACE["gid"], WORKSPACE["name"], ())


def test_the_facts_hold_what_rules_read_at_projects(
    vendor: AsanaSandbox, client: AsanaClient
) -> None:
    facts = describe(client)
    told = {f["title"]: f for f in facts["fields"]["task"]}
    assert PROJECT_CUSTOMER in told["Customer domain"]["name"]
    assert (told["Priority"]["type"], told["Priority"]["values"]) == ("choice", ["High", "Low"])
    domains = {c.key: p.domain for c, p in vendor.world.companies_of("asana")}
    told = 0
    for project in vendor.world.projects_of("asana"):
        gid = vendor.world.id("asana", "project", project.key)
        domain = domains.get(project.company or "")
        expected = {PROJECT_CUSTOMER: [domain]} if domain else {}
        assert facts["project_fields"][gid] == expected
        told += bool(domain)
    assert told > 6


def test_facts_of_projects_are_read_only_for_a_rule(connect: Opener) -> None:
    rules = json.dumps({"*": {"by": "tag", "field": "cust-"}})
    assert describe(connect(account_links=rules))["project_fields"] == {}


def test_a_plan_without_custom_fields_will_do(vendor: AsanaSandbox, client: AsanaClient) -> None:
    vendor.plan_lacks = {"/custom_fields"}
    assert check(client).missing == ()
    assert describe(client)["fields"] == {"task": []}


@pytest.mark.parametrize("token", ["wrong", "", "wröng", "鍵"])
def test_a_wrong_token_is_said_at_once(connect: Opener, token: str) -> None:
    with pytest.raises(Reconnect):
        check(connect(token=token))


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/users", "users:read"),
        ("/projects", "projects:read"),
        ("/tasks", "tasks:read"),
        ("/webhooks", "webhooks:read"),
    ],
)
def test_a_missing_scope_is_named(
    vendor: AsanaSandbox, client: AsanaClient, path: str, scope: str
) -> None:
    vendor.denied = {path}
    found = check(client)
    assert found.missing == (scope,)
    assert "my-apps" in found.where


def test_a_custom_field_may_say_its_kind_by_the_older_name(
    client: AsanaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = {"gid": "1200000000000503", "name": "Seats", "type": "number"}
    monkeypatch.setattr(AsanaSandbox, "custom_fields", lambda self, request: {"data": [older]})
    (field,) = describe(client)["fields"]["task"]
    assert field["type"] == "number"
    assert field["name"].endswith(".number_value | [0]")


def several(self: AsanaSandbox, request: Request) -> object:
    other = {"gid": "1200000000000101", "name": "Other"}
    return {"data": {"gid": "1", "workspaces": [WORKSPACE, other]}}


def test_one_of_several_workspaces_is_chosen(
    connect: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AsanaSandbox, "me", several)
    assert check(connect(workspace=" 1200000000000101 ")).name == "Other"
    for setting, says in (("", "Say which workspace"), ("7", "no workspace 7")):
        with pytest.raises(CorrectInput, match=says) as caught:
            check(connect(workspace=setting))
        assert caught.value.field == "workspace"


@pytest.mark.parametrize(
    ("links", "says"),
    [
        ({"7": {"by": "tag"}}, "no project 7"),
        ({"*": {"by": "custom_field", "field": "7"}}, "no field 7"),
        ({"*": {"by": "project_field", "field": "7"}}, "no field 7"),
        ({"*": {"by": "magic"}}, "`by` must be one of"),
        ([], "must be an object"),
    ],
)
def test_a_wrong_account_rule_is_refused_on_connecting(
    connect: Opener, links: Any, says: str
) -> None:
    with pytest.raises(CorrectInput, match=says) as caught:
        check(connect(account_links=json.dumps(links)))
    assert caught.value.field == "account_links"


@pytest.mark.parametrize(
    "answer",
    [
        Response("<html>"),
        Response({"errors": []}, 404),
        Response({"ok": True}),
        Response(None, 302),
    ],
)
def test_what_does_not_answer_like_asana_is_told(
    client: AsanaClient, monkeypatch: pytest.MonkeyPatch, answer: Response
) -> None:
    monkeypatch.setattr(AsanaSandbox, "me", lambda self, request: answer)
    with pytest.raises((CorrectInput, RetryLater)):
        check(client)


@pytest.mark.parametrize(
    ("text", "base"),
    [
        (BASE_URL, BASE_URL),
        (" https://app.asana.com/api/1.0/ ", BASE_URL),
        ("http://127.0.0.1:8123/api/1.0", "http://127.0.0.1:8123/api/1.0"),
    ],
)
def test_addresses(text: str, base: str) -> None:
    assert base_url(text) == base


@pytest.mark.parametrize(
    "text",
    [
        "asana",
        "http://app.asana.com/api/1.0",
        "https://app.asana.com.evil.example/api/1.0",
        "https://app.asana.com@evil.example",
        "https://me:t@app.asana.com/api/1.0",
        "https://app.asana.com:8443",
        "https://169.254.169.254",
        "https://app.asana.com:port",
        "https://[",
    ],
)
def test_addresses_that_cannot_be_right(text: str) -> None:
    with pytest.raises(CorrectInput) as caught:
        base_url(text)
    assert caught.value.field == "base_url"


def test_a_limit_gives_the_vendors_own_wait_uncut(
    vendor: AsanaSandbox, client: AsanaClient
) -> None:
    vendor.faults.add("limit", count=1, retry_after=1800)
    with pytest.raises(RetryLater) as caught:
        client.me()
    assert caught.value.retry_after == 1800


@pytest.mark.parametrize("fault", ["error", "hang", "half"])
def test_a_broken_answer_is_for_later(
    vendor: AsanaSandbox, client: AsanaClient, fault: str
) -> None:
    vendor.faults.add(fault, count=1, seconds=0)
    with pytest.raises(RetryLater):
        client.me()
    assert client.me()["gid"]


def test_an_expired_token_asks_for_a_person(vendor: AsanaSandbox, client: AsanaClient) -> None:
    vendor.faults.add("expired", count=1)
    with pytest.raises(Reconnect):
        client.me()


def test_nobody_there_is_for_later(connect: Opener) -> None:
    with pytest.raises(RetryLater):
        connect(base_url="http://127.0.0.1:9/api/1.0").me()


@pytest.mark.parametrize("kind", ["error", "limit", "expired"])
def test_no_secret_reaches_a_traceback(
    vendor: AsanaSandbox, client: AsanaClient, kind: str
) -> None:
    vendor.faults.add(kind, count=1, retry_after=60)
    with pytest.raises(VendorError) as caught:
        client.me()
    told = "".join(traceback.format_exception(caught.value))
    assert vendor.token not in told
    assert "Bearer" not in told


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (301, "moved"),
        (400, "bad_request"),
        (402, "plan"),
        (403, "forbidden"),
        (404, "not_found"),
        (412, "sync_token"),
        (418, "refused"),
        (451, "blocked"),
    ],
)
def test_statuses(status: int, reason: str) -> None:
    found = refusal(status)
    assert (type(found), found.reason) == (GiveUp, reason)


def test_each_list_is_asked_for_in_hundreds(
    client: AsanaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, str]] = []
    whole = AsanaSandbox._paged

    def noted(self: AsanaSandbox, request: Request, rows: Any) -> object:
        asked.append(request.query)
        return whole(self, request, rows)

    monkeypatch.setattr(AsanaSandbox, "_paged", noted)
    check(client)
    describe(client)
    assert asked
    assert {query["limit"] for query in asked} == {"100"}


def test_asanas_own_time_is_kept(vendor: AsanaSandbox, client: AsanaClient) -> None:
    vendor.clock.advance(86_400)
    client.me()
    assert abs((client.date - vendor.clock.now()).total_seconds()) <= 2


def test_each_announced_change_is_logged_once_by_its_name(
    client: AsanaClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The header may repeat, and says of each call whether it is affected."""
    told = [
        "name=one;info=https://asana.com/1;affected=true",
        "name=one;info=https://asana.com/1;affected=false, name=two;affected=true",
        "name=two;affected=false,name=one;affected=true",
    ]
    whole = AsanaSandbox.limit_headers

    def headers(self: AsanaSandbox, request: Request) -> dict[str, str]:
        return whole(self, request) | {"Asana-Change": told.pop(0)}

    monkeypatch.setattr(AsanaSandbox, "limit_headers", headers)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            client.me()
    said = [r.getMessage() for r in caplog.records]
    assert [("name=one" in text, "name=two" in text) for text in said] == [
        (True, False),
        (False, True),
    ]


def test_an_announced_change_is_logged_once(
    client: AsanaClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    change = {"Asana-Change": "name=new_memberships;info=https://asana.com/x;affected=true"}
    whole = AsanaSandbox.limit_headers
    monkeypatch.setattr(
        AsanaSandbox, "limit_headers", lambda self, request: whole(self, request) | change
    )
    with caplog.at_level(logging.WARNING):
        client.me()
        client.me()
    assert [r.getMessage().count("new_memberships") for r in caplog.records] == [1]
