"""Jira's records made from the sandbox world: projects, users, issues with their histories.

A stored issue carries two parts that Jira keeps elsewhere, under names that are never sent:
`_histories` (its change log) and `_comments`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from plugins.jira.sandbox_site import (
    CUSTOMER_DOMAIN,
    ISSUE_STATUS,
    ISSUE_TYPES,
    ORGANIZATIONS,
    PRIORITIES,
    ROBOT,
    SLA,
    STATUSES,
    TICKET_STATUS,
    TICKET_TYPES,
    Json,
    adf,
    stamp,
    status,
)

TRACKED = ("status", "summary", "priority", "assignee", "labels", "duedate", "project")


def projects(world: Any) -> Iterator[Json]:
    """Every project with its type."""
    for project in world.projects_of("jira"):
        yield {
            "id": world.id("jira", "project", project.key),
            "key": project.code,
            "name": project.name,
            "projectTypeKey": project.kind,
            "style": "classic",
            "simplified": False,
            "isPrivate": False,
        }


def users(world: Any) -> Iterator[Json]:
    """The tenant's people, its robot, and the customers of the service desk."""
    yield ROBOT
    for user in world.users_of("jira"):
        account = world.id("jira", "user", user.key)
        yield _user(account, "atlassian", user.full_name, user.email, user.active)
    for n, (person, _, account) in enumerate(world.people_of("jira")):
        email = None if n % 9 == 4 else person.email
        yield _user(f"qm:{account}", "customer", person.full_name, email, True)


def _user(account: str, kind: str, name: str, email: str | None, active: bool) -> Json:
    user = {"accountId": account, "accountType": kind, "active": active, "displayName": name}
    return user | ({"emailAddress": email, "timeZone": "Europe/Berlin"} if email else {})


class Maker:
    """Makes issues of a world; keys count up within their project."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.projects = {project["key"]: project for project in projects(world)}
        self.users = {user["accountId"]: user for user in users(world)}
        self._counts: dict[str, int] = {}

    def issues(self) -> Iterator[tuple[Json, bool]]:
        """Every issue, and whether it was deleted before the world began."""
        for ticket in self.world.tickets_of("jira"):
            if not ticket.spam:
                yield self.request(ticket), ticket.deleted
        for issue in self.world.issues_of("jira"):
            yield self.work(issue), issue.deleted

    def request(self, ticket: Any) -> Json:
        """A request of the service desk."""
        desk = next(p for p in self.projects.values() if p["projectTypeKey"] == "service_desk")
        reporter = self.users.get(f"qm:{self.world.id('jira', 'person', ticket.requester)}")
        issue = self._issue("ticket", ticket, desk, TICKET_TYPES[ticket.type], ticket.subject)
        issue["fields"] |= {
            "status": status(TICKET_STATUS[ticket.status]),
            "resolutiondate": stamp(ticket.solved_at) if ticket.solved_at else None,
            "reporter": reporter,
            "labels": [tag.replace(" ", "-") for tag in ticket.tags],
            ORGANIZATIONS: self._organizations(ticket.company),
            SLA: {
                "id": "1",
                "name": "Time to resolution",
                "ongoingCycle": {},
                "completedCycles": [],
            },
        }
        issue["_histories"] = list(self._desk_histories(ticket))
        issue["_comments"] = list(self._comments(ticket, reporter or ROBOT))
        return issue

    def work(self, issue: Any) -> Json:
        """A software issue, tied to its customer by a field in one project, a label in another."""
        project = next(p for p in self.world.projects_of("jira") if p.key == issue.project)
        made = self._issue(
            "issue", issue, self.projects[project.code], ISSUE_TYPES[issue.kind], issue.title
        )
        company = self.world.company(issue.company) if issue.company else None
        domain = company.domain if company else None
        labels = [*issue.labels, *([f"cust-{domain}"] if domain and project.code == "MOB" else [])]
        made["fields"] |= {
            "status": status(ISSUE_STATUS[issue.category]),
            "resolutiondate": stamp(issue.done_at) if issue.done_at else None,
            "reporter": self._user(issue.reporter),
            "labels": labels,
            "duedate": issue.due_on.isoformat() if issue.due_on else None,
            "timeoriginalestimate": issue.estimate_min and issue.estimate_min * 60,
            "timespent": issue.spent_min and issue.spent_min * 60,
            CUSTOMER_DOMAIN: domain if project.code == "PLT" else None,
            "issuelinks": self._links(issue),
        }
        moves = [(at, ISSUE_STATUS[a], ISSUE_STATUS[b]) for at, a, b in issue.transitions]
        made["_histories"] = [history(n, at, a, b) for n, (at, a, b) in enumerate(moves)]
        made["_comments"] = []
        return made

    def _issue(self, kind: str, thing: Any, project: Json, type_name: str, summary: str) -> Json:
        code = project["key"]
        self._counts[code] = self._counts.get(code, 0) + 1
        priority_id, priority = PRIORITIES[thing.priority]
        fields = {
            "summary": summary,
            "description": adf(thing.text),
            "issuetype": {"id": "10100", "name": type_name, "subtask": False},
            "priority": {"id": priority_id, "name": priority},
            "project": {k: project[k] for k in ("id", "key", "name", "projectTypeKey")},
            "assignee": self._user(thing.assignee),
            "created": stamp(thing.opened_at),
            "updated": stamp(thing.updated_at),
        }
        return {
            "id": self.world.id("jira", kind, thing.key),
            "key": f"{code}-{self._counts[code]}",
            "fields": fields,
        }

    def _user(self, key: str | None) -> Json | None:
        return self.users[self.world.id("jira", "user", key)] if key else None

    def _organizations(self, company: str | None) -> list[Json]:
        """The customer's organisation; every third site names them by domain."""
        presence = self.world.company(company).presence("jira") if company else None
        if presence is None:
            return []
        named = int(presence.id) % 3 == 0 and presence.domain
        return [{"id": presence.id, "name": presence.domain if named else presence.name.strip()}]

    def _links(self, issue: Any) -> list[Json]:
        if not issue.ticket:
            return []
        linked = {"id": self.world.id("jira", "ticket", issue.ticket), "fields": {"summary": "…"}}
        return [{"id": f"9{linked['id']}", "type": {"name": "Relates"}, "inwardIssue": linked}]

    def _desk_histories(self, ticket: Any) -> Iterator[Json]:
        """Solved once for each reopening, and at last if it is solved."""
        ways = [("10001", "10004"), ("10004", "10001")] * ticket.reopens
        ways += [("10001", TICKET_STATUS[ticket.status])] if ticket.solved_at else []
        span = ((ticket.solved_at or ticket.updated_at) - ticket.opened_at) / (len(ways) + 1)
        for n, (before, after) in enumerate(ways):
            yield history(n, ticket.opened_at + span * (n + 1), before, after)

    def _comments(self, ticket: Any, reporter: Json) -> Iterator[Json]:
        """A robot's greeting, an internal note, the first reply and the customer's last word."""
        yield comment("1", ROBOT, ticket.opened_at + timedelta(seconds=5), public=True)
        agent = self._user(ticket.assignee)
        if agent and ticket.first_reply_at:
            yield comment("2", agent, ticket.opened_at + timedelta(seconds=20), public=False)
            yield comment("3", agent, ticket.first_reply_at, public=True)
        if ticket.last_customer_at > ticket.opened_at:
            yield comment("4", reporter, ticket.last_customer_at, public=True)


