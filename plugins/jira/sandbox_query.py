"""As much JQL as the connector writes, page tokens, and issues as answers and events show them."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from plugins.jira.sandbox_site import SLA, Json, document_text, millis, stamp

CLAUSE = re.compile(r"(projectType|project|updated)\s*(!=|>=|=)\s*(\w+)")
SHOWN_COMMENTS = 20
TRIMMED = ("summary", "issuetype", "project", "assignee", "priority", "status")
DESK = "service_desk"
DESK_STATUSES = ("10001", "10002", "10004")
WORK_STATUSES = ("10010", "10011", "10012")


class Clause(NamedTuple):
    """One restriction of a query."""

    name: str
    sign: str
    value: str


def restrictions(jql: str) -> list[Clause] | None:
    """The restrictions of a query, none if it is unbounded, None if it names something unknown."""
    text = jql.partition("ORDER BY")[0].strip()
    found = [CLAUSE.fullmatch(part.strip()) for part in text.split(" AND ")] if text else []
    if None in found:
        return None
    return [Clause(*match.groups()) for match in found if match]


def fits(issue: Json, clause: Clause) -> bool:
    """Whether an issue meets one restriction; times have the precision of a minute."""
    project = issue["fields"]["project"]
    if clause.name == "updated":
        return position(issue)[0] >= int(clause.value) // 60_000 * 60_000
    value = project["projectTypeKey"] if clause.name == "projectType" else project["key"]
    return bool((value == clause.value) == (clause.sign == "="))


def position(issue: Json) -> tuple[int, int]:
    """Where an issue stands in the order of last change."""
    return millis(issue["fields"]["updated"]), int(issue["id"])


def token(place: tuple[int, int]) -> str:
    """A page token: opaque to clients, the place of the last issue to us."""
    return base64.urlsafe_b64encode(f"{place[0]}/{place[1]}".encode()).decode()


def place(text: str) -> tuple[int, int]:
    """The place in a token; raises ValueError for one that is not ours."""
    at, id = base64.urlsafe_b64decode(text.encode()).decode().split("/")
    return int(at), int(id)


def shown(issue: Json, fields: Sequence[str], now: datetime) -> Json:
    """An issue as version 3 answers it; only the id unless fields are asked for."""
    names = {*issue["fields"], "comment", "lastViewed"} if "*all" in fields else set(fields)
    names -= {name[1:] for name in fields if name.startswith("-")}
    if not names - {"id"}:
        return {"id": issue["id"]}
    known = issue["fields"] | {"lastViewed": stamp(now)}
    held = {name: value for name, value in known.items() if name in names}
    if SLA in held:
        elapsed = int(now.timestamp() * 1000) - millis(issue["fields"]["created"])
        held[SLA] = held[SLA] | {"ongoingCycle": {"elapsedTime": {"millis": elapsed}}}
    if "comment" in names:
        held["comment"] = _comments(issue["_comments"])
    return {"expand": "", "id": issue["id"], "self": "", "key": issue["key"], "fields": held}


def _comments(found: list[Json]) -> Json:
    first = found[:SHOWN_COMMENTS]
    return {"comments": first, "startAt": 0, "maxResults": SHOWN_COMMENTS, "total": len(found)}


def issue_event(kind: str, changed: Sequence[str], issue: Json) -> tuple[str, Json]:
    """The event of an edit of an issue, and what its body holds: the shape of version 2."""
    if kind == "delete":
        return "jira:issue_deleted", {"issue": _older(issue)}
    if kind in ("create", "restore"):
        return "jira:issue_created", {"issue": _older(issue)}
    if "_comments" in changed:
        said = issue["_comments"][-1]
        text = {"body": document_text(said["body"])}
        return "comment_created", {"comment": said | text, "issue": _trimmed(issue)}
    body: Json = {"issue": _older(issue), "issue_event_type_name": "issue_generic"}
    if "_histories" in changed:
        last = issue["_histories"][-1]
        body["changelog"] = {"id": last["id"], "items": last["items"]}
    return "jira:issue_updated", body


def _older(issue: Json) -> Json:
    text = {"description": document_text(issue["fields"].get("description"))}
    return {"id": issue["id"], "key": issue["key"], "fields": issue["fields"] | text}


def _trimmed(issue: Json) -> Json:
    fields = {name: issue["fields"].get(name) for name in TRIMMED}
    return {"id": issue["id"], "key": issue["key"], "fields": fields}


def siblings(issue: Json) -> tuple[str, ...]:
    """The statuses an issue can go to."""
    desk = issue["fields"]["project"]["projectTypeKey"] == DESK
    statuses = DESK_STATUSES if desk else WORK_STATUSES
    return tuple(id for id in statuses if id != issue["fields"]["status"]["id"])


def refusal(text: str) -> Json:
    """An error as Jira writes it."""
    return {"errorMessages": [text], "errors": {}}
