"""How the sandbox's org knows the shared world: its people and companies as Salesforce records.

Arguments are the world's own shapes (hub/sandbox/README.md); results are whole rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from plugins.salesforce.catalogue import OBJECTS, STAGES

Row = dict[str, Any]
VENDOR = "salesforce"
OPEN_STAGES = tuple(stage for stage in STAGES if not stage.startswith("Closed"))
TYPES = {"active": "Customer", "prospect": "Prospect", "churned": "Former Customer"}
STATUSES = {
    "new": "New",
    "open": "Working",
    "pending": "Waiting on Customer",
    "on_hold": "On Hold",
    "solved": "Closed",
    "closed": "Closed",
}


def stamp(moment: datetime) -> str:
    """The REST API's notation: milliseconds (always zero) and an offset without a colon."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def row(name: str, created: datetime, updated: datetime, **values: Any) -> Row:
    """A whole row: every column of the object, null where nothing is said."""
    empty: Row = dict.fromkeys(OBJECTS[name])
    if "IsDeleted" in empty:
        empty["IsDeleted"] = False
    stamps = {"CreatedDate": created, "LastModifiedDate": updated, "SystemModstamp": updated}
    return empty | {key: stamp(moment) for key, moment in stamps.items()} | values


def major(minor: int | None, currency: str) -> float | None:
    """Salesforce holds money in major units; the yen has no smaller one."""
    if minor is None:
        return None
    return float(minor) if currency == "JPY" else minor / 100


def rows(world: Any) -> Iterator[tuple[str, Row, bool]]:
    """Every record of the org: its object, the row, and whether it lies in the recycle bin."""
    for one in world.users_of(VENDOR):
        yield "User", user(world, one), False
    for company, presence in world.companies_of(VENDOR):
        into = presence.merged_into
        found = account(world, company, presence) | {"MasterRecordId": into}
        yield "Account", found, presence.deleted or into is not None
    for person, presence, id in world.people_of(VENDOR):
        yield "Contact", contact(world, person, presence, id), False
    for deal in world.deals_of(VENDOR):
        yield "Opportunity", opportunity(world, deal), deal.deleted
    for ticket in world.tickets_of(VENDOR):
        if not ticket.spam:
            yield "Case", case(world, ticket), ticket.deleted or ticket.merged_into is not None
    for touch in world.touches_of(VENDOR):
        yield *activity(world, touch), False


def user(world: Any, one: Any) -> Row:
    since = world.now - timedelta(days=1200)
    first, _, last = one.full_name.rpartition(" ")
    return row(
        "User", since, since, Id=world.id(VENDOR, "user", one.key), Username=one.email,
        Email=one.email, FirstName=first, LastName=last, Name=one.full_name, IsActive=one.active,
        UserType="Standard",
    )  # fmt: skip


def account(world: Any, company: Any, presence: Any) -> Row:
    parent = world.company(company.parent).presence(VENDOR) if company.parent else None
    money = company.currency
    churned = company.updated_at.date().isoformat() if company.lifecycle == "churned" else None
    return row(
        "Account", company.created_at, company.updated_at, Id=presence.id, Name=presence.name,
        Type=TYPES.get(company.lifecycle, "Other"), Industry=company.industry,
        AnnualRevenue=major(company.annual_revenue_minor, money), CurrencyIsoCode=money,
        NumberOfEmployees=company.employees, OwnerId=world.id(VENDOR, "user", company.csm),
        ParentId=parent.id if parent else None, Website=presence.website or presence.domain,
        Phone=company.phone, AccountNumber=presence.customer_no, BillingCity=company.city,
        BillingCountry=company.country, Tier__c=company.tier,
        Seats__c=float(company.seats) if company.seats else None,
        MRR__c=major(company.mrr_minor, money), Tax_Id__c=company.tax_id,
        Renewal_Date__c=company.renewal_on.isoformat() if company.renewal_on else None,
        Churn_Date__c=churned,
    )  # fmt: skip


def contact(world: Any, person: Any, presence: Any, id: str) -> Row:
    return row(
        "Contact", person.created_at, person.updated_at, Id=id,
        AccountId=presence.id if presence else None, FirstName=person.first_name,
        LastName=person.last_name, Name=person.full_name, Email=person.email, Phone=person.phone,
        Title=person.title, Department=person.department,
        OwnerId=world.id(VENDOR, "user", "u0"), CurrencyIsoCode="EUR",
    )  # fmt: skip


