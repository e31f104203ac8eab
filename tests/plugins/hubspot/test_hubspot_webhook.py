"""HubSpot's webhooks: signatures against published and independent vectors, keys, and changes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.api import BadSignature, Change, Delivery, Malformed, Registration
from plugins.hubspot import APP, CONNECTOR, PRIVATE
from plugins.hubspot.webhook import delivery_key, parse, route, verify

PAYLOADS = Path(__file__).parent / "payloads"
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


def payload(name: str) -> Delivery:
    return delivery((PAYLOADS / f"{name}.json").read_bytes())


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
    with pytest.raises(BadSignature):
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


def test_parsing_the_guides_example() -> None:
    changes = list(parse(payload("batch")))
    moment = datetime(2026, 9, 21, 14, 13, 23, tzinfo=UTC)
    step = timedelta(milliseconds=100)
    assert changes == [
        Change("contact", "512", "upsert", moment, account="62515001"),
        Change(
            "company",
            "9001",
            "merge",
            moment + step,
            account="62515001",
            into="9001",
            losers=("77", "78"),
        ),
        Change(
            "contact",
            "512",
            "link",
            moment + 2 * step,
            account="62515001",
            ends=(("contact", "512"), ("company", "77")),
        ),
    ]


def event(word: str, **fields: object) -> bytes:
    found = {"eventId": 1, "portalId": 9, "occurredAt": 1790000000000, "subscriptionType": word}
    return json.dumps([{**found, **fields}]).encode()


PARSED = [
    ("contact.creation", {"objectId": 5}, ("contact", "5", "upsert")),
    ("company.propertyChange", {"objectId": 5}, ("company", "5", "upsert")),
    ("deal.deletion", {"objectId": 5}, ("deal", "5", "delete")),
    ("ticket.restore", {"objectId": 5}, ("ticket", "5", "restore")),
    ("contact.privacyDeletion", {"objectId": 5}, ("contact", "5", "privacy_delete")),
    ("object.propertyChange", {"objectId": 5, "objectTypeId": "0-5"}, ("ticket", "5", "upsert")),
    ("contact.creation", {"objectId": 5.0}, ("contact", "5", "upsert")),
    ("contact.creation", {"objectId": "5"}, ("contact", "5", "upsert")),
]


@pytest.mark.parametrize(("word", "fields", "expected"), PARSED)
def test_events_become_changes(
    word: str, fields: dict[str, object], expected: tuple[str, str, str]
) -> None:
    (change,) = parse(delivery(event(word, **fields)))
    assert (change.object, change.native_id, change.kind) == expected
    assert (change.rule, change.record, change.version) == (None, None, None)
    assert change.account == "9"


def test_an_association_that_went_is_an_unlink_of_both_ends() -> None:
    fields = {
        "associationType": "TICKET_TO_CONTACT",
        "fromObjectId": 3,
        "toObjectId": 4,
        "associationRemoved": True,
    }
    (change,) = parse(delivery(event("ticket.associationChange", **fields)))
    assert (change.kind, change.ends) == ("unlink", (("ticket", "3"), ("contact", "4")))


@pytest.mark.parametrize(
    ("word", "fields", "rule"),
    [
        ("line_item.creation", {"objectId": 5}, "unused_object"),
        ("object.creation", {"objectId": 5, "objectTypeId": "2-123"}, "unused_object"),
        ("contact.somethingNew", {"objectId": 5}, "unknown_event"),
        ("event.completed", {}, "unknown_event"),
        ("conversation.newMessage", {"objectId": 5}, "unknown_event"),
        (
            "contact.associationChange",
            {"associationType": "CONTACT_TO_LINE_ITEM", "fromObjectId": 5, "toObjectId": 6},
            "unused_association",
        ),
    ],
)
def test_events_we_do_not_use_are_ignored_by_a_named_rule(
    word: str, fields: dict[str, object], rule: str
) -> None:
    (change,) = parse(delivery(event(word, **fields)))
    assert change.rule == rule


def test_event_type_may_come_under_its_other_name() -> None:
    body = b'[{"portalId":9,"occurredAt":1790000000000,"eventType":"deal.creation","objectId":1}]'
    assert [c.object for c in parse(delivery(body))] == ["deal"]


def test_privacy_deletion_tells_both() -> None:
    assert [c.kind for c in parse(payload("privacy"))] == ["delete", "privacy_delete"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"{}",
        b"[]",
        b"[1]",
        b"[" * 100_000,
        b"\xff",
        b'[{"portalId":1}]',
        b'[{"subscriptionType":"contact.creation"}]',
        b'[{"subscriptionType":"contact.creation","portalId":true}]',
        b'[{"subscriptionType":"contact.creation","portalId":-3}]',
    ],
)
def test_what_is_not_hubspots_body_is_malformed(body: bytes) -> None:
    for read in (delivery_key, route):
        with pytest.raises(Malformed):
            read(delivery(body))


@pytest.mark.parametrize(
    "body",
    [
        event("contact.creation"),
        event("contact.creation", objectId="x5"),
        event("contact.creation", objectId=5, occurredAt="soon"),
        event("contact.creation", objectId=5, occurredAt=10**17),
        event("company.merge", primaryObjectId=1, newObjectId=2),
        event("contact.associationChange", associationType="CONTACT_TO_DEAL", fromObjectId=1),
    ],
)
def test_an_event_without_what_it_promises_cannot_be_parsed(body: bytes) -> None:
    delivery_key(delivery(body))
    with pytest.raises(Malformed):
        list(parse(delivery(body)))


def test_the_key_holds_over_order_and_attempts() -> None:
    events = json.loads((PAYLOADS / "batch.json").read_bytes())
    again = [{**one, "attemptNumber": 4} for one in reversed(events)]
    first, second = (delivery_key(delivery(json.dumps(e).encode())) for e in (events, again))
    assert first == second
    assert first != delivery_key(delivery(json.dumps(events[:2]).encode()))


@pytest.mark.parametrize(
    "change",
    [
        {"portalId": 10},
        {"objectId": 6},
        {"occurredAt": 1790000000001},
        {"propertyName": "phone"},
        {"subscriptionType": "contact.deletion"},
        {"eventId": 2},
    ],
)
def test_the_key_tells_events_with_one_event_id_apart(change: dict[str, object]) -> None:
    (one,) = json.loads(event("contact.propertyChange", objectId=5, propertyName="email"))
    other = {**one, **change}
    keys = {delivery_key(delivery(json.dumps([e]).encode())) for e in (one, other)}
    assert len(keys) == 2


def test_the_key_tells_link_from_unlink_and_merges_apart() -> None:
    ends = {"associationType": "CONTACT_TO_DEAL", "fromObjectId": 1, "toObjectId": 2}
    bodies = [
        event("contact.associationChange", **ends, associationRemoved=True),
        event("contact.associationChange", **ends, associationRemoved=False),
        event("contact.merge", primaryObjectId=1, mergedObjectIds=[2], newObjectId=3),
        event("contact.merge", primaryObjectId=1, mergedObjectIds=[4], newObjectId=3),
    ]
    assert len({delivery_key(delivery(body)) for body in bodies}) == 4


def test_one_body_is_routed_to_every_portal_in_it() -> None:
    found = payload("two_portals")
    assert route(found) == ["48000002", "62515001"]
    assert [c.account for c in parse(found)] == ["62515001", "48000002", "62515001"]


def test_both_scopes_are_offered() -> None:
    assert CONNECTOR.webhooks == (PRIVATE, APP)
    assert (PRIVATE.scope, PRIVATE.secret, PRIVATE.key_holds) == ("connection", "vendor", False)
    assert (APP.scope, APP.secret, APP.route) == ("app", "operator", route)
    assert 200 <= APP.ack.status < 300
