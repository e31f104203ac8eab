"""One event as it is stored, from the words of the tracking SDKs or from those of our own API.

Nothing that can be understood is thrown away: an event that lacks something is kept with a flag.
What cannot be kept is refused with a reason and the field, and its neighbours are not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bson.binary import Binary

from hub.store.client import Doc
from hub.usage import moment
from hub.usage.pieces import REASONS as PIECE_REASONS
from hub.usage.pieces import Piece

KINDS = ("track", "identify", "group", "page", "screen", "alias")
ID_LENGTH, NAME_LENGTH = 200, 300
FUTURE = timedelta(hours=1)
REASONS = PIECE_REASONS | {
    "no_event_id": "An event needs an id of its own, so that sending it twice counts once.",
    "unknown_type": f"The type is one of {', '.join(KINDS)}.",
    "no_user": "An event names a user, an anonymous visitor or a group.",
    "no_group": "A group call names its group.",
    "no_previous": "An alias names a user and the id that the user had before.",
    "not_text": "This is a text or a number.",
    "too_long": f"An id may have {ID_LENGTH} characters and a name {NAME_LENGTH}.",
    "future": "The event lies more than an hour in the future.",
}


@dataclass(frozen=True, slots=True)
class Words:
    """What the parts of an event are called by those who send it."""

    id: str
    type: str
    name: Mapping[str, str]
    at: tuple[str, ...]
    user: str
    anonymous: str
    group: str
    previous: str
    key: str
    needs_id: bool


SEGMENT = Words(
    id="messageId",
    type="type",
    name={"track": "event", "page": "name", "screen": "name"},
    at=("timestamp", "originalTimestamp"),
    user="userId",
    anonymous="anonymousId",
    group="groupId",
    previous="previousId",
    key="writeKey",
    needs_id=False,
)
OURS = Words(
    id="event_id",
    type="type",
    name=dict.fromkeys(KINDS, "name"),
    at=("occurred_at",),
    user="user_id",
    anonymous="anonymous_id",
    group="group_id",
    previous="previous_id",
    key="write_key",
    needs_id=True,
)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one request says of all its events. `keep` is how long the tenant keeps raw events.

    `kind`: of a call that names it by its address. `context`: merged into each event.
    """

    connection_id: str
    batch: str
    received_at: datetime
    keep: timedelta
    words: Words
    kind: str = ""
    sent_at: datetime | None = None
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that is not kept, and why; `event_id` and `value` as far as they could be read."""

    reason: str
    field: str = ""
    event_id: str = ""
    value: Any = None

    @property
    def sentence(self) -> str:
        return REASONS[self.reason]


class _No(Exception):
    """Within this module: the event is refused."""

    def __init__(self, reason: str, field: str = "") -> None:
        self.reason, self.field = reason, field


def row(piece: Piece, parcel: Parcel) -> Doc | Refused:
    """A document of `usage_events`, or why there is none."""
    if piece.reason:
        return Refused(piece.reason, value=piece.value)
    try:
        return _row(piece, parcel)
    except _No as no:
        given = piece.value.get(parcel.words.id)
        known = str(given)[:ID_LENGTH] if isinstance(given, str | int) else ""
        return Refused(no.reason, no.field, known, piece.value)


def _row(piece: Piece, parcel: Parcel) -> Doc:
    _put_context(piece, parcel)
    event, words = piece.value, parcel.words
    flags = list(piece.flags)
    kind = _kind(event, parcel)
    name = _name(event, words, kind, flags)
    at = _at(event, parcel, flags)
    event_id = _event_id(piece, parcel, flags)
    doc: Doc = {
        "_id": f"{parcel.connection_id}:{event_id}",
        "connection_id": parcel.connection_id,
        "kind": kind,
        "at": at,
        "day": at.date().isoformat(),
        "received_at": parcel.received_at,
        "body": Binary(piece.raw),
        "flags": flags,
        "batch": parcel.batch,
        "due": 1,
        "expires_at": parcel.received_at + parcel.keep,
    }
    if name:
        doc["name"] = name
    _put_ids(doc, event, words, flags)
    return doc


def _put_context(piece: Piece, parcel: Parcel) -> None:
    """What a batch says once for all counts for each event that does not say otherwise."""
    if parcel.context:
        own = piece.value.get("context")
        merged = {**parcel.context, **(own if isinstance(own, dict) else {})}
        piece.value = {**piece.value, "context": merged}
        piece.text = json.dumps(piece.value, ensure_ascii=False)


def _kind(event: Mapping[str, Any], parcel: Parcel) -> str:
    kind = parcel.kind or event.get(parcel.words.type)
    if kind is None and parcel.words is OURS:
        return "track"
    if kind not in KINDS:
        raise _No("unknown_type", parcel.words.type)
    return str(kind)


def _name(event: Mapping[str, Any], words: Words, kind: str, flags: list[str]) -> str:
    place = words.name.get(kind)
    name = event.get(place) if place else None
    if isinstance(name, str) and len(name) > NAME_LENGTH:
        raise _No("too_long", place or "")
    name = name.strip() if isinstance(name, str) else ""
    if not name and kind == "track":
        flags.append("no_name")
    return name


def _at(event: Mapping[str, Any], parcel: Parcel, flags: list[str]) -> datetime:
    """When it happened by the sender's clock, put right by how wrong that clock was on sending."""
    place = next((p for p in parcel.words.at if event.get(p) not in (None, "")), None)
    if place is None:
        return parcel.received_at
    at = moment.read(event[place])
    if at is None:
        flags.append("bad_time")
        return parcel.received_at
    sent_at = parcel.sent_at or moment.read(event.get("sentAt"))
    if sent_at is not None and "receivedAt" not in event:
        at = _shifted(at, parcel.received_at - sent_at)
    if at > parcel.received_at + FUTURE:
        raise _No("future", place)
    if at < parcel.received_at - parcel.keep:
        flags.append("late")
    return at


