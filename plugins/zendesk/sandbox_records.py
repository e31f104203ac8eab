"""What Zendesk holds of the world: organizations, users, tickets with metrics, satisfaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from hub.sandbox import World
from hub.sandbox.truth import Ticket

Json = dict[str, Any]

STATUSES = {
    "new": "new",
    "open": "open",
    "pending": "pending",
    "on_hold": "hold",
    "solved": "solved",
    "closed": "closed",
}
CUSTOM_STATUSES = {"new": 1, "open": 2, "pending": 3, "hold": 4, "solved": 5}
TYPES = {"feature_request": "task"}
CHANNELS = {"portal": "web", "phone": "voice"}
RATINGS = {"positive": "good", "negative": "bad"}
STARS = {"positive": 5, "neutral": 3, "negative": 1}
CATEGORIES = {"positive": "good", "neutral": "neutral", "negative": "bad"}
PLAN_FIELD, ORDER_FIELD = 27642, 27643
TICKET_FIELDS: list[Json] = [
    {"id": 1, "type": "subject", "title": "Subject"},
    {"id": 2, "type": "status", "title": "Status"},
    {
        "id": PLAN_FIELD,
        "type": "tagger",
        "title": "Plan",
        "custom_field_options": [{"name": "Gold", "value": "745"}],
    },
    {"id": ORDER_FIELD, "type": "text", "title": "Order"},
]
PAIRS = (
    *("reply_time_in_minutes", "first_resolution_time_in_minutes"),
    *("full_resolution_time_in_minutes", "agent_wait_time_in_minutes"),
    *("requester_wait_time_in_minutes", "on_hold_time_in_minutes"),
)


def iso(when: datetime | None) -> str | None:
    """A time as Zendesk writes it."""
    return None if when is None else when.isoformat(timespec="seconds").replace("+00:00", "Z")


def organizations(world: World) -> Iterator[tuple[Json, bool]]:
    """Each organization, and whether it is deleted."""
    for company, presence in world.companies_of("zendesk"):
        record = {
            "id": int(presence.id),
            "url": f"https://acme.zendesk.com/api/v2/organizations/{presence.id}.json",
            "name": presence.name,
            "external_id": presence.customer_no,
            "domain_names": [presence.domain] if presence.domain else [],
            "details": company.city,
            "notes": presence.note,
            "group_id": None,
            "shared_tickets": False,
            "shared_comments": False,
            "tags": [company.tier] if company.tier else [],
            "organization_fields": {"region": company.country, "seats": company.seats},
            "created_at": iso(company.created_at),
            "updated_at": iso(company.updated_at),
        }
        yield record, presence.deleted


def _user(id: int, name: str, email: str | None, role: str, at: tuple[datetime, datetime]) -> Json:
    return {
        "id": id,
        "url": f"https://acme.zendesk.com/api/v2/users/{id}.json",
        "name": name,
        "email": email,
        "phone": None,
        "role": role,
        "role_type": None,
        "custom_role_id": None,
        "organization_id": None,
        "external_id": None,
        "active": True,
        "suspended": False,
        "verified": True,
        "time_zone": "Berlin",
        "locale": "en-US",
        "tags": [],
        "user_fields": {"newsletter": False},
        "last_login_at": None,
        "created_at": iso(at[0]),
        "updated_at": iso(at[1]),
    }


def users(world: World) -> Iterator[tuple[Json, bool]]:
    """Each end user and whether it is deleted, and the tenant's own people."""
    for person, presence, native_id in world.people_of("zendesk"):
        times = person.created_at, person.updated_at
        made = _user(int(native_id), person.full_name, person.email, "end-user", times)
        home = presence and not presence.deleted
        yield (
            {
                **made,
                "phone": person.phone,
                "organization_id": int(presence.id) if presence and home else None,
                "locale": person.locale or "en-US",
                "last_login_at": iso(person.updated_at),
            },
            person.left,
        )
    for place, user in enumerate(world.users_of("zendesk")):
        times = world.now - timedelta(days=900), world.now - timedelta(days=30)
        role = "agent" if place else "admin"
        id = int(world.id("zendesk", "user", user.key))
        yield _user(id, user.full_name, user.email, role, times), not user.active


def tickets(world: World) -> Iterator[tuple[Json, Ticket]]:
    """Each ticket with its metric set, and the truth about it."""
    homes = {c.key: int(p.id) for c, p in world.companies_of("zendesk") if not p.deleted}
    for truth in world.tickets_of("zendesk"):
        yield _ticket(world, truth, homes), truth


