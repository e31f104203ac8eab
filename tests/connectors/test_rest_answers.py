"""What a status becomes for a connector, and the addresses that a key is sent to."""

from __future__ import annotations

import pytest

from hub.api import CorrectInput, GiveUp, Reconnect, RetryLater
from hub.api.rest import Answers, Rest, base_url
from hub.http import VendorHttp
from tests.connectors.conftest import Vendor


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (400, GiveUp, "bad_request"),
        (401, Reconnect, "reconnect"),
        (403, GiveUp, "no_scope"),
        (404, GiveUp, "not_found"),
        (418, GiveUp, "refused"),
        (302, GiveUp, "moved"),
        (409, RetryLater, "busy"),
        (500, RetryLater, "vendor_down"),
        (429, RetryLater, "limited"),
    ],
)
def test_a_status_becomes_the_error_of_the_table(
    status: int, kind: type[Exception], reason: str, vendor: Vendor
) -> None:
    table = Answers("Acme", {403: "no_scope"}, later=(409,))
    client = Rest(VendorHttp(None, "x"), vendor.base, table)
    vendor.answers = [(status, {"Retry-After": "60"}, b"{}")] * 5
    with pytest.raises(kind) as refused:
        client.get("cursor")
    assert getattr(refused.value, "reason", "") == reason


def test_what_is_not_there_is_nothing(client: Rest, vendor: Vendor) -> None:
    vendor.answers = [(404, {}, b"{}")]
    assert client.find("cursor") is None


HOST = r"[a-z0-9-]+\.acme\.example"


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("one.acme.example", "https://one.acme.example"),
        (" https://ONE.acme.example/api/ ", "https://one.acme.example/api"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_an_address_is_completed(text: str, base: str) -> None:
    assert base_url(text, host=HOST, example="https://you.acme.example") == base


@pytest.mark.parametrize(
    "text",
    [
        "http://one.acme.example",
        "https://one.acme.example.evil.test",
        "https://one.acme.example:8443",
        "https://user@one.acme.example",
        "https://[::1",
        "ftp://127.0.0.1",
        "",
    ],
)
def test_a_key_is_sent_to_no_other_address(text: str) -> None:
    with pytest.raises(CorrectInput) as refused:
        base_url(text, host=HOST, example="https://you.acme.example", field="address")
    assert refused.value.field == "address"