def _shifted(at: datetime, by: timedelta) -> datetime:
    try:
        return at + by
    except OverflowError:
        return at


def _event_id(piece: Piece, parcel: Parcel, flags: list[str]) -> str:
    given = _text(piece.value, parcel.words.id)
    if given:
        return given
    if parcel.words.needs_id:
        raise _No("no_event_id", parcel.words.id)
    flags.append("no_id")
    return _fingerprint(piece, parcel)


def _fingerprint(piece: Piece, parcel: Parcel) -> str:
    """The id of an event that has none: the same bytes of the same time are the same event.

    One without any time is only recognised within the minute in which it came first.
    """
    has_time = any(piece.value.get(place) for place in parcel.words.at)
    stamp = parcel.sent_at or parcel.received_at.replace(second=0, microsecond=0)
    told = "" if has_time else stamp.isoformat()
    given = parcel.kind.encode() + b"\0" + piece.raw + b"\0" + told.encode()
    return "made-" + hashlib.sha256(given).hexdigest()[:40]


def _put_ids(doc: Doc, event: Mapping[str, Any], words: Words, flags: list[str]) -> None:
    user, anonymous = _text(event, words.user), _text(event, words.anonymous)
    group = _text(event, words.group)
    context = event.get("context")
    if words is SEGMENT and doc["kind"] != "group" and isinstance(context, dict):
        group = _text(context, words.group, "context.") or group
    if doc["kind"] == "group" and not group:
        raise _No("no_group", words.group)
    if doc["kind"] == "alias" and not (user and _text(event, words.previous)):
        raise _No("no_previous", words.previous if user else words.user)
    if not (user or anonymous):
        if not group:
            raise _No("no_user", words.user)
        flags.append("no_user")
    for place, value in (("user", user), ("anonymous", anonymous), ("group", group)):
        if value:
            doc[place] = value


def _text(event: Mapping[str, Any], place: str, within: str = "") -> str:
    """An id as text; "" when it is absent, null or empty. Numbers are compared as texts."""
    value = event.get(place)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _No("not_text", within + place)
    text = _plain(value).strip()
    if len(text) > ID_LENGTH:
        raise _No("too_long", within + place)
    return text


def _plain(value: str | float) -> str:
    """81.0 is 81, since an encoder that knows only floating numbers wrote it."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)
