"""Web Logic Hooks: what is proved and what is not, and each kind of event.

Fact sheet, section 7: no signature, no header, no id, no time; hooks are hints.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.api import BadSignature, Change, Delivery, Malformed, Registration
from plugins.sugarcrm import SUGARCRM, webhook

WEBHOOK = SUGARCRM.webhooks[0]
PAYLOADS = Path(__file__).parent / "payloads"
AT = datetime(2026, 11, 20, 10, 20, tzinfo=UTC)
EARLIER = AT - timedelta(minutes=15)
SECRET = "test_secret_123"
BASIC = "Basic aHViOnRlc3Rfc2VjcmV0XzEyMw=="
"""`printf 'hub:test_secret_123' | base64`"""
BASE = "https://hub.example/webhooks/sugarcrm/key"
ID = "8c6d2f9e-1111-4222-8333-444455556666"


def delivery(
    name: str = "hook_after_save", of: str = "Accounts", proof: str = BASIC, **fields: Any
) -> Delivery:
    body = (PAYLOADS / f"{name}.json").read_bytes()
    if fields:
        body = json.dumps({**json.loads(body), **fields}).encode()
    headers = {"content-type": "application/json", "user-agent": "SugarCrm"}
    headers |= {"authorization": proof} if proof else {}
    return Delivery("POST", f"{BASE}?module={of}", headers, body, AT)


def parsed(given: Delivery) -> Change:
    (change,) = WEBHOOK.parse(given)
    assert change.record is None
    return change


def verify(given: Delivery, *secrets: str) -> None:
    WEBHOOK.verify(given, Registration("e", BASE, secrets))


def test_the_password_of_the_address_is_believed_with_either_of_two_secrets() -> None:
    verify(delivery(), SECRET)
    verify(delivery(), "newer", SECRET)
    verify(delivery(of="Cases"), SECRET, "older")


@pytest.mark.parametrize(
    "proof",
    [
        "",
        "Basic ",
        BASIC[:-4],
        BASIC.replace("aHVi", "aHVj"),
        f"Bearer {SECRET}",
        SECRET,
        "Basic \udcff",
    ],
)
def test_another_password_is_not_believed(proof: str) -> None:
    with pytest.raises(BadSignature):
        verify(delivery(proof=proof), SECRET)


@pytest.mark.parametrize("secrets", [(), ("",), ("another",)])
def test_without_the_secret_nothing_is_believed(secrets: tuple[str, ...]) -> None:
    with pytest.raises(BadSignature):
        verify(delivery(), *secrets)


def test_the_address_holds_the_password_and_the_module() -> None:
    url = webhook.hook_url("https://hub.example:8443/webhooks/sugarcrm/key", "Cases", "a/b@c")
    assert url == "https://hub:a%2Fb%40c@hub.example:8443/webhooks/sugarcrm/key?module=Cases"
    assert webhook.bare_url(url) == "https://hub.example:8443/webhooks/sugarcrm/key"
    assert webhook.bare_url("http://[") == "http://["


def test_a_save_is_a_hint_as_old_as_the_record_says() -> None:
    change = parsed(delivery())
    assert (change.object, change.native_id, change.kind) == ("Accounts", ID, "upsert")
    assert change.occurred_at == datetime(2026, 11, 20, 10, 15, 30, tzinfo=UTC)
    assert change.rule is None


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [("2030-01-01T00:00:00+00:00", AT), ("soon", EARLIER), ("2026-11-20T10:00:00", EARLIER),
     (7, EARLIER), ("0001-01-01T00:00:00+14:00", EARLIER)],
)  # fmt: skip
def test_a_stamp_that_cannot_be_is_not_taken(stamp: Any, expected: datetime) -> None:
    """Fields may be missing too: they are filtered by the rights of whoever saved."""
    assert parsed(delivery(data={"id": ID, "date_modified": stamp})).occurred_at == expected
    assert parsed(delivery(data={"id": ID})).occurred_at == EARLIER


def test_the_module_is_the_one_of_the_address_and_not_the_class_in_the_body() -> None:
    change = parsed(delivery("hook_after_delete", of="Cases"))
    assert (change.object, change.native_id) == ("Cases", "c4b7")
    assert parsed(delivery(bean="CustomAccount")).object == "Accounts"


def test_a_delete_is_only_a_hint_to_look() -> None:
    """Nobody signed it: the record is asked for, deleted ones included."""
    change = parsed(delivery("hook_after_delete", of="Cases"))
    assert (change.kind, change.occurred_at) == ("upsert", EARLIER)
    stamp = {"id": "c4b7", "date_modified": "2026-01-01T00:00:00+00:00"}
    before = delivery("hook_after_delete", of="Cases", data=stamp)
    assert parsed(before).occurred_at == EARLIER
    kept = parsed(delivery("hook_after_delete", of="Cases", id="", data={"id": "c5"}))
    assert kept.native_id == "c5"


@pytest.mark.parametrize(
    ("event", "kind"),
    [("after_relationship_add", "link"), ("after_relationship_delete", "unlink")],
)
def test_a_link_has_both_ends_read_again(event: str, kind: str) -> None:
    change = parsed(delivery("hook_after_relationship_add", event=event))
    assert (change.kind, change.rule) == (kind, None)
    assert change.ends == (("Accounts", ID), ("Contacts", "seed_will_id"))


@pytest.mark.parametrize(
    ("fields", "ends"),
    [
        ({"related_module": "Products"}, (("Accounts", ID),)),
        ({"module": "Teams"}, (("Contacts", "seed_will_id"),)),
        ({"related_id": None}, (("Accounts", ID),)),
    ],
)
def test_an_end_that_is_not_read_is_left_out(fields: dict[str, Any], ends: Any) -> None:
    assert parsed(delivery("hook_after_relationship_add", **fields)).ends == ends
    neither = delivery("hook_after_relationship_add", id="", related_module="Teams")
    assert parsed(neither).rule == "link_not_used"


def test_what_is_not_used_is_counted_under_its_name() -> None:
    change = parsed(delivery("hook_after_login", of="Users"))
    assert change.rule == "event_not_used:after_login"
    for url in (BASE, f"{BASE}?module=abc_Projects", "http://["):
        assert parsed(replace(delivery(), url=url)).rule == "event_not_used:after_save"


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{}", b'{"event":1}', b'{"event":"after_save","data":[1]}',
     b'{"event":"after_save"}', b'{"event":"after_save","data":{"id":5}}',
     b'{"event":"after_save","data":{"id":"a\\u0000b"}}', b"[" * 90_000, b"\xff\xfe"],
)  # fmt: skip
def test_what_is_no_hook_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        list(WEBHOOK.parse(replace(delivery(), body=body)))


def test_the_key_is_of_body_and_module_and_does_not_hold() -> None:
    assert WEBHOOK.delivery_key(delivery()) == WEBHOOK.delivery_key(delivery())
    assert WEBHOOK.delivery_key(delivery()) != WEBHOOK.delivery_key(delivery(of="Cases"))
    assert WEBHOOK.delivery_key(delivery()) != WEBHOOK.delivery_key(delivery(isUpdate=False))
    assert not WEBHOOK.key_holds
