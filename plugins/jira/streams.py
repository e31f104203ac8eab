"""Jira's streams: pages by JQL, fetches by id, and the full shape of an issue.

One vendor object, the issue, is two of ours: `request` (an issue of a service desk, a Ticket) and
`issue` (any other, a WorkItem), because an object has one canonical entity. The project's type
decides; an issue that moves to a project of the other type is deleted as the one and new as the
other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from hub.api import Change, GiveUp, Page, Record, RetryLater, Stream
from plugins.jira.client import JiraClient
from plugins.jira.conversions import moment

Json = dict[str, Any]

DESK = "service_desk"
KINDS = {"issue": f"projectType != {DESK}", "request": f"projectType = {DESK}"}
"""The restriction of JQL for each object; a search without one is refused by Jira."""
FIELDS = ("*all", "-attachment", "-worklog", "-subtasks", "-watches")
"""All fields but the heavy ones, custom ones included: a tenant's overlay can pick any."""
ORDER = "ORDER BY updated ASC, key ASC"
OVERLAP_MS = 5 * 60 * 1000
"""How far an incremental run reaches back: JQL has minutes only, and the index lags behind."""
DAY_S = 86_400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
VOLATILE = (
    "lastViewed",
    "votes",
    "workratio",
    "progress",
    "aggregateprogress",
    "thumbnail",
)
"""Fields that change without an edit of the issue, or with who asks."""


def issue_pages(
    object: str, client: JiraClient, cursor: Any, fields: Sequence[str]
) -> Iterator[Page]:
    """Issues in the order of their last change, from a cursor {"since", "seen", "token", "turn"}.

    `since` and `seen` are epoch milliseconds: where this run began, and how far it has come. `turn`
    counts runs: one that reads only the overlap again ends where it began, and is no loop. All
    fields are read whatever mappings want, so that a fetch by id brings the same shape. A token
    that Jira no longer takes (they live 7 days) is given up for `seen`, which loses nothing
    because of the order.
    """
    state: Json = {"seen": (cursor or {}).get("since")} | dict(cursor or {})
    total = _counted(object, client) if cursor is None else None
    tokens: set[str] = set()
    while True:
        answer, state = _search(object, client, state)
        records, changes = _sorted(object, client, answer["issues"])
        changes += _arrived(object, client, records, state.get("since"))
        state["seen"] = max([state.get("seen") or 0, *map(_millis, answer["issues"])])
        token = None if answer.get("isLast") else answer.get("nextPageToken")
        if not token:
            _suspect(object, client, cursor, state["seen"])
            turn = (cursor or {}).get("turn", 0) + 1
            yield Page(records, {"since": state["seen"], "turn": turn}, total, changes)
            return
        if token in tokens:
            raise RetryLater("Jira gave the same page token twice.", reason="cursor_stuck")
        tokens.add(token)
        state["token"] = token
        yield Page(records, dict(state), total, changes)


def issue_fetch(object: str, client: JiraClient, ids: Sequence[str]) -> Iterator[Record | Change]:
    """Current issues by id; one that is of the other object now is a delete of this one."""
    records, changes = _sorted(object, client, client.issues(ids, _fields(object)))
    yield from changes
    yield from records


def project_pages(client: JiraClient, cursor: Any, fields: Sequence[str]) -> Iterator[Page]:
    """All projects at once, daily: nothing says when one was changed."""
    projects = client.projects()
    yield Page(projects, None, len(projects))


def user_pages(client: JiraClient, cursor: Any, fields: Sequence[str]) -> Iterator[Page]:
    """All users but the customers of service desks, from an offset; ends at an empty page."""
    start = (cursor or {}).get("start", 0)
    last: str | None = None
    while page := client.users(start):
        first = str(page[0]["accountId"])
        if first == last:
            raise RetryLater("Jira gave the same page of users twice.", reason="cursor_stuck")
        last, start = first, start + len(page)
        yield Page([user for user in page if _colleague(user)], {"start": start})
    yield Page([], None)


def user_fetch(client: JiraClient, ids: Sequence[str]) -> Iterator[Record | Change]:
    """Current users by account id."""
    if ids:
        yield from (user for user in client.users_by_id(ids) if _colleague(user))


def object_of(issue: Json) -> str:
    """`request` for an issue of a service desk, else `issue`."""
    desk = issue["fields"].get("project", {}).get("projectTypeKey") == DESK
    return "request" if desk else "issue"


def jql(object: str, since: int | None) -> str:
    """The query of a run. The time is in unquoted epoch milliseconds, free of the time zone in
    which Jira would read a date for the calling user."""
    after = "" if since is None else f" AND updated >= {max(0, since - OVERLAP_MS)}"
    return f"{KINDS[object]}{after} {ORDER}"


def _search(object: str, client: JiraClient, state: Json) -> tuple[Json, Json]:
    """One page and the state it was read with, which drops a stale token."""
    try:
        query = jql(object, state.get("since"))
        return client.search(query, state.get("token"), _fields(object)), state
    except GiveUp as refused:
        if not state.get("token") or refused.reason != "bad_request":
            raise
    fresh = {"since": state.get("seen"), "seen": state.get("seen")}
    return client.search(jql(object, fresh["since"]), None, _fields(object)), fresh


