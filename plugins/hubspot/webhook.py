"""What HubSpot pushes: signature v3, JSON arrays of thin events for one or several portals.

Facts: developers.hubspot.com "Validating requests" and "Webhooks guide" (see README.md).
Everything here is pure.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hub.api import Change, ChangeKind, Delivery, Malformed
from hub.api.events import read
from hub.api.signing import Hmac, Stamp

OBJECTS = ("company", "contact", "deal", "ticket")
TYPE_IDS = {"0-1": "contact", "0-2": "company", "0-3": "deal", "0-5": "ticket"}
ENDS = {**{word: word for word in OBJECTS}, "parent_company": "company", "child_company": "company"}
KINDS: Mapping[str, ChangeKind] = {
    "creation": "upsert",
    "propertyChange": "upsert",
    "deletion": "delete",
    "restore": "restore",
    "privacyDeletion": "privacy_delete",
    "merge": "merge",
    "associationChange": "link",
}

_DECODED = re.compile(r"%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)
_LAST_MS = 253_402_300_799_999
_KEY_FIELDS = (
    "portalId",
    "objectTypeId",
    "objectId",
    "associationType",
    "fromObjectId",
    "toObjectId",
    "associationRemoved",
    "isPrimaryAssociation",
    "primaryObjectId",
    "mergedObjectIds",
    "newObjectId",
    "eventId",
    "occurredAt",
    "propertyName",
)


def _signed(delivery: Delivery, stamp: bytes) -> bytes:
    head = f"{delivery.method.upper()}{_decode(delivery.url)}"
    return head.encode("utf-8", "surrogateescape") + delivery.body + stamp


def _decode(url: str) -> str:
    return _DECODED.sub(lambda match: chr(int(match[1], 16)), url)


verify = Hmac(
    "x-hubspot-signature-v3",
    encoding="base64",
    stamp=Stamp("x-hubspot-request-timestamp", unit="ms"),
    message=_signed,
).verify
"""Signature v3 over method, URL, raw body and timestamp. The older v1 and v2 headers are never a
way in, even when they are right."""


def delivery_key(delivery: Delivery) -> str:
    """A hash of what the events are, whatever their order in the body and their attempt number.

    HubSpot's eventId alone is not unique. Raises Malformed if the body is no array of events.
    """
    keys = sorted(json.dumps(_identity(event), sort_keys=True) for event in _events(delivery))
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()


def route(delivery: Delivery) -> Sequence[str]:
    """The portals that the events of one body belong to, each once, in order of text."""
    return sorted({_text_id(event, "portalId") for event in _events(delivery)})


def parse(delivery: Delivery) -> Iterable[Change]:
    """One change for each event; a kind of event that we do not use carries a `rule`.

    Raises Malformed for an event that lacks what its own type promises.
    """
    for event in _events(delivery):
        yield _change(event, delivery.received_at)


def _events(delivery: Delivery) -> list[Mapping[str, Any]]:
    body = read(delivery)
    if not isinstance(body, list) or not body:
        raise Malformed("The body is not a JSON array of events, which is all HubSpot sends.")
    for event in body:
        if not isinstance(event, dict) or not isinstance(_word(event), str):
            raise Malformed("An event of the body has no subscriptionType.")
        _text_id(event, "portalId")
    return body


def _word(event: Mapping[str, Any]) -> Any:
    return event.get("subscriptionType", event.get("eventType"))


def _identity(event: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: event[name] for name in _KEY_FIELDS if name in event}
    return {"type": _word(event), **found}


def _text_id(event: Mapping[str, Any], field: str) -> str:
    return _as_id(event.get(field), field)


def _as_id(value: Any, field: str) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return str(value)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return value
    raise Malformed(f"An event has no usable {field}.")


def _occurred(event: Mapping[str, Any]) -> datetime:
    value = event.get("occurredAt")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST_MS:
        raise Malformed("An event has no occurredAt in milliseconds.")
    return datetime.fromtimestamp(value / 1000, UTC)


def _change(event: Mapping[str, Any], received_at: datetime) -> Change:
    prefix, _, verb = str(_word(event)).partition(".")
    object_ = _of_type(event) if prefix == "object" else prefix
    kind = KINDS.get(verb)
    if kind is None:
        return _ignored(event, prefix, "unknown_event", received_at)
    if object_ not in OBJECTS:
        return _ignored(event, prefix, "unused_object", received_at)
    if kind == "merge":
        return _merge(event, object_)
    if kind == "link":
        return _link(event, object_, received_at)
    return Change(
        object=object_,
        native_id=_text_id(event, "objectId"),
        kind=kind,
        occurred_at=_occurred(event),
        account=_text_id(event, "portalId"),
    )


def _of_type(event: Mapping[str, Any]) -> str:
    """The object of a generic event; one of an association may name its ends alone."""
    near, _, _ = str(event.get("associationType", "")).lower().partition("_to_")
    return TYPE_IDS.get(str(event.get("objectTypeId")), ENDS.get(near, ""))


def _merge(event: Mapping[str, Any], object_: str) -> Change:
    into = _text_id(event, "newObjectId" if "newObjectId" in event else "primaryObjectId")
    merged = event.get("mergedObjectIds")
    if not isinstance(merged, list) or not merged:
        raise Malformed("A merge names no mergedObjectIds.")
    losers = [_text_id(event, "primaryObjectId")]
    losers += [_as_id(one, "mergedObjectIds") for one in merged]
    return Change(
        object=object_,
        native_id=into,
        kind="merge",
        occurred_at=_occurred(event),
        account=_text_id(event, "portalId"),
        into=into,
        losers=tuple(dict.fromkeys(one for one in losers if one != into)),
    )


def _link(event: Mapping[str, Any], object_: str, received_at: datetime) -> Change:
    _, _, far_word = str(event.get("associationType", "")).lower().partition("_to_")
    far_object = ENDS.get(far_word)
    if far_object is None:
        return _ignored(event, object_, "unused_association", received_at)
    near = (object_, _text_id(event, "fromObjectId"))
    return Change(
        object=object_,
        native_id=near[1],
        kind="unlink" if event.get("associationRemoved") is True else "link",
        occurred_at=_occurred(event),
        account=_text_id(event, "portalId"),
        ends=(near, (far_object, _text_id(event, "toObjectId"))),
    )


def _ignored(event: Mapping[str, Any], object_: str, rule: str, received_at: datetime) -> Change:
    """What we do not use may lack anything: the events beside it count."""
    found = event.get("objectId", event.get("fromObjectId", event.get("primaryObjectId", "")))
    return Change(
        object=object_,
        native_id=str(found),
        kind="upsert",
        occurred_at=received_at,
        account=_text_id(event, "portalId"),
        rule=rule,
    )
