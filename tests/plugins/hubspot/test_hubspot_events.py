"""What HubSpot's bodies say: changes, portals, delivery keys."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.api import Change, Delivery, Malformed, Webhook
from hub.settings import Settings
from plugins.hubspot import APP, CONNECTOR, PRIVATE
from plugins.hubspot.webhook import delivery_key, parse, route

PAYLOADS = Path(__file__).parent / "payloads"
URL = "https://hub.example.com/in/hubspot"


def delivery(body: bytes) -> Delivery:
    return Delivery("POST", URL, {}, body, datetime(2026, 9, 21, 14, 14, tzinfo=UTC))


def payload(name: str) -> Delivery:
    return delivery((PAYLOADS / f"{name}.json").read_bytes())


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
    (generic,) = parse(delivery(event("object.associationChange", **fields)))
    assert generic == change


@pytest.mark.parametrize(
    ("word", "fields", "rule"),
    [
        ("line_item.creation", {"objectId": 5}, "unused_object"),
        ("object.creation", {"objectId": 5, "objectTypeId": "2-123"}, "unused_object"),
        ("contact.somethingNew", {"objectId": 5}, "unknown_event"),
        ("event.completed", {}, "unknown_event"),
        ("conversation.newMessage", {"objectId": 5}, "unknown_event"),
        ("event.completed", {"occurredAt": None}, "unknown_event"),
        ("product.creation", {"occurredAt": "soon"}, "unused_object"),
        ("object.associationChange", {"fromObjectId": 5, "toObjectId": 6}, "unused_object"),
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


@pytest.mark.parametrize("webhook", [PRIVATE, APP])
def test_a_hundred_events_with_long_values_are_not_too_large(webhook: Webhook) -> None:
    """By the hub's own limit neither, which holds for all webhooks."""
    one = json.loads(event("company.propertyChange", objectId=1, propertyValue="x" * 65_536))[0]
    size = len(json.dumps([{**one, "eventId": n} for n in range(100)]))
    assert size < webhook.max_body <= Settings.model_fields["body_limit"].default
