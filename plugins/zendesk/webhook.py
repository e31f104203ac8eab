"""Zendesk's webhooks: the signature, events with a fixed body, and triggers with one of ours. Pure.

Facts: developer.zendesk.com/documentation/webhooks/verifying, /api-reference/webhooks/event-types.
The signature is base64 of HMAC-SHA256 over the time stamp's text and the raw body, with nothing
between; the key is the secret's text, which looks like base64 and is not to be decoded.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from hub.api import Change, ChangeKind, Delivery, Malformed, Registration
from hub.api.events import moment, read
from hub.api.signing import Hmac, Stamp
from plugins.zendesk.records import AGENT, CUSTOMER, ORGANIZATION, STAFF, TICKET, USER

SIGNED = Hmac(
    "x-zendesk-webhook-signature",
    encoding="base64",
    stamp=Stamp("x-zendesk-webhook-signature-timestamp", unit="iso"),
    message=lambda delivery, stamp: stamp + delivery.body,
)
TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105
"""Signs "Test webhook" before a webhook is saved. Everybody knows it, so it proves nothing."""
TYPE = re.compile(r"zen:event-type[:/]([a-z_]+)\.([a-z_]+)", re.ASCII)
"""A page of the reference writes a slash where all others have a colon."""
SUBJECT = re.compile(r"zen:[a-z_]+:([0-9]{1,19})", re.ASCII)
TICKET_ID = re.compile(r"\bticket_id\b[^0-9A-Za-z]{1,12}([0-9]{1,19})\b", re.ASCII)
UPDATED_AT = re.compile(
    r"\bupdated_at\b\W{1,12}(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|\+00:00))", re.ASCII
)
KINDS: Mapping[str, ChangeKind] = {
    "deleted": "delete",
    "soft_deleted": "delete",
    "undeleted": "restore",
    "permanently_deleted": "privacy_delete",
}
MEMBERSHIPS: Mapping[str, ChangeKind] = {
    "organization_membership_created": "link",
    "organization_membership_deleted": "unlink",
}
UNDER_WAY = timedelta(seconds=60)


def verify(delivery: Delivery, registration: Registration) -> None:
    """Raises BadSignature, also where the only secret is the published one for tests."""
    own = tuple(secret for secret in registration.secrets if secret != TEST_SECRET)
    SIGNED.verify(delivery, replace(registration, secrets=own))


def delivery_key(delivery: Delivery) -> str:
    """The event's own id, which holds over retries. Raises Malformed."""
    return str(event(delivery)["id"])


def parse(delivery: Delivery) -> Iterator[Change]:
    """Thin changes: a body lacks own fields, and names of users. Raises Malformed."""
    found = event(delivery)
    match = TYPE.fullmatch(found["type"])
    at = moment(found.get("time"))
    if at is None:
        raise Malformed("An event has no time that can be read.")
    if match is None or match[1] not in (ORGANIZATION, USER, TICKET):
        rule = f"event_not_used:{found['type']}"[:100]
        yield Change(ORGANIZATION, "", "upsert", at, rule=rule)
        return
    detail = found["detail"] if isinstance(found.get("detail"), dict) else {}
    native_id = _subject(detail, found)
    if not native_id:
        yield Change(match[1], "", "upsert", at, rule="no_id")
        return
    yield from _changes(match[1], match[2], native_id, detail, at)


def _changes(
    domain: str, what: str, native_id: str, detail: Mapping[str, Any], at: datetime
) -> Iterator[Change]:
    """A user is a contact or an agent by the role; where the role moved, both are looked at."""
    kind = KINDS.get(what, "upsert")
    if kind == "upsert":
        at = min(at, moment(detail.get("updated_at")) or at)
    if domain == USER and what in MEMBERSHIPS:
        yield Change(USER, native_id, MEMBERSHIPS[what], at, ends=((USER, native_id),))
        return
    for object in _objects(domain, what, detail):
        yield Change(object, native_id, kind, at)


def _objects(domain: str, what: str, detail: Mapping[str, Any]) -> tuple[str, ...]:
    role = detail.get("role")
    if domain != USER or (role == CUSTOMER and what != "role_changed"):
        return (domain,)
    return (AGENT,) if role in STAFF and what != "role_changed" else (USER, AGENT)


def event(delivery: Delivery) -> dict[str, Any]:
    """An event's body; raises Malformed for what is none."""
    found = read(delivery)
    texts = [found.get(name) for name in ("type", "id")] if isinstance(found, dict) else []
    if not texts or not all(isinstance(text, str) and text for text in texts):
        raise Malformed("This is not an event of Zendesk.")
    return found  # type: ignore[no-any-return]


def trigger_key(delivery: Delivery) -> str:
    """The hash of the raw body; two edits may share one, so it does not hold. Raises Malformed."""
    ticket_id(delivery)
    return f"sha256:{hashlib.sha256(delivery.body).hexdigest()}"


def trigger_parse(delivery: Delivery) -> Iterator[Change]:
    """One thin change of the ticket, whatever the trigger's body says of it. Raises Malformed."""
    native_id, text = ticket_id(delivery), _text(delivery)
    stamped = UPDATED_AT.search(text)
    at = moment(stamped[1]) if stamped else None
    yield Change(TICKET, native_id, "upsert", at or delivery.received_at - UNDER_WAY)


def ticket_id(delivery: Delivery) -> str:
    """The ticket's id in a body of whatever format; what people wrote may break its quoting."""
    found = TICKET_ID.search(_text(delivery))
    if found is None or int(found[1]) == 0:
        raise Malformed("The body has no ticket_id: paste the one of our guide into the trigger.")
    return found[1]


def _text(delivery: Delivery) -> str:
    text = delivery.body.decode("utf-8", "replace")
    return text if text.lstrip()[:1] in ("{", "<") else unquote_plus(text)


def _subject(detail: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """The record's id: of the detail, else of the subject; "0" and "" stand for none."""
    text = str(detail.get("id") or "")
    if not re.fullmatch(r"[0-9]{1,19}", text, re.ASCII):
        match = SUBJECT.fullmatch(str(found.get("subject")))
        text = match[1] if match else ""
    return text if text.strip("0") else ""
