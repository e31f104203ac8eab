"""Zendesk's records in the shape in which we keep them, the same from exports, lists and by ids.

Facts: developer.zendesk.com/api-reference/ticketing (tickets, users, organizations, metrics).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from hub.api import Change, Record
from plugins.zendesk.client import ZendeskClient

Json = dict[str, Any]

ORGANIZATION, USER, AGENT, TICKET = "organization", "user", "agent", "ticket"
RATING, RESPONSE = "satisfaction_rating", "survey_response"
CUSTOMER = "end-user"
STAFF = ("agent", "admin")
DELETED = "deleted"
FORGOTTEN = "Permanently Deleted User"
ORGANIZATION_KEYS = (
    *("id", "name", "external_id", "domain_names", "group_id", "shared_tickets"),
    *("shared_comments", "tags", "organization_fields", "created_at", "updated_at"),
)
USER_KEYS = (
    *("id", "name", "email", "phone", "role", "role_type", "custom_role_id", "organization_id"),
    *("external_id", "active", "suspended", "verified", "time_zone", "locale", "tags"),
    *("user_fields", "last_login_at", "created_at", "updated_at"),
)
TICKET_KEYS = (
    *("id", "external_id", "type", "subject", "priority", "status", "custom_status_id"),
    *("requester_id", "submitter_id", "assignee_id", "organization_id", "group_id", "tags"),
    *("brand_id", "ticket_form_id", "problem_id", "has_incidents", "is_public", "due_at"),
    *("created_at", "updated_at", "generated_timestamp"),
)
"""Without what people write at length: a ticket's description, an organization's notes."""


def organizations(client: ZendeskClient, body: Json) -> Iterator[Record | Change]:
    """The organizations of an answer; a deleted one, where it is shown, says when it went."""
    for row in body.get("organizations") or ():
        if row.get("deleted_at"):
            at = moment(row["deleted_at"], client)
            yield Change(ORGANIZATION, str(row["id"]), "delete", at)
        else:
            yield _kept(row, ORGANIZATION_KEYS)


def users(client: ZendeskClient, body: Json) -> Iterator[Record | Change]:
    """The end users of an answer. Who has become an agent is no contact any more, and who was
    deleted for good is to be forgotten."""
    rows = list(body.get("users") or ())
    here = [str(row["id"]) for row in rows if _is_customer(row)]
    homes = client.others(here) if here else {}
    for row in rows:
        native_id = str(row["id"])
        if is_forgotten(row):
            yield Change(USER, native_id, "privacy_delete", moment(row.get("updated_at"), client))
        elif row.get("role") != CUSTOMER:
            yield Change(USER, native_id, "delete", moment(row.get("updated_at"), client))
        else:
            mine = homes[native_id] if homes and row.get("active") else None
            yield _kept(row, USER_KEYS) | {"organization_ids": mine}


def agents(client: ZendeskClient, body: Json) -> Iterator[Record]:
    """The agents and administrators of an answer."""
    for row in body.get("users") or ():
        if row.get("role") in STAFF:
            yield _kept(row, USER_KEYS)


def tickets(client: ZendeskClient, body: Json) -> Iterator[Record | Change]:
    """The tickets of an answer, each with its metric set: a sibling list, or within the ticket.
    Deleted ones are only shown by the export; they cannot be read by id any more."""
    metrics = {row.get("ticket_id"): row for row in body.get("metric_sets") or ()}
    for row in body.get("tickets") or ():
        if row.get("status") == DELETED:
            yield Change(TICKET, str(row["id"]), "delete", _moved(row, client))
        else:
            yield ticket(row, metrics.get(row.get("id")) or row.get("metric_set"))


def ticket(row: Json, metrics: Json | None) -> Json:
    """One ticket: own fields by their numeric id, from `custom_fields` (`fields` repeats them)."""
    rating, via = row.get("satisfaction_rating"), row.get("via")
    own = {
        str(one["id"]): one.get("value")
        for one in row.get("custom_fields") or ()
        if one.get("value") not in (None, "", [])
    }
    return _kept(row, TICKET_KEYS) | {
        "channel": via.get("channel") if isinstance(via, Mapping) else None,
        "satisfaction": rating.get("score") if isinstance(rating, Mapping) else None,
        "custom_fields": own,
        "metric_set": metrics,
    }


def is_forgotten(row: Json) -> bool:
    """Whether a user was deleted for good: said so, or known by the name that is left of it."""
    bare = row.get("name") == FORGOTTEN and not row.get("email") and not row.get("active")
    return bool(row.get("permanently_deleted")) or bare


def moment(text: Any, client: ZendeskClient) -> datetime:
    """A record's own time; Zendesk's time of the answer where it has none."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return client.date


def _moved(row: Json, client: ZendeskClient) -> datetime:
    """When a ticket last moved: a system's change moves only `generated_timestamp`."""
    at, generated = moment(row.get("updated_at"), client), row.get("generated_timestamp")
    try:
        return max(at, datetime.fromtimestamp(generated, UTC))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        return at


def split(found: Iterable[Record | Change]) -> tuple[list[Record], list[Change]]:
    """Records and changes of a page apart."""
    records: list[Record] = []
    changes: list[Change] = []
    for one in found:
        if isinstance(one, Change):
            changes.append(one)
        else:
            records.append(one)
    return records, changes


def _is_customer(row: Json) -> bool:
    return row.get("role") == CUSTOMER and bool(row.get("active"))


def _kept(row: Json, keys: Iterable[str]) -> Json:
    """These keys always, so that a record has one shape wherever it comes from."""
    return {key: row.get(key) for key in keys}
