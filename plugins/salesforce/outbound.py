"""Outbound messages: SOAP, up to 100 notifications of one object, XML acknowledged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from lxml import etree

from hub.api import Change, Delivery, Malformed, Registration, Reply
from hub.api.events import moment
from plugins.salesforce.ids import id18, is_id
from plugins.salesforce.sender import check_org, check_secret

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
OUT = "{http://soap.sforce.com/2005/09/outbound}"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
SOBJECT = "{urn:sobject.enterprise.soap.sforce.com}"
MOST_NOTIFICATIONS = 100

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


def verify(delivery: Delivery, registration: Registration) -> None:
    """Secret first, then the organisation id in the body; raises BadSignature or Malformed."""
    check_secret(delivery, registration)
    check_org(_text(_notifications(delivery.body), f"{OUT}OrganizationId"), registration)


def delivery_key(delivery: Delivery) -> str:
    """Made of the notification ids, which hold over retries; raises Malformed."""
    ids = sorted(_text(n, f"{OUT}Id") for n in _each(_notifications(delivery.body)))
    if not all(ids):
        raise Malformed("A notification without an id.")
    return "om-" + hashlib.sha256(" ".join(ids).encode()).hexdigest()


def parse(delivery: Delivery) -> Iterator[Change]:
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
        if not name:
            raise Malformed("A notification without the record's type.")
        saved = moment(_text(record, f"{SOBJECT}LastModifiedDate"))
        yield Change(name, id18(native_id), "upsert", saved or delivery.received_at)


def _notifications(body: bytes) -> etree._Element:
    """The `notifications` element, from a hardened parser that follows no entity or DTD."""
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
    # Looked for in the tree, because another encoding can hide it from a search in the bytes.
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
