"""Sugar's records made from the sandbox world, and how it writes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from hub.sandbox import World
from mappings.money import EXPONENTS

Json = dict[str, Any]
VENDOR = "sugarcrm"
ZONE = timezone(timedelta(hours=1))
"""The API user's own, in which Sugar writes every time."""
BASE_CURRENCY = "USD"
STAGES = (
    *("Prospecting", "Qualification", "Needs Analysis", "Value Proposition"),
    *("Proposal/Price Quote", "Negotiation/Review"),
)
CASES = {
    "new": "New",
    "open": "Assigned",
    "pending": "Pending Input",
    "on_hold": "Assigned",
    "solved": "Closed",
    "closed": "Closed",
}
TYPES = {
    "active": "Customer",
    "onboarding": "Customer",
    "prospect": "Prospect",
    "trial": "Prospect",
}
PRIORITIES = {"urgent": "P1", "high": "P1", "normal": "P2", "low": "P3"}
SOURCES = {"email": "InboundEmail", "portal": "Portal"}
KINDS = {"new_business": "New Business", "expansion": "Existing Business", "renewal": ""}
OUTCOMES = {"held": "Held", "no_show": "Not Held", "cancelled": "Not Held"}
MODULES = {"call": "Calls", "meeting": "Meetings"}


def iso(when: datetime | None) -> str:
    """A time in whole seconds with the user's offset; what is not there is empty."""
    return when.astimezone(ZONE).isoformat(timespec="seconds") if when else ""


def decimal(minor: int | None, currency: str) -> str:
    """An amount as text in major units with six digits."""
    return f"{Decimal(minor or 0).scaleb(-EXPONENTS[currency]):.6f}"


def currency_id(code: str) -> str:
    return "-99" if code == BASE_CURRENCY else str(uuid5(NAMESPACE_URL, f"currency/{code}"))


def currencies() -> Json:
    """The section of that name of the metadata."""
    codes = ("USD", "EUR", "GBP", "JPY", "CHF", "SEK", "DKK", "PLN", "CAD", "AUD", "NOK", "INR")
    shown = {"status": "Active", "symbol": "", "conversion_rate": "1.000000"}
    return {currency_id(code): {"name": code, "iso4217": code, **shown} for code in codes}


def mail(address: str | None, *others: str) -> list[Json]:
    """Addresses as records hold them, with their flags."""
    rows = [a for a in (address, *others) if a]
    flags = {"invalid_email": False, "opt_out": False}
    return [
        {"email_address": a, "primary_address": place == 0, **flags} for place, a in enumerate(rows)
    ]


def common(id: str, name: str, made: datetime, changed: datetime, owner: str | None = None) -> Json:
    """What every record has."""
    return {
        "id": id,
        "name": name,
        "date_entered": iso(made),
        "date_modified": iso(changed),
        "created_by": "1",
        "modified_user_id": "1",
        "assigned_user_id": owner or "",
        "description": "",
        "deleted": False,
        "team_name": [{"id": "1", "name": "Global", "name_2": "", "primary": True}],
        "tag": [],
    }


def users(world: World) -> Iterator[Json]:
    for user in world.users_of(VENDOR):
        first, _, last = user.full_name.partition(" ")
        made = world.now - timedelta(days=900)
        yield {
            **common(world.id(VENDOR, "user", user.key), user.full_name, made, made),
            "user_name": user.key,
            "first_name": first,
            "last_name": last,
            "full_name": user.full_name,
            "email": mail(user.email),
            "status": "Active" if user.active else "Inactive",
            "employee_status": "Active" if user.active else "Terminated",
            "is_admin": False,
            "is_group": False,
        }


def accounts(world: World) -> Iterator[tuple[Json, bool]]:
    """Each account, and whether it is deleted: the losers of a merge are, without a pointer."""
    for company, presence in world.companies_of(VENDOR):
        owner = world.id(VENDOR, "user", company.csm) if company.csm else None
        made, changed = company.created_at, company.updated_at
        revenue = company.annual_revenue_minor
        record = {
            **common(presence.id, presence.name, made, changed, owner),
            "account_type": TYPES.get(company.lifecycle, "Other"),
            "industry": company.industry or "",
            "annual_revenue": decimal(revenue, company.currency) if revenue else "",
            "employees": str(company.employees or ""),
            "phone_office": company.phone or "",
            "website": presence.website or presence.domain or "",
            "rating": "",
            "service_level": {"enterprise": "T1"}.get(company.tier or "", ""),
            "next_renewal_date": str(company.renewal_on or ""),
            "billing_address_country": company.country or "",
            "parent_id": "",
            "email": [],
            "customer_no_c": presence.customer_no or "",
        }
        yield record, presence.deleted or presence.merged_into is not None


def contacts(world: World) -> Iterator[Json]:
    for person, presence, id in world.people_of(VENDOR):
        yield {
            **common(id, person.full_name, person.created_at, person.updated_at),
            "first_name": person.first_name,
            "last_name": person.last_name,
            "full_name": person.full_name,
            "title": person.title or "",
            "department": person.department or "",
            "phone_work": person.phone or "",
            "phone_mobile": "",
            "phone_home": "",
            "phone_other": "",
            "email": mail(person.email, *person.other_emails),
            "email1": person.email or "",
            "account_id": presence.id if presence else "",
            "account_name": presence.name if presence else "",
            "reports_to_id": "",
            "do_not_call": False,
            "preferred_language": person.locale or "",
        }


