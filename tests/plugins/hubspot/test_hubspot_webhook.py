"""HubSpot's signatures, against the vendor's published vectors and independent ones."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hub.api import BadSignature, Delivery, Registration
from plugins.hubspot.webhook import verify

DOCS_SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
OURS, OURS_URL, OURS_BODY = (
    "test_secret_123",
    "https://hub.example.com/in/hubspot",
    b'{"id":"evt_1","n":1}',
)
OURS_MS, OURS_SIGNATURE = 1767607200000, "8QxFvcGS9EXpOn9fMgMjgtboVkMVtcG1aAIdN4Fbcv8="
QUERY_URL = "https://hub.example.com/hooks/hubspot?tenant=acme%3Aeu%2Fwest&tag=%28a%29"


def at(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def delivery(
    body: bytes, signature: str | None = None, ms: int = 1790000000000, url: str = OURS_URL
) -> Delivery:
    headers = {"x-hubspot-request-timestamp": str(ms)}
    if signature is not None:
        headers["x-hubspot-signature-v3"] = signature
    return Delivery("POST", url, headers, body, at(ms))


def registration(*secrets: str) -> Registration:
    return Registration("e1", OURS_URL, secrets)


def ours() -> Delivery:
    return delivery(OURS_BODY, OURS_SIGNATURE, OURS_MS)


def signed(body: bytes, ms: int = 1790000000000) -> Delivery:
    message = b"POST" + OURS_URL.encode() + body + str(ms).encode()
    digest = hmac.new(b"s3cret", message, hashlib.sha256).digest()
    return delivery(body, base64.b64encode(digest).decode(), ms)


@pytest.mark.parametrize(
    ("secret", "url", "body", "ms", "signature"),
    [
        pytest.param(
            DOCS_SECRET,
            "https://www.example.com/webhook_uri",
            b"{'example_field':'example_value'}",
            1693657560000,
            "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=",
            id="official-python-sdk",
        ),
        pytest.param(
            DOCS_SECRET,
            "https://www.example.com/webhook_uri",
            b"{'example_field':'example_value'}",
            1700000300000,
            "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw=",
            id="official-ruby-sdk",
        ),
        pytest.param(
            DOCS_SECRET,
            QUERY_URL,
            '[{"eventId":7,"propertyValue":"Zoë"}]'.encode(),
            1790000000000,
            "wKUQU6PfU/yxvNYg2mlKQCW01tyb3+hFWZYcwqDTi1Y=",
            id="decoded-query",
        ),
        pytest.param(OURS, OURS_URL, OURS_BODY, OURS_MS, OURS_SIGNATURE, id="plain"),
    ],
)
def test_right_signatures_pass(secret: str, url: str, body: bytes, ms: int, signature: str) -> None:
    verify(delivery(body, signature, ms, url), registration(secret))


def test_a_signature_over_the_undecoded_address_is_refused() -> None:
    wrong = "6rlZXE0d+sruuZ9+TxR5z4AgsiV/ciLCrfT/hU+YWpo="
    body = '[{"eventId":7,"propertyValue":"Zoë"}]'.encode()
    with pytest.raises(BadSignature):
        verify(delivery(body, wrong, url=QUERY_URL), registration(DOCS_SECRET))


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_either_way_are_allowed(seconds: int) -> None:
    late = replace(ours(), received_at=at(OURS_MS) + timedelta(seconds=seconds))
    verify(late, registration(OURS))


def headers(**changes: str | None) -> Delivery:
    found = {**ours().headers, **{k.replace("_", "-"): v for k, v in changes.items()}}
    return replace(ours(), headers={k: v for k, v in found.items() if v is not None})


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(replace(ours(), body=OURS_BODY.replace(b"1}", b"2}")), id="one-byte"),
        pytest.param(replace(ours(), body=b'{"id": "evt_1", "n": 1}'), id="re-serialised"),
        pytest.param(replace(ours(), url="http://hub.example.com/in/hubspot"), id="scheme"),
        pytest.param(replace(ours(), method="PUT"), id="method"),
        pytest.param(replace(ours(), received_at=at(OURS_MS + 301_000)), id="stale"),
        pytest.param(replace(ours(), received_at=at(OURS_MS - 301_000)), id="future"),
        pytest.param(headers(x_hubspot_signature_v3=None), id="no-signature"),
        pytest.param(headers(x_hubspot_signature_v3=""), id="empty-signature"),
        pytest.param(headers(x_hubspot_signature_v3="Zoë\udcff"), id="non-ascii-signature"),
        pytest.param(headers(x_hubspot_signature_v3=f"{OURS_SIGNATURE}, x"), id="joined"),
        pytest.param(headers(x_hubspot_request_timestamp=None), id="no-timestamp"),
        pytest.param(headers(x_hubspot_request_timestamp=""), id="empty-timestamp"),
        pytest.param(headers(x_hubspot_request_timestamp="1767607200000.0"), id="float"),
        pytest.param(headers(x_hubspot_request_timestamp="-1767607200000"), id="negative"),
        pytest.param(headers(x_hubspot_request_timestamp="9" * 5000), id="huge"),
        pytest.param(headers(x_hubspot_request_timestamp="１７６７６０７２０００００"), id="wide"),
        pytest.param(
            headers(
                x_hubspot_signature_v3=None,
                x_hubspot_signature=(
                    "4bd6189df8ca13df4e4a3686cf193b0442400c85dbc3a703baef2e2565aefd29"
                ),
                x_hubspot_signature_version="v1",
            ),
            id="right-v1-only",
        ),
        pytest.param(
            headers(
                x_hubspot_signature_v3=None,
                x_hubspot_signature=(
                    "53080b50c746b68de599f37d0869d351fadcfe75be6b365522c0293ef226603c"
                ),
                x_hubspot_signature_version="v2",
            ),
            id="right-v2-only",
        ),
    ],
)
def test_wrong_deliveries_are_refused(bad: Delivery) -> None:
    with pytest.raises(BadSignature):
        verify(bad, registration(OURS))


def test_the_secret_decides() -> None:
    with pytest.raises(BadSignature, match="No secret is set"):
        verify(ours(), registration())
    with pytest.raises(BadSignature):
        verify(ours(), registration("another connection's"))
    verify(ours(), registration("the new one", OURS))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(rb'[{"portalId":1,"propertyValue":"Zo\u00eb \u2028 \/"}]', id="escapes"),
        pytest.param(b'\n[ {\t"portalId" :1 ,  "x":[ ] } ]\r\n', id="spaces"),
        pytest.param(b'[{"portalId":1.0,"objectId":5.10,"n":1E3}]', id="numbers"),
        pytest.param(b'[{"portalId":1,"portalId":2}]', id="duplicate-keys"),
        pytest.param('[{"portalId":1,"v":"\U0001f600é"}]'.encode(), id="utf-8"),
        pytest.param(b'\xff\xfe[{"portalId":1}]', id="not-utf-8"),
    ],
)
def test_bodies_are_verified_as_they_came(body: bytes) -> None:
    verify(signed(body), registration("s3cret"))
    with pytest.raises(BadSignature):
        verify(replace(signed(body), body=body + b" "), registration("s3cret"))
