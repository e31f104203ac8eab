"""Stripe's webhooks: signatures by vectors, the mode, and each kind of event."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hub.api import BadSignature, Delivery, Malformed, Registration
from plugins.stripe import STRIPE

WEBHOOK = STRIPE.webhooks[0]
SECRET, T = "whsec_test_secret_123", 1767607200
BODY = b'{"id":"evt_1","n":1}'
V1 = "b9a8008552e1da32d96d6fd2b3216ee977df1263ea6d6f4f3c60dac8056f2e45"
EVENT = json.loads((Path(__file__).parent / "payloads" / "event.json").read_text())
AT = datetime(2026, 1, 5, 10, tzinfo=UTC)


def delivery(header: str | None = f"t={T},v1={V1}", body: bytes = BODY, late: int = 0) -> Delivery:
    headers = {} if header is None else {"stripe-signature": header}
    return Delivery("POST", "http://h", headers, body, datetime.fromtimestamp(T + late, UTC))


def verify(given: Delivery, *secrets: str, mode: str = "live") -> None:
    WEBHOOK.verify(given, Registration("e", "http://h", secrets, settings={"mode": mode}))


def parsed(**fields: Any) -> list[tuple[str, str, str, str | None]]:
    event = {**EVENT, **fields}
    changes = list(WEBHOOK.parse(delivery(body=json.dumps(event).encode())))
    assert all(c.occurred_at == AT and c.record is None for c in changes)
    return [(c.object, c.native_id, c.kind, c.rule) for c in changes]


@pytest.mark.parametrize(
    "header",
    [
        f"t={T},v1={V1}",
        f"t={T},v1={'0' * 64},v1={V1},v0={'1' * 64}",
        f"t={T}, v1={V1}",
    ],
)
def test_the_vector_is_believed(header: str) -> None:
    """Fact sheet, section 7: the whole text of the secret is the key; any v1 may match."""
    verify(delivery(header), SECRET)
    verify(delivery(header), "whsec_new", SECRET)


@pytest.mark.parametrize(
    "given",
    [
        delivery(None),
        delivery(""),
        delivery(f"t={T},v0={V1}"),
        delivery(f"v1={V1}"),
        delivery(f"t={T + 1},v1={V1}"),
        delivery(f"t={T},v1={V1.upper()}"),
        delivery(body=b'{"id": "evt_1", "n": 1}'),
        delivery(late=301),
        delivery(late=-301),
    ],
)
def test_anything_else_is_not(given: Delivery) -> None:
    with pytest.raises(BadSignature):
        verify(given, SECRET)


def test_without_the_right_secret_nothing_is_believed() -> None:
    for secrets in ((), ("",), ("test_secret_123",), ("whsec_other",)):
        with pytest.raises(BadSignature):
            verify(delivery(), *secrets)
    verify(delivery(late=299), SECRET)


@pytest.mark.parametrize(("livemode", "mode"), [(True, "test"), (False, "live"), (False, "")])
def test_an_event_of_the_other_mode_is_refused(livemode: bool, mode: str) -> None:
    body = json.dumps({**EVENT, "livemode": livemode}).encode()
    digest = hmac.new(SECRET.encode(), f"{T}.".encode() + body, hashlib.sha256).hexdigest()
    own = "live" if livemode else "test"
    verify(delivery(f"t={T},v1={digest}", body), SECRET, mode=own)
    with pytest.raises(BadSignature, match="mode"):
        verify(delivery(f"t={T},v1={digest}", body), SECRET, mode=mode)


def test_the_key_is_the_events_id_over_all_retries() -> None:
    assert WEBHOOK.key_holds
    assert WEBHOOK.delivery_key(delivery()) == "evt_1"


@pytest.mark.parametrize(
    ("type", "object", "expected"),
    [
        ("customer.created", {"object": "customer", "id": "cus_1"}, ("customer", "cus_1")),
        ("customer.updated", {"object": "customer", "id": "cus_1"}, ("customer", "cus_1")),
        (
            "customer.subscription.deleted",
            {"object": "subscription", "id": "sub_1", "status": "canceled"},
            ("subscription", "sub_1"),
        ),
        (
            "customer.subscription.trial_will_end",
            {"object": "subscription", "id": "sub_1"},
            ("subscription", "sub_1"),
        ),
        ("invoice.overdue", {"object": "invoice", "id": "in_1"}, ("invoice", "in_1")),
        ("invoice.voided", {"object": "invoice", "id": "in_1"}, ("invoice", "in_1")),
        (
            "invoice_payment.paid",
            {"object": "invoice_payment", "id": "inpay_1", "invoice": "in_1"},
            ("invoice", "in_1"),
        ),
    ],
)
def test_an_event_is_a_hint_to_read_the_record(
    type: str, object: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert parsed(type=type, data={"object": object}) == [(*expected, "upsert", None)]


def test_the_published_shape_is_read_and_never_taken_for_the_record() -> None:
    """Fact sheet, section 7: the object is as of then, in its endpoint's own version."""
    wanted = [("subscription", "sub_9Kf2", "upsert", None)]
    assert parsed() == wanted
    assert parsed(api_version="2020-08-27") == wanted


