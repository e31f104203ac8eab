"""What Salesforce pushes: outbound messages (SOAP) and change events forwarded by the org's relay.

Neither carries a whole record, so every change is thin: the hub reads the record by its id.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from hub.api import BadSignature, Change, Delivery, Malformed, Registration, Reply, Webhook
from plugins.salesforce.fields import STANDARD
from plugins.salesforce.ids import id18, is_id

SECRET_HEADER = "x-hub-secret"  # noqa: S105 - the name of a header
SIGNATURE_HEADER = "x-hub-signature-256"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
OUT = "{http://soap.sforce.com/2005/09/outbound}"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
SOBJECT = "{urn:sobject.enterprise.soap.sforce.com}"
MOST_NOTIFICATIONS = 100
MERGEABLE = frozenset({"Account", "Contact", "Case", "Lead"})

ACK = Reply(
    status=200,
    content_type="text/xml; charset=utf-8",
    body=(
        b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'
        b"<soapenv:Body>"
        b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound">'
        b"<Ack>true</Ack></notificationsResponse></soapenv:Body></soapenv:Envelope>"
    ),
)


# --- who sent it


def check_secret(delivery: Delivery, registration: Registration) -> None:
    """The secret in `X-Hub-Secret`, or as the password of HTTP Basic; raises BadSignature."""
    given = delivery.headers.get(SECRET_HEADER) or _password(delivery)
    if not given or not _matches(given, registration.secrets):
        raise BadSignature("The secret header or the basic password is missing or wrong.")


def _password(delivery: Delivery) -> str:
    scheme, _, coded = delivery.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(coded, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def _matches(given: str, expected: Iterable[str]) -> bool:
    """Compare with every active secret in constant time; an empty secret matches nothing."""
    raw = given.encode("utf-8", "surrogateescape")
    found = [hmac.compare_digest(raw, secret.encode()) for secret in expected if secret]
    return any(found)


def _same_org(given: object, registration: Registration) -> None:
    """The first 15 characters are the id, in exact case; the other three only check them."""
    if not registration.account or not is_id(given):
        raise BadSignature("The organisation id is missing.")
    if str(given)[:15] != registration.account[:15]:
        raise BadSignature("The delivery is from another Salesforce organisation.")


# --- outbound messages


def verify_outbound(delivery: Delivery, registration: Registration) -> None:
    """Secret first, then the organisation id in the body; raises BadSignature or Malformed."""
    check_secret(delivery, registration)
    _same_org(_text(_notifications(delivery.body), f"{OUT}OrganizationId"), registration)


def outbound_key(delivery: Delivery) -> str:
    """Made of the notification ids, which hold over retries; raises Malformed."""
    ids = sorted(_text(n, f"{OUT}Id") for n in _each(_notifications(delivery.body)))
    return "om-" + hashlib.sha256(" ".join(ids).encode()).hexdigest()


def parse_outbound(delivery: Delivery) -> Iterator[Change]:
    """One thin change for each notification: they show the values of sending, not of the edit.

    `LastModifiedDate`, where the admin ticked it, says how new the record must be when it is read.
    """
    for notification in _each(_notifications(delivery.body)):
        record = notification.find(f"{OUT}sObject")
        if record is None:
            raise Malformed("A notification without a record.")
        native_id = _text(record, f"{SOBJECT}Id")
        if not is_id(native_id):
            raise Malformed("A notification without the record's id.")
        name = str(record.get(TYPE, "")).rpartition(":")[2]
        saved = _saved({"LastModifiedDate": _text(record, f"{SOBJECT}LastModifiedDate")})
        yield Change(name, id18(native_id), "upsert", saved or delivery.received_at)


def _notifications(body: bytes) -> etree._Element:
    """The `notifications` element, from a hardened parser that follows no entity or DTD."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8.") from None
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise Malformed("A document type or entity is not allowed.")
    found = _tree(body).find(f"{SOAP}Body/{OUT}notifications")
    if found is None:
        raise Malformed("This is no outbound message.")
    return found