def history(n: int, at: datetime, before: str, after: str) -> Json:
    """One entry of a change log: the status moved."""
    item = {
        "field": "status",
        "fieldtype": "jira",
        "fieldId": "status",
        "from": before,
        "fromString": STATUSES[before][0],
        "to": after,
        "toString": STATUSES[after][0],
    }
    return {"id": str(20_000 + n), "created": stamp(at), "items": [item]}


def comment(id: str, author: Json, at: datetime, *, public: bool) -> Json:
    """One comment."""
    said = adf("Thank you for your message.")
    when = stamp(at)
    return {
        "id": id,
        "author": author,
        "body": said,
        "created": when,
        "updated": when,
        "jsdPublic": public,
    }


def touch(before: Json | None, issue: Json, now: str, number: str) -> None:
    """Stamp an edited issue; a tracked field that changed is an entry of its change log."""
    issue["fields"] = fields = {**issue["fields"], "updated": now}
    if before is None:
        fields.setdefault("created", now)
        issue.setdefault("_histories", [])
        issue.setdefault("_comments", [])
        return
    items = differences(before["fields"], fields, TRACKED)
    if any(item["field"] == "status" for item in items):
        done = fields["status"]["statusCategory"]["key"] == "done"
        fields["resolutiondate"] = now if done else None
    if items:
        entry = {"id": number, "created": now, "items": items}
        issue["_histories"] = [*issue["_histories"], entry]


def differences(before: Json, after: Json, names: Iterable[str]) -> list[Json]:
    """The items of a change log between two versions of an issue's fields."""
    return [_item(n, before.get(n), after.get(n)) for n in names if before.get(n) != after.get(n)]


def _item(name: str, before: Any, after: Any) -> Json:
    (old_id, old), (new_id, new) = _shown(before), _shown(after)
    ends = {"from": old_id, "fromString": old, "to": new_id, "toString": new}
    return {"field": name, "fieldtype": "jira", "fieldId": name} | ends


def _shown(value: Any) -> tuple[str | None, str | None]:
    if isinstance(value, dict):
        id = value.get("id") or value.get("accountId")
        return str(id), value.get("name") or value.get("displayName") or value.get("key")
    if isinstance(value, list):
        return None, " ".join(map(str, value))
    return None, None if value is None else str(value)
