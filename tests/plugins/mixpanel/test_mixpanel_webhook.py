"""Cohort sync: who may send it, which batches are the same, and what each action becomes."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.api import BadSignature, Delivery, Malformed, Registration
from plugins.mixpanel import MIXPANEL

WEBHOOK = MIXPANEL.webhooks[0]
COHORT = (Path(__file__).parent / "payloads" / "cohort.json").read_bytes()
AT = datetime(2026, 1, 5, 10, tzinfo=UTC)


def basic(password: str, user: str = "hub") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def delivery(body: bytes = COHORT, authorization: str = basic("s3cret")) -> Delivery:
    headers = {"authorization": authorization} if authorization else {}
    return Delivery("POST", "https://hub.example.com/in", headers, body, AT)


def verify(given: Delivery, *secrets: str, project: str = "220101") -> None:
    settings = {"project_id": project}
    WEBHOOK.verify(given, Registration("e", "https://h", secrets, settings=settings))


def batch(action: Any = "add_members", members: Any = None, **said: Any) -> Delivery:
    body = json.loads(COHORT)
    body["action"] = action
    body["parameters"] |= {"members": members} if members is not None else {}
    body["parameters"] |= said
    return delivery(json.dumps(body).encode())


def parsed(given: Delivery) -> list[tuple[str, str, str, str | None]]:
    changes = list(WEBHOOK.parse(given))
    assert all(c.record is None and c.occurred_at == AT - timedelta(seconds=60) for c in changes)
    return [(c.object, c.native_id, c.kind, c.rule) for c in changes]


def test_our_password_is_believed_also_while_it_is_replaced() -> None:
    verify(delivery(), "s3cret")
    verify(delivery(), "newer", "s3cret")


@pytest.mark.parametrize(
    "authorization",
    [
        *("", "Basic", "Basic !!!", "Bearer s3cret", basic("other"), basic("")),
        *(basic("s3cret", "mixpanel"), basic("s3cret ")),
    ],
)
def test_anything_else_is_not(authorization: str) -> None:
    """Nothing is signed, so Basic credentials are always required."""
    with pytest.raises(BadSignature):
        verify(delivery(authorization=authorization), "s3cret")


def test_without_a_secret_nothing_is_believed() -> None:
    for secrets in ((), ("",)):
        with pytest.raises(BadSignature):
            verify(delivery(authorization=basic("")), *secrets)


def test_a_cohort_of_another_project_is_refused() -> None:
    with pytest.raises(BadSignature):
        verify(delivery(), "s3cret", project="220102")
    verify(batch(mixpanel_project_id=220101), "s3cret")


@pytest.mark.parametrize("action", ["members", "add_members", "remove_members"])
def test_each_action_is_a_hint_to_read_the_profile(action: str) -> None:
    """The first sync says `members` or `add_members`; a member holds only a part of a profile."""
    assert parsed(batch(action)) == [("user", "u-81", "upsert", None)]


def test_members_come_once_each_and_devices_are_nobody() -> None:
    ids = ["u-1", "u-2", "u-1", 7, "$device:x", None]
    members = [{"mixpanel_distinct_id": id} for id in ids]
    assert parsed(batch(members=[*members, "odd"])) == [
        ("user", "u-1", "upsert", None),
        ("user", "u-2", "upsert", None),
        ("user", "7", "upsert", None),
        ("user", "", "upsert", "anonymous"),
    ]


def test_empty_batches_and_unknown_actions_are_counted() -> None:
    assert parsed(batch(members=[])) == [("user", "", "upsert", "no_members")]
    assert parsed(batch("archive")) == [("user", "", "upsert", "unknown_action")]


def test_a_batch_is_known_by_cohort_session_page_and_action() -> None:
    key = WEBHOOK.delivery_key
    assert key(delivery()).startswith("5511:s-91:1:add_members:")
    assert key(delivery()) == key(delivery())
    others = [
        batch("remove_members"),
        batch(mixpanel_session_id="s-92"),
        batch(mixpanel_cohort_id="5512"),
        batch(page_info={"total_pages": 2, "page_count": 2}),
        batch(members=[]),
    ]
    assert len({key(other) for other in [*others, delivery()]}) == 6
    assert not WEBHOOK.key_holds


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"{}", b'{"parameters": []}', b'{"parameters": {}}', b"\xff"],
)
def test_what_is_no_cohort_sync_is_malformed(body: bytes) -> None:
    for read in (WEBHOOK.delivery_key, lambda given: list(WEBHOOK.parse(given))):
        with pytest.raises(Malformed):
            read(delivery(body))


@pytest.mark.parametrize("action", ["members", "add_members", "remove_members"])
def test_the_answer_is_json_that_repeats_the_action(action: str) -> None:
    reply = WEBHOOK.acknowledge(batch(action))
    assert (reply.status, reply.content_type) == (200, "application/json")
    assert json.loads(reply.body) == {"action": action, "status": "success"}


def test_a_batch_of_a_thousand_members_fits() -> None:
    member = {"email": "x" * 200, "mixpanel_distinct_id": "y" * 255, "plan": "z" * 2000}
    assert len(batch(members=[member] * 1000).body) < WEBHOOK.max_body