def homes(world: World) -> dict[str, str]:
    """The living account of each company."""
    living = [(c, p) for c, p in world.companies_of(VENDOR) if not (p.deleted or p.merged_into)]
    return {company.key: presence.id for company, presence in living}


def deals(world: World) -> Iterator[tuple[Json, bool]]:
    places = homes(world)
    for deal in world.deals_of(VENDOR):
        ended = {"won": "Closed Won", "lost": "Closed Lost"}.get(deal.status)
        owner = world.id(VENDOR, "user", deal.owner) if deal.owner else None
        id, made = world.id(VENDOR, "deal", deal.key), deal.created_at
        record = {
            **common(id, deal.name, made, deal.updated_at, owner),
            "account_id": places.get(deal.company, ""),
            "amount": decimal(deal.amount_minor, deal.currency),
            "currency_id": currency_id(deal.currency),
            "base_rate": "1.000000",
            "date_closed": str(deal.close_on or ""),
            "sales_stage": ended or STAGES[min(deal.stage, 5)],
            "sales_status": ended or ("In Progress" if deal.stage else "New"),
            "probability": round(deal.probability * 100) if deal.probability <= 1 else 100,
            "next_step": deal.next_step or "",
            "opportunity_type": KINDS[deal.kind],
            "commit_stage": "include" if deal.stage > 3 else "exclude",
            "renewal": deal.kind == "renewal",
        }
        yield record, deal.deleted


def cases(world: World) -> Iterator[tuple[Json, bool]]:
    """The tickets that live here, and two cases of each account, of which one may be open."""
    places = homes(world)
    for place, ticket in enumerate(world.tickets_of(VENDOR)):
        owner = world.id(VENDOR, "user", ticket.assignee) if ticket.assignee else None
        id = world.id(VENDOR, "ticket", ticket.key)
        done = ticket.solved_at or ticket.closed_at
        record = {
            **common(id, ticket.subject, ticket.opened_at, ticket.updated_at, owner),
            "case_number": 1000 + place,
            "status": CASES[ticket.status],
            "priority": PRIORITIES.get(ticket.priority, "P2"),
            "type": "User",
            "source": SOURCES.get(ticket.channel, ""),
            "account_id": places.get(ticket.company or "", ""),
            "primary_contact_id": world.id(VENDOR, "person", ticket.requester),
            "first_response_actual_datetime": iso(ticket.first_reply_at),
            "resolved_datetime": iso(done) if CASES[ticket.status] == "Closed" else "",
            "tag": [{"id": f"tag-{word}", "name": word} for word in ticket.tags],
        }
        yield record, ticket.deleted or ticket.merged_into is not None
    for place, (company, presence) in enumerate(world.companies_of(VENDOR)):
        if places.get(company.key) == presence.id:
            person = next(iter(company.people), None)
            contact = world.id(VENDOR, "person", person.key) if person else ""
            for back in (5, 40):
                yield _case(world, presence.id, contact, 5000 + 2 * place, back), False


def _case(world: World, account: str, contact: str, number: int, back: int) -> Json:
    made = world.now - timedelta(days=back + number % 7)
    closed, done = back > 30, made + timedelta(days=2)
    return {
        **common(f"case-{account}-{back}", f"Question {number}", made, done if closed else made),
        "case_number": number + (back > 30),
        "status": "Closed" if closed else ("New", "Assigned", "Pending Input")[number % 3],
        "priority": f"P{number % 3 + 1}",
        "type": "Product",
        "source": "Portal",
        "account_id": account,
        "primary_contact_id": contact,
        "first_response_actual_datetime": iso(made + timedelta(hours=1)),
        "resolved_datetime": iso(done) if closed else "",
        "tag": [],
    }


def touches(world: World) -> Iterator[tuple[str, Json]]:
    """Calls and meetings of accounts, with the module that each belongs to."""
    places = homes(world)
    for touch in world.touches_of(VENDOR):
        if touch.kind not in MODULES:
            continue
        owner = world.id(VENDOR, "user", touch.user) if touch.user else None
        id = world.id(VENDOR, "touch", touch.key)
        ended = touch.ended_at or touch.started_at
        record = {
            **common(id, touch.subject or "", touch.started_at, touch.updated_at, owner),
            "date_start": iso(touch.started_at),
            "date_end": iso(ended),
            "duration_hours": 0,
            "duration_minutes": int((ended - touch.started_at).total_seconds() // 60),
            "status": OUTCOMES.get(touch.outcome or "", "Planned"),
            "parent_type": "Accounts",
            "parent_id": places.get(touch.company or "", ""),
        }
        if touch.kind == "call":
            record["direction"] = "Inbound" if touch.direction == "inbound" else "Outbound"
        yield MODULES[touch.kind], record


def tasks(world: World) -> Iterator[Json]:
    """Something to be done for each deal."""
    for deal, gone in deals(world):
        if gone:
            continue
        made = datetime.fromisoformat(deal["date_entered"])
        yield {
            **common(f"task-{deal['id']}", f"Follow up: {deal['name']}", made, made),
            "status": "Completed" if deal["sales_stage"].startswith("Closed") else "In Progress",
            "date_start": "",
            "date_due": iso(made + timedelta(days=14)),
            "priority": "Medium",
            "parent_type": "Accounts",
            "parent_id": deal["account_id"],
            "contact_id": "",
        }
