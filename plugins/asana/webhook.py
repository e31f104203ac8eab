"""Asana's webhooks: the handshake, the signature, and thin events. Pure.

Facts: developers.asana.com/docs/webhooks-guide. There is no time in the signature and no id of a
delivery or an event.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Any

from hub.api import BadSignature, Change, ChangeKind, Delivery, Malformed, Registration, Reply
from hub.api.events import moment, read
from hub.api.signing import Hmac

TASK = "task"
PROJECT = "project"
KINDS: dict[str, ChangeKind] = {
    "added": "upsert",
    "changed": "upsert",
    "removed": "upsert",
    "deleted": "delete",
    "undeleted": "restore",
}
"""A task that is removed from a project still lives, perhaps in another."""
MAX_SECRET = 256

verify = Hmac("x-hook-signature").verify
"""The key is the secret's text. There is no time, hence no window."""


def greet(delivery: Delivery, registration: Registration) -> Reply | None:
    """Echo `X-Hook-Secret` while our own request for this webhook is open; None for a delivery.

    At any other time it would let a stranger replace the secret: raises BadSignature. A second
    handshake meanwhile has to bring the first one's secret, as Asana's own does when our answer
    was lost; every other is refused alike, so that nothing can be learned from it.
    """
    secret = delivery.headers.get("x-hook-secret")
    if secret is None:
        return None
    known = registration.secrets
    if registration.state != "pending" or (known and not _same(known[0], secret)):
        raise BadSignature("Nobody asked for a handshake here.", reason="handshake")
    if not 0 < len(secret) <= MAX_SECRET or not secret.isascii() or not secret.isprintable():
        raise Malformed("The header X-Hook-Secret does not hold a secret.")
    return Reply(200, headers={"X-Hook-Secret": secret}, store_secret=secret)


def delivery_key(delivery: Delivery) -> str:
    """The hash of what its events are about, in any order; a heartbeat's is always the same.

    Events have no id, and a retry may group them anew. Raises Malformed.
    """
    marks = sorted(json.dumps(_mark(event)) for event in _events(delivery))
    return f"sha256:{hashlib.sha256(json.dumps(marks).encode()).hexdigest()}"


def parse(delivery: Delivery) -> list[Change]:
    """Thin changes of tasks, none for a heartbeat; what we do not use is a change with a rule.

    A project that is deleted or brought back takes its tasks along: they are listed again.
    """
    return [change for event in _events(delivery) for change in _changes(event, delivery)]


def _changes(event: Mapping[str, Any], delivery: Delivery) -> Iterator[Change]:
    resource, action = event["resource"], str(event.get("action"))
    at = moment(event.get("created_at")) or delivery.received_at
    word, gid = resource.get("resource_type"), resource["gid"]
    if word == TASK and action in KINDS:
        yield Change(TASK, gid, KINDS[action], at)
    elif word == PROJECT and action in ("deleted", "undeleted"):
        yield Change(TASK, "", "gap", at)
    else:
        yield Change(TASK, gid, "upsert", at, rule=f"event_not_used:{word}_{action}"[:100])


def _mark(event: Mapping[str, Any]) -> list[Any]:
    change, parent = event.get("change") or {}, event.get("parent") or {}
    return [
        event.get("created_at"),
        event["resource"]["gid"],
        event.get("action"),
        change.get("field"),
        change.get("action"),
        parent.get("gid"),
    ]


def _events(delivery: Delivery) -> list[dict[str, Any]]:
    """The events of a body; raises Malformed, as a whole, where one is not Asana's."""
    body = read(delivery)
    events = body.get("events") if isinstance(body, dict) else None
    if not isinstance(events, list) or not all(_is_event(event) for event in events):
        raise Malformed("The body is not an Asana webhook: it lacks events with a resource.")
    return events


def _is_event(event: object) -> bool:
    if not isinstance(event, dict) or not isinstance(event.get("resource"), dict):
        return False
    gid = event["resource"].get("gid")
    parts = [event.get("change"), event.get("parent")]
    return (
        isinstance(gid, str)
        and gid.isascii()
        and gid.isdecimal()
        and all(part is None or isinstance(part, dict) for part in parts)
    )


def _same(ours: str, given: str) -> bool:
    return hmac.compare_digest(ours.encode(), given.encode("utf-8", "surrogateescape"))
