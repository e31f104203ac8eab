"""What the sandbox's HubSpot account holds at the start: the shared world in HubSpot's shapes.

Pure: takes a world, gives records. Property values are text, as HubSpot's all are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

VENDOR = "hubspot"
Row = dict[str, Any]

STAGES = ("appointmentscheduled", "qualifiedtobuy", "presentationscheduled", "contractsent")
WON, LOST = "closedwon", "closedlost"
LIFECYCLES = {"prospect": "lead", "trial": "opportunity", "onboarding": "customer"}
DEAL_TYPES = {"new_business": "newbusiness", "expansion": "existingbusiness", "renewal": "renewal"}
TICKET_STAGES = {"new": "1", "pending": "2", "open": "3", "on_hold": "7001", "solved": "4"}
PRIORITIES = {"low": "LOW", "normal": "MEDIUM", "high": "HIGH", "urgent": "URGENT"}
CATEGORIES = {"question": "GENERAL_INQUIRY", "feature_request": "FEATURE_REQUEST"}
CHANNELS = {"email": "EMAIL", "phone": "PHONE", "chat": "CHAT", "portal": "FORM"}
OLD = {"createdAt": "2024-01-02T09:00:00.000Z", "updatedAt": "2024-01-02T09:00:00.000Z"}
ROLES = {
    "champion": "CHAMPION",
    "decision_maker": "DECISION_MAKER",
    "economic_buyer": "BUDGET_HOLDER",
    "end_user": "END_USER",
}


def deal_stage(deal: Any) -> str:
    """The stage id of a deal of the world."""
    return {"won": WON, "lost": LOST}.get(deal.status, STAGES[min(deal.stage, 3)])


def flags(stage: str) -> Mapping[str, str]:
    """The properties that HubSpot calculates from a deal's stage."""
    open_at = STAGES.index(stage) * 0.2 + 0.2 if stage in STAGES else 0.0
    return {
        "hs_is_closed": "true" if stage in (WON, LOST) else "false",
        "hs_is_closed_won": "true" if stage == WON else "false",
        "hs_deal_stage_probability": "1.0" if stage == WON else f"{open_at:.1f}",
    }


def companies(world: Any) -> Iterator[tuple[Row, datetime | None]]:
    """Company records, each with the moment of its deletion or None."""
    for company, presence in world.companies_of(VENDOR):
        properties = {
            "name": presence.name,
            "domain": presence.domain,
            "website": presence.website,
            "customer_no": presence.customer_no,
            "salesforceaccountid": presence.xref.get("salesforce"),
            "industry": company.industry,
            "numberofemployees": _text(company.employees),
            "annualrevenue": _amount(company.annual_revenue_minor, "EUR"),
            "lifecyclestage": LIFECYCLES.get(company.lifecycle, "customer"),
            "city": company.city,
            "country": company.country,
            "phone": company.phone,
            "tier": company.tier,
            "renewal_date": company.renewal_on and company.renewal_on.isoformat(),
            "hubspot_owner_id": world.id(VENDOR, "user", company.csm),
            "hs_parent_company_id": _parent(world, company),
        }
        if company.lifecycle == "churned":
            properties["lifecyclestage"] = "other"
        row = record(presence.id, properties, company.created_at, company.updated_at)
        gone = presence.deleted or presence.merged_into
        yield row, company.updated_at if gone else None


def contacts(world: Any) -> Iterator[tuple[Row, str | None]]:
    """Contact records, each with the id of its company or None."""
    for person, presence, native_id in world.people_of(VENDOR):
        others = ";".join(person.other_emails)
        properties = {
            "email": person.email,
            "hs_additional_emails": others or None,
            "firstname": person.first_name,
            "lastname": person.last_name,
            "phone": person.phone,
            "jobtitle": person.title,
            "hs_buying_role": ROLES.get(person.role or ""),
            "hs_language": person.locale,
            "lifecyclestage": "customer" if presence else "lead",
            "associatedcompanyid": _living(presence),
        }
        moments = (person.created_at, person.updated_at)
        row = record(native_id, properties, *moments, stamp="lastmodifieddate")
        yield row, _living(presence)


def deals(world: Any) -> Iterator[tuple[Row, str | None, list[str], datetime | None]]:
    """Deal records, each with its company's id, its contacts' ids and when it was deleted."""
    living = _companies_by_key(world)
    for deal in world.deals_of(VENDOR):
        stage = deal_stage(deal)
        ends = deal.closed_at.date() if deal.closed_at else deal.close_on
        properties = {
            "dealname": deal.name,
            "amount": _amount(deal.amount_minor, deal.currency),
            "deal_currency_code": deal.currency,
            "pipeline": "default",
            "dealstage": stage,
            "dealtype": DEAL_TYPES[deal.kind],
            "closedate": f"{ends.isoformat()}T12:00:00Z",
            "hs_next_step": deal.next_step,
            "hubspot_owner_id": world.id(VENDOR, "user", deal.owner),
            **flags(stage),
        }
        native_id = world.id(VENDOR, "deal", deal.key)
        people = [world.id(VENDOR, "person", key) for key in deal.people]
        row = record(native_id, properties, deal.created_at, deal.updated_at)
        yield row, living.get(deal.company), people, deal.updated_at if deal.deleted else None


def tickets(world: Any) -> Iterator[tuple[Row, str | None, str, datetime | None]]:
    """Ticket records, each with its company's id, its requester's id and when it was deleted."""
    living = _companies_by_key(world)
    for ticket in world.tickets_of(VENDOR):
        properties = {
            "subject": ticket.subject,
            "content": ticket.text,
            "hs_pipeline": "0",
            "hs_pipeline_stage": TICKET_STAGES.get(ticket.status, "4"),
            "hs_ticket_priority": PRIORITIES[ticket.priority],
            "hs_ticket_category": CATEGORIES.get(ticket.type, "PRODUCT_ISSUE"),
            "source_type": CHANNELS.get(ticket.channel),
            "closed_date": iso(ticket.solved_at) if ticket.solved_at else None,
            "first_agent_reply_date": iso(ticket.first_reply_at) if ticket.first_reply_at else None,
            "last_reply_date": iso(ticket.last_customer_at),
            "hubspot_owner_id": ticket.assignee and world.id(VENDOR, "user", ticket.assignee),
        }
        native_id = world.id(VENDOR, "ticket", ticket.key)
        row = record(native_id, properties, ticket.opened_at, ticket.updated_at)
        requester = world.id(VENDOR, "person", ticket.requester)
        gone = ticket.updated_at if ticket.deleted or ticket.merged_into else None
        yield row, living.get(ticket.company or ""), requester, gone


def owners(world: Any) -> Iterator[Row]:
    """The tenant's people; who left is archived and has no user any more."""
    for user in world.users_of(VENDOR):
        first, _, last = user.full_name.partition(" ")
        native_id = world.id(VENDOR, "user", user.key)
        yield {
            "id": native_id,
            "email": user.email,
            "type": "PERSON",
            "firstName": first,
            "lastName": last,
            "userId": int(native_id) + 1 if user.active else None,
            "teams": [],
            **OLD,
            "archived": not user.active,
        }


def record(
    native_id: str,
    properties: Mapping[str, str | None],
    created: datetime,
    updated: datetime,
    stamp: str = "hs_lastmodifieddate",
) -> Row:
    """One CRM record as it is stored; `stamp` is the property that says when it was modified."""
    own = {"createdate": iso(created), stamp: iso(updated), "hs_object_id": native_id}
    return {
        "id": native_id,
        "properties": {**properties, **own},
        "createdAt": iso(created),
        "updatedAt": iso(updated),
    }


def stamp_of(kind: str) -> str:
    """The property that says when a record was modified; contacts have another one."""
    return "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"


def iso(at: datetime) -> str:
    """HubSpot's times have milliseconds and end in Z."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def pipelines(kind: str) -> list[Row]:
    """The account's pipelines: one for deals, one for tickets with a stage of its own."""
    if kind == "deals":
        named = [(s, s.title(), flags(s)) for s in (*STAGES, WON, LOST)]
        stages = [
            (one, label, {"isClosed": f["hs_is_closed"], "probability": _probability(f)})
            for one, label, f in named
        ]
        return [_pipeline("default", "Sales Pipeline", stages)]
    stages = [
        ("1", "New", {"isClosed": "false", "ticketState": "OPEN"}),
        ("2", "Waiting on contact", {"isClosed": "false", "ticketState": "OPEN"}),
        ("3", "Waiting on us", {"isClosed": "false", "ticketState": "OPEN"}),
        ("7001", "Warten auf Entwicklung", {"isClosed": "false", "ticketState": "OPEN"}),
        ("4", "Closed", {"isClosed": "true", "ticketState": "CLOSED"}),
    ]
    return [_pipeline("0", "Support Pipeline", stages)] if kind == "tickets" else []


SCHEMAS = [
    {
        "name": "machines",
        "objectTypeId": "2-3453932",
        "labels": {"singular": "Machine", "plural": "Machines"},
    }
]
"""A kind of records of the account's own."""


TYPED: dict[str, Row] = {
    "renewal_date": {"type": "date", "fieldType": "date"},
    "tier": {
        "type": "enumeration",
        "fieldType": "select",
        "options": [
            {"value": word, "label": word.title(), "hidden": False}
            for word in ("gold", "silver", "bronze")
        ],
    },
}
"""Properties of the account's own that are more than text."""


def definitions(names: Iterable[str], own: Iterable[str]) -> list[Row]:
    """Property definitions; `own` are the tenant's."""
    return [
        {
            "name": name,
            "label": name.replace("_", " ").title(),
            "type": "string",
            "fieldType": "text",
            "description": "",
            "groupName": "information",
            "options": [],
            **TYPED.get(name, {}),
            "hubspotDefined": name not in set(own),
            "archived": False,
        }
        for name in names
    ]


def _pipeline(native_id: str, label: str, stages: Iterable[tuple[str, str, Row]]) -> Row:
    return {
        "id": native_id,
        "label": label,
        "displayOrder": 0,
        "archived": False,
        **OLD,
        "stages": [
            {"id": i, "label": text, "displayOrder": n, "archived": False, "metadata": facts, **OLD}
            for n, (i, text, facts) in enumerate(stages)
        ],
    }


def _probability(found: Mapping[str, str]) -> str:
    return found["hs_deal_stage_probability"]


def _companies_by_key(world: Any) -> dict[str, str]:
    pairs = list(world.companies_of(VENDOR))
    return {company.key: str(p.id) for company, p in reversed(pairs) if _living(p)}


def _parent(world: Any, company: Any) -> str | None:
    parent = company.parent and world.company(company.parent).presence(VENDOR)
    return _living(parent)


def _living(presence: Any) -> str | None:
    dead = not presence or presence.deleted or presence.merged_into
    return None if dead else str(presence.id)


def _amount(minor: int | None, currency: str) -> str | None:
    if minor is None:
        return None
    return str(minor) if currency == "JPY" else f"{minor / 100:.2f}"


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)
