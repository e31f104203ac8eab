"""/api/v1/accounts: customers with health, identity, provenance and timeline."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from flask import Response
from pydantic import Field

from hub.reads import accounts, timeline
from hub.web.api.caller import caller
from hub.web.api.families import Band, Family, FamilySummary, InForce, Tree, Urgency
from hub.web.api.identities import Identity, explained
from hub.web.api.nouns import noun
from hub.web.api.shapes import (
    ById,
    Json,
    Member,
    Model,
    Money,
    Paged,
    Surviving,
    answer,
)

pages = noun("accounts", __name__, "/accounts")
Way = Literal[
    "health", "-health", "name", "-name", "mrr", "-mrr",
    "open_tickets", "-open_tickets", "last_touch", "-last_touch", "urgency", "-urgency",
]  # fmt: skip
Kind = Literal[
    "ticket", "work_item", "opportunity", "activity", "satisfaction",
    "contact", "invoice", "subscription", "event",
]  # fmt: skip


class Trend(Model):
    delta_7d: float | None
    delta_28d: float | None
    direction: str | None


class AccountSummary(Model):
    id: str
    name: str | None
    domains: list[str]
    lifecycle: str | None
    tier: str | None
    health: int | None = Field(description="0 to 100; null while too little is known")
    band: Band
    band_since: date
    coverage: float = Field(description="Share of the weight that is known")
    confidence: str
    trend: Trend
    top_negative: list[str]
    sources: list[str]
    external_ids: list[str]
    open_tickets: int
    contacts: int
    last_touch: date | None
    mrr: Money | None
    seats: int | None
    renewal_on: date | None
    scored_at: datetime | None
    trial: bool = Field(description="Scored, and left out of the portfolio's health")
    mrr_apart: list[Money] = Field(description="Amounts in several currencies without rates")
    urgency: Urgency | None
    override: InForce | None
    parent_id: str | None
    family: FamilySummary | None


class AccountPage(Model):
    items: list[AccountSummary]
    next: str | None


class Account(AccountSummary):
    asked_id: str = Field(description="The id as asked; another than `id` after a merge")
    aliases: list[str]
    deleted: bool
    version: int
    profile: dict[str, Surviving]
    members: list[Member]
    family: Family | None
    stuck: str | None = Field(description="Why it could not be scored; the score is the last one")


class Measure(Model):
    """One line of the explanation; the shown points and caps sum to the shown score."""

    key: str
    state: Literal["ok", "not_configured", "unlinked", "no_answer", "stale"]
    value: float | None
    unit: str
    text: str
    score: float
    points: float
    points_shown: float
    max_points: float
    lost: float
    delta_7d: float | None
    source: str | None
    fresh_at: datetime | None
    evidence: list[str]


class Dimension(Model):
    key: str
    weight: float
    score: float
    points: float
    measures: list[Measure]


class Unweighted(Model):
    """A measure that this scorecard gives no weight to."""

    key: str
    state: str
    value: float | None
    unit: str
    text: str
    source: str | None
    fresh_at: datetime | None
    evidence: list[str]


class Health(Model):
    account_id: str
    asked_id: str
    scorecard: str
    as_of: date
    scored_at: datetime | None
    health: float | None
    health_shown: int | None
    raw: float | None
    final: float | None
    band: Band
    band_since: date
    coverage: float
    confidence: str
    caps: list[Json]
    cap_points: float
    cap_shown: float
    dimensions: list[Dimension]
    not_configured: list[str]
    unweighted: list[Unweighted] = Field(default_factory=list)
    scorecard_key: str = Field("default", description="Which card of the revision")
    scorecard_since: date | None = None
    scorecard_before: str | None = Field(None, description="Which one ended then")
    lifecycle: dict[str, Json] = Field(
        default_factory=dict, description="The facts that chose the card"
    )
    trend: Trend
    change: Json
    top_negative: list[str]
    calibrated: bool = Field(description="Whether the tenant's own back-test bears scores out")
    words: list[str] = Field(description="The same in sentences")


class Entry(Model):
    id: str
    at: datetime
    what: str
    kind: Kind
    title: str | None
    record: str | None
    source: str | None
    connection_id: str | None
    url: str | None
    details: dict[str, Json]


class TimelinePage(Model):
    items: list[Entry]
    next: str | None


class AccountQuery(Paged):
    sort: Way | None = Field(None, description="Worst health first by default; `-` turns it")
    band: list[Band] = Field(default_factory=list, description="Any of these")
    q: str | None = Field(None, max_length=200, description="Part of the name")
    domain: str | None = Field(None, max_length=300)
    external_id: str | None = Field(None, max_length=300)
    lifecycle: str | None = Field(None, max_length=50)
    tier: str | None = Field(None, max_length=100)
    source: str | None = Field(None, max_length=50, description="Known to this connector")
    trial: bool | None = Field(None, description="Only trials, or none of them")
    parent: str | None = Field(None, max_length=100, description="Children of this account")


class TimelineQuery(Paged):
    kind: list[Kind] = Field(default_factory=list, description="Any of these")


@pages.get("", responses={200: AccountPage})
def list_accounts(query: AccountQuery) -> Response:
    """List accounts, worst health first"""
    filters = query.model_dump(exclude={"limit", "cursor", "sort"})
    found = accounts.search(caller().store, query.asked(query.sort), filters)
    return answer(AccountPage, found.shown())


@pages.get("/<id>", responses={200: Account})
def show_account(path: ById) -> Response:
    """Show an account; every value of its profile says who says so

    An id that was merged away answers with the account that lives on, and names both.
    """
    return answer(Account, accounts.one(caller().store, path.id))


@pages.get("/<id>/identity", responses={200: Identity})
def show_identity(path: ById) -> Response:
    """Explain which records are this account: links, evidence, what was not linked, history

    An id that was merged away answers with the account that lives on, and names both.
    """
    return answer(Identity, explained(caller(), "account", path.id))


@pages.get("/<id>/health", responses={200: Health})
def show_health(path: ById) -> Response:
    """Explain an account's health, point by point"""
    return answer(Health, accounts.health(caller().store, path.id))


@pages.get("/<id>/tree", responses={200: Tree})
def show_tree(path: ById) -> Response:
    """Show the accounts above and below this one, the worst first"""
    return answer(Tree, accounts.tree(caller().store, path.id))


@pages.get("/<id>/timeline", responses={200: TimelinePage})
def show_timeline(path: ById, query: TimelineQuery) -> Response:
    """List what happened with an account, latest first"""
    found = timeline.read(caller().store, path.id, query.asked(), list(query.kind))
    return answer(TimelinePage, found.shown())
