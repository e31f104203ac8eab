"""Jira's client over real HTTP: credentials, addresses, faults, and what reaches a log."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import stamina

from hub.api import CorrectInput, GiveUp, Reconnect, RetryLater, VendorError
from hub.http import VendorHttp
from hub.sandbox import Request, Response, Sandbox, route
from plugins.jira import JIRA
from plugins.jira.client import JiraClient, base_url, refusal, retry_after
from plugins.jira.sandbox import JiraSandbox
from plugins.jira.site import check, describe

Opener = Callable[..., JiraClient]
NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _one_attempt() -> Iterator[None]:
    """The host's short retries are its own; here each call is made once."""
    stamina.set_testing(True, attempts=1)
    yield
    stamina.set_testing(False)


def by_sdk(client: JiraClient) -> object:
    return client.fields()


def by_session(client: JiraClient) -> object:
    return client.users(0)


BOTH = pytest.mark.parametrize("call", [by_sdk, by_session])


def test_a_good_connection_says_who_it_is(vendor: JiraSandbox, client: JiraClient) -> None:
    found = check(client)
    assert (found.id, found.name, found.missing) == (vendor.url[7:], "Sandbox Jira", ())
    facts = describe(client)
    assert facts["base_url"] == vendor.url
    own = {"title": "Customer domain", "type": "text", "custom": True}
    assert {"name": "fields.customfield_10050", **own} in facts["fields"]["request"]
    (status,) = [f for f in facts["fields"]["issue"] if f["name"] == "fields.status.name"]
    assert "Waiting for customer" in status["values"]


@pytest.mark.parametrize("token", ["wrong", "", "wröng"])
def test_a_wrong_token_is_said_at_once(connect: Opener, token: str) -> None:
    with pytest.raises(Reconnect) as caught:
        check(connect(token=token))
    assert caught.value.field == "token"


def test_a_missing_permission_is_named(
    vendor: JiraSandbox, client: JiraClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def permissions(self: JiraSandbox, request: Request) -> object:
        return {"permissions": {"BROWSE_PROJECTS": {"havePermission": True}}}

    monkeypatch.setattr(JiraSandbox, "permissions", permissions)
    found = check(client)
    assert found.missing == ("Browse users and groups",)
    assert "Global permissions" in found.where


@pytest.mark.parametrize(
    ("path", "scope"), [("/myself", "read:jira-user"), ("/mypermissions", "read:jira-work")]
)
@pytest.mark.parametrize("status", [401, 403])
def test_a_scope_that_a_token_lacks_is_named(
    vendor: JiraSandbox,
    client: JiraClient,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    scope: str,
    status: int,
) -> None:
    """The gateway says 401 for a scope, with words that Atlassian has not published, or 403."""
    known = vendor.authorise

    def authorise(request: Request) -> Response | None:
        body = {"code": status, "message": "Unauthorized; scope does not match"}
        return Response(body, status) if request.path.endswith(path) else known(request)

    monkeypatch.setattr(vendor, "authorise", authorise)
    found = check(client)
    assert found.missing == (scope,)
    assert "token" in found.where


@pytest.mark.parametrize(
    ("links", "says"),
    [
        ('{"NOPE": {"by": "organization"}}', "no project NOPE"),
        ('{"PLT": {"by": "custom_field", "field": "customfield_1"}}', "no field customfield_1"),
        ('{"PLT": {"by": "magic"}}', "`by` must be one of"),
        ("{", "not JSON"),
    ],
)
def test_a_wrong_account_rule_is_refused_on_connecting(
    connect: Opener, links: str, says: str
) -> None:
    with pytest.raises(CorrectInput, match=says) as caught:
        check(connect(account_links=links))
    assert caught.value.field == "account_links"


@pytest.mark.parametrize("links", ["", "{}", '{"*": {"by": "reporter_domain"}}'])
def test_rules_that_name_no_project_pass(connect: Opener, links: str) -> None:
    assert check(connect(account_links=links)).name == "Sandbox Jira"


class DataCenter(JiraSandbox):
    """A Jira of a customer's own."""

    @route("GET", "/rest/api/3/serverInfo", public=True)
    def server_info(self, request: Request) -> object:
        return {"baseUrl": self.url, "deploymentType": "Server", "versionNumbers": [9, 12, 0]}


class NoJira(JiraSandbox):
    """An address where something else answers."""

    @route("GET", "/rest/api/3/serverInfo", public=True)
    def server_info(self, request: Request) -> object:
        return Response("<html>Site unavailable</html>", 404)


@pytest.mark.parametrize(
    ("other", "says"), [(DataCenter, "not Jira Cloud"), (NoJira, "no Jira at this address")]
)
def test_another_kind_of_site_is_refused(other: type[JiraSandbox], says: str) -> None:
    with Sandbox(vendors=[other], seed=7, accounts=2) as sandbox:
        given = sandbox["jira"].credentials()
        client = JIRA.open(given["settings"], given["secrets"], VendorHttp(None, "c1"))
        with pytest.raises(CorrectInput, match=says) as caught:
            JIRA.check(client)
    assert caught.value.field == "site"


@pytest.mark.parametrize(
    ("site", "base"),
    [
        ("acme", "https://acme.atlassian.net"),
        (" acme.atlassian.net/ ", "https://acme.atlassian.net"),
        ("https://acme.atlassian.net/jira/your-work?x=1", "https://acme.atlassian.net"),
        (
            "https://api.atlassian.com/ex/jira/11223344-a1b2-3b33-c444-def123456789/",
            "https://api.atlassian.com/ex/jira/11223344-a1b2-3b33-c444-def123456789",
        ),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123"),
    ],
)
def test_addresses(site: str, base: str) -> None:
    assert base_url(site) == base


@pytest.mark.parametrize(
    "site",
    [
        "",
        "  ",
        "http://acme.atlassian.net",
        "ftp://acme.atlassian.net",
        "https://",
        "https://[",
        "https://acme.atlassian.net:port",
    ],
)
def test_addresses_that_cannot_be_right(site: str) -> None:
    with pytest.raises(CorrectInput) as caught:
        base_url(site)
    assert caught.value.field == "site"


def test_an_address_may_not_carry_credentials() -> None:
    with pytest.raises(CorrectInput):
        base_url("https://me:secret@acme.atlassian.net")


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
