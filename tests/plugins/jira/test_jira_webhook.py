"""Jira's admin webhooks: signatures by published and own vectors, keys, and what events mean."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.api import BadSignature, Change, Delivery, Malformed, Registration
from plugins.jira import JIRA

PAYLOADS = Path(__file__).parent / "payloads"
WEBHOOK = JIRA.webhooks[0]
AT = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
LATER = AT + timedelta(seconds=9)
SECRET = "test_secret_123"
BODY = b'{"id":"evt_1","n":1}'
RIGHT = "sha256=bcc2a91bbb8f476cec5155fa7ecfaf13f75cb616fbd351ecd01135222c0b4ea9"


def delivery(body: bytes, **headers: str) -> Delivery:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery("POST", "https://hub.example.com/webhooks/jira/k", named, body, LATER)


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def registration(*secrets: str) -> Registration:
    return Registration("e1", "https://hub.example.com/webhooks/jira/k", secrets)


def parsed(body: bytes) -> list[Change]:
    return list(WEBHOOK.parse(delivery(body)))


@pytest.mark.parametrize(
    ("secret", "body", "signature"),
    [
        (SECRET, BODY, RIGHT),
        (
            "It's a Secret to Everybody",
            b"Hello World!",
            "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9",
        ),
        (
            "It's a Secret to Everybody",
            b"Hello, World!",
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        ),
        (
            "hub-test-secret",
            b'{"timestamp":1767607200000,"webhookEvent":"jira:issue_deleted",'
            b'"issue":{"id":"10042","key":"CS-42"}}',
            "sha256=3f576abbcc32c301b91c7e6532a2567c14443dbfc97069614ea2c08737cbbd5c",
        ),
    ],
)
def test_known_signatures_verify(secret: str, body: bytes, signature: str) -> None:
    WEBHOOK.verify(delivery(body, x_hub_signature=signature), registration(secret))


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        RIGHT[7:],
        RIGHT.upper(),
        "sha256=" + RIGHT[7:].upper(),
        "sha1=" + hmac.new(SECRET.encode(), BODY, "sha1").hexdigest(),
        "sha512=" + hmac.new(SECRET.encode(), BODY, "sha512").hexdigest(),
        "v0=" + RIGHT[7:],
        RIGHT + ", " + RIGHT,
        "sha256=" + "é" * 64,
        "sha256=\udcff",
        RIGHT[:-1] + "8",
    ],
)
def test_wrong_signatures_are_refused(signature: str) -> None:
    with pytest.raises(BadSignature):
        WEBHOOK.verify(delivery(BODY, x_hub_signature=signature), registration(SECRET))


def test_a_missing_header_is_refused() -> None:
    with pytest.raises(BadSignature):
        WEBHOOK.verify(delivery(BODY), registration(SECRET))


@pytest.mark.parametrize("body", [b'{"id":"evt_1","n":2}', b'{"id": "evt_1", "n": 1}', b""])
def test_another_body_is_refused(body: bytes) -> None:
    with pytest.raises(BadSignature):
        WEBHOOK.verify(delivery(body, x_hub_signature=RIGHT), registration(SECRET))


def test_without_a_secret_nothing_passes() -> None:
    empty = "sha256=" + hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    for signature in (RIGHT, empty):
        with pytest.raises(BadSignature):
            WEBHOOK.verify(delivery(BODY, x_hub_signature=signature), registration())


def test_another_connections_secret_is_refused() -> None:
    with pytest.raises(BadSignature):
        WEBHOOK.verify(delivery(BODY, x_hub_signature=RIGHT), registration("another_secret"))


def test_both_secrets_verify_while_one_is_rotated() -> None:
    for secrets in ((SECRET, "new"), ("new", SECRET)):
        WEBHOOK.verify(delivery(BODY, x_hub_signature=RIGHT), registration(*secrets))


@pytest.mark.parametrize(
    "body",
    [
        b'{"webhookEvent" :"x",  "n": 1.0}',
        b'{"webhookEvent":"\\u00e4\\/","n":1E2}',
        b'{"webhookEvent":"x","webhookEvent":"y"}',
        '{"webhookEvent":"ä\u2028"}\n'.encode(),
    ],
)
def test_bodies_that_a_serialiser_would_change_verify_as_sent(body: bytes) -> None:
    assert json.dumps(json.loads(body)).encode() != body
    signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    WEBHOOK.verify(delivery(body, x_hub_signature=signature), registration(SECRET))


def test_the_key_is_jiras_identifier_over_retries() -> None:
    first = delivery(payload("issue_updated"), x_atlassian_webhook_identifier="4f2a")
    again = delivery(
        payload("issue_updated"),
        x_atlassian_webhook_identifier="4f2a",
        x_atlassian_webhook_retry="2",
    )
    assert WEBHOOK.delivery_key(first) == WEBHOOK.delivery_key(again) == "id:4f2a"
    assert WEBHOOK.key_holds


def test_without_the_identifier_the_body_is_the_key() -> None:
    one, other = delivery(payload("issue_updated")), delivery(payload("comment_created"))
    assert WEBHOOK.delivery_key(one) == WEBHOOK.delivery_key(one)
    assert WEBHOOK.delivery_key(one) != WEBHOOK.delivery_key(other)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b'{"webhookEvent":7}',
        b'{"webhookEvent":"\xff"}',
        b'{"webhookEvent":"x","n":NaN}',
        b"[" * 200_000,
        b'{"webhookEvent":',
    ],
)
def test_what_is_not_jiras_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        WEBHOOK.delivery_key(delivery(body))


def test_an_update_is_thin_and_of_the_object_of_its_project() -> None:
    assert parsed(payload("issue_updated")) == [Change("request", "10042", "upsert", AT, AT)]


def test_a_move_asks_after_both_objects() -> None:
    assert parsed(payload("issue_moved")) == [
        Change("issue", "10042", "upsert", AT, AT),
        Change("request", "10042", "upsert", AT, AT),
    ]


def test_a_trimmed_comment_event_is_thin() -> None:
    minute = AT + timedelta(minutes=1)
    assert parsed(payload("comment_created")) == [Change("request", "10042", "upsert", minute)]


def test_a_deletion_without_a_project_concerns_both_objects() -> None:
    body = (
        b'{"timestamp":1767607200000,"webhookEvent":"jira:issue_deleted",'
        b'"issue":{"id":"10042","key":"CS-42"}}'
    )
    assert parsed(body) == [
        Change("issue", "10042", "delete", AT),
        Change("request", "10042", "delete", AT),
    ]


def test_a_deletion_with_a_project_concerns_its_object() -> None:
    body = (
        b'{"timestamp":1767607200000,"webhookEvent":"jira:issue_deleted",'
        b'"issue":{"id":10042,"fields":{"project":{"projectTypeKey":"software"}}}}'
    )
    assert parsed(body) == [Change("issue", "10042", "delete", AT)]


def test_a_link_concerns_both_ends() -> None:
    changes = parsed(payload("issuelink_created"))
    assert {(c.object, c.native_id, c.kind) for c in changes} == {
        ("issue", "10042", "upsert"),
        ("request", "10042", "upsert"),
        ("issue", "10077", "upsert"),
        ("request", "10077", "upsert"),
    }


def test_an_archived_project_has_its_issues_listed_again() -> None:
    assert parsed(payload("project_archived")) == [
        Change("issue", "", "gap", AT),
        Change("request", "", "gap", AT),
    ]


def test_users() -> None:
    assert parsed(payload("user_updated")) == [Change("user", "5b10", "upsert", AT)]
    gone = json.loads(payload("user_updated")) | {"webhookEvent": "user_deleted"}
    assert parsed(json.dumps(gone).encode()) == [Change("user", "5b10", "delete", AT)]
    customer = payload("user_updated").replace(b'"atlassian"', b'"customer"')
    assert [c.rule for c in parsed(customer)] == ["service_desk_customer"]


def test_an_empty_body_is_a_gap_at_the_time_of_receipt() -> None:
    excluded = delivery(b"", x_atlassian_webhook_identifier="4f2b")
    assert WEBHOOK.delivery_key(excluded) == "id:4f2b"
    assert list(WEBHOOK.parse(excluded)) == [
        Change("issue", "", "gap", LATER),
        Change("request", "", "gap", LATER),
    ]


@pytest.mark.parametrize(
    "event",
    ["sprint_started", "worklog_created", "jira:version_released", "issue_property_set"],
)
def test_other_events_are_ignored_by_name(event: str) -> None:
    body = json.dumps({"timestamp": 1767607200000, "webhookEvent": event}).encode()
    assert [c.rule for c in parsed(body)] == [f"event_not_used:{event}"]


@pytest.mark.parametrize(
    "more",
    [
        {"webhookEvent": "jira:issue_updated"},
        {"webhookEvent": "jira:issue_updated", "issue": "CS-42"},
        {"webhookEvent": "jira:issue_updated", "issue": {"id": None}},
        {"webhookEvent": "jira:issue_deleted", "issue": {"id": ["1"]}},
        {"webhookEvent": "comment_created", "comment": {"id": "1"}},
        {"webhookEvent": "user_updated", "user": {}},
        {"webhookEvent": "issuelink_created", "issueLink": {"sourceIssueId": 1}},
    ],
)
def test_an_event_without_its_id_is_malformed_as_a_whole(more: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        parsed(json.dumps(more).encode())


@pytest.mark.parametrize("stamp", [None, "soon", True, 1e20, 10**30, -(10**30)])
def test_an_impossible_time_gives_way_to_that_of_receipt(stamp: object) -> None:
    body = {"timestamp": stamp, "webhookEvent": "user_updated", "user": {"accountId": "5b10"}}
    assert [c.occurred_at for c in parsed(json.dumps(body).encode())] == [LATER]
