"""Change events through the relay: proving the sender, and what each kind becomes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hub.api import BadSignature, Change, Delivery, Malformed, Registration
from plugins.salesforce.webhook import CHANGE_EVENTS

PAYLOADS = Path(__file__).parent / "payloads"
UPDATE = (PAYLOADS / "change_update.json").read_bytes()
ODD = (PAYLOADS / "change_odd_spelling.json").read_bytes()
KINDS = (PAYLOADS / "change_kinds.json").read_bytes()
KEY = "test_secret_123"
NOW = datetime(2026, 11, 20, 10, 16, tzinfo=UTC)
ORG = "00DXX0000001aBcEAI"

# openssl dgst -sha256 -hmac test_secret_123 <file>
SIGNED_UPDATE = "sha256=1e95c5a426e47542b6fa21606156b991451091778573a76a767f68985ae58f95"
SIGNED_ODD = "sha256=cfcd724b27650126feab1113056711343b0f748ef1433283a323ad03d2f27672"
SIGNED_WITH_AN_EMPTY_KEY = "sha256=699a7a18a2c838a9446d1c5994f9f0f4a4495aca58065e34d3d996cb17ef9436"
SIGNED_EVT_1 = "sha256=bcc2a91bbb8f476cec5155fa7ecfaf13f75cb616fbd351ecd01135222c0b4ea9"


def delivery(body: bytes = UPDATE, **headers: str) -> Delivery:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery("POST", "https://hub.example.com/webhooks/salesforce/k", named, body, NOW)


def signed(signature: str, body: bytes = UPDATE) -> Delivery:
    return delivery(body, x_hub_signature_256=signature)


def registration(*secrets: str, account: str | None = ORG) -> Registration:
    return Registration("e1", "https://hub.example.com", secrets or (KEY,), account=account)


def at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def parsed(*events: Any) -> list[Change]:
    body = json.dumps({"organization_id": ORG, "events": events}).encode()
    return list(CHANGE_EVENTS.parse(delivery(body)))


@pytest.mark.parametrize(("body", "signature"), [(UPDATE, SIGNED_UPDATE), (ODD, SIGNED_ODD)])
def test_the_raw_bytes_are_what_is_signed(body: bytes, signature: str) -> None:
    """The second body has escapes, odd spaces, 1.0 and a key twice: no library writes it so."""
    CHANGE_EVENTS.verify(signed(signature, body), registration())
    rewritten = json.dumps(json.loads(body)).encode()
    with pytest.raises(BadSignature):
        CHANGE_EVENTS.verify(signed(signature, rewritten), registration())


def test_the_published_vector_passes_and_then_is_not_our_envelope() -> None:
    with pytest.raises(Malformed):
        CHANGE_EVENTS.verify(signed(SIGNED_EVT_1, b'{"id":"evt_1","n":1}'), registration())


def test_the_secret_itself_does_for_a_relay_that_cannot_sign() -> None:
    CHANGE_EVENTS.verify(delivery(x_hub_secret=KEY), registration())


def test_either_of_two_active_secrets() -> None:
    CHANGE_EVENTS.verify(signed(SIGNED_UPDATE), registration("old", KEY))


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param(delivery(), registration(), id="nothing"),
        pytest.param(signed(""), registration(), id="empty"),
        pytest.param(signed(SIGNED_ODD), registration(), id="of-another-body"),
        pytest.param(signed(SIGNED_UPDATE, UPDATE + b" "), registration(), id="one-byte-more"),
        pytest.param(signed(SIGNED_UPDATE), registration("wrong"), id="wrong-key"),
        pytest.param(signed(SIGNED_UPDATE.upper()), registration(), id="upper-case"),
        pytest.param(signed(SIGNED_UPDATE[7:]), registration(), id="no-prefix"),
        pytest.param(signed("sha1=" + SIGNED_UPDATE[7:]), registration(), id="other-prefix"),
        pytest.param(signed("sha256=é"), registration(), id="non-ascii"),
        pytest.param(
            delivery(x_hub_signature_256="sha256=00", x_hub_secret=KEY),
            registration(),
            id="wrong-signature-beside-the-secret",
        ),
        pytest.param(delivery(x_hub_secret="wrong"), registration(), id="wrong-secret"),
        pytest.param(signed(SIGNED_UPDATE), Registration("e", "", (), account=ORG), id="none-set"),
        pytest.param(signed(SIGNED_WITH_AN_EMPTY_KEY), registration(""), id="an-empty-key"),
        pytest.param(signed(SIGNED_UPDATE), registration(account=None), id="organisation-unknown"),
        pytest.param(
            signed(SIGNED_UPDATE), registration(account="00DXX0000001aBdEAI"), id="another-org"
        ),
    ],
)
def test_refused(sent: Delivery, expected: Registration) -> None:
    with pytest.raises(BadSignature):
        CHANGE_EVENTS.verify(sent, expected)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"[]", id="array"),
        pytest.param(b'{"events": []}', id="no-events"),
        pytest.param(b'{"events": [1]}', id="not-objects"),
        pytest.param(b"\xff", id="invalid-utf-8"),
        pytest.param(b"[" * 200_000, id="deep"),
        pytest.param(UPDATE[:-9], id="cut-short"),
        pytest.param(UPDATE.replace(b"1790000001000", b"null"), id="no-time"),
        pytest.param(UPDATE.replace(b"1790000001000", b"9" * 30), id="time-out-of-range"),
        pytest.param(UPDATE.replace(b'["001XX000003DHPhYAO"]', b"[]"), id="no-ids"),
    ],
)
def test_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        list(CHANGE_EVENTS.parse(delivery(body)))


def test_an_update_is_thin_and_as_old_as_the_save() -> None:
    saved = datetime(2026, 9, 21, 13, 33, 21, tzinfo=UTC)
    assert list(CHANGE_EVENTS.parse(delivery())) == [
        Change("Account", "001XX000003DHPhYAO", "upsert", saved)
    ]


def test_each_kind_of_change() -> None:
    lead, platform = "object_without_stream", "not_a_change_event"
    assert list(CHANGE_EVENTS.parse(delivery(KINDS))) == [
        Change(
            "Opportunity", "006XX0000001aBcAAI", "upsert",
            datetime(2026, 9, 21, 13, 13, 19, tzinfo=UTC),
        ),
        Change("Opportunity", "006XX0000001aBdAAI", "delete", at(1790000001500)),
        # An account may have been merged: the event does not say so, reading it does.
        Change("Account", "001XX000003DHPiYAO", "upsert", at(1790000001500)),
        Change("Opportunity", "006XX0000001aBdAAI", "restore", at(1790000002000)),
        Change("Contact", "003XX000004TmiRAAS", "upsert", at(1790000003000)),
        Change("Contact", "003XX000004TmiSAAS", "upsert", at(1790000003000)),
        Change("Case", "500XX0000001aBcAAI", "gap", at(1790000004000)),
        Change("Case", "", "gap", at(1790000004000)),
        Change("Account", "", "gap", at(1790000004000)),
        Change(
            "Account", "001XX000003DHPhYAO", "upsert", at(1790000004000), rule="unknown_change_type"
        ),
        Change("Lead", "", "upsert", NOW, rule=lead),
        Change("event", "", "upsert", NOW, rule=platform),
    ]  # fmt: skip


def test_an_unmapped_object_alone_is_left_for_the_hub_to_hold() -> None:
    lead = json.loads(KINDS)["events"][9]
    assert parsed(lead) == [Change("Lead", "00QXX0000001aBcAAI", "upsert", at(1790000004000))]


def test_the_key_is_the_events_place_in_the_log() -> None:
    events = json.loads(KINDS)["events"]
    spelled = json.dumps({"events": events, "organization_id": ORG}, indent=3).encode()
    turned = json.dumps({"organization_id": ORG, "events": events[::-1]}).encode()
    fewer = json.dumps({"organization_id": ORG, "events": events[1:]}).encode()
    key = CHANGE_EVENTS.delivery_key(delivery(KINDS))
    assert CHANGE_EVENTS.delivery_key(delivery(spelled)) == key
    assert CHANGE_EVENTS.delivery_key(delivery(turned)) == key
    assert CHANGE_EVENTS.delivery_key(delivery(fewer)) != key
    assert CHANGE_EVENTS.key_holds


def test_a_platform_event_is_known_by_its_uuid() -> None:
    """Replay ids are given anew when an org moves."""
    event = json.loads(KINDS)["events"][10]
    moved = {**event, "event": {**event["event"], "replayId": 77}}
    keys = {
        CHANGE_EVENTS.delivery_key(delivery(json.dumps({"events": [e]}).encode()))
        for e in (event, moved)
    }
    assert len(keys) == 1
