"""What an event of Stripe is about: pure, for events pushed and events listed.

An event is a hint and never the record: its object is as it was then, in its endpoint's version,
without what we expand, and events come in any order (docs.stripe.com/webhooks). Snapshot events
hold `data.object`; thin ones (object `v2.core.event`) only `related_object`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from hub.api import Change, Malformed

PATHS = {"customers": "customer", "subscriptions": "subscription", "invoices": "invoice"}
OBJECTS = frozenset(PATHS.values())
DELETED = {"customer": "customer.deleted", "invoice": "invoice.deleted"}
"""`customer.subscription.deleted` is none: the subscription is canceled and stays."""


def subject(event: Mapping[str, Any]) -> Iterator[Change]:
    """One change for each record that is to be read again, of a connected account with the id that
    a connection to that account has. Raises Malformed."""
    at, type = _time(event.get("created")), event.get("type")
    if not isinstance(type, str) or not type:
        raise Malformed("An event has no type.")
    ends = list(_ends(event, type.removeprefix("v1.")))
    whose = _whose(event)
    for object, native_id in ends:
        if object not in OBJECTS:
            yield Change(object, native_id, "upsert", at, account=whose, rule="not_read")
        elif not native_id:
            yield Change(object, native_id, "upsert", at, account=whose, rule="no_id")
        elif DELETED.get(object) == type.removeprefix("v1."):
            yield Change(object, native_id, "delete", at, account=whose)
        else:
            yield Change(object, native_id, "upsert", at, account=whose)


def of(account: str, live: bool) -> str:
    """The id of a connection to an account in one mode."""
    return f"{account}:{'live' if live else 'test'}"


def _whose(event: Mapping[str, Any]) -> str | None:
    """Whose a connected account's event is: `account`, or in a thin event the last of `context`."""
    told = event.get("account") or event.get("context")
    if not isinstance(told, str) or not told:
        return None
    return of(told.rpartition("/")[2], event.get("livemode") is not False)


def _ends(event: Mapping[str, Any], type: str) -> Iterator[tuple[str, str]]:
    """(object, id) of what to read: a discount's customer and subscription, a payment's invoice."""
    related = event.get("related_object")
    if isinstance(related, dict):
        yield _related(related, type)
        return
    data = event.get("data")
    found = data.get("object") if isinstance(data, dict) else None
    if not isinstance(found, dict) or not isinstance(found.get("object"), str):
        raise Malformed("An event holds no object.")
    object = found["object"] or "unknown"
    if object == "discount":
        yield "customer", _text(found.get("customer"))
        if found.get("subscription"):
            yield "subscription", _text(found["subscription"])
    elif object == "invoice_payment":
        yield "invoice", _text(found.get("invoice"))
    else:
        yield object, _text(found.get("id"))


def _related(related: Mapping[str, Any], type: str) -> tuple[str, str]:
    """What a thin event names by its address, such as /v1/customers/cus_1."""
    parts = _text(related.get("url")).strip("/").split("/")
    object = PATHS.get(parts[1], parts[1]) if len(parts) > 1 else ""
    return object or type, _text(related.get("id"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _time(created: Any) -> datetime:
    """Seconds of the epoch, or ISO 8601 in a thin event."""
    try:
        if isinstance(created, str):
            return datetime.fromisoformat(created).astimezone(UTC)
        if isinstance(created, int) and not isinstance(created, bool):
            return datetime.fromtimestamp(created, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise Malformed("An event has no time that can be read.")
