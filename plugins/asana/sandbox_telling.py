"""What the sandbox's Asana says of its edits: events, webhooks as they are listed, errors. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from hub.sandbox import Edit, Response, Subscription
from plugins.asana.sandbox_records import Json, iso

ACTIONS = {"create": "added", "delete": "deleted", "restore": "undeleted"}
SECTION = "1200000000000901"


def problem(status: int, message: str) -> Response:
    """An error as Asana words it."""
    return Response({"errors": [{"message": message, "help": "https://asana.com/docs"}]}, status)


def homes(task: Json) -> list[str]:
    """Gids of the projects that a task is in itself."""
    return [m["project"]["gid"] for m in task.get("memberships") or ()]


def webhook(found: Subscription) -> Json:
    """A webhook as Asana lists it."""
    resource = {"gid": found.extra.get("resource"), "resource_type": "project"}
    return {
        "gid": found.id,
        "resource_type": "webhook",
        "active": bool(found.secret),
        "resource": resource,
        "target": found.url,
        "filters": found.extra.get("filters", []),
        "created_at": iso(found.created_at),
        "last_success_at": None,
        "last_failure_at": None,
        "last_failure_content": "",
        "delivery_retry_count": 0,
        "failure_deletion_timestamp": None,
        **found.extra.get("failures", {}),
    }


def events(edit: Edit, record: Json) -> Iterator[Json]:
    """What one edit is told as: one event for each changed field, others for the rest."""
    if edit.kind != "update":
        parent = record["memberships"][0]["project"] if record["memberships"] else None
        place = {"gid": parent["gid"], "resource_type": "project"} if parent else None
        yield event(edit, "task", ACTIONS[edit.kind]) | {"parent": place}
        return
    silent = {"modified_at", "completed_at", "num_subtasks"}
    for field in dict.fromkeys(name.partition(".")[0] for name in edit.fields):
        if field == "memberships":
            yield from _moves(edit, homes(edit.before or {}), homes(record))
        elif field not in silent:
            change = {"field": field, "action": "changed"}
            yield event(edit, "task", "changed") | {"change": change}


def _moves(edit: Edit, before: list[str], after: list[str]) -> Iterator[Json]:
    """Projects that a task left and joined; else it went to another section."""
    left = [("removed", gid, "project") for gid in before if gid not in after]
    joined = [("added", gid, "project") for gid in after if gid not in before]
    for action, gid, word in [*left, *joined] or [("added", SECTION, "section")]:
        yield event(edit, "task", action) | {"parent": {"gid": gid, "resource_type": word}}


def event(edit: Edit, word: str, action: str) -> Json:
    """One event without its particulars."""
    return {
        "user": {"gid": "1200000000000001", "resource_type": "user"},
        "created_at": iso(edit.at),
        "action": action,
        "resource": {"gid": edit.id, "resource_type": word},
        "parent": None,
    }
