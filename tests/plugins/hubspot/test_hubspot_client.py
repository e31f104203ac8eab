"""The client's way of failing: each refusal of HubSpot becomes one error that says what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from hub.api import CorrectInput, GiveUp, Reconnect, RetryLater, VendorError
from hub.http import VendorHttp
from hub.sandbox import Request, Response, Sandbox, route
from plugins.hubspot import CONNECTOR
from plugins.hubspot.answers import Row
from plugins.hubspot.client import Client
from plugins.hubspot.refusals import refusal, retry_after
from plugins.hubspot.sandbox import HubSpot
from tests.plugins.hubspot.walks import STREAMS, Unguarded, connected, walk

Call = Callable[[Client], object]
CALLS: dict[str, Call] = {
    "list": lambda c: c.page("contacts", None, ["email"]),
    "search": lambda c: c.search("contacts", []),
    "read": lambda c: c.read("contacts", ["1"], ["email"]),
    "associations": lambda c: c.associations("contacts", "companies", ["1"]),
    "owners": lambda c: c.owners(None, archived=False),
    "owner": lambda c: c.owner("1"),
    "properties": lambda c: c.properties("contacts"),
    "pipelines": lambda c: c.pipelines("deals"),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    ("kind", "details", "error", "reason"),
    [
        ("limit", {"retry_after": 7}, RetryLater, "rate_limit"),
        ("error", {"status": 503}, RetryLater, "unavailable"),
        ("error", {"status": 524}, RetryLater, "unavailable"),
        ("error", {"status": 477}, RetryLater, "moving"),
        ("error", {"status": 423}, RetryLater, "locked"),
        ("error", {"status": 400}, GiveUp, "refused"),
        ("hang", {"seconds": 0.01}, RetryLater, "unreachable"),
        ("half", {}, RetryLater, None),
        ("expired", {}, Reconnect, "reconnect"),
    ],
)
def test_each_call_translates_each_trouble_and_tries_once(
    vendor: HubSpot,
    client: Client,
    name: str,
    kind: str,
    details: dict[str, float],
    error: type[VendorError],
    reason: str | None,
) -> None:
    vendor.faults.add(kind, path="^/crm/", **details)
    with pytest.raises(error) as caught:
        CALLS[name](client)
    assert reason is None or caught.value.reason == reason
    assert vendor.faults.fired == {kind: 1}
    assert vendor.token not in str(caught.value)
    if kind == "limit":
        assert isinstance(caught.value, RetryLater)
        assert caught.value.retry_after == 7


def test_nobody_listening_is_worth_another_try(vendor: HubSpot) -> None:
    lost = connected(vendor, base_url="http://127.0.0.1:9")
    for call in CALLS.values():
        with pytest.raises(RetryLater):
            call(lost)


def test_a_limit_in_the_middle_of_a_walk_is_waited_out(vendor: HubSpot) -> None:
    known = vendor.credentials()
    client = CONNECTOR.open(known["settings"], known["secrets"], VendorHttp(None, "c1"))
    vendor.faults.add("limit", count=1, retry_after=0, path="/batch/read")
    records, _, _ = walk(client, "contacts")
    assert len(records) == len(vendor.table("contacts"))
    assert vendor.faults.fired == {"limit": 1}


BODY_429 = {
    "status": "error",
    "message": "You have reached your ten_secondly_rolling limit.",
    "errorType": "RATE_LIMIT",
    "correlationId": "c033cdaa-2c40-4a64-ae48-b4cec88dad24",
    "policyName": "TEN_SECONDLY_ROLLING",
}


@pytest.mark.parametrize(
    ("policy", "headers", "wait", "reason"),
    [
        ("TEN_SECONDLY_ROLLING", {}, 10.0, "rate_limit"),
        ("TEN_SECONDLY_ROLLING", {"x-hubspot-ratelimit-interval-milliseconds": "4000"}, 4.0, None),
        ("TEN_SECONDLY_ROLLING", {"Retry-After": "3"}, 3.0, "rate_limit"),
        ("SECONDLY", {}, 1.0, "rate_limit"),
        ("DAILY", {}, 3600.0, "daily_limit"),
        (None, {}, 10.0, "rate_limit"),
    ],
)
def test_how_long_a_limit_is_waited_for(
    policy: str | None, headers: dict[str, str], wait: float, reason: str | None
) -> None:
    found = refusal(429, json.dumps({**BODY_429, "policyName": policy}), headers)
    assert isinstance(found, RetryLater)
    assert found.retry_after == wait
    assert reason is None or found.reason == reason


def test_retry_after_may_be_a_date() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=90)
    assert 80 < (retry_after(format_datetime(soon, usegmt=True)) or 0) <= 90
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert retry_after("later") is None


@pytest.mark.parametrize(
    "body",
    [
        {"category": "MISSING_SCOPES", "context": {"requiredGranularScopes": ["b.read", "a.read"]}},
        {"errors": [{"context": {"requiredGranularScopes": ["a.read", "b.read"]}}]},
        {
            "context": {"missingScopes": ["a.read"]},
            "errors": [{"context": {"requiredScopes": ["b.read"]}}],
        },
    ],
)
def test_a_missing_scope_is_named(body: dict[str, object]) -> None:
    found = refusal(403, json.dumps(body), {})
    assert isinstance(found, GiveUp)
    assert found.reason == "missing_scope"
    assert found.sentence.endswith("grant a.read, b.read.")


@pytest.mark.parametrize("body", ["", "<html>no</html>", "[]", "null", '{"context": []}'])
def test_error_bodies_may_be_anything(body: str) -> None:
    for status in (400, 401, 403, 404, 409, 423, 429, 477, 500, 0):
        assert isinstance(refusal(status, body, {}), VendorError)


def test_check_names_the_account(client: Client) -> None:
    found = CONNECTOR.check(client)
    assert (found.id, found.name, found.missing) == ("62515001", "HubSpot account 62515001", ())


def test_check_names_what_is_missing(vendor: HubSpot, client: Client) -> None:
    vendor.denied = {"crm.objects.deals.read", "crm.objects.owners.read", "crm.schemas.deals.read"}
    assert set(CONNECTOR.check(client).missing) == vendor.denied
    assert CONNECTOR.describe is not None
    assert CONNECTOR.describe(client)["users"] == []


def test_without_the_schema_scope_records_still_come(vendor: HubSpot, client: Client) -> None:
    vendor.denied = {"crm.schemas.companies.read"}
    records, _, _ = walk(client, "companies")
    assert len(records) == len(vendor.table("companies"))


def test_a_wrong_token_names_its_field(vendor: HubSpot) -> None:
    client = CONNECTOR.open(
        vendor.credentials()["settings"], {"access_token": "pat-eu1-wrong"}, Unguarded()
    )
    with pytest.raises(Reconnect) as caught:
        CONNECTOR.check(client)
    assert caught.value.field == "access_token"


@pytest.mark.parametrize("token", ["", "  ", "pat\n-1", "pät", "a\x00b"])
def test_a_token_that_cannot_be_sent_is_refused_at_once(token: str) -> None:
    with pytest.raises(CorrectInput) as caught:
        CONNECTOR.open({}, {"access_token": token}, Unguarded())
    assert caught.value.field == "access_token"


@pytest.mark.parametrize(
    ("category", "reason"), [("RATE_LIMITS", "partial_batch"), ("OBJECT_NOT_FOUND", None)]
)
def test_a_batch_that_failed_in_part_is_not_taken_for_missing_records(
    category: str, reason: str | None
) -> None:
    with Sandbox(vendors=[Partial], accounts=1) as sandbox:
        vendor = sandbox["hubspot"]
        assert isinstance(vendor, Partial)
        vendor.category = category
        client = connected(vendor)
        for call in (CALLS["read"], CALLS["associations"]):
            if reason is None:
                call(client)
                continue
            with pytest.raises(RetryLater) as caught:
                call(client)
            assert caught.value.reason == reason


def test_a_gateways_page_that_is_not_text_is_worth_another_try() -> None:
    with Sandbox(vendors=[Partial], accounts=1) as sandbox:
        vendor = sandbox["hubspot"]
        assert isinstance(vendor, Partial)
        with pytest.raises(RetryLater):
            CALLS["pipelines"](connected(vendor))


class Partial(HubSpot):
    """Fails in a part of each batch, and answers pipelines like a broken gateway."""

    category = ""

    def _batch(self, results: list[Row], missing: Row | None) -> Response:
        return Response({"results": [], "errors": [{"category": self.category}]}, 207)

    @route("GET", "/crm/v3/pipelines/<kind>")
    def pipelines(self, request: Request) -> object:
        return Response(b"\xff\xfe\x00", 502)


def test_describe_tells_currency_stages_fields_and_users(client: Client) -> None:
    assert CONNECTOR.describe is not None
    found = CONNECTOR.describe(client)
    assert (found["portal_id"], found["currency"]) == ("62515001", "EUR")
    assert found["ui_domain"] == "app-eu1.hubspot.com"
    won = found["stages"]["deal"]["closedwon"]
    assert (won["closed"], won["probability"]) == ("true", "1.0")
    assert found["stages"]["ticket"]["4"]["closed"] == "true"
    assert found["stages"]["ticket"]["7001"]["closed"] == "false"
    own = {f["name"] for f in found["fields"]["company"] if f["custom"]}
    assert "properties.customer_no" in own
    assert "properties.name" not in own
    (stage,) = [f for f in found["fields"]["deal"] if f["name"] == "properties.dealstage"]
    assert (stage["type"], stage["values"][-2]["value"]) == ("choice", "closedwon")
    assert found["objects"] == [{"name": "machines", "title": "Machines"}]
    assert {"id", "name", "email"} == set(found["users"][0])
    json.dumps(found)


def test_owners_who_left_are_listed_and_fetched(vendor: HubSpot, client: Client) -> None:
    records, _, _ = walk(client, "owners")
    everyone = vendor.table("owners").all()
    assert {o["id"]: o for o in records} == {o["id"]: o for o in everyone}
    (gone,) = [owner for owner in everyone if owner["archived"]]
    fetch_owners = STREAMS["owners"].fetch
    assert fetch_owners is not None
    assert list(fetch_owners(client, [gone["id"], "1"])) == [gone]
