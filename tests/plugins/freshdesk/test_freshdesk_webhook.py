"""Freshdesk's automation rules: who may send, what a body is about, and what is refused."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from hub.api import BadSignature, Change, Delivery, Malformed, Registration
from plugins.freshdesk import FRESHDESK

WEBHOOK = FRESHDESK.webhooks[0]
AT = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
URL = "https://hub.example.com/webhooks/freshdesk/k"
SECRET = "test_secret_123"
BODY = (
    b'{"hub_event":"ticket_updated","ticket_id":"1042","triggered_event":"{status:{from:4,to:6}}"}'
)


def delivery(body: bytes = BODY, **headers: str) -> Delivery:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery("POST", URL, named, body, AT)


def registration(*secrets: str) -> Registration:
    return Registration("e1", URL, secrets)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"x_hub_secret": SECRET},
        {"authorization": basic("hub", SECRET)},
        {"authorization": basic("hub", SECRET).replace("Basic", "basic")},
        {"x_hub_secret": "old", "authorization": basic("hub", SECRET)},
    ],
)
def test_either_proof_passes(headers: dict[str, str]) -> None:
    WEBHOOK.verify(delivery(**headers), registration(SECRET))


def test_basic_is_what_the_standard_says() -> None:
    """RFC 7617, section 2: Aladdin and his open sesame, with our user's name."""
    assert basic("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    proof = "Basic aHViOm9wZW4gc2VzYW1l"
    WEBHOOK.verify(delivery(authorization=proof), registration("open sesame"))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x_hub_secret": ""},
        {"x_hub_secret": SECRET[:-1]},
        {"x_hub_secret": SECRET + " "},
        {"x_hub_secret": SECRET.upper()},
        {"x_hub_secret": f"{SECRET}, {SECRET}"},
        {"x_hub_secret": "é" * 15},
        {"x_hub_secret": "\udcff"},
        {"x_freshworks_signature": SECRET},
        {"authorization": SECRET},
        {"authorization": f"Bearer {SECRET}"},
        {"authorization": basic("hub", "wrong")},
        {"authorization": basic("hub", "")},
        {"authorization": basic("admin", SECRET)},
        {"authorization": basic("", SECRET)},
        {"authorization": "Basic " + SECRET},
        {"authorization": "Basic " + base64.b64encode(SECRET.encode()).decode()},
        {"authorization": "Basic é"},
        {"authorization": "Basic"},
    ],
)
def test_all_else_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        WEBHOOK.verify(delivery(**headers), registration(SECRET))


@pytest.mark.parametrize("secrets", [(), ("",)])
@pytest.mark.parametrize(
    "headers",
    [{}, {"x_hub_secret": ""}, {"x_hub_secret": SECRET}, {"authorization": "Basic aHViOg=="}],
)
def test_without_a_secret_nothing_passes(secrets: tuple[str, ...], headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        WEBHOOK.verify(delivery(**headers), registration(*secrets))


def test_another_connections_secret_is_refused() -> None:
    with pytest.raises(BadSignature):
        WEBHOOK.verify(delivery(x_hub_secret=SECRET), registration("another_secret"))


def test_both_secrets_pass_while_one_is_rotated() -> None:
    for secrets in ((SECRET, "new"), ("new", SECRET)):
        WEBHOOK.verify(delivery(x_hub_secret=SECRET), registration(*secrets))


def test_the_key_is_the_body_and_does_not_hold() -> None:
    other = BODY.replace(b"to:6", b"to:2")
    assert WEBHOOK.delivery_key(delivery()) == WEBHOOK.delivery_key(delivery(x_hub_secret="x"))
    assert WEBHOOK.delivery_key(delivery()) != WEBHOOK.delivery_key(delivery(other))
    assert not WEBHOOK.key_holds


@pytest.mark.parametrize(
    ("body", "native_id"),
    [
        (BODY, "1042"),
        (b'{"hub_event":"ticket_deleted","ticket_id":61000000001042}', "61000000001042"),
        (b'{"freshdesk_webhook":{"ticket_id":1042,"ticket_status":"Open"}}', "1042"),
        ('{"ticket_id":"7","status":"Offen \u2028"}'.encode(), "7"),
        (b'{"ticket_id":"7","subject":"He said "no"","x":1}', "7"),
        (b'{"ticket_id" : "7","description":"<b>\n</b>"}', "7"),
        (b'{"freshdesk_webhook":{"ticket_id":7,"ticket_subject":"a "ticket_id": 8"}}', "7"),
        (b'{"ticket_id":"7","n":NaN}', "7"),
    ],
)
def test_a_body_is_a_hint_to_fetch_its_ticket(body: bytes, native_id: str) -> None:
    minute_ago = AT - timedelta(seconds=60)
    assert list(WEBHOOK.parse(delivery(body))) == [
        Change("ticket", native_id, "upsert", minute_ago)
    ]
    assert WEBHOOK.delivery_key(delivery(body)).startswith("sha256:")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"ticket_id=1042",
        b"{}",
        b'{"ticket":1042}',
        b'{"ticket_id":null}',
        b'{"ticket_id":true}',
        b'{"ticket_id":[1042]}',
        b'{"ticket_id":"{{ticket.id}}"}',
        b'{"ticket_id":"-1042"}',
        b'{"ticket_id":12345678901234567890}',
        '{"ticket_id":"١٠٤٢"}'.encode(),
        b'{"ticket_id":"1042","status":"\xff"}',
        b"[" * 200_000,
        b'{"freshdesk_webhook":{"id":1042}}',
    ],
)
def test_what_is_not_ours_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        WEBHOOK.delivery_key(delivery(body))
    with pytest.raises(Malformed):
        list(WEBHOOK.parse(delivery(body)))


def filled(template: str) -> bytes:
    """A template as Freshdesk fills it in."""
    words = {"ticket.id": "1042", "triggered_event": "{note_type:private}"}
    return re.sub(r"\{\{([\w.]+)\}\}", lambda m: words.get(m[1], "Open"), template).encode()


@pytest.mark.parametrize("text", [FRESHDESK.readme.read_text(), WEBHOOK.setup])
def test_the_bodies_that_we_publish_are_read(text: str) -> None:
    templates = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    assert templates
    for template in templates:
        body = filled(template)
        assert json.loads(body)["ticket_id"] == "1042"
        assert [c.native_id for c in WEBHOOK.parse(delivery(body))] == ["1042"]


def test_the_setup_names_address_and_secret() -> None:
    assert "{url}" in WEBHOOK.setup
    assert "X-Hub-Secret: {secret}" in WEBHOOK.setup
