"""Change Data Capture events, forwarded as JSON by the tenant's own relay.

The envelope is ours: {"organization_id": "00D...", "events": [<event as the relay received it>]}.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from hub.api import Change, Delivery, Malformed, Registration
from hub.api.events import moment, read
from plugins.salesforce.fields import STANDARD
from plugins.salesforce.ids import id18, is_id
from plugins.salesforce.sender import check_org, check_signature

MERGEABLE = frozenset({"Account", "Contact", "Case", "Lead"})


def verify(delivery: Delivery, registration: Registration) -> None:
    """Signature or secret, then the organisation in the body; raises BadSignature or Malformed."""
    check_signature(delivery, registration)
    check_org(_envelope(delivery).get("organization_id"), registration)


def delivery_key(delivery: Delivery) -> str:
    """Made of each event's place in the org's log, which holds over retries; raises Malformed."""
    places = sorted(_place(event) for event in _envelope(delivery)["events"])
    return "cdc-" + hashlib.sha256("\n".join(places).encode()).hexdigest()


def parse(delivery: Delivery) -> Iterator[Change]:
    """Thin changes; an event that is no change of a record is ignored by a named rule.

    The hub holds a delivery with an object that it cannot map. A relay that mixes objects must not
    have its accounts held for its leads, so there the others are ignored by name.
    """
    events = _envelope(delivery)["events"]
    names = {str((_header(event) or {}).get("entityName", "")) for event in events}
    mixed = any(name in STANDARD for name in names)
    for event in events:
        header = _header(event)
        if header is None:
            yield Change("event", "", "upsert", delivery.received_at, rule="not_a_change_event")
        elif mixed and header.get("entityName") not in STANDARD:
            yield _ignored(header, "object_without_stream", delivery)
        else:
            yield from _changes(header, event["payload"])


def _ignored(header: dict[str, Any], rule: str, delivery: Delivery) -> Change:
    return Change(str(header.get("entityName")), "", "upsert", delivery.received_at, rule=rule)


def _changes(header: dict[str, Any], payload: dict[str, Any]) -> Iterator[Change]:
    name, kind = str(header.get("entityName", "")), str(header.get("changeType", ""))
    at = _moment(header.get("commitTimestamp"))
    if kind == "GAP_OVERFLOW":
        yield Change(name, "", "gap", at)
        return
    for native_id in _ids(header):
        if not is_id(native_id):
            yield Change(name, "", "gap", at)
        else:
            yield _change(name, id18(native_id), kind, at, payload)


def _change(name: str, native_id: str, kind: str, at: datetime, payload: dict[str, Any]) -> Change:
    if kind.startswith("GAP_"):
        return Change(name, native_id, "gap", at)
    if kind in ("CREATE", "UPDATE"):
        return Change(name, native_id, "upsert", moment(payload.get("LastModifiedDate")) or at)
    if kind == "UNDELETE":
        return Change(name, native_id, "restore", at)
    if kind == "DELETE" and name in MERGEABLE:
        # The event does not say that the record was merged into another; the recycle bin does.
        return Change(name, native_id, "upsert", moment(payload.get("LastModifiedDate")) or at)
    if kind == "DELETE":
        return Change(name, native_id, "delete", at)
    return Change(name, native_id, "upsert", at, rule="unknown_change_type")


def _envelope(delivery: Delivery) -> dict[str, Any]:
    envelope = read(delivery)
    events = envelope.get("events") if isinstance(envelope, dict) else None
    if not isinstance(events, list) or not events or not all(isinstance(e, dict) for e in events):
        raise Malformed('The body must be {"organization_id": ..., "events": [...]}.')
    result: dict[str, Any] = envelope
    return result


def _header(event: dict[str, Any]) -> dict[str, Any] | None:
    payload = event.get("payload")
    header = payload.get("ChangeEventHeader") if isinstance(payload, dict) else None
    return header if isinstance(header, dict) else None


def _ids(header: dict[str, Any]) -> Sequence[Any]:
    """Usually one; several when the org folds equal changes of one second; `001*` for many."""
    ids = header.get("recordIds")
    if not isinstance(ids, list) or not ids:
        raise Malformed("A change event without recordIds.")
    return ids


def _place(event: dict[str, Any]) -> str:
    header = _header(event)
    if header is not None and header.get("transactionKey"):
        names = ("transactionKey", "commitNumber", "sequenceNumber", "entityName", "recordIds")
        return json.dumps([header.get(name) for name in names])
    uuid = event["event"].get("EventUuid") if isinstance(event.get("event"), dict) else None
    return str(uuid or json.dumps(event, sort_keys=True))


def _moment(milliseconds: object) -> datetime:
    try:
        return datetime.fromtimestamp(int(str(milliseconds)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise Malformed("A change event without commitTimestamp.") from None
