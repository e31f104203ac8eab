"""What the sandbox's HubSpot tells about its edits: webhook events without their envelope. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from plugins.hubspot.answers import APP_ID, PORTAL
from plugins.hubspot.records import OBJECTS

Told = tuple[str, dict[str, Any]]
Links = Mapping[str, Mapping[str, bool]]
"""Ends of one record: plural kind -> id -> is the primary one."""

VERBS = {"create": "creation", "delete": "deletion", "restore": "restore"}
SILENT = frozenset({"hs_lastmodifieddate", "lastmodifieddate", "hs_object_id", "createdate"})
"""Properties that nobody can subscribe to."""


def edited(edit: Any) -> Iterator[Told]:
    """The events of one edit of a record; one event for each changed property."""
    word = OBJECTS[edit.table]
    if edit.kind in VERBS:
        flag = {"create": "NEW", "delete": "DELETED"}.get(edit.kind, "RESTORED")
        found = {"objectId": int(edit.id), "changeSource": "CRM_UI", "changeFlag": flag}
        yield f"{word}.{VERBS[edit.kind]}", found
    elif edit.kind == "update":
        for field in edit.fields:
            name = field.removeprefix("properties.")
            if field != name and name not in SILENT:
                yield f"{word}.propertyChange", _property(edit, name)


def merged(kind: str, into: str, losers: list[str], minted: str) -> Told:
    """A merge; the survivor has an id of its own."""
    found = {
        "primaryObjectId": int(into),
        "mergedObjectIds": [int(one) for one in losers],
        "newObjectId": int(minted),
        "numberOfPropertiesMoved": 0,
        "changeFlag": "MERGED",
        "changeSource": "CRM",
    }
    return f"{OBJECTS[kind]}.merge", found


def erased(native_id: str) -> Iterator[Told]:
    """A privacy deletion also tells a deletion, in any order."""
    for verb in ("deletion", "privacyDeletion"):
        yield f"contact.{verb}", {"objectId": int(native_id), "changeSource": "CRM_UI"}


def relinked(kind: str, native_id: str, before: Links, after: Links) -> Iterator[Told]:
    """One event for each end that came, went, or became primary."""
    for to in sorted({*before, *after}):
        old, new = before.get(to, {}), after.get(to, {})
        for far in sorted({*old, *new}):
            if old.get(far) != new.get(far):
                yield linked(kind, native_id, to, far, new.get(far))


def linked(kind: str, native_id: str, to: str, far: str, primary: bool | None) -> Told:
    """One association as seen from one of its ends; `primary` None means it is gone."""
    near_word, far_word = OBJECTS[kind], OBJECTS[to]
    found = {
        "associationType": f"{near_word}_TO_{far_word}".upper(),
        "fromObjectId": int(native_id),
        "toObjectId": int(far),
        "associationRemoved": primary is None,
        "isPrimaryAssociation": bool(primary),
        "changeSource": "USER",
    }
    return f"{near_word}.associationChange", found


def _property(edit: Any, name: str) -> dict[str, Any]:
    return {
        "objectId": int(edit.id),
        "propertyName": name,
        "propertyValue": edit.after["properties"].get(name) or "",
        "changeSource": "CRM_UI",
        "sourceId": "userId:4420001",
    }


def body(events: Iterable[Any]) -> bytes:
    """A webhook's body; event ids come round again, as HubSpot's are not unique."""
    found = [
        {
            "eventId": event.id % 997,
            "subscriptionId": zlib.crc32(event.topic.encode()) % 10_000,
            "portalId": PORTAL,
            "appId": APP_ID,
            **event.data,
            "subscriptionType": event.topic,
            "attemptNumber": event.attempt - 1,
        }
        for event in events
    ]
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


def headers(secret: str, url: str, content: bytes, stamp_ms: int) -> dict[str, str]:
    """A webhook's headers: HubSpot sends the old v1 signature beside the v3 one."""
    message = b"POST" + url.encode() + content + str(stamp_ms).encode()
    digest = hmac.new(secret.encode(), message, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "X-HubSpot-Signature": hashlib.sha256(secret.encode() + content).hexdigest(),
        "X-HubSpot-Signature-Version": "v1",
        "X-HubSpot-Signature-v3": base64.b64encode(digest).decode(),
        "X-HubSpot-Request-Timestamp": str(stamp_ms),
    }
