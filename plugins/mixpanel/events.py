"""What one line of the raw export says: who did what, when, and for which account. Pure.

Facts: developer.mixpanel.com (reference: raw event export; event model) and docs.mixpanel.com
(tracking, id management). `distinct_id` of an exported event is the merged person's, and so is
`$distinct_id` of a profile; an anonymous device has `$device:` before its id.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from mappings.plain import clean

DEVICE = "$device:"
NO_IDS = frozenset(
    {
        *("", "00000000-0000-0000-0000-000000000000", "anon", "anonymous", "nil", "none", "null"),
        *("n/a", "na", "undefined", "unknown", "<nil>", "0", "-1", "true", "false", "[]", "{}"),
    }
)
"""What Mixpanel refuses as a distinct id, and what old projects hold nevertheless."""
IDENTITY = frozenset({"identify", "create alias", "merge"})
"""`$identify`, `$create_alias` and `$merge` say who somebody is, and are no use."""
DAY_S, QUARTER_S = 86_400, 900
FIRST_S, LAST_S = 0, 253_370_764_800
"""1970 to 9999: what a calendar can hold."""
_GAPS = re.compile(r"[\W_]+")


class Use(NamedTuple):
    """One event in one account ("" names none). `day` is the project's, `at` UTC milliseconds."""

    day: str
    group: str
    user: str
    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Reading:
    """How a project's events are read.

    zone: of a project from before 2023, whose `time` is local wall-clock time written as if it were
    Unix time; None for UTC. silent: plain names of events that make nobody active.
    """

    zone: ZoneInfo | None = None
    account_property: str = ""
    silent: frozenset[str] = field(default_factory=frozenset)

    def uses(self, line: bytes) -> Iterator[Use]:
        """The event, once for each account that it names; nothing for what is nobody's use.

        Raises ValueError where the line is not a JSON object.
        """
        event = json.loads(line)
        if not isinstance(event, dict):
            raise ValueError("no object")
        name, said = text(event.get("event")), event.get("properties")
        if not name or not isinstance(said, Mapping) or plain_name(name) in self.silent:
            return
        user, time = person(said.get("distinct_id")), said.get("time")
        if not user or isinstance(time, bool) or not isinstance(time, int | float):
            return
        if FIRST_S <= time < LAST_S:
            at = int((time - _ahead(self.zone, int(time) // QUARTER_S)) * 1000)
            for group in named(said, self.account_property) or ("",):
                yield Use(day_name(int(time) // DAY_S), group, user, name, at)


def person(value: Any) -> str:
    """A distinct id as text; "" for nobody and for a device that nobody has signed in on."""
    found = text(value)
    return "" if found.startswith(DEVICE) or found.casefold() in NO_IDS else found


def named(said: Mapping[str, Any], property: str) -> list[str]:
    """The accounts that a property names: one, or a list of them."""
    value = said.get(property) if property else None
    found = [text(one) for one in (value if isinstance(value, list) else [value])]
    return [one for one in dict.fromkeys(found) if one]


def text(value: Any) -> str:
    """Text, or a number as text: ids that are digits come as either."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return clean(str(value)).strip()


def silent_names(given: str) -> frozenset[str]:
    """The names of a setting, plain, and those that are never use."""
    return IDENTITY | {plain_name(name) for name in given.split(",") if name.strip()}


@lru_cache(maxsize=20_000)
def plain_name(name: str) -> str:
    """A name without its manner of writing: "Login Failed", login_failed, loginFailed are one."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return _GAPS.sub(" ", spaced).strip().casefold()


@lru_cache(maxsize=20_000)
def day_name(number: int) -> str:
    """The day so many days after the first of 1970."""
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()


@lru_cache(maxsize=20_000)
def _ahead(zone: ZoneInfo | None, quarter: int) -> float:
    """How many seconds a zone's clock is ahead of UTC in a quarter of an hour of its own."""
    if zone is None:
        return 0.0
    wall = datetime.fromtimestamp(quarter * QUARTER_S, UTC).replace(tzinfo=zone)
    offset = wall.utcoffset()
    return offset.total_seconds() if offset else 0.0
