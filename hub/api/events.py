"""What a push tells: the JSON of its body, its times, and events that name a record by its id."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from hub.api import Change, ChangeKind, Delivery, Malformed
from hub.api.rest import part

UNKNOWN = "unknown_kind"
"""The rule by which an event of a kind that is not named is ignored."""


def read(delivery: Delivery) -> Any:
    """The JSON of a body; raises Malformed for what is none, such as NaN or other than UTF-8."""
    try:
        return json.loads(delivery.body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Malformed("The body is not JSON.") from None


def moment(text: object) -> datetime | None:
    """An ISO 8601 time with its zone, in UTC; None for anything else."""
    try:
        found = datetime.fromisoformat(str(text))
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def since_epoch(number: object, unit: Literal["s", "ms"] = "s") -> datetime | None:
    """A count of seconds or milliseconds since 1970 as a time; None for anything else."""
    if not isinstance(number, int | float) or isinstance(number, bool):
        return None
    try:
        return datetime.fromtimestamp(number / (1000 if unit == "ms" else 1), UTC)
    except (ValueError, OverflowError, OSError):
        return None


@dataclass(frozen=True, slots=True)
class Thin:
    """Events that come one by one, each with an id of its own, and name a record by its id.

    object: what the record is. kinds: the vendor's word for what happened -> what it is to us; an
    event of another kind is counted and ignored. The others are dotted paths in the body: `id` the
    event's, `record` the record's id, `kind` the word, `at` when. unit: how that time is written.
    """

    vendor: str
    object: str
    kinds: Mapping[str, ChangeKind]
    record: str
    id: str = "id"
    kind: str = "kind"
    at: str = "at"
    unit: Literal["iso", "s", "ms"] = "iso"

    def delivery_key(self, delivery: Delivery) -> str:
        """The event's own id; raises Malformed where there is none."""
        return self._id(read(delivery), self.id)

    def parse(self, delivery: Delivery) -> Iterator[Change]:
        """One thin change, whose record the hub fetches; raises Malformed for another body."""
        body = read(delivery)
        value = part(body, self.at)
        at = moment(value) if self.unit == "iso" else since_epoch(value, self.unit)
        if at is None:
            raise Malformed(f"An event of {self.vendor} has no time at {self.at}.")
        kind = self.kinds.get(str(part(body, self.kind)))
        rule = UNKNOWN if kind is None else None
        yield Change(self.object, self._id(body, self.record), kind or "upsert", at, rule=rule)

    def _id(self, body: Any, path: str) -> str:
        found = part(body, path)
        if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
            raise Malformed(f"An event of {self.vendor} has no id at {path}.")
        return str(found)


def _no_constant(word: str) -> None:
    raise ValueError(word)
