"""The addresses that take events: whose words each speaks, how much it takes, how it answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from hub.api import Reply
from hub.errors import Refuse
from hub.usage.events import KINDS, OURS, SEGMENT, Words
from hub.usage.pieces import EVENT_BYTES

SEGMENT_PREFIX, OURS_PATH = "/v1/", "/api/v1/events"
BATCH_BYTES = 4 * 1024 * 1024
"""RudderStack's own limit, and its SDKs fill it; Segment's 500 KB is within."""
BATCH_EVENTS, OURS_EVENTS = 2500, 500
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Call:
    """`array`: where the events are (None: the body is the event); `kind`: what they all are."""

    words: Words
    array: str | None = None
    kind: str = ""
    bytes: int = BATCH_BYTES
    events: int = BATCH_EVENTS

    @property
    def alone(self) -> bool:
        """Whether a body without the array is itself an event."""
        return self.array is None or self.words is OURS


def _single(kind: str) -> Call:
    return Call(SEGMENT, None, kind, EVENT_BYTES, 1)


_BATCH = Call(SEGMENT, "batch")
CALLS: dict[str, Call] = {
    **{f"/v1/{kind}": _single(kind) for kind in KINDS},
    # analytics.js names a call by the first letter of its type.
    **{f"/v1/{kind[0]}": _single(kind) for kind in KINDS},
    **dict.fromkeys(("/v1/batch", "/v1/b", "/v1/import"), _BATCH),
    OURS_PATH: Call(OURS, "events", events=OURS_EVENTS),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event. `fate`: accepted, duplicate or rejected."""

    fate: str
    event_id: str = ""
    flags: Sequence[str] = ()
    reason: str = ""
    field: str = ""
    sentence: str = ""

    def shown(self, index: int) -> dict[str, Any]:
        more = {
            "flags": list(self.flags),
            "reason": self.reason,
            "field": self.field,
            "detail": self.sentence,
        }
        found = {name: value for name, value in more.items() if value}
        return {"index": index, "event_id": self.event_id or None, "status": self.fate, **found}


def success(call: Call, outcomes: Sequence[Outcome]) -> Reply:
    """The SDKs want a plain 200, also where single events were refused; ours tells of each."""
    if call.words is SEGMENT:
        return Reply(200, b'{"success": true}', JSON)
    fates = Counter(outcome.fate for outcome in outcomes)
    counts = {fate: fates[fate] for fate in ("accepted", "duplicate", "rejected")}
    results = [outcome.shown(index) for index, outcome in enumerate(outcomes)]
    return Reply(202, json.dumps({"results": results, **counts}).encode(), JSON)


def refusal(words: Words, error: Refuse) -> Reply:
    """As the SDKs read it (`code` and `message`, 400 for size), or as problem+json."""
    again = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    if words is SEGMENT:
        status = 400 if error.status == 413 else error.status
        said: Mapping[str, Any] = {
            "success": False,
            "code": "payload_too_large" if error.reason == "too_large" else error.reason,
            "message": error.sentence,
        }
        return Reply(status, json.dumps(said).encode(), JSON, again)
    body = {
        "type": f"urn:hub:error:{error.reason}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.sentence,
        **({"field": error.field} if error.field else {}),
    }
    if error.status == 401:
        again["WWW-Authenticate"] = 'Bearer realm="hub"'
    return Reply(error.status, json.dumps(body).encode(), "application/problem+json", again)
