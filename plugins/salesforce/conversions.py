"""What Salesforce needs beyond the mapping language.

Each takes one value and the context, as every conversion; None makes the value absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from mappings.language import Context, Link
from mappings.record import LinkKind
from plugins.salesforce.ids import ACCOUNT, CONTACT, USER, id18, is_id

UNANSWERED = ("no answer", "voicemail", "voice mail", "busy", "wrong number", "not reached")
NOT_HELD = re.compile(r"\s*(?:cancell?ed|no[ -]show)\b", re.IGNORECASE)


def person(kind: LinkKind) -> Callable[[Any, Context], Link | None]:
    """The owner, if it is a person: cases and activities may be owned by a queue."""

    def link(value: Any, context: Context) -> Link | None:
        return _link(kind, "User", value, USER)

    return link


def who(value: Any, context: Context) -> Link | None:
    """The contact behind a `WhoId`, which may also name a lead."""
    return _link("contact", "Contact", value, CONTACT)


def what(value: Any, context: Context) -> Link | None:
    """The account behind a `WhatId`, which may also name a deal, a case or anything else."""
    return _link("account", "Account", value, ACCOUNT)


def number(value: Any, context: Context) -> str | None:
    """A customer number; people also write `n/a` into the field, which must join nobody."""
    text = value.strip() if isinstance(value, str) else ""
    return text if len(text) >= 3 and any(letter.isdigit() for letter in text) else None


def closed_at(value: Any, context: Context) -> str | None:
    """The day a deal was closed: Salesforce sets `CloseDate` to it when the deal closes."""
    return value.get("CloseDate") if value.get("IsClosed") is True else None


def reopens(value: Any, context: Context) -> int | None:
    """How often a case went from a closed status to an open one.

    Absent without any recorded change of status (an empty list does not come here): the org may not
    track the history of the field.
    """
    if not isinstance(value, list):
        return None
    return sum(1 for step in value if step.get("from_closed") and not step.get("to_closed"))


def task_touch(value: Any, context: Context) -> bool:
    """Whether a task was a talk both ways: a finished call that somebody answered.

    An e-mail task does not say who wrote, so it never counts.
    """
    if value.get("TaskSubtype") != "Call" or not value.get("IsClosed") or not value.get("WhoId"):
        return False
    said = str(value.get("CallDisposition") or "").lower()
    return value.get("CallDurationInSeconds") != 0 and not any(w in said for w in UNANSWERED)


def event_touch(value: Any, context: Context) -> bool:
    """Whether an event was a meeting with somebody of the customer's.

    A group event has one child record for each guest, and only the parent counts; calendars that
    sync into Salesforce mark a meeting as cancelled in its subject alone.
    """
    if not value.get("WhoId") or value.get("IsChild"):
        return False
    return NOT_HELD.match(str(value.get("Subject") or "")) is None


def _link(kind: LinkKind, name: str, value: Any, prefix: str) -> Link | None:
    if not is_id(value) or not value.startswith(prefix):
        return None
    return Link(kind, "record", f"{name}:{id18(value)}")


CONVERSIONS: Mapping[str, Callable[[Any, Context], Any]] = {
    "salesforce_owner": person("owner"),
    "salesforce_assignee": person("assignee"),
    "salesforce_who": who,
    "salesforce_what": what,
    "salesforce_number": number,
    "salesforce_closed_at": closed_at,
    "salesforce_reopens": reopens,
    "salesforce_task_touch": task_touch,
    "salesforce_event_touch": event_touch,
}
