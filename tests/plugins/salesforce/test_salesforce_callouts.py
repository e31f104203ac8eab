"""Flow HTTP callouts: who may send, a body of our own shape, and an answer that is never empty."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.api import BadSignature, Change, Delivery, Malformed, Registration
from plugins.salesforce import CONNECTOR
from plugins.salesforce.webhook import CALLOUTS

BODY = (Path(__file__).parent / "payloads" / "flow_callout.json").read_bytes()
NOW = datetime(2026, 11, 20, 10, 16, tzinfo=UTC)
REGISTRATION = Registration("e1", "", ("s3cret",), account="00DXX0000001aBcEAI")


def delivery(body: bytes = BODY, secret: str = "s3cret") -> Delivery:  # noqa: S107
    return Delivery("POST", "https://hub.example.com/k", {"x-hub-secret": secret}, body, NOW)


def changed(**fields: object) -> bytes:
    return json.dumps(json.loads(BODY) | fields).encode()


def test_the_secret_and_the_organisation_are_enough() -> None:
    CALLOUTS.verify(delivery(), REGISTRATION)


@pytest.mark.parametrize(
    "sent",
    [
        delivery(secret=""),
        delivery(secret="wrong"),
        delivery(changed(org_id="00DXX0000001aBdEAI")),
        delivery(changed(org_id=None)),
    ],
)
def test_all_else_is_refused(sent: Delivery) -> None:
    with pytest.raises(BadSignature):
        CALLOUTS.verify(sent, REGISTRATION)


@pytest.mark.parametrize("event", ["created", "updated", "deleted", None])
def test_a_callout_is_a_hint_to_read_its_record(event: str | None) -> None:
    saved = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
    expected = Change("Account", "001XX000003DHPhYAO", "upsert", saved)
    assert list(CALLOUTS.parse(delivery(changed(event=event)))) == [expected]


@pytest.mark.parametrize("written", [None, "", "20.11.2026 11:15", "2026-11-20T10:15:00"])
def test_a_time_that_cannot_be_read_is_a_minute_before_the_receipt(written: str | None) -> None:
    (change,) = CALLOUTS.parse(delivery(changed(sent_at=written)))
    assert change.occurred_at == NOW - timedelta(seconds=60)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        changed(object=""),
        changed(object=7),
        changed(id="x"),
        changed(id=None),
    ],
)
def test_what_names_no_record_is_malformed(body: bytes) -> None:
    for read in (CALLOUTS.delivery_key, lambda sent: list(CALLOUTS.parse(sent))):
        with pytest.raises(Malformed):
            read(delivery(body))


def test_the_answer_is_json_and_not_empty() -> None:
    assert json.loads(CALLOUTS.ack.body) == {}
    assert CALLOUTS.ack.content_type == "application/json"


def test_the_sample_of_the_guide_is_read() -> None:
    found = re.findall(r"```json\n(.*?)```", CONNECTOR.readme.read_text(), re.DOTALL)
    (sample,) = [text for text in found if '"object"' in text]
    (change,) = CALLOUTS.parse(delivery(sample.encode()))
    assert (change.object, change.native_id) == ("Account", "0015j00000AbCdEAAV")
