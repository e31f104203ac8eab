"""Addresses, versions, refusals, and what a connection is told of its instance."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from hub.api import CorrectInput, GiveUp, RetryLater
from hub.http import VendorHttp
from hub.sandbox import Request, Response
from plugins.sugarcrm import SUGARCRM
from plugins.sugarcrm.client import SugarClient, address
from plugins.sugarcrm.describing import describe
from plugins.sugarcrm.sandbox import SugarSandbox
from plugins.sugarcrm.sandbox_sessions import error
from tests.plugins.sugarcrm.conftest import Opener


def answering(
    vendor: SugarSandbox, monkeypatch: pytest.MonkeyPatch, answer: Response
) -> Callable[[], None]:
    """Everything but the token endpoint answers so."""
    real = vendor.authorise

    def given(request: Request) -> Response | None:
        return real(request) or (None if request.path.endswith("token") else answer)

    monkeypatch.setattr(vendor, "authorise", given)
    return monkeypatch.undo


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://Acme.sugarondemand.com", "https://acme.sugarondemand.com"),
        ("acme.sugarondemand.com/", "https://acme.sugarondemand.com"),
        ("https://acme.sugarondemand.com/#Accounts/1", "https://acme.sugarondemand.com"),
        ("https://acme.sugarondemand.com/rest/v11_23", "https://acme.sugarondemand.com"),
        ("https://crm.example.com/sugar/index.php?x=1", "https://crm.example.com/sugar"),
        ("https://crm.example.com/sugar/rest/v10", "https://crm.example.com/sugar"),
        ("http://127.0.0.1:8099", "http://127.0.0.1:8099"),
    ],
)
def test_what_a_browser_shows_is_an_address(text: str, expected: str) -> None:
    """Fact sheet, section 2: on-premise roots may carry a folder."""
    assert address(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "http://crm.example.com", "https://10.0.0.1", "https://crm", "https://u:p@crm.example.com",
     "https://crm.example.com:8443", "ftp://crm.example.com", "https://"],
)  # fmt: skip
def test_a_password_is_sent_to_hosts_with_a_name_and_tls_only(text: str) -> None:
    with pytest.raises(CorrectInput) as refused:
        address(text)
    assert refused.value.field == "site"


def test_the_account_is_the_instance(client: SugarClient, vendor: SugarSandbox) -> None:
    found = SUGARCRM.check(client)
    assert found.id == found.name == vendor.url.removeprefix("http://")
    assert found.missing == ()


def test_modules_that_the_user_may_not_list_are_named(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    vendor.denied = {"Contacts", "Cases"}
    assert SUGARCRM.check(client).missing == ("reading Contacts",)


def test_a_version_of_a_later_release_is_no_redirect(connect: Opener) -> None:
    """Fact sheet, section 2: HTTP 301 with JSON and without a Location."""
    for version in ("v11_23", "v11.23", "v10"):
        assert SUGARCRM.check(connect(version=version)).missing == ()
    with pytest.raises(CorrectInput) as refused:
        SUGARCRM.check(connect(version="v11_27"))
    assert (refused.value.field, refused.value.reason) == ("version", "incorrect_version")


def test_what_is_no_version_is_refused_before_any_call(connect: Opener) -> None:
    for version in ("11", "v11/../v10", "v4_1/rest.php?", "va_b"):
        with pytest.raises(CorrectInput) as refused:
            connect(version=version)
        assert refused.value.field == "version"


def test_an_upgrade_that_drops_the_version_says_so(
    client: SugarClient, vendor: SugarSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = error(301, "incorrect_version", "no")
    moved.headers["Location"] = "http://127.0.0.1:1/elsewhere"
    answering(vendor, monkeypatch, moved)
    with pytest.raises(CorrectInput) as refused:
        client.get("me")
    assert refused.value.field == "version"


ERRORS = (
    (403, "not_authorized", "forbidden"),
    (404, "not_found", "not_found"),
    (409, "edit_conflict", "conflict"),
    (412, "metadata_out_of_date", "metadata_changed"),
    (413, "request_too_large", "too_large"),
    (422, "missing_parameter", "unprocessable"),
    (424, "request_failure", "request_failed"),
    (433, "client_outdated", "client_outdated"),
)


def test_the_errors_of_the_guide(
    client: SugarClient, vendor: SugarSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fact sheet, section 3. A body is not quoted: it may name people."""
    for status, word, reason in ERRORS:
        answer = error(status, word, "Could not find Will Westin")
        undo = answering(vendor, monkeypatch, answer)
        with pytest.raises(GiveUp) as refused:
            client.get("me")
        assert refused.value.reason == reason
        assert "Westin" not in refused.value.sentence
        undo()


