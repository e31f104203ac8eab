"""Signature schemes against vectors that were computed elsewhere, and all that must be refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hub.api import BadSignature, Delivery, Registration
from hub.api.signing import Hmac, SharedSecret, Stamp, decoded

SECRET = "test_secret_123"
BODY = b'{"id":"evt_1","n":1}'
AT = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
TS = "1767607200"
HEX = "bcc2a91bbb8f476cec5155fa7ecfaf13f75cb616fbd351ecd01135222c0b4ea9"
URL = "https://hub.example.com/in/hubspot"

PLAIN = Hmac("x-hook-signature")
PREFIXED = Hmac("x-hub-signature", prefix="sha256=")
SEVERAL = Hmac("x-pagerduty-signature", prefix="v1=", separator=",")
BASE64 = Hmac("x-shopify-hmac-sha256", encoding="base64")
SHA1 = Hmac("x-hub-signature", algorithm="sha1", prefix="sha1=")
SLACK = Hmac(
    "x-slack-signature",
    prefix="v0=",
    stamp=Stamp("x-slack-request-timestamp"),
    message=lambda d, t: b"v0:" + t + b":" + d.body,
)
STRIPE = Hmac(
    "stripe-signature",
    prefix="v1=",
    separator=",",
    stamp=Stamp(part="t="),
    message=lambda d, t: t + b"." + d.body,
)
ZENDESK = Hmac(
    "x-zendesk-webhook-signature",
    encoding="base64",
    stamp=Stamp("x-zendesk-webhook-signature-timestamp", unit="iso"),
    message=lambda d, t: t + d.body,
)
HUBSPOT = Hmac(
    "x-hubspot-signature-v3",
    encoding="base64",
    stamp=Stamp("x-hubspot-request-timestamp", unit="ms"),
    message=lambda d, t: f"{d.method}{d.url}".encode() + d.body + t,
)
STANDARD = Hmac(
    "webhook-signature",
    encoding="base64",
    prefix="v1,",
    separator=" ",
    stamp=Stamp("webhook-timestamp"),
    message=lambda d, t: d.headers.get("webhook-id", "").encode() + b"." + t + b"." + d.body,
    key=decoded,
)

VECTORS = {
    "plain hex": (PLAIN, SECRET, {"x-hook-signature": HEX}),
    "prefixed hex": (PREFIXED, SECRET, {"x-hub-signature": f"sha256={HEX}"}),
    "one of several": (SEVERAL, SECRET, {"x-pagerduty-signature": f"v1={'0' * 64}, v1={HEX}"}),
    "base64": (
        BASE64,
        SECRET,
        {"x-shopify-hmac-sha256": "vMKpG7uPR2zsUVX6fs+vE/dcthb701Hs0BE1IiwLTqk="},
    ),
    "sha1": (SHA1, SECRET, {"x-hub-signature": "sha1=c656bbb5b40f6469eb1912460c3f23204a9c15b5"}),
    "slack": (
        SLACK,
        SECRET,
        {
            "x-slack-request-timestamp": TS,
            "x-slack-signature": "v0=ba50b06da7cab3e09ba9e0c202e4f774"
            "89cf6d4ae09cb6151de9b1da1bdadcf3",
        },
    ),
    "stripe": (
        STRIPE,
        "whsec_test_secret_123",
        {
            "stripe-signature": f"t={TS},v1=b9a8008552e1da32d96d6fd2b3216ee977df1263ea6d6f4f"
            "3c60dac8056f2e45"
        },
    ),
    "zendesk": (
        ZENDESK,
        SECRET,
        {
            "x-zendesk-webhook-signature-timestamp": "2026-01-05T10:00:00Z",
            "x-zendesk-webhook-signature": "XLPg8VpSy/aaMPUr0vUcepcXaeNS3vVYc7zHIuHMMhU=",
        },
    ),
    "hubspot v3": (
        HUBSPOT,
        SECRET,
        {
            "x-hubspot-request-timestamp": TS + "000",
            "x-hubspot-signature-v3": "8QxFvcGS9EXpOn9fMgMjgtboVkMVtcG1aAIdN4Fbcv8=",
        },
    ),
    "standard webhooks": (
        STANDARD,
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        {
            "webhook-id": "msg_1",
            "webhook-timestamp": TS,
            "webhook-signature": "v1a,x v1,/XHOUiguToFdOIPwPiIfQsAMotyN9vyN3ZRZBb+4vwQ=",
        },
    ),
}


def case(name: str) -> tuple[Hmac, Delivery, Registration]:
    scheme, secret, headers = VECTORS[name]
    delivery = Delivery("POST", URL, headers, BODY, AT)
    return scheme, delivery, Registration("end_1", URL, ("another", secret))


every = pytest.mark.parametrize("name", VECTORS)
stamped = pytest.mark.parametrize("name", [n for n, v in VECTORS.items() if v[0].stamp])


@every
def test_a_right_signature_passes_whichever_secret_is_its_own(name: str) -> None:
    scheme, delivery, registration = case(name)
    scheme.verify(delivery, registration)


@every
def test_what_is_signed_here_is_what_the_vendor_signs(name: str) -> None:
    """Of several signatures in a header only ours is made: the published one is among them."""
    scheme, delivery, registration = case(name)
    bare = replace(delivery, headers={"webhook-id": delivery.headers.get("webhook-id", "")})
    made = scheme.sign(bare, registration.secrets[1])
    proof = made[scheme.header].rpartition("=")[2] if scheme.encoding == "hex" else ""
    assert (proof or made[scheme.header].removeprefix(scheme.prefix)) in delivery.headers[
        scheme.header
    ]
    scheme.verify(replace(bare, headers={**bare.headers, **made}), registration)


@every
def test_one_byte_of_the_body_is_noticed(name: str) -> None:
    scheme, delivery, registration = case(name)
    with pytest.raises(BadSignature):
        scheme.verify(replace(delivery, body=BODY.replace(b"1}", b"2}")), registration)


@every
@pytest.mark.parametrize("secrets", [(), ("",), ("test_secret_124",)])
def test_without_the_right_secret_nothing_passes(name: str, secrets: tuple[str, ...]) -> None:
    scheme, delivery, registration = case(name)
    with pytest.raises(BadSignature):
        scheme.verify(delivery, replace(registration, secrets=secrets))


@every
@pytest.mark.parametrize("value", [None, "", "ü", "\udcff", "sha256=", "v1=", "t=,v1="])
def test_a_missing_or_odd_header_is_refused(name: str, value: str | None) -> None:
    scheme, delivery, registration = case(name)
    headers = dict(delivery.headers)
    headers.pop(scheme.header)
    if value is not None:
        headers[scheme.header] = value
    with pytest.raises(BadSignature):
        scheme.verify(replace(delivery, headers=headers), registration)


@stamped
@pytest.mark.parametrize(
    ("seconds", "passes"), [(300, True), (301, False), (-300, True), (-301, False)]
)
def test_a_stamp_may_be_five_minutes_away_in_both_directions(
    name: str, seconds: int, passes: bool
) -> None:
    scheme, delivery, registration = case(name)
    moved = replace(delivery, received_at=AT + timedelta(seconds=seconds))
    if passes:
        scheme.verify(moved, registration)
    else:
        with pytest.raises(BadSignature, match="clock"):
            scheme.verify(moved, registration)


@stamped
@pytest.mark.parametrize("text", ["", "soon", "-1", "1e9", "99999999999999999999", "²"])
def test_a_stamp_that_is_no_time_is_refused(name: str, text: str) -> None:
    scheme, delivery, registration = case(name)
    assert scheme.stamp is not None
    headers = dict(delivery.headers)
    if scheme.stamp.part:
        headers[scheme.header] = headers[scheme.header].replace(f"t={TS}", f"t={text}")
    else:
        headers[scheme.stamp.header] = text
    with pytest.raises(BadSignature):
        scheme.verify(replace(delivery, headers=headers), registration)


def test_upper_case_hex_is_refused() -> None:
    _, delivery, registration = case("plain hex")
    with pytest.raises(BadSignature):
        PLAIN.verify(replace(delivery, headers={"x-hook-signature": HEX.upper()}), registration)


def test_an_algorithm_of_the_senders_choice_is_refused() -> None:
    _, delivery, registration = case("sha1")
    with pytest.raises(BadSignature):
        PREFIXED.verify(delivery, registration)


def basic(pair: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({"x-hub-secret": SECRET}, True),
        (basic(f"hub:{SECRET}"), True),
        (basic(f"bub:{SECRET}"), False),
        (basic(SECRET), False),
        ({"authorization": f"Bearer {SECRET}"}, False),
        ({"authorization": "Basic ü"}, False),
        ({"x-hub-secret": SECRET[:-1]}, False),
        ({}, False),
    ],
)
def test_a_shared_secret_is_a_header_or_a_password(headers: dict[str, str], passes: bool) -> None:
    delivery = Delivery("POST", URL, headers, BODY, AT)
    registration = Registration("end_1", URL, ("another", SECRET))
    if passes:
        SharedSecret().verify(delivery, registration)
    else:
        with pytest.raises(BadSignature):
            SharedSecret().verify(delivery, registration)
    with pytest.raises(BadSignature):
        SharedSecret().verify(delivery, replace(registration, secrets=("",)))


def test_a_secret_that_decodes_to_nothing_is_no_key() -> None:
    scheme, delivery, registration = case("standard webhooks")
    nobody = base64.b64encode(
        hmac.new(b"", f"msg_1.{TS}.".encode() + BODY, hashlib.sha256).digest()
    ).decode()
    headers = {**delivery.headers, "webhook-signature": f"v1,{nobody}"}
    with pytest.raises(BadSignature):
        scheme.verify(
            replace(delivery, headers=headers), replace(registration, secrets=("whsec_",))
        )