def _tree(body: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Malformed("The body is not XML.") from None
    # Another declared encoding can hide a document type from the search in the text.
    if root.getroottree().docinfo.internalDTD is not None:
        raise Malformed("A document type or entity is not allowed.")
    return root


def _each(notifications: etree._Element) -> list[etree._Element]:
    found: list[etree._Element] = notifications.findall(f"{OUT}Notification")
    if not found or len(found) > MOST_NOTIFICATIONS:
        raise Malformed("An outbound message has 1 to 100 notifications.")
    return found


def _text(element: etree._Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


# --- change events


def verify_relay(delivery: Delivery, registration: Registration) -> None:
    """HMAC-SHA256 over the raw body, or the secret itself, and the organisation in the body.

    A signature that is there must be right, whatever else was sent.
    """
    signature = delivery.headers.get(SIGNATURE_HEADER)
    if signature is None:
        check_secret(delivery, registration)
    else:
        signed = [_signature(secret, delivery.body) for secret in registration.secrets if secret]
        if not _matches(signature, signed):
            raise BadSignature("The signature does not fit the body.")
    _same_org(_envelope(delivery.body).get("organization_id"), registration)


def _signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()


def relay_key(delivery: Delivery) -> str:
    """Made of each event's place in the org's log, which holds over retries; raises Malformed."""
    places = sorted(_place(event) for event in _envelope(delivery.body)["events"])
    return "cdc-" + hashlib.sha256("\n".join(places).encode()).hexdigest()


def parse_relay(delivery: Delivery) -> Iterator[Change]:
    """Thin changes; an event that is no change of a record is ignored by a named rule.

    The hub holds a delivery with an object that it cannot map. A relay that mixes objects must not
    have its accounts held for its leads, so there the others are ignored by name.
    """
    events = _envelope(delivery.body)["events"]
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
        return Change(name, native_id, "upsert", _saved(payload) or at)
    if kind == "UNDELETE":
        return Change(name, native_id, "restore", at)
    if kind == "DELETE" and name in MERGEABLE:
        # The event does not say that the record was merged into another; the recycle bin does.
        return Change(name, native_id, "upsert", _saved(payload) or at)
    if kind == "DELETE":
        return Change(name, native_id, "delete", at)
    return Change(name, native_id, "upsert", at, rule="unknown_change_type")


def _saved(payload: dict[str, Any]) -> datetime | None:
    """When the record was saved: its stamps hold this, the commit comes a little later."""
    text = payload.get("LastModifiedDate")
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None
    except (TypeError, ValueError):
        return None


def _envelope(body: bytes) -> dict[str, Any]:
    try:
        envelope = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Malformed("The body is not JSON in UTF-8.") from None
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


OUTBOUND = Webhook(
    name="outbound_messages",
    title="Outbound messages",
    verify=verify_outbound,
    delivery_key=outbound_key,
    parse=parse_outbound,
    key_holds=True,
    ack=ACK,
    setup=(
        "1. **Setup > Outbound Messages > New Outbound Message**, once for each of Account, "
        "Contact, Opportunity, Case, Task and Event.\n"
        "2. Endpoint URL: `{url}`. Tick the fields `Id` and `LastModifiedDate`; leave "
        "*Send Session ID* off.\n"
        "3. The hub also wants the secret `{secret}`, as the password of HTTP Basic or in the "
        "header `X-Hub-Secret`; see the guide for how to have it sent.\n"
        "4. **Setup > Flows**: a record-triggered flow for each object, *A record is created or "
        "updated*, with the outbound message as its action.\n"
    ),
)

CHANGE_EVENTS = Webhook(
    name="change_events",
    title="Change events through your relay",
    verify=verify_relay,
    delivery_key=relay_key,
    parse=parse_relay,
    key_holds=True,
    setup=(
        "1. **Setup > Change Data Capture**: select Account, Contact, Opportunity, Case and Task.\n"
        "2. Let your relay subscribe to `/data/ChangeEvents` and POST to `{url}`:\n"
        '   `{{"organization_id": "00D...", "events": [<event as received>, ...]}}`.\n'
        "3. Sign the raw body with HMAC-SHA256 under `{secret}` and send it as "
        "`X-Hub-Signature-256: sha256=<hex>`; a relay that cannot sign sends the secret itself as "
        "`X-Hub-Secret`.\n"
    ),
)
