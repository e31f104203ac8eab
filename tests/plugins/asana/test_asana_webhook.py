"""Asana's webhooks: handshake, signatures by published vectors, keys, and what events mean."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.api import BadSignature, Change, Delivery, Malformed, Registration
from plugins.asana import ASANA

WEBHOOK = ASANA.webhooks[0]
AT = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
LATER = AT + timedelta(seconds=9)
URL = "https://hub.example.com/webhooks/asana/k"
SECRET = "7f3a1c0e5b9d4826a1f0c3d2e4b5a697"
CHANGED = (Path(__file__).parent / "payloads" / "changed.json").read_bytes()
HEARTBEAT = b'{"events":[]}'
RIGHT = "56f1ba0822148138197a8a43c6142f3f993bd660c75dd539bdc2d9c03aacd55b"
TASK = "1200000000000042"


def delivery(body: bytes, **headers: str) -> Delivery:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery("POST", URL, named, body, LATER)


def registration(*secrets: str, state: Any = "active") -> Registration:
    return Registration("e1", URL, secrets, state)


def body_of(*events: dict[str, Any]) -> bytes:
    return json.dumps({"events": events}).encode()


def event(**changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(CHANGED)["events"][0]
    return found | changed


def parsed(*events: dict[str, Any]) -> list[Change]:
    return list(WEBHOOK.parse(delivery(body_of(*events))))


@pytest.mark.parametrize(
    ("secret", "body", "signature"),
    [
        (SECRET, HEARTBEAT, RIGHT),
        (SECRET, CHANGED, "a53362f99f76b95d5bc228a82a6c8deef00c0c4c1ade7e883b06c6557bc51389"),
        (
            "test_secret_123",
            b'{"id":"evt_1","n":1}',
            "bcc2a91bbb8f476cec5155fa7ecfaf13f75cb616fbd351ecd01135222c0b4ea9",
        ),
        (
            "It's a Secret to Everybody",
            b"Hello, World!",
            "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        ),
    ],
)
def test_known_signatures_verify(secret: str, body: bytes, signature: str) -> None:
    WEBHOOK.verify(delivery(body, x_hook_signature=signature), registration(secret))


@pytest.mark.parametrize(
    "signature",
    [
        "",
        RIGHT.upper(),
        RIGHT[:-1] + "c",
        RIGHT[:-1],
        f"sha256={RIGHT}",
        f"{RIGHT}, {RIGHT}",
        f" {RIGHT}",
        "é" * 64,
        "\udcff",
        hmac.new(SECRET.encode(), HEARTBEAT, "sha1").hexdigest(),
        hashlib.sha256(SECRET.encode() + HEARTBEAT).hexdigest(),
        hmac.new(bytes.fromhex(SECRET), HEARTBEAT, "sha256").hexdigest(),
    ],
)
def test_wrong_signatures_are_refused(signature: str) -> None:
    with pytest.raises(BadSignature):
        WEBHOOK.verify(delivery(HEARTBEAT, x_hook_signature=signature), registration(SECRET))


@pytest.mark.parametrize("headers", [{}, {"x_hub_signature": RIGHT}])
def test_a_missing_header_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        WEBHOOK.verify(delivery(HEARTBEAT, **headers), registration(SECRET))


@pytest.mark.parametrize("body", [b'{"events": []}', b'{"events":[] }', b'{"events":[{}]}', b""])
def test_another_body_is_refused(body: bytes) -> None:
    with pytest.raises(BadSignature):
        WEBHOOK.verify(delivery(body, x_hook_signature=RIGHT), registration(SECRET))


@pytest.mark.parametrize("secrets", [(), ("",)])
def test_without_a_secret_nothing_passes(secrets: tuple[str, ...]) -> None:
    empty = hmac.new(b"", HEARTBEAT, hashlib.sha256).hexdigest()
    for signature in (RIGHT, empty, ""):
        with pytest.raises(BadSignature):
            WEBHOOK.verify(delivery(HEARTBEAT, x_hook_signature=signature), registration(*secrets))


def test_another_connections_secret_is_refused() -> None:
    with pytest.raises(BadSignature):
        WEBHOOK.verify(delivery(HEARTBEAT, x_hook_signature=RIGHT), registration("other"))


def test_both_secrets_verify_while_one_is_rotated() -> None:
    for secrets in ((SECRET, "new"), ("new", SECRET)):
        WEBHOOK.verify(delivery(HEARTBEAT, x_hook_signature=RIGHT), registration(*secrets))


@pytest.mark.parametrize(
    "body",
    [
        b'{"events" :[],  "n": 1.0}',
        b'{"events":[],"x":"\\u00e4\\/","n":1E2}',
        b'{"events":[],"events":[]}',
        '{"events":[],"x":"ä\u2028"}\n'.encode(),
    ],
)
def test_bodies_that_a_serialiser_would_change_verify_as_sent(body: bytes) -> None:
    assert json.dumps(json.loads(body)).encode() != body
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    WEBHOOK.verify(delivery(body, x_hook_signature=signature), registration(SECRET))


def greeted(registration: Registration, secret: str = SECRET) -> Any:
    assert WEBHOOK.greet is not None
    return WEBHOOK.greet(delivery(b"", x_hook_secret=secret), registration)


def test_a_handshake_is_echoed_and_its_secret_kept() -> None:
    reply = greeted(registration(state="pending"))
    assert (reply.status, reply.body, reply.store_secret) == (200, b"", SECRET)
    assert reply.headers == {"X-Hook-Secret": SECRET}


def test_a_handshake_that_comes_again_is_echoed_again() -> None:
    assert greeted(registration(SECRET, state="pending")).headers["X-Hook-Secret"] == SECRET


@pytest.mark.parametrize(
    "found",
    [
        registration(SECRET),
        registration(SECRET, state="waiting"),
        registration(state="waiting"),
        registration(state="active"),
        registration("another", state="pending"),
    ],
)
def test_a_handshake_that_nobody_asked_for_is_refused(found: Registration) -> None:
    with pytest.raises(BadSignature):
        greeted(found)


@pytest.mark.parametrize("secret", ["", "x" * 257, "é" * 32, "a\r\nSet-Cookie: x"])
def test_a_secret_that_cannot_be_one_is_refused(secret: str) -> None:
    with pytest.raises(Malformed):
        greeted(registration(state="pending"), secret)


def test_a_delivery_is_no_handshake() -> None:
    assert WEBHOOK.greet is not None
    signed = delivery(HEARTBEAT, x_hook_signature=RIGHT)
    assert WEBHOOK.greet(signed, registration(state="pending")) is None


def test_a_heartbeat_brings_nothing_and_has_a_key() -> None:
    assert parsed() == []
    assert WEBHOOK.delivery_key(delivery(HEARTBEAT)).startswith("sha256:")
    assert WEBHOOK.ack.status == 200


def test_the_key_is_what_happened_in_any_order_and_grouping_of_fields() -> None:
    one, other = event(), event(action="deleted", change=None)
    assert WEBHOOK.delivery_key(delivery(body_of(one, other))) == WEBHOOK.delivery_key(
        delivery(body_of(other, one))
    )
    assert WEBHOOK.delivery_key(delivery(CHANGED)) == WEBHOOK.delivery_key(delivery(body_of(one)))
    assert not WEBHOOK.key_holds


@pytest.mark.parametrize(
    "changed",
    [
        {"created_at": "2026-01-05T10:00:00.001Z"},
        {"resource": {"gid": "1200000000000043", "resource_type": "task"}},
        {"action": "added"},
        {"change": {"field": "name", "action": "changed"}},
        {"change": {"field": "completed", "action": "added"}},
        {"parent": {"gid": "1200000000000900", "resource_type": "project"}},
    ],
)
def test_another_event_has_another_key(changed: dict[str, Any]) -> None:
    other = delivery(body_of(event(**changed)))
    assert WEBHOOK.delivery_key(other) != WEBHOOK.delivery_key(delivery(CHANGED))


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("added", "upsert"),
        ("changed", "upsert"),
        ("removed", "upsert"),
        ("deleted", "delete"),
        ("undeleted", "restore"),
    ],
)
def test_events_of_tasks_are_thin(action: str, kind: Any) -> None:
    assert parsed(event(action=action)) == [Change("task", TASK, kind, AT)]


@pytest.mark.parametrize("action", ["deleted", "undeleted"])
def test_a_project_takes_its_tasks_along(action: str) -> None:
    project = {"gid": "1200000000000900", "resource_type": "project"}
    assert parsed(event(action=action, resource=project)) == [Change("task", "", "gap", AT)]


@pytest.mark.parametrize(
    ("word", "action", "rule"),
    [
        ("story", "added", "event_not_used:story_added"),
        ("section", "deleted", "event_not_used:section_deleted"),
        ("project", "changed", "event_not_used:project_changed"),
        ("task", "exploded", "event_not_used:task_exploded"),
        (None, "added", "event_not_used:None_added"),
    ],
)
def test_other_events_are_ignored_by_name(word: str | None, action: str, rule: str) -> None:
    (found,) = parsed(event(action=action, resource={"gid": TASK, "resource_type": word}))
    assert found.rule == rule


def test_several_events_of_one_action_are_all_counted() -> None:
    changes = parsed(event(), event(change={"field": "due_on", "action": "changed"}))
    assert [(c.native_id, c.kind) for c in changes] == [(TASK, "upsert")] * 2


@pytest.mark.parametrize(
    "stamp", [None, "soon", 7, "2026-01-05T10:00:00", "0001-01-01T00:00:00+14:00"]
)
def test_an_impossible_time_gives_way_to_that_of_receipt(stamp: object) -> None:
    assert [c.occurred_at for c in parsed(event(created_at=stamp))] == [LATER]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b"{}",
        b'{"events":{}}',
        b'{"events":[7]}',
        b'{"events":[{}]}',
        b'{"events":[{"resource":{"gid":7}}]}',
        b'{"events":[{"resource":{"gid":""}}]}',
        b'{"events":[{"resource":{"gid":"../users/me"}}]}',
        b'{"events":[{"resource":{"gid":"7"},"parent":"8"}]}',
        b'{"events":[{"resource":{"gid":"7"}},{"resource":{}}]}',
        b'{"events":["\xff"]}',
        b'{"events":[],"n":NaN}',
        b"[" * 200_000,
    ],
)
def test_what_is_not_asanas_is_malformed_as_a_whole(body: bytes) -> None:
    with pytest.raises(Malformed):
        WEBHOOK.delivery_key(delivery(body))
    with pytest.raises(Malformed):
        list(WEBHOOK.parse(delivery(body)))