def _suspect(object: str, client: JiraClient, cursor: Any, seen: int) -> None:
    """An empty full listing is an error where the projects say that they hold issues.

    Jira answers a query that it does not understand, or that the account may not ask, with 200
    and nothing.
    """
    if cursor is not None or seen:
        return
    desk = object == "request"
    projects = [p for p in client.projects() if (p.get("projectTypeKey") == DESK) == desk]
    held = sum(int((p.get("insight") or {}).get("totalIssueCount") or 0) for p in projects)
    if held:
        raise GiveUp(
            f"Jira lists no issues although its projects hold {held}: check that this account may"
            " browse them.",
            reason="empty_listing",
        )


def _counted(object: str, client: JiraClient) -> int | None:
    """About how many a full run will bring; a listing goes on without."""
    try:
        return client.count(KINDS[object])
    except GiveUp:
        return None


def _fields(object: str) -> tuple[str, ...]:
    return FIELDS if object == "request" else (*FIELDS, "-comment")


def _sorted(
    object: str, client: JiraClient, issues: Sequence[Json]
) -> tuple[list[Json], list[Change]]:
    """Records in full shape, and a delete for each issue that is of the other object now."""
    ours = [issue for issue in issues if object_of(issue) == object]
    gone = [issue for issue in issues if object_of(issue) != object]
    changes = [Change(object, str(i["id"]), "delete", moment(i["fields"]["updated"])) for i in gone]
    if object == "issue" or not ours:
        return [_pruned(issue) for issue in ours], changes
    histories = client.changelogs([str(issue["id"]) for issue in ours], "status")
    return [_request(client, issue, histories[str(issue["id"])]) for issue in ours], changes


def _arrived(
    object: str, client: JiraClient, records: Sequence[Json], since: int | None
) -> list[Change]:
    """A delete of the other object for each issue that has come from another project since.

    No search of the other kind shows it again, and only a webhook would tell.
    """
    if since is None or not records:
        return []
    other = next(word for word in KINDS if word != object)
    moves = client.changelogs([str(record["id"]) for record in records], "project")
    last = {
        id: max((moment(h["created"]) for h in found), default=EPOCH) for id, found in moves.items()
    }
    after = EPOCH + timedelta(milliseconds=since - OVERLAP_MS)
    return [Change(other, id, "delete", at) for id, at in last.items() if at >= after]


def _request(client: JiraClient, issue: Json, histories: list[Json]) -> Json:
    """A request with what decides about its reopenings, its replies and its customer."""
    record = _pruned(issue)
    items = [item for history in histories for item in history["items"]]
    ids = {str(item.get(end)) for item in items for end in ("from", "to")}
    known = client.status_categories
    field = client.organizations_field
    return record | {
        "changelog": histories,
        "status_categories": {id: known[id] for id in sorted(ids) if id in known},
        "organizations": record["fields"].get(field) or [],
        "comments": _comments(client, issue),
    }


def _comments(client: JiraClient, issue: Json) -> list[Json]:
    """Who commented when, and whether in public; without the text. A search cuts the list short."""
    part = issue["fields"].get("comment") or {}
    found = part.get("comments", [])
    if len(found) < part.get("total", len(found)):
        found = client.comments(str(issue["id"]))
    return [_comment(comment) for comment in found]


def _comment(comment: Json) -> Json:
    author = comment.get("author") or {}
    return {
        "id": str(comment["id"]),
        "created": comment["created"],
        "author": author.get("accountId"),
        "author_type": author.get("accountType"),
        "public": bool(comment.get("jsdPublic", True)) and not comment.get("visibility"),
    }


def _pruned(issue: Json) -> Json:
    """The issue without empty and volatile fields, so that unchanged means equal."""
    fields = {
        name: _settled(name, value)
        for name, value in issue["fields"].items()
        if value is not None and name not in VOLATILE and name != "comment"
    }
    return {"id": str(issue["id"]), "key": issue["key"], "fields": fields}


def _settled(name: str, value: Any) -> Any:
    """A field without what changes while its issue does not: the running clock of a service level,
    and the state of other issues."""
    if name == "parent":
        return {"id": value["id"], "key": value.get("key")}
    if name == "issuelinks":
        ends = ("inwardIssue", "outwardIssue")
        return [{end: {"id": link[end]["id"]} for end in ends if end in link} for link in value]
    if isinstance(value, dict) and "ongoingCycle" in value:
        return {part: held for part, held in value.items() if part != "ongoingCycle"}
    return value


def _colleague(user: Json) -> bool:
    return user.get("accountType") != "customer"


def _millis(issue: Json) -> int:
    return (moment(issue["fields"]["updated"]) - EPOCH) // timedelta(milliseconds=1)


def _issues(name: str, object: str, entity: str) -> Stream:
    pages: Callable[..., Iterator[Page]] = partial(issue_pages, object)
    fetch: Callable[..., Iterator[Record | Change]] = partial(issue_fetch, object)
    return Stream(name, object, entity, pages, fetch, deletes="listing", fetch_batch=100)


STREAMS = (
    Stream("projects", "project", None, project_pages, interval_s=DAY_S, deletes="never"),
    Stream("users", "user", "user", user_pages, user_fetch, interval_s=DAY_S, deletes="listing"),
    _issues("requests", "request", "ticket"),
    _issues("issues", "issue", "work_item"),
)
