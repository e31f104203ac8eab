"""Jira's admin webhooks: signature, delivery key, and what each event means. Pure.

Facts: developer.atlassian.com/cloud/jira/platform/webhooks. A body carries issues in the shape of
the older API and comment events a trimmed one, so every change is thin and fetched again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from hub.api import Change, Delivery, Malformed
from hub.api.signing import Hmac

ISSUE = "issue"
REQUEST = "request"
USER = "user"
SERVICE_DESK = "service_desk"

verify = Hmac("x-hub-signature", prefix="sha256=").verify
"""There is no timestamp, hence no window: a replay is caught by its delivery key."""

ISSUE_EVENTS = ("jira:issue_created", "jira:issue_updated", "jira:issue_deleted")
MOVES = ("project", "Key")
"""Changelog fields that say that an issue went to another project, perhaps of another type."""


def delivery_key(delivery: Delivery) -> str:
    """Jira's identifier, the same over its retries; a body without one is named by its hash.

    Bodies hold a time stamp in milliseconds, so that two events do not share a hash; an empty body
    ("Exclude body") has none and needs the identifier. Raises Malformed.
    """
    body = _body(delivery)
    identifier = delivery.headers.get("x-atlassian-webhook-identifier", "").strip()
    if identifier:
        return f"id:{identifier}"
    if body is None:
        raise Malformed("An empty body needs the header X-Atlassian-Webhook-Identifier.")
    return f"sha256:{hashlib.sha256(delivery.body).hexdigest()}"


def parse(delivery: Delivery) -> list[Change]:
    """The changes of one delivery; an event we do not use is a change with a rule.

    An empty body says only that something happened: both kinds of issue are read again.
    """
    body = _body(delivery)
    if body is None:
        return list(_gaps(delivery.received_at))
    event = str(body["webhookEvent"])
    at = _moment(body.get("timestamp")) or delivery.received_at
    family = event.removeprefix("jira:").split("_")[0]
    return list(READERS.get(family, _unused)(body, event, at))


def _body(delivery: Delivery) -> dict[str, Any] | None:
    """The body as an object, None if it is empty; raises Malformed for what is not Jira's."""
    if not delivery.body.strip():
        return None
    try:
        body = json.loads(delivery.body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Malformed("The body is not JSON.") from None
    if not isinstance(body, dict) or not isinstance(body.get("webhookEvent"), str):
        raise Malformed("The body is not a Jira webhook: it lacks webhookEvent.")
    return body


def _no_constant(word: str) -> None:
    raise ValueError(word)


def _moment(millis: object) -> datetime | None:
    """A time in epoch milliseconds, None if it is not one."""
    if not isinstance(millis, int) or isinstance(millis, bool):
        return None
    try:
        return datetime.fromtimestamp(millis / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def moment_of(text: object) -> datetime | None:
    """Jira's own time text, such as 2026-01-05T10:00:00.000+0000."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def _id(thing: object, key: str = "id") -> str:
    """A native id as text; raises Malformed where it is missing."""
    value = thing.get(key) if isinstance(thing, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise Malformed(f"The event lacks the {key} of what it is about.")
    return str(value)


def _part(thing: object, *path: str) -> Any:
    """A part of a body, None if it or anything above it is not there."""
    for key in path:
        thing = thing.get(key) if isinstance(thing, Mapping) else None
    return thing


def _objects(issue: object) -> tuple[str, ...]:
    """Which of our two objects an issue is; both where the body does not say."""
    kind = _part(issue, "fields", "project", "projectTypeKey")
    if not isinstance(kind, str):
        return (ISSUE, REQUEST)
    return (REQUEST,) if kind == SERVICE_DESK else (ISSUE,)


def _moved(body: Mapping[str, Any]) -> bool:
    items = _part(body, "changelog", "items")
    fields = {_part(item, "field") for item in items} if isinstance(items, list) else set()
    return not fields.isdisjoint(MOVES)


def _issue(body: Mapping[str, Any], event: str, at: datetime) -> Iterator[Change]:
    """jira:issue_*: fetch, or delete. A move to another project asks after both objects."""
    if event not in ISSUE_EVENTS:
        yield from _unused(body, event, at)
        return
    issue = body.get("issue")
    native = _id(issue)
    if event == "jira:issue_deleted":
        for object in _objects(issue):
            yield Change(object, native, "delete", at)
    else:
        version = moment_of(_part(issue, "fields", "updated"))
        objects = (ISSUE, REQUEST) if _moved(body) else _objects(issue)
        yield from (Change(object, native, "upsert", at, version) for object in objects)


def _comment(body: Mapping[str, Any], event: str, at: datetime) -> Iterator[Change]:
    """comment_*: the trimmed issue it carries is only a hint to fetch the whole."""
    issue = body.get("issue")
    native = _id(issue)
    yield from (Change(object, native, "upsert", at) for object in _objects(issue))


def _issuelink(body: Mapping[str, Any], event: str, at: datetime) -> Iterator[Change]:
    """issuelink_*: both ends changed."""
    link = body.get("issueLink")
    for end in ("sourceIssueId", "destinationIssueId"):
        native = _id(link, end)
        yield from (Change(object, native, "upsert", at) for object in (ISSUE, REQUEST))


def _project(body: Mapping[str, Any], event: str, at: datetime) -> Iterator[Change]:
    """project_*: a new one has nothing yet; any other moves, hides or renames its issues."""
    native = _id(body.get("project"))
    if event == "project_created":
        yield Change("project", native, "upsert", at, rule="project_without_issues")
        return
    yield from _gaps(at)


def _user(body: Mapping[str, Any], event: str, at: datetime) -> Iterator[Change]:
    """user_*: fetch, or delete; customers of a service desk are no users of ours."""
    user = body.get("user")
    native = _id(user, "accountId")
    if _part(user, "accountType") == "customer":
        yield Change(USER, native, "upsert", at, rule="service_desk_customer")
        return
    kind: Literal["delete", "upsert"] = "delete" if event == "user_deleted" else "upsert"
    yield Change(USER, native, kind, at)


def _gaps(at: datetime) -> Iterator[Change]:
    yield Change(ISSUE, "", "gap", at)
    yield Change(REQUEST, "", "gap", at)


def _unused(body: Mapping[str, Any], event: str, at: datetime) -> Iterator[Change]:
    native = _part(body, "issue", "id") or ""
    yield Change(ISSUE, str(native), "upsert", at, rule=f"event_not_used:{event[:80]}")


READERS = {
    "issue": _issue,
    "comment": _comment,
    "issuelink": _issuelink,
    "project": _project,
    "user": _user,
}
