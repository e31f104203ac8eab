"""Jira's client over real HTTP: faults, statuses, waits, and what reaches a log."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from hub.api import GiveUp, Reconnect, RetryLater, VendorError
from plugins.jira.client import JiraClient, refusal, retry_after
from plugins.jira.sandbox import JiraSandbox
from tests.plugins.jira.conftest import Opener

pytestmark = pytest.mark.usefixtures("one_attempt")
NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)


def by_sdk(client: JiraClient) -> object:
    return client.fields()


def by_session(client: JiraClient) -> object:
    return client.users(0)


BOTH = pytest.mark.parametrize("call", [by_sdk, by_session])


@BOTH
def test_a_limit_gives_the_vendors_own_wait_uncut(
    vendor: JiraSandbox, client: JiraClient, call: Callable[[JiraClient], object]
) -> None:
    vendor.faults.add("limit", count=1, retry_after=1800)
    with pytest.raises(RetryLater) as caught:
        call(client)
    assert caught.value.retry_after == 1800


@BOTH
@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failing_vendor_is_for_later(
    vendor: JiraSandbox, client: JiraClient, call: Callable[[JiraClient], object], status: int
) -> None:
    vendor.faults.add("error", count=1, status=status)
    with pytest.raises(RetryLater):
        call(client)
    call(client)


@BOTH
@pytest.mark.parametrize("kind", ["hang", "half"])
def test_a_broken_answer_is_for_later(
    vendor: JiraSandbox, client: JiraClient, call: Callable[[JiraClient], object], kind: str
) -> None:
    vendor.faults.add(kind, count=1, seconds=0)
    with pytest.raises(RetryLater):
        call(client)
    call(client)


@BOTH
def test_an_expired_token_asks_for_a_person(
    vendor: JiraSandbox, client: JiraClient, call: Callable[[JiraClient], object]
) -> None:
    vendor.faults.add("expired", count=1)
    with pytest.raises(Reconnect):
        call(client)


@BOTH
def test_nobody_there_is_for_later(connect: Opener, call: Callable[[JiraClient], object]) -> None:
    with pytest.raises(RetryLater):
        call(connect(site="http://127.0.0.1:9"))


@BOTH
def test_a_slow_answer_is_for_later(
    vendor: JiraSandbox,
    client: JiraClient,
    call: Callable[[JiraClient], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("plugins.jira.client.TIMEOUT", (1.0, 0.05))
    vendor.faults.add("slow", count=1, seconds=0.5)
    with pytest.raises(RetryLater):
        call(client)


@BOTH
@pytest.mark.parametrize("kind", ["error", "limit", "expired"])
def test_no_secret_and_no_body_reach_a_traceback(
    vendor: JiraSandbox, client: JiraClient, call: Callable[[JiraClient], object], kind: str
) -> None:
    vendor.faults.add(kind, count=1, retry_after=60)
    with pytest.raises(VendorError) as caught:
        call(client)
    told = "".join(traceback.format_exception(caught.value))
    assert vendor.token not in told
    assert "Authorization" not in told
    assert "response text" not in told


def test_the_retired_search_is_never_called(vendor: JiraSandbox, client: JiraClient) -> None:
    vendor.faults.add("error", path=r"/rest/api/\w+/search$")
    assert client.search("projectType = service_desk", None, ("summary",))["issues"]


def test_a_search_without_a_restriction_is_refused(client: JiraClient) -> None:
    with pytest.raises(GiveUp) as caught:
        client.search("ORDER BY updated ASC", None, ("summary",))
    assert caught.value.reason == "bad_request"


def test_the_sdk_does_not_ask_what_it_is_talking_to(
    vendor: JiraSandbox, client: JiraClient
) -> None:
    vendor.faults.add("error", path="serverInfo")
    assert client.count("projectType = service_desk") > 0


@pytest.mark.parametrize(
    ("status", "headers", "kind", "reason"),
    [
        (400, {}, GiveUp, "bad_request"),
        (401, {}, Reconnect, "reconnect"),
        (403, {}, GiveUp, "forbidden"),
        (403, {"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"}, Reconnect, "reconnect"),
        (
            403,
            {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://x"},
            Reconnect,
            "reconnect",
        ),
        (404, {}, GiveUp, "not_found"),
        (409, {}, RetryLater, "down"),
        (418, {}, GiveUp, "refused"),
        (410, {}, GiveUp, "retired"),
        (429, {}, RetryLater, "limited"),
        (
            429,
            {"RateLimit-Reason": "jira-quota-tenant-based"},
            RetryLater,
            "jira-quota-tenant-based",
        ),
        (503, {}, RetryLater, "down"),
    ],
)
def test_statuses(
    status: int, headers: dict[str, str], kind: type[VendorError], reason: str
) -> None:
    found = refusal(status, headers)
    assert type(found) is kind
    assert found.reason == reason


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "7", "X-RateLimit-Reset": "2026-01-05T11:00:00Z"}, 7.0),
        ({"X-RateLimit-Reset": "2026-01-05T10:01:30Z"}, 90.0),
        ({"X-RateLimit-Reset": "2026-01-05T10:02Z"}, 120.0),
        ({"X-RateLimit-Reset": "2026-01-05T10:02"}, 120.0),
        ({"X-RateLimit-Reset": "2026-01-05T09:00Z"}, 0.0),
        ({"X-RateLimit-Reset": "soon"}, None),
        ({"X-Failure-Category": "FAILURE_CLIENT_RATE_LIMIT"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds
