"""Freshdesk's records made from the sandbox world, and how it writes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from hub.sandbox import Edit, Response, World

Json = dict[str, Any]

STATUSES = {"new": 2, "open": 2, "pending": 3, "solved": 4, "closed": 5, "on_hold": 7}
STATUS_NAMES = {
    2: "Open",
    3: "Pending",
    4: "Resolved",
    5: "Closed",
    6: "Waiting on Customer",
    7: "Waiting on Third Party",
}
PRIORITIES = {"low": 1, "normal": 2, "high": 3, "urgent": 4}
TICKET_FIELDS: list[Json] = [
    {"id": 1, "name": "subject", "label": "Subject", "type": "default_subject"},
    {
        "id": 2,
        "name": "status",
        "label": "Status",
        "choices": {str(code): [name, name] for code, name in STATUS_NAMES.items()},
    },
    {"id": 3, "name": "cf_order", "label": "Order", "type": "custom_text"},
    {
        "id": 4,
        "name": "priority",
        "label": "Priority",
        "choices": {name.title(): code for name, code in PRIORITIES.items()},
    },
]
CONTACT_FIELDS: list[Json] = [
    {"id": 1, "name": "name", "label": "Full name", "type": "default_name"}
]
COMPANY_FIELDS: list[Json] = [
    {"id": 1, "name": "name", "label": "Name", "type": "default_name"},
    {"id": 2, "name": "cf_customer_no", "label": "Customer number", "type": "custom_text"},
]
FIELDS = {"ticket": TICKET_FIELDS, "contact": CONTACT_FIELDS, "company": COMPANY_FIELDS}
"""The definitions of fields, by whose they are."""
PRIORITY_NAMES = {1: "Low", 2: "Medium", 3: "High", 4: "Urgent"}
SOURCES = {"email": 1, "portal": 2, "phone": 3, "chat": 7}
TYPES = {
    "question": "Question",
    "incident": "Incident",
    "problem": "Problem",
    "task": "Task",
    "feature_request": "Feature Request",
}
RATINGS = {"positive": (103, 102, 101), "neutral": (100,), "negative": (-101, -102, -103)}
RULE = {"create": "ticket_created", "delete": "ticket_deleted"}
RESOLVED, CLOSED, DONE = 4, 5, (4, 5)
INCLUDED = ("stats", "requester", "company", "description")
SINGLE = ("description", "description_text", "attachments")
"""Parts that only a single ticket has."""


def iso(when: datetime | None) -> str | None:
    """A time as Freshdesk writes it, in whole seconds."""
    if when is None:
        return None
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def companies(world: World) -> Iterator[tuple[Json, bool]]:
    """Each company with its own fields, and whether it is deleted."""
    for company, presence in world.companies_of("freshdesk"):
        record = {
            "id": int(presence.id),
            "name": presence.name,
            "description": None,
            "note": presence.note,
            "domains": [presence.domain] if presence.domain else [],
            "health_score": {"good": "Happy", "bad": "At risk"}.get(company.mood),
            "account_tier": company.tier and company.tier.title(),
            "renewal_date": company.renewal_on and f"{company.renewal_on}T00:00:00Z",
            "industry": company.industry,
            "custom_fields": {"cf_customer_no": presence.customer_no},
            "created_at": iso(company.created_at),
            "updated_at": iso(company.updated_at),
        }
        yield record, presence.deleted


def contacts(world: World) -> Iterator[tuple[Json, bool]]:
    """Each contact, and whether it is in the bin."""
    for person, presence, native_id in world.people_of("freshdesk"):
        record = {
            "id": int(native_id),
            "name": person.full_name,
            "email": person.email,
            "other_emails": list(person.other_emails),
            "phone": person.phone,
            "mobile": None,
            "company_id": int(presence.id) if presence else None,
            "other_companies": [],
            "job_title": person.title,
            "language": (person.locale or "en")[:2],
            "time_zone": "Berlin",
            "tags": [],
            "active": not person.left,
            "unique_external_id": None,
            "custom_fields": {},
            "created_at": iso(person.created_at),
            "updated_at": iso(person.updated_at),
        }
        yield record, person.left


def agents(world: World) -> Iterator[Json]:
    """The tenant's people as agents."""
    for user in world.users_of("freshdesk"):
        yield {
            "id": int(world.id("freshdesk", "user", user.key)),
            "available": True,
            "occasional": False,
            "type": "support_agent",
            "ticket_scope": 1,
            "group_ids": [],
            "role_ids": [],
            "contact": {"name": user.full_name, "email": user.email, "active": user.active},
            "created_at": iso(world.now - timedelta(days=900)),
            "updated_at": iso(world.now - timedelta(days=30)),
        }


def tickets(world: World) -> Iterator[tuple[Json, Json | None, bool]]:
    """Each ticket, its rating if there is one, and whether it is in the bin."""
    homes = {c.key: int(p.id) for c, p in world.companies_of("freshdesk") if not p.deleted}
    for truth in world.tickets_of("freshdesk"):
        record = _ticket(world, truth, homes)
        rating = _rating(record, truth) if truth.rating else None
        yield record, rating, truth.deleted