def test_maintenance_comes_as_a_page_and_is_waited_for(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    client.get("ping")
    for status in (500, 502, 503):
        vendor.faults.add("error", status=status, count=1)
        with pytest.raises(RetryLater):
            client.get("me")


def test_a_page_with_200_is_no_data(
    client: SugarClient, vendor: SugarSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(vendor, monkeypatch, Response("<html>", 200, {"Content-Type": "text/html"}))
    with pytest.raises(RetryLater):
        client.get("me")


def test_being_shut_out_is_waited_out_for_a_quarter_of_an_hour(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    """Fact sheet, section 6: no 429, no header; a page with 403."""
    client.get("ping")
    vendor.faults.add("limit", count=1)
    with pytest.raises(RetryLater) as blocked:
        client.get("me")
    assert (blocked.value.reason, blocked.value.retry_after) == ("blocked", 900)


def test_a_refused_connection_may_be_a_block_too(client: SugarClient) -> None:
    client.get("ping")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    client.rest.base = f"http://127.0.0.1:{port}/rest/v11_20"
    with pytest.raises(RetryLater) as blocked:
        client.get("me")
    assert blocked.value.retry_after == 900


def test_what_is_no_sugar_is_said_at_the_address(
    connect: Opener, vendor: SugarSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(vendor, monkeypatch, Response({"hello": "world"}))
    with pytest.raises(CorrectInput) as refused:
        SUGARCRM.check(connect())
    assert refused.value.field == "site"


def test_opening_makes_no_call(vendor: SugarSandbox) -> None:
    given = vendor.credentials()
    SUGARCRM.open(given["settings"], given["secrets"], VendorHttp(None, "c2"))
    assert vendor.calls == {}


def test_our_share_is_a_quarter_of_what_the_cloud_allows() -> None:
    """Fact sheet, section 6: 20 calls a second, and one connection at a time."""
    (rate,) = SUGARCRM.limits.rates_of({})
    assert (rate.calls, rate.per_s, SUGARCRM.limits.concurrent) == (5, 1.0, 1)


def test_the_instance_describes_itself(client: SugarClient, vendor: SugarSandbox) -> None:
    facts = describe(client)
    assert facts["address"] == vendor.url
    assert (facts["admin"], facts["time_zone"]) == (True, "Europe/Berlin")
    assert facts["currency"] == facts["currencies"]["-99"] == "USD"
    assert "EUR" in facts["currencies"].values()
    assert facts["deal_field"] == "sales_stage"
    assert facts["labels"]["Accounts"]["account_type"]["Customer"] == "Customer"
    assert "" not in facts["labels"]["Accounts"]["account_type"]
    fields: dict[str, Any] = {f["name"]: f for f in facts["fields"]["Accounts"]}
    assert fields["customer_no_c"]["custom"] is True
    assert fields["account_type"]["type"] == "choice"
    assert "Prospect" in fields["account_type"]["values"]
    assert fields["date_modified"]["type"] == "time"
    assert "contacts" not in fields
    assert "_hash" not in fields


def test_how_deals_are_kept_is_read_from_the_instance(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    vendor.view_by = "RevenueLineItems"
    assert describe(client)["deal_field"] == "sales_status"


def test_an_edition_without_cases_is_described_without_them(
    client: SugarClient, vendor: SugarSandbox
) -> None:
    vendor.lacking = {"Cases", "Opportunities"}
    facts = describe(client)
    assert "Cases" not in facts["modules"]
    assert "Cases" not in facts["fields"]
    assert facts["deal_field"] == "sales_stage"


def test_a_module_that_is_hidden_has_no_labels(client: SugarClient, vendor: SugarSandbox) -> None:
    vendor.denied = {"Tasks"}
    assert describe(client)["labels"]["Tasks"] == {}
