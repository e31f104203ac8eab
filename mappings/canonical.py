"""The canonical customer model: every entity, its fields, their types and closed word lists.

Beside the fields every mapped record has an id, created_at, external_id and url of its own, and
references to other records are links, not fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["ENTITIES", "Entity", "FieldSpec", "Kind"]

Kind = Literal[
    "text",
    "integer",
    "number",
    "bool",
    "timestamp",
    "day",
    "money",
    "enum",
    "email",
    "domain",
    "phone",
    "country",
    "map",
]
"""How a value is stored: timestamp = UTC datetime in whole milliseconds, day = "YYYY-MM-DD",
money = {"minor": int, "currency": ISO 4217, "exponent": int}, country = ISO 3166-1 alpha-2,
phone = E.164 where the number says its country, map = a plain object."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One canonical field. `many` means a list of the type; `pii` that it names a person."""

    name: str
    type: Kind
    enum: tuple[str, ...] | None = None
    many: bool = False
    pii: bool = False


@dataclass(frozen=True, slots=True)
class Entity:
    """One canonical entity and its fields by name."""

    name: str
    fields: dict[str, FieldSpec]


def _entity(name: str, *fields: FieldSpec) -> Entity:
    return Entity(name, {field.name: field for field in fields})


def _all(kind: Kind, *names: str, many: bool = False, pii: bool = False) -> tuple[FieldSpec, ...]:
    return tuple(FieldSpec(name, kind, many=many, pii=pii) for name in names)


def _enum(name: str, words: str) -> FieldSpec:
    return FieldSpec(name, "enum", enum=tuple(words.split()))


_PRIORITY = _enum("priority", "low normal high urgent")
_CANCEL = (
    "too_expensive missing_features switched_service unused customer_service"
    " too_complex low_quality other"
)

_ACCOUNT = _entity(
    "account",
    *_all("text", "name", "industry", "tier", "website", "source_health"),
    *_all("domain", "domains", many=True),
    _enum("lifecycle", "prospect trial onboarding active churned other"),
    *_all("integer", "employees", "seats"),
    *_all("country", "country"),
    *_all("money", "annual_revenue", "mrr"),
    *_all("day", "renewal_at", "go_live_at"),
    *_all("timestamp", "churned_at"),
    _enum("churn_reason", _CANCEL),
    *_all("text", "tax_ids", many=True),
    *_all("phone", "phone"),
    *_all("email", "emails", many=True, pii=True),
)

_CONTACT = _entity(
    "contact",
    *_all("text", "full_name", "first_name", "last_name", pii=True),
    *_all("email", "emails", many=True, pii=True),
    *_all("phone", "phones", many=True, pii=True),
    *_all("text", "title", "department", "locale", "time_zone"),
    *_all("text", "user_ids", many=True, pii=True),
    _enum("role", "champion decision_maker economic_buyer admin end_user billing other"),
    _enum("status", "active inactive unsubscribed left erased"),
    *_all("bool", "is_internal"),
    _enum(
        "lawful_basis",
        "consent contract legal_obligation vital_interests public_task legitimate_interests",
    ),
    *_all("timestamp", "consent", "last_inbound_at"),
    *_all("day", "last_active_day"),
)

_OPPORTUNITY = _entity(
    "opportunity",
    *_all("text", "name", "stage", "next_step"),
    _enum("kind", "new_business expansion renewal other"),
    *_all("money", "amount"),
    _enum("status", "open won lost"),
    *_all("number", "probability"),
    _enum("forecast_category", "pipeline best_case commit closed omitted"),
    *_all("day", "close_on"),
    *_all("timestamp", "closed_at"),
)

_TICKET = _entity(
    "ticket",
    *_all("text", "subject", "severity_source", "channel", "url"),
    _enum("status", "new open pending on_hold solved closed"),
    _PRIORITY,
    _enum("type", "question incident problem task feature_request other"),
    *_all("timestamp", "opened_at", "first_reply_at", "solved_at", "closed_at"),
    *_all("timestamp", "last_customer_message_at"),
    _enum("waiting_on", "customer us third_party nobody"),
    *_all("integer", "reopen_count"),
    *_all("bool", "escalated", "is_spam", "merged"),
    *_all("text", "tags", many=True),
)

