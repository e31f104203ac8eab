"""The shapes of the ground truth: what is so, whatever each vendor knows of it.

Times are aware UTC datetimes, days are dates, money is in minor units. Keys are the world's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Presence:
    """How one vendor knows one company. `id` is that vendor's native id."""

    vendor: str
    id: str
    name: str
    domain: str | None
    website: str | None = None
    customer_no: str | None = None
    xref: dict[str, str] = field(default_factory=dict)
    deleted: bool = False
    merged_into: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works for a customer (or for nobody we know)."""

    key: str
    company: str | None
    first_name: str
    last_name: str
    full_name: str
    email: str | None
    other_emails: tuple[str, ...]
    phone: str | None
    title: str | None
    department: str | None
    role: str | None
    locale: str | None
    time_zone: str | None
    internal: bool
    left: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class User:
    """One of the tenant's own people; `kind` is csm, agent or engineer."""

    key: str
    full_name: str
    email: str
    kind: str
    time_zone: str
    active: bool


@dataclass(frozen=True, slots=True)
class Company:
    """One real customer. `mood` (good, fair, bad) drives how its history looks."""

    key: str
    name: str
    domain: str | None
    country: str
    city: str
    time_zone: str
    industry: str | None
    employees: int | None
    website: str | None
    phone: str | None
    tax_id: str | None
    currency: str
    mrr_minor: int | None
    annual_revenue_minor: int | None
    seats: int | None
    tier: str | None
    lifecycle: str
    renewal_on: date | None
    mood: str
    csm: str
    created_at: datetime
    updated_at: datetime
    parent: str | None
    people: tuple[Person, ...]
    presences: tuple[Presence, ...]

    def presence(self, vendor: str) -> Presence | None:
        """The live presence in a vendor, else a dead one, else None."""
        own = [p for p in self.presences if p.vendor == vendor]
        return min(own, key=lambda p: p.deleted or p.merged_into is not None, default=None)


@dataclass(frozen=True, slots=True)
class Deal:
    """One sale; `stage` counts 0 (first contact) to 5 (closed)."""

    key: str
    company: str
    name: str
    kind: str
    amount_minor: int | None
    currency: str
    status: str
    stage: int
    probability: float
    owner: str
    people: tuple[str, ...]
    close_on: date
    closed_at: datetime | None
    next_step: str | None
    created_at: datetime
    updated_at: datetime
    deleted: bool


@dataclass(frozen=True, slots=True)
class Rating:
    """A customer's answer after a ticket: positive, neutral or negative."""

    label: str
    comment: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Ticket:
    """One request for support."""

    key: str
    company: str | None
    requester: str
    subject: str
    text: str
    status: str
    priority: str
    type: str
    channel: str
    tags: tuple[str, ...]
    assignee: str | None
    opened_at: datetime
    first_reply_at: datetime | None
    solved_at: datetime | None
    closed_at: datetime | None
    last_customer_at: datetime
    reopens: int
    escalated: bool
    rating: Rating | None
    spam: bool
    merged_into: str | None
    deleted: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Issue:
    """One piece of engineering work; `transitions` are (at, from, to) status categories."""

    key: str
    project: str
    company: str | None
    ticket: str | None
    title: str
    text: str
    kind: str
    category: str
    priority: str
    reporter: str
    assignee: str | None
    opened_at: datetime
    done_at: datetime | None
    due_on: date | None
    estimate_min: int | None
    spent_min: int | None
    transitions: tuple[tuple[datetime, str, str], ...]
    reopens: int
    labels: tuple[str, ...]
    deleted: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Task:
    """One item of a project plan, mostly of a customer's onboarding."""

    key: str
    project: str
    company: str | None
    title: str
    notes: str | None
    section: str
    kind: str
    completed_at: datetime | None
    due_on: date | None
    assignee: str | None
    opened_at: datetime
    deleted: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Touch:
    """A call, a meeting or an e-mail between one of us and one of them."""

    key: str
    company: str
    person: str
    user: str
    kind: str
    direction: str
    subject: str
    started_at: datetime
    ended_at: datetime
    outcome: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Project:
    """A place for issues or tasks; `company` is None when all customers share it."""

    key: str
    name: str
    code: str
    company: str | None
    kind: str
    owner: str
