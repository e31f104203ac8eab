"""Zendesk's webhooks: signatures against computed vectors, events, and bodies of triggers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.api import BadSignature, Change, Delivery, Malformed, Registration
from plugins.zendesk import webhook

AT = datetime(2026, 1, 5, 10, tzinfo=UTC)
STAMP = "2026-01-05T10:00:00Z"
BODY = b'{"type":"zen:event-type:organization.name_changed","id":"01J"}'
SECRET = "test_secret_123"
EVENT = json.loads((Path(__file__).parent / "payloads" / "organization_event.json").read_text())
"""developer.zendesk.com/api-reference/webhooks/event-types/organization-events"""


def delivery(body: bytes, signature: str = "", stamp: str = STAMP, **changed: Any) -> Delivery:
    headers = {
        "x-zendesk-webhook-signature": signature,
        "x-zendesk-webhook-signature-timestamp": stamp,
    }
    given = {"received_at": AT, "headers": headers} | changed
    return Delivery("POST", "https://hub.example/in", body=body, **given)


def registered(*secrets: str) -> Registration:
    return Registration("end_1", "https://hub.example/in", secrets)


def event(**changed: Any) -> Delivery:
    return delivery(json.dumps(EVENT | changed).encode())


def parsed(**changed: Any) -> list[Change]:
    return list(webhook.parse(event(**changed)))


@pytest.mark.parametrize(
    ("key", "body", "signature"),
    [
        (webhook.TEST_SECRET, BODY, "k2RjB39Gplu+C0ZOCCOIfzGIyvOWAirR8P0rqlaLZOQ="),
        (webhook.TEST_SECRET, b"", "ZyG4IAznODCZSykGTKx+dZ8PfGF+56uFodmGQNp0fQw="),
        (SECRET, b'{"id":"evt_1","n":1}', "XLPg8VpSy/aaMPUr0vUcepcXaeNS3vVYc7zHIuHMMhU="),
    ],
)
def test_vectors_verify_with_the_secret_as_text(key: str, body: bytes, signature: str) -> None:
    webhook.SIGNED.verify(delivery(body, signature), registered(key))
    webhook.SIGNED.verify(delivery(body, signature), registered("newer", key))
    for wrong in (registered(), registered(""), registered(f"{key}x")):
        with pytest.raises(BadSignature):
            webhook.SIGNED.verify(delivery(body, signature), wrong)


RIGHT = "XLPg8VpSy/aaMPUr0vUcepcXaeNS3vVYc7zHIuHMMhU="
SIGNED_BODY = b'{"id":"evt_1","n":1}'


@pytest.mark.parametrize(
    "wrong",
    [
        delivery(b'{"id": "evt_1", "n": 1}', RIGHT),
        delivery(SIGNED_BODY, ""),
        delivery(SIGNED_BODY, RIGHT.lower()),
        delivery(SIGNED_BODY, "ü" + RIGHT),
        delivery(SIGNED_BODY, RIGHT, ""),
        delivery(SIGNED_BODY, RIGHT, "2026-01-05T10:00:01Z"),
        delivery(SIGNED_BODY, RIGHT, "1767607200"),
        delivery(SIGNED_BODY, RIGHT, received_at=AT + timedelta(seconds=301)),
        delivery(SIGNED_BODY, RIGHT, received_at=AT - timedelta(seconds=301)),
        delivery(SIGNED_BODY, RIGHT, headers={"x-zendesk-webhook-signature": RIGHT}),
    ],
)
def test_what_is_changed_old_or_bare_is_refused(wrong: Delivery) -> None:
    webhook.verify(delivery(SIGNED_BODY, RIGHT), registered(SECRET))
    with pytest.raises(BadSignature):
        webhook.verify(wrong, registered(SECRET))


def mac(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


def test_the_order_of_the_beta_and_a_decoded_key_are_refused() -> None:
    """Both are published mistakes: the body first, and the secret read as base64."""
    secret = "c2VjcmV0LW9mLXplbmRlc2s="
    stamp, known = STAMP.encode(), registered(secret)
    webhook.verify(delivery(BODY, mac(secret.encode(), stamp + BODY)), known)
    for wrong in (
        mac(secret.encode(), BODY + stamp),
        mac(secret.encode(), stamp + b"." + BODY),
        mac(secret.encode(), BODY),
        mac(base64.b64decode(secret), stamp + BODY),
    ):
        with pytest.raises(BadSignature):
            webhook.verify(delivery(BODY, wrong), known)


def test_the_published_secret_for_tests_proves_nothing() -> None:
    made = delivery(BODY, "k2RjB39Gplu+C0ZOCCOIfzGIyvOWAirR8P0rqlaLZOQ=")
    for known in (registered(webhook.TEST_SECRET), registered("own", webhook.TEST_SECRET)):
        with pytest.raises(BadSignature):
            webhook.verify(made, known)


def test_an_event_is_a_thin_change_with_its_own_id() -> None:
    assert webhook.delivery_key(event()) == "2b24ef10-19d3-4740-93cf-5f98ec4776c0"
    assert parsed() == [Change("organization", "509974", "upsert", AT)]


def test_an_event_is_about_the_record_as_it_was_updated_not_as_it_was_sent() -> None:
    found = parsed(time="2026-01-05T10:00:04.906323869Z")
    assert found == [Change("organization", "509974", "upsert", AT)]


@pytest.mark.parametrize(
    ("type", "role", "wanted"),
    [
        ("organization.deleted", None, [("organization", "delete")]),
        ("ticket.status_changed", None, [("ticket", "upsert")]),
        ("ticket.comment_added", None, [("ticket", "upsert")]),
        ("ticket.merged", None, [("ticket", "upsert")]),
        ("ticket.soft_deleted", None, [("ticket", "delete")]),
        ("ticket.undeleted", None, [("ticket", "restore")]),
        ("ticket.permanently_deleted", None, [("ticket", "privacy_delete")]),
        ("user.created", "end-user", [("user", "upsert")]),
        ("user.deleted", "end-user", [("user", "delete")]),
        ("user.name_changed", "admin", [("agent", "upsert")]),
        ("user.role_changed", "agent", [("user", "upsert"), ("agent", "upsert")]),
        ("user.name_changed", None, [("user", "upsert"), ("agent", "upsert")]),
    ],
)
def test_kinds_of_events(type: str, role: str | None, wanted: list[tuple[str, str]]) -> None:
    detail = {"id": "77", "role": role}
    found = parsed(type=f"zen:event-type:{type}", subject="zen:x:77", detail=detail)
    assert [(c.object, c.kind) for c in found] == wanted
    assert {(c.native_id, c.occurred_at) for c in found} == {("77", AT)}


def test_a_membership_reads_the_user_again_though_no_stamp_moves() -> None:
    for word, kind in (("created", "link"), ("deleted", "unlink")):
        (found,) = parsed(
            type=f"zen:event-type:user.organization_membership_{word}", detail={"id": "77"}
        )
        assert (found.kind, found.ends) == (kind, (("user", "77"),))


def test_the_slash_of_the_reference_reads_as_a_colon() -> None:
    (found,) = parsed(
        type="zen:event-type/user.identity_changed", detail={"id": "77", "role": "end-user"}
    )
    assert (found.object, found.native_id, found.kind) == ("user", "77", "upsert")


@pytest.mark.parametrize("detail", [{"id": "0"}, {"id": ""}, {}, None, {"id": "x"}])
def test_nothing_is_written_as_nought_or_empty(detail: Any) -> None:
    (found,) = parsed(detail=detail)
    told_by_subject = found.native_id == "509974" and found.rule is None
    assert told_by_subject is (detail != {"id": "0"})
    (nobody,) = parsed(detail=detail, subject="zen:organization:0")
    assert nobody.rule == "no_id"


@pytest.mark.parametrize(
    "type", ["zen:event-type:article.published", "zen:event-type:agent.x", "x"]
)
def test_other_domains_are_counted_and_ignored(type: str) -> None:
    (found,) = parsed(type=type)
    assert found.rule == f"event_not_used:{type}"


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{}", b'{"type":"x"}', b'{"type":1,"id":"a"}', b"\xff", b"[" * 9999],
)
def test_what_is_no_event_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        webhook.delivery_key(delivery(body))
    with pytest.raises(Malformed):
        list(webhook.parse(delivery(body)))


@pytest.mark.parametrize("time", [None, "", "yesterday", "2026-01-05T10:00:00", 5])
def test_an_event_without_a_time_is_malformed(time: Any) -> None:
    with pytest.raises(Malformed):
        parsed(time=time)


@pytest.mark.parametrize(
    "body",
    [
        '{"ticket_id":"35436","status":"Open","updated_at":"2026-01-05T09:55:00Z"}',
        '{"ticket_id": 35436, "subject": "a "quote"", "updated_at":"2026-01-05T09:55:00Z"}',
        "<t><ticket_id>35436</ticket_id><updated_at>2026-01-05T09:55:00Z</updated_at></t>",
        "status=Open&ticket_id=35436&updated_at=2026-01-05T09%3A55%3A00Z",
    ],
)
def test_a_trigger_names_its_ticket_in_any_format(body: str) -> None:
    found = list(webhook.trigger_parse(delivery(body.encode())))
    assert found == [Change("ticket", "35436", "upsert", datetime(2026, 1, 5, 9, 55, tzinfo=UTC))]
    assert webhook.trigger_key(delivery(body.encode())).startswith("sha256:")


def test_a_trigger_without_a_time_is_taken_to_be_of_the_last_minute() -> None:
    (found,) = webhook.trigger_parse(delivery(b'{"ticket_id":"7"}'))
    assert found.occurred_at == AT - timedelta(seconds=60)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"ticket_id":""}', b'{"ticket_id":"0"}', b"\xff"])
def test_a_trigger_without_a_ticket_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        list(webhook.trigger_parse(delivery(body)))