def opportunity(world: Any, deal: Any) -> Row:
    closed = {"won": "Closed Won", "lost": "Closed Lost"}.get(deal.status)
    kinds = {
        "new_business": "New Business",
        "expansion": "Existing Customer - Upgrade",
        "renewal": "Renewal",
    }
    return staged(row(
        "Opportunity", deal.created_at, deal.updated_at, Id=world.id(VENDOR, "deal", deal.key),
        AccountId=world.company(deal.company).presence(VENDOR).id, Name=deal.name,
        StageName=closed or OPEN_STAGES[min(deal.stage, len(OPEN_STAGES) - 1)],
        Amount=major(deal.amount_minor, deal.currency), CurrencyIsoCode=deal.currency,
        CloseDate=deal.close_on.isoformat(), Type=kinds[deal.kind], NextStep=deal.next_step,
        OwnerId=world.id(VENDOR, "user", deal.owner),
    ))  # fmt: skip


def staged(one: Row) -> Row:
    """A deal's stage decides its probability, its forecast and its flags."""
    probability, forecast = STAGES[one["StageName"]]
    return one | {
        "Probability": float(probability),
        "ForecastCategory": forecast,
        "ForecastCategoryName": forecast,
        "IsClosed": one["StageName"].startswith("Closed"),
        "IsWon": one["StageName"] == "Closed Won",
    }


def case(world: Any, ticket: Any) -> Row:
    home = world.company(ticket.company).presence(VENDOR) if ticket.company else None
    status, done = STATUSES[ticket.status], ticket.closed_at or ticket.solved_at
    requester = world.person(ticket.requester)
    kind = ticket.type.replace("_", " ").title()
    id = world.id(VENDOR, "ticket", ticket.key)
    into = ticket.merged_into
    return row(
        "Case", ticket.opened_at, ticket.updated_at, Id=id, CaseNumber=str(int(id[8:15], 36))[-8:],
        Subject=ticket.subject, Description=ticket.text, Status=status, Type=kind,
        Priority={"normal": "Medium"}.get(ticket.priority, ticket.priority.title()),
        Origin=ticket.channel.title(), IsClosed=status == "Closed",
        ClosedDate=stamp(done) if done and status == "Closed" else None,
        IsEscalated=ticket.escalated, AccountId=home.id if home else None,
        ContactId=world.id(VENDOR, "person", ticket.requester), ContactEmail=requester.email,
        OwnerId=world.id(VENDOR, "user", ticket.assignee) if ticket.assignee else QUEUE,
        MasterRecordId=world.id(VENDOR, "ticket", into) if into else None,
        CurrencyIsoCode="EUR", _History=_history(ticket, status),
    )  # fmt: skip


QUEUE = "00G5j000000AbCdEAK"


def _history(ticket: Any, status: str) -> list[list[Any]]:
    """[[when, old, new], ...]: closed and opened again as often as the world says."""
    path = ["New", *(["Closed", "Working"] * ticket.reopens), status]
    steps = [(a, b) for a, b in pairwise(path) if a != b]
    gap = (ticket.updated_at - ticket.opened_at) / (len(steps) + 1)
    return [
        [stamp(ticket.opened_at + gap * (n + 1)), before, after]
        for n, (before, after) in enumerate(steps)
    ]


def activity(world: Any, touch: Any) -> tuple[str, Row]:
    """A meeting is an Event, a call or an e-mail a Task; returns (object, row)."""
    whose = {
        "WhoId": world.id(VENDOR, "person", touch.person),
        "WhatId": (home := world.company(touch.company).presence(VENDOR).id),
        "AccountId": home,
        "OwnerId": world.id(VENDOR, "user", touch.user),
        "CurrencyIsoCode": "EUR",
        "IsArchived": False,
    }
    id = world.id(VENDOR, "touch", touch.key)
    if touch.kind == "meeting":
        return "Event", _event(touch, id.replace("00T", "00U", 1)) | whose
    return "Task", _task(touch, id) | whose


def _event(touch: Any, id: str) -> Row:
    prefix = {"cancelled": "Canceled: ", "no_show": "No-show: "}.get(touch.outcome, "")
    return row(
        "Event", touch.started_at, touch.updated_at, Id=id, Subject=prefix + touch.subject,
        StartDateTime=stamp(touch.started_at), ActivityDateTime=stamp(touch.started_at),
        EndDateTime=stamp(touch.ended_at), EventSubtype="Event", IsGroupEvent=False, IsChild=False,
    )  # fmt: skip


def _task(touch: Any, id: str) -> Row:
    held = touch.outcome == "held"
    seconds = int((touch.ended_at - touch.started_at).total_seconds())
    call: Row = {
        "TaskSubtype": "Call",
        "Type": "Call",
        "CallType": touch.direction.title(),
        "CallDurationInSeconds": seconds if held else 0,
        "CallDisposition": "Connected" if held else "No answer",
    }
    return row(
        "Task", touch.started_at, touch.updated_at, Id=id, Subject=touch.subject,
        Status="Completed", Priority="Normal", IsClosed=True,
        ActivityDate=touch.started_at.date().isoformat(),
        CompletedDateTime=stamp(touch.ended_at),
        **(call if touch.kind == "call" else {"TaskSubtype": "Email", "Type": "Email"}),
    )  # fmt: skip