def test_only_customers_and_draft_invoices_are_deleted() -> None:
    gone = {"object": "customer", "id": "cus_1", "deleted": True}
    assert parsed(type="customer.deleted", data={"object": gone}) == [
        ("customer", "cus_1", "delete", None)
    ]
    draft = {"object": "invoice", "id": "in_1"}
    assert parsed(type="invoice.deleted", data={"object": draft}) == [
        ("invoice", "in_1", "delete", None)
    ]


def test_a_discount_is_read_at_whose_it_is() -> None:
    found = {"object": "discount", "id": "di_1", "customer": "cus_1", "subscription": "sub_1"}
    assert parsed(type="customer.discount.created", data={"object": found}) == [
        ("customer", "cus_1", "upsert", None),
        ("subscription", "sub_1", "upsert", None),
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"type": "charge.refunded", "data": {"object": {"object": "charge", "id": "ch_1"}}},
            ("charge", "ch_1", "upsert", "not_read"),
        ),
        (
            {"type": "invoice.upcoming", "data": {"object": {"object": "invoice"}}},
            ("invoice", "", "upsert", "no_id"),
        ),
    ],
)
def test_what_is_not_for_us_is_counted_by_name(
    fields: dict[str, Any], expected: tuple[str, str, str, str]
) -> None:
    assert parsed(**fields) == [expected]


@pytest.mark.parametrize(
    ("fields", "account"),
    [
        ({}, None),
        ({"account": "acct_9"}, "acct_9:live"),
        ({"account": "acct_9", "livemode": False}, "acct_9:test"),
        ({"context": "acct_9"}, "acct_9:live"),
        ({"context": "org_1/acct_9"}, "acct_9:live"),
        ({"context": None}, None),
    ],
)
def test_an_event_of_a_connected_account_says_whose_it_is_and_of_which_mode(
    fields: dict[str, Any], account: str | None
) -> None:
    """Snapshot events say `account`, thin ones `context` (fact sheet, section 7)."""
    body = json.dumps({**EVENT, **fields}).encode()
    (change,) = WEBHOOK.parse(delivery(body=body))
    assert change.account == account


def test_an_endpoint_of_a_platform_is_told_of_both_modes() -> None:
    """Refusing what is not ours would have Stripe switch the endpoint off."""
    body = json.dumps({**EVENT, "account": "acct_9", "livemode": False}).encode()
    digest = hmac.new(SECRET.encode(), f"{T}.".encode() + body, hashlib.sha256).hexdigest()
    settings = {"mode": "live", "account": "acct_9"}
    given = delivery(f"t={T},v1={digest}", body)
    WEBHOOK.verify(given, Registration("e", "http://h", (SECRET,), settings=settings))
    with pytest.raises(BadSignature):
        WEBHOOK.verify(given, Registration("e", "http://h", ("whsec_other",), settings=settings))


@pytest.mark.parametrize(
    ("type", "url", "expected"),
    [
        ("v1.customer.created", "/v1/customers/x_1", ("customer", "x_1", "upsert", None)),
        ("v1.customer.deleted", "/v1/customers/x_1", ("customer", "x_1", "delete", None)),
        (
            "v1.customer.subscription.updated",
            "/v1/subscriptions/x_1",
            ("subscription", "x_1", "upsert", None),
        ),
        ("v1.invoice.paid", "/v1/invoices/x_1", ("invoice", "x_1", "upsert", None)),
        ("v1.product.created", "/v1/products/x_1", ("products", "x_1", "upsert", "not_read")),
    ],
)
def test_thin_events_say_the_same(type: str, url: str, expected: tuple[Any, ...]) -> None:
    event = {
        "id": "evt_2",
        "object": "v2.core.event",
        "type": type,
        "created": "2026-01-05T10:00:00.000Z",
        "livemode": True,
        "related_object": {"id": "x_1", "type": "any", "url": url},
    }
    (change,) = WEBHOOK.parse(delivery(body=json.dumps(event).encode()))
    assert (change.object, change.native_id, change.kind, change.rule) == expected
    assert change.occurred_at == AT


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"null", b"{}", b'{"id":7}', b"\xff", b"[" * 50_000),
        b'{"id":"e","type":"x","created":1}',
        b'{"id":"e","type":"x","created":true,"data":{"object":{"object":"customer"}}}',
        b'{"id":"e","created":1,"data":{"object":{"object":"customer","id":"c"}}}',
    ],
)
def test_what_is_no_event_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        list(WEBHOOK.parse(delivery(body=body)))
