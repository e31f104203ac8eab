"""The client: signing in, what each refusal means for the hub, and connecting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from hub.api import CorrectInput, GiveUp, Reconnect, RetryLater
from plugins.salesforce import CONNECTOR, memory
from plugins.salesforce.catalogue import OBJECTS
from plugins.salesforce.client import Client, translate
from plugins.salesforce.connection import address_problem
from plugins.salesforce.sandbox import Org

Opener = Callable[..., Client]
KINDS = {
    400: SalesforceMalformedRequest,
    401: SalesforceExpiredSession,
    403: SalesforceRefusedRequest,
    404: SalesforceResourceNotFound,
}


@pytest.mark.parametrize(
    ("status", "code", "message", "expected", "reason", "wait"),
    [
        (401, "INVALID_SESSION_ID", "", Reconnect, "reconnect", None),
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", RetryLater,
         "daily_limit", 3600),
        (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests Limit exceeded.", RetryLater,
         "concurrent_limit", 45),
        (403, "API_DISABLED_FOR_ORG", "", Reconnect, "api_disabled", None),
        (403, "API_CURRENTLY_DISABLED", "", Reconnect, "api_disabled", None),
        (403, "INSUFFICIENT_ACCESS", "", GiveUp, "insufficient_access", None),
        (400, "MALFORMED_QUERY", "", GiveUp, "malformed_query", None),
        (400, "INVALID_FIELD", "", GiveUp, "fields_changed", None),
        (400, "INVALID_TYPE", "", GiveUp, "fields_changed", None),
        (400, "INVALID_QUERY_LOCATOR", "", GiveUp, "stale_locator", None),
        (400, "QUERY_TIMEOUT", "", RetryLater, "query_timeout", 300),
        (400, "OPERATION_TOO_LARGE", "", RetryLater, "operation_too_large", 300),
        (400, "UNABLE_TO_LOCK_ROW", "", RetryLater, "unable_to_lock_row", 300),
        (404, "NOT_FOUND", "", GiveUp, "not_found", None),
        (405, "METHOD_NOT_ALLOWED", "", GiveUp, "method_not_allowed", None),
        (406, "", "", RetryLater, "unavailable", 5),
        (410, "UNSUPPORTED_API_VERSION", "", GiveUp, "api_version", None),
        (500, "UNKNOWN_EXCEPTION", "", RetryLater, "unavailable", 5),
        (503, "SERVER_UNAVAILABLE", "", RetryLater, "unavailable", 5),
        (403, "A_CODE_OF_TOMORROW", "", GiveUp, "a_code_of_tomorrow", None),
        (503, "A_CODE_OF_TOMORROW", "", RetryLater, "unavailable", 5),
    ],
)  # fmt: skip
def test_what_a_refusal_means(
    status: int, code: str, message: str, expected: type, reason: str, wait: float | None
) -> None:
    kind = KINDS.get(status, SalesforceGeneralError)
    found = translate(kind("u", status, "query", [{"errorCode": code, "message": message}]))
    assert type(found) is expected or isinstance(found, expected)
    assert found.reason == reason
    assert getattr(found, "retry_after", None) == wait


def test_an_error_page_in_html_is_judged_by_its_status() -> None:
    page = "<html><h1>We are down for maintenance.</h1></html>"
    assert isinstance(translate(SalesforceGeneralError("u", 503, "query", page)), RetryLater)
    assert isinstance(translate(SalesforceRefusedRequest("u", 403, "query", page)), GiveUp)


def test_check_says_who_the_credentials_belong_to(client: Client, org: Org) -> None:
    found = CONNECTOR.check(client)
    assert (found.id, found.name, found.missing) == (org.org_id, "Hub Demo Org", ())


def test_check_names_what_the_user_cannot_read(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(OBJECTS, "Opportunity")
    assert CONNECTOR.check(client).missing == ("read Opportunity",)


def test_an_access_token_does_as_well(connect: Opener, org: Org) -> None:
    client = connect(access_token=org.session, consumer_key="", consumer_secret="")
    assert CONNECTOR.check(client).id == org.org_id
    assert "sign_in" not in org.calls


@pytest.mark.parametrize(
    ("wrong", "error", "field"),
    [
        ({"access_token": "00D!no"}, Reconnect, "access_token"),
        ({"consumer_secret": "wrong"}, Reconnect, "consumer_secret"),
        ({"consumer_key": "", "consumer_secret": ""}, CorrectInput, "access_token"),
        ({"currency": "Euro"}, CorrectInput, "currency"),
        ({"instance_url": "https://login.salesforce.com"}, CorrectInput, "instance_url"),
    ],
)
def test_wrong_credentials_are_named(
    connect: Opener, wrong: dict[str, str], error: type[Exception], field: str
) -> None:
    with pytest.raises(error) as caught:
        CONNECTOR.check(connect(**wrong))
    assert getattr(caught.value, "field", None) == field
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    ["http://acme.my.salesforce.com", "acme.my.salesforce.com", "https://login.salesforce.com",
     "https://test.salesforce.com/", "https://acme.my.salesforce.com/lightning/page/home",
     "https://acme.lightning.force.com"],
)  # fmt: skip
def test_addresses_that_cannot_be_the_org(address: str) -> None:
    assert address_problem(address)


@pytest.mark.parametrize(
    "address", ["https://acme.my.salesforce.com", "https://acme--dev.sandbox.my.salesforce.com/"]
)
def test_addresses_of_an_org(address: str) -> None:
    assert address_problem(address) is None


def test_an_expired_session_is_renewed_once(client: Client, org: Org) -> None:
    org.faults.add("expired", count=1, path="/query")
    assert len(list(client.rows("SELECT Id FROM User"))) == len(org.table("User"))
    assert org.calls["sign_in"] == 2


def test_a_process_signs_in_once_for_many_jobs(connect: Opener, org: Org) -> None:
    for _ in range(3):
        connect().describe("Account")
    assert (org.calls["sign_in"], org.calls["describe_one"]) == (1, 1)
    with pytest.raises(Reconnect):
        connect(consumer_secret="wrong").query("SELECT Id FROM User")


def test_what_is_remembered_grows_old(
    connect: Opener, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "LIFE_S", -1.0)
    connect().describe("Account")
    connect().describe("Account")
    assert org.calls["describe_one"] == 2


def test_a_session_that_stays_expired_wants_a_person(client: Client, org: Org) -> None:
    """The library itself signs in again without end here."""
    org.faults.add("expired", path="/query")
    with pytest.raises(Reconnect):
        client.query("SELECT Id FROM User")
    assert org.calls["sign_in"] == 2


@pytest.mark.parametrize("fault", ["error", "half"])
def test_a_short_trouble_is_ridden_out(client: Client, org: Org, fault: str) -> None:
    org.faults.add(fault, count=1, path="/query")
    assert client.query("SELECT Id FROM User")["done"] is True


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("error", "vendor_down"), ("half", "unreachable"), ("limit", "concurrent_limit")],
)
def test_a_lasting_trouble_is_for_later(client: Client, org: Org, fault: str, reason: str) -> None:
    org.faults.add(fault, path="/query")
    with pytest.raises(RetryLater) as caught:
        client.query("SELECT Id FROM User")
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "path",
    ["@evil.example/services/data/v67.0/query/01g-2000", "https://evil.example/query/1",
     "/services/data/v67.0/sobjects/Account/001", "/services/data/v67.0/query/../x"],
)  # fmt: skip
def test_the_token_goes_to_no_other_address(client: Client, path: str) -> None:
    with pytest.raises(GiveUp) as caught:
        client.more(path)
    assert caught.value.reason == "bad_cursor"


def test_a_query_beyond_the_vendor_s_limit_is_not_sent(client: Client, org: Org) -> None:
    with pytest.raises(GiveUp) as caught:
        client.query(", ".join(["SELECT Id", *["A_Long_Custom_Name__c"] * 700]))
    assert caught.value.reason == "query_too_long"
    assert "query_all" not in org.calls


def test_describe_lists_fields_for_the_admin(client: Client) -> None:
    assert CONNECTOR.describe is not None
    told: dict[str, Any] = CONNECTOR.describe(client)
    assert told["currency"] == "EUR"
    fields = {field["name"]: field for field in told["fields"]["Account"]}
    tier = fields["Tier__c"]
    assert (tier["title"], tier["type"], tier["custom"]) == ("Tier", "choice", True)
    assert {"value": "gold", "title": "gold"} in tier["values"]
    assert "JPY" in [value["value"] for value in fields["CurrencyIsoCode"]["values"]]
    assert told["objects"] == [{"name": "Machine__c", "title": "Machines"}]


def test_every_call_names_the_pinned_version(client: Client, org: Org) -> None:
    """The library's own default is 59.0."""
    assert client.query("SELECT Id FROM User")["records"][0]["attributes"]["url"].startswith(
        "/services/data/v67.0/"
    )
    assert org.calls["query_all"] == 1