_WORK_ITEM = _entity(
    "work_item",
    *_all("text", "title", "status", "project", "url"),
    _enum("kind", "bug feature task milestone epic approval other"),
    _enum("status_category", "to_do in_progress done"),
    _PRIORITY,
    _enum(
        "link_basis",
        "custom_field organization label project_map ticket_link reporter_domain manual",
    ),
    *_all("timestamp", "opened_at", "done_at"),
    *_all("day", "due_on"),
    *_all("integer", "estimate_min", "spent_min"),
    *_all("bool", "customer_visible"),
)

_ACTIVITY = _entity(
    "activity",
    _enum("kind", "call meeting email chat note task survey_sent system"),
    _enum("direction", "inbound outbound internal"),
    *_all("text", "subject", "thread_key"),
    *_all("timestamp", "started_at", "ended_at"),
    _enum("outcome", "held no_show cancelled none"),
    *_all("bool", "touch"),
)

_USAGE_EVENT = _entity(
    "usage_event",
    *_all("text", "event_id", "name", "schema_version", "session_id", "feature", "account_key"),
    *_all("text", "user_key", pii=True),
    *_all("timestamp", "occurred_at", "received_at"),
    *_all("number", "quantity"),
    *_all("map", "props", "context"),
    _enum("source", "sdk api mixpanel segment batch"),
)

_USAGE = _entity(
    "usage",
    *_all("text", "user_key", pii=True),
    *_all("text", "group_key"),
    *_all("day", "active_days", many=True),
    *_all("map", "features", many=True),
    *_all("timestamp", "first_seen_at"),
    *_all("day", "last_active_on"),
)
"""What one person's use of one group's product adds up to: the days on which they were active, and
for each feature the last of them, as {"feature": name, "day": day}."""

_SUBSCRIPTION = _entity(
    "subscription",
    _enum(
        "status",
        "trialing active past_due unpaid paused incomplete incomplete_expired canceled",
    ),
    *_all("map", "items", many=True),
    *_all("integer", "seats"),
    *_all("money", "mrr"),
    *_all("timestamp", "period_end", "started_at", "trial_end", "ended_at"),
    *_all("timestamp", "cancel_at", "canceled_at"),
    *_all("bool", "cancel_at_period_end", "auto_renew", "collection_paused"),
    _enum("cancel_feedback", _CANCEL),
    _enum(
        "cancel_reason",
        "cancellation_requested payment_disputed payment_failed canceled_by_retention_policy",
    ),
    _enum("collection", "automatic send_invoice"),
)

_INVOICE = _entity(
    "invoice",
    _enum("status", "draft open paid uncollectible void"),
    *_all("money", "amount_due", "amount_paid", "amount_remaining"),
    *_all("timestamp", "issued_at", "paid_at", "next_attempt_at"),
    *_all("day", "due_on"),
    *_all("integer", "attempt_count"),
)

_SATISFACTION = _entity(
    "satisfaction",
    _enum("kind", "csat nps ces"),
    *_all("number", "score_raw", "scale_min", "scale_max", "score_norm"),
    _enum("label", "positive neutral negative"),
    *_all("timestamp", "responded_at"),
)

_USER = _entity(
    "user",
    *_all("text", "full_name", pii=True),
    *_all("email", "emails", many=True, pii=True),
    _enum("status", "active inactive"),
)

ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        _ACCOUNT,
        _CONTACT,
        _OPPORTUNITY,
        _TICKET,
        _WORK_ITEM,
        _ACTIVITY,
        _USAGE_EVENT,
        _USAGE,
        _SUBSCRIPTION,
        _INVOICE,
        _SATISFACTION,
        _USER,
    )
}
