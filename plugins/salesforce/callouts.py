"""Flow HTTP callouts: JSON of the shape that our guide publishes, with the secret in a header.

Facts: help.salesforce.com, "Flow HTTP Callout Considerations" and "Authenticating HTTP Callouts". A
flow sends once and tries no more, so what is lost here is found by listing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from hub.api import Change, Delivery, Malformed, Registration, Reply
from hub.api.events import moment, read
from plugins.salesforce.ids import id18, is_id
from plugins.salesforce.sender import check_org, check_secret

UNDER_WAY = timedelta(seconds=60)
"""Without a readable time, how long before its receipt the save may have been."""
ACK = Reply(status=200, content_type="application/json", body=b"{}")
"""An empty answer would break the flow's action."""


def verify(delivery: Delivery, registration: Registration) -> None:
    """Secret first, then the organisation in the body; raises BadSignature or Malformed."""
    check_secret(delivery, registration)
    check_org(_body(delivery).get("org_id"), registration)


def delivery_key(delivery: Delivery) -> str:
    """The hash of the raw body: two saves within a second may share one. Raises Malformed."""
    _record(delivery)
    return f"flow-{hashlib.sha256(delivery.body).hexdigest()}"


def parse(delivery: Delivery) -> Iterator[Change]:
    """One thin change, whatever the event: a deleted record can be read too."""
    name, native_id = _record(delivery)
    saved = moment(_body(delivery).get("sent_at"))
    yield Change(name, native_id, "upsert", saved or delivery.received_at - UNDER_WAY)


def _record(delivery: Delivery) -> tuple[str, str]:
    body = _body(delivery)
    name, native_id = body.get("object"), body.get("id")
    if not isinstance(name, str) or not name or not is_id(native_id):
        raise Malformed('The body names no record: "object" and "id" are needed.')
    return name, id18(str(native_id))


def _body(delivery: Delivery) -> dict[str, Any]:
    found = read(delivery)
    if not isinstance(found, dict):
        raise Malformed("The body is no JSON object.")
    return found