def _ticket(world: World, truth: Any, homes: dict[str, int]) -> Json:
    lonely = crc32(truth.key.encode()) % 9 == 0
    requester = world.person(truth.requester)
    assignee = truth.assignee and int(world.id("freshdesk", "user", truth.assignee))
    return {
        "id": int(world.id("freshdesk", "ticket", truth.key)),
        "subject": truth.subject,
        "description": truth.text.replace("\n", "<br>"),
        "description_text": truth.text,
        "attachments": [],
        "type": TYPES[truth.type],
        "status": STATUSES[truth.status],
        "priority": PRIORITIES[truth.priority],
        "source": SOURCES[truth.channel],
        "requester_id": int(world.id("freshdesk", "person", truth.requester)),
        "responder_id": assignee,
        "group_id": None,
        "company_id": None if lonely else homes.get(truth.company or ""),
        "product_id": None,
        "to_emails": None,
        "cc_emails": [],
        "due_by": iso(truth.opened_at + timedelta(days=3)),
        "fr_due_by": iso(truth.opened_at + timedelta(days=1)),
        "is_escalated": truth.escalated,
        "fr_escalated": False,
        "spam": truth.spam,
        "tags": list(truth.tags),
        "custom_fields": {"cf_order": None},
        "created_at": iso(truth.opened_at),
        "updated_at": iso(truth.updated_at),
        "stats": _stats(truth),
        "requester": {
            "id": int(world.id("freshdesk", "person", truth.requester)),
            "name": requester.full_name,
            "email": requester.email,
            "mobile": None,
            "phone": requester.phone,
        },
    }


def _stats(truth: Any) -> Json:
    solved = truth.solved_at or truth.closed_at
    return {
        "agent_responded_at": iso(truth.first_reply_at),
        "requester_responded_at": iso(truth.last_customer_at),
        "first_responded_at": iso(truth.first_reply_at),
        "status_updated_at": iso(solved or truth.opened_at),
        "reopened_at": iso(truth.last_customer_at) if truth.reopens else None,
        "resolved_at": iso(truth.solved_at),
        "closed_at": iso(truth.closed_at),
        "pending_since": iso(truth.opened_at) if truth.status == "pending" else None,
    }


def _rating(ticket: Json, truth: Any) -> Json:
    answers = RATINGS[truth.rating.label]
    return {
        "id": ticket["id"] * 10 + 1,
        "survey_id": 84000000001,
        "user_id": ticket["requester_id"],
        "agent_id": ticket["responder_id"],
        "group_id": None,
        "ticket_id": ticket["id"],
        "feedback": truth.rating.comment,
        "ratings": {"default_question": answers[ticket["id"] % len(answers)]},
        "created_at": iso(truth.rating.at),
        "updated_at": iso(truth.rating.at),
    }


def touch(before: Json | None, ticket: Json, now: str) -> None:
    """Stamp a ticket that is edited, as a change of its status asks for."""
    old, new = (before or {}).get("status"), ticket["status"]
    ticket["updated_at"] = now
    if old == new:
        return
    stats = {**ticket["stats"], "status_updated_at": now}
    if old in DONE and new not in DONE:
        stats |= {"reopened_at": now, "resolved_at": None, "closed_at": None}
    if new == RESOLVED:
        stats["resolved_at"] = now
    if new == CLOSED:
        stats |= {"closed_at": now, "resolved_at": stats["resolved_at"] or now}
    stats["pending_since"] = now if new == 3 else None
    ticket["stats"] = stats


def told(edit: Edit) -> Json:
    """What the rules' bodies say of an edit of a ticket."""
    before, after = edit.before or {}, edit.after or edit.before or {}
    what = f"{{ticket_action:{edit.kind}d}}"
    if edit.kind == "update" and "status" in edit.fields:
        what = f"{{status:{{from:{before['status']},to:{after['status']}}}}}"
    return {
        "hub_event": RULE.get(edit.kind, "ticket_updated"),
        "ticket_id": edit.id,
        "triggered_event": what,
        "status": STATUS_NAMES.get(after["status"], "Own"),
        "priority": PRIORITY_NAMES[after["priority"]],
    }


def binned(table: Any) -> list[Json]:
    """What is in a table's bin, as its own list shows it."""
    gone = table.tombstones.values()
    return [stone.record | {"deleted": True, "updated_at": iso(stone.at)} for stone in gone]


def found(table: Any, id: str) -> Json | None:
    """One record, also from the bin."""
    binned_one = (row for row in binned(table) if str(row["id"]) == id)
    return table.get(id) or next(binned_one, None)


def shown(ticket: Json, include: str, *, single: bool = False) -> Json:
    """A ticket as it is answered: with what was asked for; the long parts if it is alone."""
    asked = set(include.split(",")) | (set(SINGLE) if single else set())
    hidden = {name for name in (*INCLUDED, *SINGLE) if name not in asked}
    return {name: value for name, value in ticket.items() if name not in hidden}


def denied() -> Response:
    """The refusal of what the key has no right to."""
    message = "You are not authorized to perform this action."
    return Response({"code": "access_denied", "message": message}, 403)


def invalid(field: str, message: str) -> Response:
    """The refusal of a wrong parameter."""
    error = {"field": field, "message": message, "code": "invalid_value"}
    return Response({"description": "Validation failed", "errors": [error]}, 400)
