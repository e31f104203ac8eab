"""Freshdesk's client over real HTTP: credentials, addresses, faults, limits, what reaches a log."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest

from hub.api import CorrectInput, GiveUp, Reconnect, RetryLater, VendorError
from hub.sandbox import Request, Response
from plugins.freshdesk.client import FreshdeskClient, base_url, refusal
from plugins.freshdesk.desk import check, describe
from plugins.freshdesk.sandbox import FreshdeskSandbox

Opener = Callable[..., FreshdeskClient]


def test_a_good_connection_says_who_it_is(
    vendor: FreshdeskSandbox, client: FreshdeskClient
) -> None:
    found = check(client)
    assert (found.id, found.missing) == (vendor.url.removeprefix("http://"), ())
    facts = describe(client)
    assert facts["base_url"] == vendor.url
    assert facts["statuses"]["7"] == "Waiting on Third Party"
    order = {"title": "Order", "type": "text", "custom": True, "values": []}
    assert {"name": "custom_fields.cf_order", **order} in facts["fields"]["ticket"]
    statuses = {f["name"]: f["values"] for f in facts["fields"]["ticket"]}["status"]
    assert {"value": "7", "title": "Waiting on Third Party"} in statuses


@pytest.mark.parametrize("key", ["wrong", "", "wröng", "鍵"])
def test_a_wrong_key_is_said_at_once(connect: Opener, key: str) -> None:
    with pytest.raises(Reconnect):
        check(connect(api_key=key))


def test_an_agent_with_groups_only_would_see_a_part(
    vendor: FreshdeskSandbox, client: FreshdeskClient
) -> None:
    vendor.ticket_scope = 2
    found = check(client)
    assert found.missing == ("global ticket scope of the agent",)
    assert "Admin > Agents" in found.where


def test_a_missing_right_is_named(vendor: FreshdeskSandbox, client: FreshdeskClient) -> None:
    vendor.denied = {"companies"}
    assert check(client).missing == ("reading companies",)


def test_an_agent_who_is_no_administrator_has_no_names(
    vendor: FreshdeskSandbox, client: FreshdeskClient
) -> None:
    vendor.denied = {"ticket_fields", "contact_fields", "company_fields"}
    nothing: dict[str, list[object]] = {"ticket": [], "contact": [], "company": []}
    assert describe(client) == {"base_url": vendor.url, "statuses": {}, "fields": nothing}


def test_another_address_is_refused(
    vendor: FreshdeskSandbox, client: FreshdeskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def me(self: FreshdeskSandbox, request: Request) -> object:
        return Response("<html>Help centre</html>")

    monkeypatch.setattr(FreshdeskSandbox, "me", me)
    with pytest.raises(CorrectInput) as caught:
        check(client)
    assert caught.value.field == "site"


@pytest.mark.parametrize(
    ("site", "base"),
    [
        ("acme", "https://acme.freshdesk.com"),
        (" Acme.freshdesk.com/ ", "https://acme.freshdesk.com"),
        ("https://acme.freshdesk.com/a/tickets/filters?x=1", "https://acme.freshdesk.com"),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123"),
    ],
)
def test_addresses(site: str, base: str) -> None:
    assert base_url(site) == base


@pytest.mark.parametrize(
    "site",
    [
        "",
        "support.acme.example",
        "http://acme.freshdesk.com",
        "https://acme.freshdesk.com.evil.example",
        "https://evil.example/acme.freshdesk.com",
        "https://acme.freshdesk.com@evil.example",
        "https://me:key@acme.freshdesk.com",
        "https://a.b.freshdesk.com",
        "https://acme.freshdesk.com:8443",
        "https://169.254.169.254",
        "ftp://127.0.0.1",
        "https://acme.freshdesk.com:port",
        "https://[",
    ],
)
def test_addresses_that_cannot_be_right(site: str) -> None:
    with pytest.raises(CorrectInput) as caught:
        base_url(site)
    assert caught.value.field == "site"


def test_a_limit_gives_the_vendors_own_wait_uncut(
    vendor: FreshdeskSandbox, client: FreshdeskClient
) -> None:
    vendor.faults.add("limit", count=1, retry_after=1800)
    with pytest.raises(RetryLater) as caught:
        client.me()
    assert caught.value.retry_after == 1800


@pytest.mark.parametrize("fault", ["error", "hang", "half"])
def test_a_broken_answer_is_for_later(
    vendor: FreshdeskSandbox, client: FreshdeskClient, fault: str
) -> None:
    vendor.faults.add(fault, count=1, seconds=0)
    with pytest.raises(RetryLater):
        client.me()
    assert client.me()["ticket_scope"] == 1


def test_an_expired_key_asks_for_a_person(
    vendor: FreshdeskSandbox, client: FreshdeskClient
) -> None:
    vendor.faults.add("expired", count=1)
    with pytest.raises(Reconnect):
        client.me()


def test_nobody_there_is_for_later(connect: Opener) -> None:
    with pytest.raises(RetryLater):
        connect(site="http://127.0.0.1:9").me()


def test_a_redirect_is_not_followed_and_the_key_stays_here(
    vendor: FreshdeskSandbox, client: FreshdeskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def me(self: FreshdeskSandbox, request: Request) -> object:
        return Response(None, 302, {"Location": f"{self.url}/api/v2/agents"})

    monkeypatch.setattr(FreshdeskSandbox, "me", me)
    with pytest.raises(GiveUp) as caught:
        client.me()
    assert caught.value.reason == "moved"
    assert vendor.calls == {"me": 1}


def test_a_list_that_is_none_is_for_later(
    client: FreshdeskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FreshdeskSandbox, "list_companies", lambda self, request: {"errors": []})
    with pytest.raises(RetryLater):
        client.page("companies", {}, 1)


@pytest.mark.parametrize("kind", ["error", "limit", "expired"])
def test_no_secret_reaches_a_traceback(
    vendor: FreshdeskSandbox, client: FreshdeskClient, kind: str
) -> None:
    vendor.faults.add(kind, count=1, retry_after=60)
    with pytest.raises(VendorError) as caught:
        client.me()
    told = "".join(traceback.format_exception(caught.value))
    assert vendor.token not in told
    assert "Basic " not in told


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (301, "moved"),
        (400, "bad_request"),
        (402, "plan"),
        (403, "forbidden"),
        (404, "not_found"),
        (405, "method"),
        (409, "conflict"),
        (415, "refused"),
    ],
)
def test_statuses(status: int, reason: str) -> None:
    assert refusal(status).reason == reason


def test_a_refusal_names_the_field_and_nothing_else() -> None:
    body = (
        b'{"description":"Validation failed","errors":[{"field":"page",'
        b'"message":"lena@acme.example is wrong","code":"invalid_value"}]}'
    )
    assert (
        str(refusal(400, body))
        == "Freshdesk refuses this request with 400 (bad_request, field page)."
    )


def test_what_an_account_refuses_with_tickets_is_asked_for_once(
    vendor: FreshdeskSandbox, client: FreshdeskClient
) -> None:
    vendor.denied_includes = {"requester"}
    for _ in range(2):
        rows, _ = client.tickets({}, 1)
        assert "stats" in rows[0]
        assert "requester" not in rows[0]
    assert vendor.calls["list_tickets"] == 3


def test_tickets_come_without_their_stamps_where_even_those_are_refused(
    vendor: FreshdeskSandbox, client: FreshdeskClient
) -> None:
    vendor.denied_includes = {"requester", "stats"}
    assert "stats" not in client.tickets({}, 1)[0][0]


def test_a_right_that_is_missing_altogether_is_told(
    vendor: FreshdeskSandbox, client: FreshdeskClient
) -> None:
    vendor.denied = {"tickets"}
    with pytest.raises(GiveUp) as caught:
        client.tickets({}, 1)
    assert caught.value.reason == "forbidden"
