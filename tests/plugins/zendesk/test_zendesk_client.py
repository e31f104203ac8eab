"""Zendesk's account, lists, reads by id and limits, against its sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from requests import Request

from hub.api import CorrectInput, GiveUp, Left, Reconnect, RetryLater
from hub.http import VendorHttp
from plugins.zendesk import ZENDESK, account, lists
from plugins.zendesk.client import ZendeskClient, open_client
from plugins.zendesk.limits import EXPORTS, left
from plugins.zendesk.records import split
from plugins.zendesk.sandbox import ZendeskSandbox
from tests.plugins.zendesk.conftest import Opener

STREAMS = {stream.name: stream for stream in ZENDESK.streams}


def header(**secrets: str) -> str:
    settings = {"site": "https://acme.zendesk.com", "email": "agent@example.com"}
    client = open_client(settings, secrets, VendorHttp(None, "c1"))
    assert client.rest.auth is not None
    sent = client.rest.auth(Request("GET", client.site).prepare()).headers["Authorization"]
    return sent.decode() if isinstance(sent, bytes) else sent


def test_an_api_token_is_basic_and_granted_access_a_bearer() -> None:
    """base64 of agent@example.com/token:abc123, by the command base64."""
    basic = "Basic YWdlbnRAZXhhbXBsZS5jb20vdG9rZW46YWJjMTIz"
    assert header(api_token="abc123") == basic
    assert header(access_token="granted", api_token="abc123") == "Bearer granted"


@pytest.mark.parametrize(
    "site",
    [
        "https://acme.zendesk.com.evil.example",
        "http://acme.zendesk.com",
        "https://support.acme.com",
        "https://zendesk.com",
        "https://user@acme.zendesk.com",
        "",
    ],
)
def test_the_access_goes_to_zendesk_alone(site: str) -> None:
    for call in (open_client, lambda s, *_: ZENDESK.oauth and ZENDESK.oauth.token(s)):
        with pytest.raises(CorrectInput):
            call({"site": site}, {}, VendorHttp(None, "c1"))


def test_consent_and_tokens_are_at_the_account_s_own_address() -> None:
    assert ZENDESK.oauth is not None
    settings = {"site": "acme.zendesk.com"}
    site = "https://acme.zendesk.com/oauth"
    assert ZENDESK.oauth.authorize(settings) == f"{site}/authorizations/new"
    assert ZENDESK.oauth.token(settings) == f"{site}/tokens"
    assert dict(ZENDESK.oauth.asked) == {
        "scope": "read webhooks:write",
        "expires_in": 172_800,
        "refresh_token_expires_in": 7_776_000,
    }


def test_the_account_is_its_host(client: ZendeskClient) -> None:
    found = account.check(client)
    assert client.site == f"http://{found.id}"
    assert (found.name, found.missing) == (found.id, ())


def test_nobody_is_not_somebody(vendor: ZendeskSandbox, connect: Opener) -> None:
    """A wrong token is answered with success and a user without an id: no list is tried then."""
    with pytest.raises(Reconnect, match="does not accept the access"):
        account.check(connect("wrong"))
    assert vendor.calls == {"me": 1}


def test_an_api_token_needs_its_user(connect: Opener) -> None:
    with pytest.raises(CorrectInput) as refused:
        account.check(connect(email=""))
    assert refused.value.field == "email"


def test_what_lacks_is_named(vendor: ZendeskSandbox, client: ZendeskClient) -> None:
    vendor.role, vendor.denied = "agent", {"tickets"}
    missing = account.check(client).missing
    assert missing == ("the role of an administrator", "reading tickets")


def test_an_error_that_is_an_object_reads_as_one_that_is_a_word(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    vendor.denied = {"organizations.json"}
    with pytest.raises(GiveUp) as refused:
        client.page("organizations.json", "organizations", {}, None)
    assert refused.value.reason == "forbidden"
    with pytest.raises(GiveUp) as refused:
        client.rest.get("nowhere")
    assert refused.value.reason == "not_found"


def test_fields_forms_and_statuses_are_the_account_s_own(client: ZendeskClient) -> None:
    facts = account.describe(client)
    assert facts["base_url"] == client.site
    assert facts["statuses"]["4"] == {"name": "Hold", "category": "hold"}
    assert facts["forms"] == {"2": "Default form"}
    assert facts["fields"]["ticket"] == [
        {
            "name": 'custom_fields."27642"',
            "title": "Plan",
            "type": "choice",
            "custom": True,
            "values": ["745"],
        },
        {
            "name": 'custom_fields."27643"',
            "title": "Order",
            "type": "text",
            "custom": True,
            "values": [],
        },
    ]
    keys = [field["name"] for field in facts["fields"]["organization"]]
    assert keys == ['organization_fields."region"', 'organization_fields."seats"']
    assert [field["type"] for field in facts["fields"]["user"]] == ["boolean"]


def test_what_the_plan_does_not_have_is_empty(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    vendor.denied = {"ticket_forms", "custom_statuses", "guide", "satisfaction", "deleted_users"}
    facts = account.describe(client)
    assert (facts["forms"], facts["statuses"]) == ({}, {})
    for name in ("ratings", "survey_responses", "deleted_users"):
        (page,) = STREAMS[name].pages(client, None, ())
        assert (page.records, page.changes, page.cursor) == ([], [], None)


def listed(client: ZendeskClient, name: str, cursor: Any = None) -> tuple[list[Any], Any]:
    pages = list(STREAMS[name].pages(client, cursor, ()))
    return [record for page in pages for record in page.records], pages[-1].cursor


@pytest.mark.parametrize(
    ("name", "table"), [("ratings", "ratings"), ("survey_responses", "responses")]
)
def test_both_kinds_of_satisfaction_are_read_and_then_what_is_new(
    vendor: ZendeskSandbox, client: ZendeskClient, name: str, table: str
) -> None:
    found, cursor = listed(client, name)
    assert {str(r["id"]) for r in found} == set(vendor.table(table).ids())
    recent, again = listed(client, name, cursor)
    newest = cursor["since"] - lists.OVERLAP_S
    assert recent == [r for r in found if made(r) >= newest]
    assert (again["since"], again["turn"]) == (cursor["since"], 2)


def made(record: Any) -> int:
    text = record.get("created_at") or record["answer"]["created_at"]
    return lists.stamp({"updated_at": text})


def test_agents_and_administrators_are_listed_whole(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    found, cursor = listed(client, "agents")
    rows = [r for r in vendor.table("users").all() if r["role"] != "end-user"]
    assert sorted(r["id"] for r in found) == sorted(r["id"] for r in rows)
    assert cursor is None


def test_users_deleted_for_good_are_told_and_others_are_not(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    forgotten, deleted = [
        str(row["id"]) for row in vendor.table("users").all() if row["role"] == "end-user"
    ][:2]
    vendor.forget_user(forgotten)
    vendor.table("users").delete(deleted)
    pages = list(STREAMS["deleted_users"].pages(client, None, ()))
    changes = [(c.object, c.native_id, c.kind) for page in pages for c in page.changes]
    assert changes == [("user", forgotten, "privacy_delete")]


def test_a_list_whose_cursor_does_not_move_is_an_error(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    vendor.page_size = 1
    vendor.faults.add("repeat_cursor")
    with pytest.raises(RetryLater) as refused:
        client.all("organizations.json", "organizations")
    assert refused.value.reason == "cursor_stuck"


def test_a_user_of_several_organizations_reads_the_same_one_by_one_and_all_at_once(
    vendor: ZendeskSandbox, connect: Opener
) -> None:
    rows = vendor.table("users").all()
    wanted = [str(r["id"]) for r in rows if r["role"] == "end-user" and r["organization_id"]]
    few, many = (
        connect(organizations_of_a_user="several"),
        connect(organizations_of_a_user="several"),
    )
    vendor.page_size = 1000
    pages = list(STREAMS["users"].pages(many, None, ()))
    assert (vendor.calls["memberships"], "memberships_of" in vendor.calls) == (1, False)
    exported = {str(r["id"]): r for page in pages for r in page.records}
    fetch = STREAMS["users"].fetch
    assert fetch is not None
    records, _ = split(fetch(few, wanted[:10]))
    for record in records:
        assert record == exported[str(record["id"])]
        assert str(record["organization_id"]) in record["organization_ids"]
    assert any(len(r["organization_ids"] or ()) > 1 for r in exported.values())
    plain, _ = split(fetch(connect(), wanted[:10]))
    assert all(record["organization_ids"] is None for record in plain)


def test_a_fetch_is_one_call_in_the_shape_of_the_export(
    vendor: ZendeskSandbox, client: ZendeskClient
) -> None:
    tickets = {
        str(r["id"]): r for p in STREAMS["tickets"].pages(client, None, ()) for r in p.records
    }
    fetch = STREAMS["tickets"].fetch
    assert fetch is not None
    wanted = vendor.table("tickets").ids()[:20]
    dead = vendor.table("tickets").ids()[20]
    vendor.table("tickets").delete(dead)
    found = list(fetch(client, [*wanted, dead, "1", "x/../y"]))
    assert found == [tickets[id] for id in wanted]
    assert vendor.calls["show_many"] == 1
    assert list(fetch(client, ["x"])) == []


def test_limits_are_read_from_either_family_of_headers() -> None:
    """developer.zendesk.com/api-reference/introduction/rate-limits"""
    older = {"X-Rate-Limit": "700", "X-Rate-Limit-Remaining": "699"}
    assert list(left(older)) == [Left(60.0, 699, 700, None)]
    newer = {"ratelimit-limit": "400", "ratelimit-remaining": "0", "ratelimit-reset": "41"}
    assert list(left(newer)) == [Left(60.0, 0, 400, 41.0)]
    for odd in ({}, {"X-Rate-Limit": "700"}, {"X-Rate-Limit-Remaining": "many"}):
        assert list(left(odd)) == []


def test_the_exports_have_a_limit_of_their_own() -> None:
    told = "total=30; remaining=29; resets=41"
    own = list(left({"Zendesk-RateLimit-Incremental-Exports": told}))
    assert own == [Left(60.0, 29, 30, 41.0, EXPORTS)]
    assert list(left({"zendesk-ratelimit-tickets-index": told})) == []
    assert list(left({"zendesk-ratelimit-incremental-exports": "soon"})) == []
    by_name = {rate.only: rate.calls for rate in ZENDESK.limits.rates_of({})}
    assert by_name == {"": 200, EXPORTS: 10}
