"""Asana's records made from the sandbox world, and how it writes and shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hub.sandbox import World

Json = dict[str, Any]

WORKSPACE = {"gid": "1200000000000100", "name": "Heliotrope", "resource_type": "workspace"}
PROJECT_CUSTOMER = "1200000000000500"
"""The custom field of projects that holds the customer's domain."""
TASK_CUSTOMER = "1200000000000501"
PRIORITY = "1200000000000502"
FIELDS = (
    {"gid": PROJECT_CUSTOMER, "name": "Customer domain", "resource_subtype": "text"},
    {"gid": TASK_CUSTOMER, "name": "Customer", "resource_subtype": "text"},
    {
        "gid": PRIORITY,
        "name": "Priority",
        "resource_subtype": "enum",
        "enum_options": [{"name": "High", "enabled": True}, {"name": "Low", "enabled": True}],
    },
)
OLD_PROJECT, OLD = "1200000000000700", "1200000000000701"
"""An archived project and its task."""
SUBTYPES = {"task": "default_task", "milestone": "milestone", "approval": "approval"}
COMPACT = ("gid", "resource_type", "name")
SUBTASK_EVERY = 5
SUBTASK_STEP = 500_000_000_000


def iso(when: datetime | None) -> str | None:
    """A time as Asana writes it, in milliseconds."""
    if when is None:
        return None
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def users(world: World) -> Iterator[Json]:
    """The tenant's people."""
    for user in world.users_of("asana"):
        yield {
            "gid": world.id("asana", "user", user.key),
            "resource_type": "user",
            "name": user.full_name,
            "email": user.email,
        }


def projects(world: World) -> Iterator[Json]:
    """The shared project, and one for each customer with the customer's domain in a field."""
    domains = {c.key: p.domain for c, p in world.companies_of("asana")}
    for project in world.projects_of("asana"):
        domain = domains.get(project.company or "")
        yield {
            "gid": world.id("asana", "project", project.key),
            "resource_type": "project",
            "name": project.name,
            "archived": False,
            "owner": {"gid": world.id("asana", "user", project.owner), "resource_type": "user"},
            "custom_fields": [custom_field(PROJECT_CUSTOMER, domain)],
            "created_at": iso(world.now),
            "modified_at": iso(world.now),
        }


def put_away(world: World) -> tuple[Json, Json]:
    """An archived project and its one task, that nobody edits any more."""
    project = {**next(projects(world)), "gid": OLD_PROJECT, "name": "Old plan", "archived": True}
    task = {**next(tasks(world))[0], "gid": OLD, "name": "Old task", "num_subtasks": 0}
    task["memberships"] = [_membership(OLD_PROJECT, "Old plan", "Planned")]
    return project, task | {"parent": None, "completed": True, "completed_at": task["created_at"]}


def custom_field(gid: str, value: str | None) -> Json:
    """A custom field with a value; an empty one is listed too."""
    known = next(field for field in FIELDS if field["gid"] == gid)
    kept = {name: part for name, part in known.items() if name != "enum_options"}
    return {**kept, "resource_type": "custom_field", "display_value": value, "enabled": True}


def tasks(world: World) -> Iterator[tuple[Json, bool]]:
    """Each task, each fifth with a subtask, and whether it is in the bin."""
    names = {p["gid"]: p["name"] for p in projects(world)}
    domains = {c.key: p.domain for c, p in world.companies_of("asana")}
    for n, truth in enumerate(world.tasks_of("asana")):
        project = world.id("asana", "project", truth.project)
        record = _task(world, truth, domains.get(truth.company or ""))
        record["memberships"] = [_membership(project, names[project], truth.section)]
        if n % SUBTASK_EVERY == 0 and not truth.deleted:
            yield _subtask(record), False
            record["num_subtasks"] = 1
        yield record, truth.deleted


def _task(world: World, truth: Any, domain: str | None) -> Json:
    assignee = truth.assignee and world.id("asana", "user", truth.assignee)
    urgent = {"milestone": "High", "approval": "Low"}.get(truth.kind)
    return {
        "gid": world.id("asana", "task", truth.key),
        "resource_type": "task",
        "resource_subtype": SUBTYPES[truth.kind],
        "name": truth.title,
        "notes": truth.notes or "",
        "completed": truth.completed_at is not None,
        "completed_at": iso(truth.completed_at),
        "created_at": iso(truth.opened_at),
        "modified_at": iso(truth.updated_at),
        "due_on": truth.due_on and truth.due_on.isoformat(),
        "due_at": None,
        "assignee": {"gid": assignee, "resource_type": "user"} if assignee else None,
        "created_by": {"gid": world.id("asana", "user", "u0"), "resource_type": "user"},
        "num_subtasks": 0,
        "actual_time_minutes": None,
        "tags": [],
        "memberships": [],
        "parent": None,
        "custom_fields": [custom_field(TASK_CUSTOMER, domain), custom_field(PRIORITY, urgent)],
    }


def _membership(gid: str, name: str, section: str) -> Json:
    project = {"gid": gid, "resource_type": "project", "name": name}
    place = {"gid": f"{int(gid) + 1}", "resource_type": "section", "name": section}
    return {"project": project, "section": place}


def _subtask(parent: Json) -> Json:
    """A part of a task: in no project itself, and without its custom fields."""
    own = {
        "gid": str(int(parent["gid"]) + SUBTASK_STEP),
        "resource_subtype": "default_task",
        "name": f"Prepare: {parent['name']}",
        "memberships": [],
        "custom_fields": [],
        "parent": {"gid": parent["gid"], "resource_type": "task"},
    }
    return {**parent, **own}


def touch(before: Json | None, task: Json, now: datetime, *, created: bool) -> None:
    """Stamp a task that is edited; moving it between projects and sections moves no stamp."""
    if before is not None:
        changed = {name for name in task if task[name] != before.get(name)}
        if changed <= {"memberships", "num_subtasks"}:
            return
    task["modified_at"] = iso(now)
    if created:
        task["created_at"] = iso(now)
    if task["completed"] and not task.get("completed_at"):
        task["completed_at"] = iso(now)
    if not task["completed"]:
        task["completed_at"] = None


def placed(memberships: Sequence[Json], section: str) -> list[Json]:
    """Memberships with another section in the first project."""
    first, *rest = memberships
    return [{**first, "section": {**first["section"], "name": section}}, *rest]


def shown(record: Json, fields: str) -> Json:
    """What `opt_fields` asks for, and the compact form without it; a gid always comes."""
    names = [name.split(".") for name in fields.split(",") if name]
    if not names:
        return {name: record[name] for name in COMPACT if name in record}
    return _selected(record, names)


def _selected(record: Mapping[str, Any], names: Sequence[list[str]]) -> Json:
    found: Json = {"gid": record["gid"]} if "gid" in record else {}
    for first in dict.fromkeys(name[0] for name in names):
        below = [name[1:] for name in names if name[0] == first and len(name) > 1]
        if first in record:
            found[first] = _part(record[first], below)
    return found


def _part(value: Any, names: Sequence[list[str]]) -> Any:
    if isinstance(value, list):
        return [_part(one, names) for one in value]
    return _selected(value, names) if isinstance(value, dict) and names else value