def _ticket(world: World, truth: Ticket, homes: dict[str, int]) -> Json:
    id = int(world.id("zendesk", "ticket", truth.key))
    lonely = crc32(truth.key.encode()) % 9 == 0
    status = "closed" if truth.merged_into else STATUSES[truth.status]
    requester = int(world.id("zendesk", "person", truth.requester))
    own = [{"id": PLAN_FIELD, "value": "745"}, {"id": ORDER_FIELD, "value": None}]
    rated = RATINGS.get(truth.rating.label) if truth.rating else None
    tags = [*truth.tags, *(["closed_by_merge"] if truth.merged_into else [])]
    return {
        "id": id,
        "url": f"https://acme.zendesk.com/api/v2/tickets/{id}.json",
        "external_id": None,
        "type": TYPES.get(truth.type, truth.type),
        "subject": truth.subject,
        "raw_subject": truth.subject,
        "description": truth.text,
        "priority": truth.priority,
        "status": status,
        "custom_status_id": CUSTOM_STATUSES.get(status, 5),
        "requester_id": requester,
        "submitter_id": requester,
        "assignee_id": truth.assignee and int(world.id("zendesk", "user", truth.assignee)),
        "organization_id": None if lonely else homes.get(truth.company or ""),
        "group_id": 98738,
        "tags": tags,
        "custom_fields": own,
        "fields": own,
        "satisfaction_rating": {"score": rated or ("offered" if id % 2 else "unoffered")},
        "via": {"channel": CHANNELS.get(truth.channel, truth.channel), "source": {}},
        "brand_id": 11,
        "ticket_form_id": 2,
        "problem_id": None,
        "has_incidents": False,
        "is_public": True,
        "due_at": None,
        "created_at": iso(truth.opened_at),
        "updated_at": iso(truth.updated_at),
        "generated_timestamp": int(truth.updated_at.timestamp()),
        "metric_set": _metrics(id, truth),
    }


def _metrics(id: int, truth: Ticket) -> Json:
    """Minutes of the calendar; the business has half as many."""
    replied = _minutes(truth.opened_at, truth.first_reply_at)
    resolved = _minutes(truth.opened_at, truth.solved_at)
    pairs = dict.fromkeys(PAIRS, _pair(0))
    status_at = truth.closed_at or truth.solved_at or truth.opened_at
    return {
        "id": id * 10 + 3,
        "ticket_id": id,
        "created_at": iso(truth.opened_at),
        "updated_at": iso(truth.updated_at),
        "reopens": truth.reopens,
        "replies": int(truth.first_reply_at is not None),
        "group_stations": 1,
        "assignee_stations": 1,
        "initially_assigned_at": iso(truth.opened_at),
        "assigned_at": iso(truth.opened_at),
        "solved_at": iso(truth.solved_at),
        "latest_comment_added_at": iso(truth.last_customer_at),
        "status_updated_at": iso(status_at),
        "requester_updated_at": iso(truth.last_customer_at),
        "assignee_updated_at": iso(truth.first_reply_at),
        **pairs,
        "reply_time_in_minutes": _pair(replied),
        "first_resolution_time_in_minutes": _pair(resolved),
        "full_resolution_time_in_minutes": _pair(resolved),
    }


def _minutes(start: datetime, end: datetime | None) -> int | None:
    return None if end is None else int((end - start).total_seconds() // 60)


def _pair(minutes: int | None) -> Json:
    return {"calendar": minutes, "business": None if minutes is None else minutes // 2}


def satisfaction(ticket: Json, truth: Ticket) -> tuple[str, Json] | None:
    """(table, record) of a rated ticket: an older rating, or an answer to the newer survey."""
    if truth.rating is None:
        return None
    if truth.rating.label in RATINGS and ticket["id"] % 2:
        return "ratings", _rating(ticket, truth)
    return "responses", _response(ticket, truth)


def _rating(ticket: Json, truth: Ticket) -> Json:
    assert truth.rating is not None
    return {
        "id": ticket["id"] * 10 + 1,
        "score": RATINGS[truth.rating.label],
        "comment": truth.rating.comment,
        "reason": None,
        "reason_id": None,
        "reason_code": None,
        "ticket_id": ticket["id"],
        "requester_id": ticket["requester_id"],
        "assignee_id": ticket["assignee_id"],
        "group_id": ticket["group_id"],
        "created_at": iso(truth.rating.at),
        "updated_at": iso(truth.rating.at),
    }


def _response(ticket: Json, truth: Ticket) -> Json:
    assert truth.rating is not None
    at = iso(truth.rating.at)
    times = {"created_at": at, "updated_at": at}
    scale = {"id": "01Q1", "type": "rating_scale_numeric", "sub_type": "customer_satisfaction"}
    rated = {"type": "rating_scale", "question": scale, "rating": STARS[truth.rating.label]}
    open_ = {"type": "open_ended", "question": {"id": "01Q2", "type": "open_ended"}}
    return {
        "id": f"01R{ticket['id']}",
        "responder_id": ticket["requester_id"],
        "subject_zrns": [f"zen:ticket:{ticket['id']}"],
        "subjects": [
            {"id": str(ticket["id"]), "type": "ticket", "zrn": f"zen:ticket:{ticket['id']}"}
        ],
        "survey": {"id": "01S1", "state": "enabled", "version": 3},
        "expires_at": at,
        "answers": [
            {**rated, **times, "rating_category": CATEGORIES[truth.rating.label]},
            {**open_, **times, "value": truth.rating.comment or ""},
        ],
    }
