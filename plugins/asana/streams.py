"""Asana's streams: tasks project by project, fetches by gid, users, projects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.api import GiveUp, Page, Record, Stream
from plugins.asana.client import AsanaClient

Json = dict[str, Any]

DAY_S = 86_400
OVERLAP = timedelta(hours=1)
"""How far a run reaches back: whether joining a project moves `modified_at` is contradictory."""
TASK = ",".join(
    (
        "name,resource_subtype,completed,completed_at,created_at,modified_at,due_on,due_at",
        "assignee,created_by,num_subtasks,actual_time_minutes,permalink_url,tags.name",
        "memberships.project.name,memberships.section.name",
        "parent,parent.memberships.project",
        "parent.parent,parent.parent.memberships.project",
        "custom_fields.name,custom_fields.display_value",
        "custom_fields.number_value,custom_fields.multi_enum_values.name",
    )
)
"""What is asked for in lists and of single tasks alike, so that an unchanged task reads the same;
Asana charges by it."""
USER = "name,email"


def task_pages(client: AsanaClient, cursor: Any, fields: Sequence[str]) -> Iterator[Page]:
    """Tasks of one project after the other with their subtasks.

    Cursor between runs: {"since", "turn"}, `since` by Asana's clock when the run before began.
    Within one also the last project that is done (they go in the order of their gids), the one
    under way and Asana's offset token. A full run reads archived projects too. No project is left
    out because it looks unchanged: its own time does not move with its tasks.
    """
    state: Json = {"since": None, "turn": 0, "done": "", "project": "", "offset": None}
    state |= cursor or {}
    projects = _projects(client, archived=state["since"] is None)
    state.setdefault("started", _text(client.date))
    for gid in projects:
        if gid <= state["done"]:
            continue
        offset = state["offset"] if gid == state["project"] else None
        for tasks, following in _listed(client, gid, state["since"], offset):
            state |= {"project": gid, "offset": following}
            state["done"] = state["done"] if following else gid
            yield Page(tasks, dict(state))
    yield Page([], {"since": state["started"], "turn": state["turn"] + 1})


def task_fetch(client: AsanaClient, ids: Sequence[str]) -> Iterator[Record]:
    """Current tasks one by one; those in the bin are not found."""
    for gid in ids:
        found = client.one(f"/tasks/{gid}", {"opt_fields": TASK}) if gid.isdecimal() else None
        if found is not None:
            yield task(found)


def user_pages(client: AsanaClient, cursor: Any, fields: Sequence[str]) -> Iterator[Page]:
    """Everybody in the workspace; the cursor is Asana's offset token."""
    yield from _whole(client, "/users", {"workspace": client.workspace, "opt_fields": USER}, cursor)


def user_fetch(client: AsanaClient, ids: Sequence[str]) -> Iterator[Record]:
    """Current users one by one."""
    for gid in ids:
        found = client.one(f"/users/{gid}", {"opt_fields": USER}) if gid.isdecimal() else None
        if found is not None:
            yield _pruned(found)


def project_pages(client: AsanaClient, cursor: Any, fields: Sequence[str]) -> Iterator[Page]:
    """All projects at once, for reference; archived ones too."""
    found = [p for archived in (False, True) for p in client.projects(archived=archived)]
    yield Page(found, None, len(found))


def task(row: Json) -> Json:
    """A task without what is empty, its projects in a steady order."""
    found = _pruned(row)
    memberships = [_pruned(m) for m in found.get("memberships") or () if m.get("project")]
    found["memberships"] = sorted(memberships, key=lambda m: str(m["project"]["gid"]))
    return found


def _projects(client: AsanaClient, *, archived: bool) -> list[str]:
    """Gids in order; those put away are only read by a full run."""
    kinds = (False, True) if archived else (False,)
    return sorted({str(p["gid"]) for kind in kinds for p in client.projects(archived=kind)})


def _listed(
    client: AsanaClient, project: str, since: str | None, offset: str | None
) -> Iterator[tuple[list[Json], str | None]]:
    """Pages of one project and the offset behind each.

    Offsets expire: where Asana no longer takes one the project is read from its beginning. A
    project that is gone since it was listed has no tasks.
    """
    query = {"project": project, "opt_fields": TASK}
    if since:
        query["modified_since"] = _text(datetime.fromisoformat(since) - OVERLAP)
    while True:
        try:
            rows, offset = client.page("/tasks", query, offset)
        except GiveUp as refused:
            if refused.reason == "bad_request" and offset:
                offset = None
                continue
            if refused.reason in ("not_found", "forbidden"):
                yield [], None
                return
            raise
        yield [task(one) for row in rows for one in _with_subtasks(client, row)], offset
        if not offset:
            return


def _with_subtasks(client: AsanaClient, row: Json) -> Iterator[Json]:
    """A task and all below it, which no project's list shows."""
    yield row
    if row.get("num_subtasks"):
        for below in client.all(f"/tasks/{row['gid']}/subtasks", {"opt_fields": TASK}):
            yield from _with_subtasks(client, below)


def _whole(
    client: AsanaClient, path: str, query: dict[str, str], offset: str | None
) -> Iterator[Page]:
    """A list that is always read whole; an offset that expired begins it anew."""
    while True:
        try:
            rows, offset = client.page(path, query, offset)
        except GiveUp as refused:
            if refused.reason != "bad_request" or not offset:
                raise
            offset = None
            continue
        yield Page([_pruned(row) for row in rows], offset)
        if not offset:
            return


def _pruned(row: Json) -> Json:
    return {name: value for name, value in row.items() if value is not None}


def _text(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


STREAMS = (
    Stream("projects", "project", None, project_pages, interval_s=DAY_S, deletes="never"),
    Stream("users", "user", "user", user_pages, user_fetch, interval_s=DAY_S, deletes="listing"),
    Stream(
        "tasks",
        "task",
        "work_item",
        task_pages,
        task_fetch,
        interval_s=600,
        deletes="listing",
        fetch_batch=10,
        precision_s=0.001,
    ),
)
