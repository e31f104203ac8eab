"""The crowd as three vendors send it: bodies shaped as their APIs answer, for their mappings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hub.bench.crowd import TICKETS, Card, Crowd, Firm, Human

Body = dict[str, Any]
SETTINGS = {
    "salesforce": {"instance_url": "https://crowd.example"},
    "hubspot": {"customer_number_property": "customer_number"},
    "freshdesk": {"customer_number_field": "customer_number"},
}


class Sent(NamedTuple):
    """One record: which system and object, its body, and whose it really is.

    truth: the firm's number for companies and tickets, "<firm>.<person>" for people.
    """

    system: str
    object: str
    body: Body
    truth: str


def sent(crowd: Crowd, now: datetime) -> Iterator[Sent]:
    """Everything that the three systems hold, firm by firm."""
    for firm in crowd.firms:
        at = now - timedelta(days=1, minutes=firm.n)
        for system, card in firm.cards.items():
            for object, body in COMPANY[system](firm, card, at):
                yield Sent(system, object, body, str(firm.n))
        for j, human in enumerate(firm.people):
            for system in human.systems:
                body = PERSON[system](firm, j, human, at)
                yield Sent(system, OBJECTS[system][1], body, f"{firm.n}.{j}")
        for t, (j, told) in enumerate(firm.tickets):
            body = _ticket(firm, t, j, firm.people[j], told, at)
            yield Sent("freshdesk", "ticket", body, str(firm.n))


OBJECTS = {
    "salesforce": ("Account", "Contact"),
    "hubspot": ("company", "contact"),
    "freshdesk": ("company", "contact"),
}


def _sf(prefix: str, number: int) -> str:
    return f"{prefix}{number:012d}AAA"


def _salesforce_company(firm: Firm, card: Card, at: datetime) -> Iterator[tuple[str, Body]]:
    body = {
        "Id": _sf("001", firm.n * 2),
        "Name": card.name,
        "Website": f"https://{card.host}/" if card.host else None,
        "AccountNumber": card.number,
        "BillingCountryCode": firm.country,
        "SystemModstamp": at.isoformat(),
        "CreatedDate": at.isoformat(),
        "IsDeleted": False,
        "MasterRecordId": None,
    }
    yield "Account", body
    if card.former:
        gone = {"Id": _sf("001", firm.n * 2 + 1), "Name": f"{firm.name} (old)", "IsDeleted": True}
        yield "Account", {**body, **gone, "AccountNumber": None, "MasterRecordId": body["Id"]}


def _hubspot_company(firm: Firm, card: Card, at: datetime) -> Iterator[tuple[str, Body]]:
    theirs = _sf("001", firm.n * 2) if "salesforce" in firm.cards else None
    properties = {
        "name": card.name,
        "domain": card.host,
        "country": firm.country,
        "customer_number": card.number,
        "salesforceaccountid": theirs if card.refers else None,
        "createdate": at.isoformat(),
    }
    yield (
        "company",
        {
            "id": str(firm.n + 1),
            "updatedAt": at.isoformat(),
            "archived": False,
            "properties": properties,
        },
    )


def _freshdesk_company(firm: Firm, card: Card, at: datetime) -> Iterator[tuple[str, Body]]:
    yield (
        "company",
        {
            "id": firm.n + 1,
            "name": card.name,
            "domains": [card.host] if card.host else [],
            "custom_fields": {"customer_number": card.number},
            "created_at": at.isoformat(),
            "updated_at": at.isoformat(),
        },
    )


def _salesforce_person(firm: Firm, j: int, human: Human, at: datetime) -> Body:
    return {
        "Id": _sf("003", firm.n * 10 + j),
        "Name": human.name,
        "Email": human.email,
        "AccountId": _sf("001", firm.n * 2),
        "SystemModstamp": at.isoformat(),
        "IsDeleted": False,
    }


def _hubspot_person(firm: Firm, j: int, human: Human, at: datetime) -> Body:
    first, _, last = human.name.partition(" ")
    return {
        "id": str(firm.n * 10 + j + 1),
        "updatedAt": at.isoformat(),
        "archived": False,
        "properties": {"firstname": first, "lastname": last, "email": human.email.title()},
        "associations": {"companies": [{"id": str(firm.n + 1)}]},
    }


def _freshdesk_person(firm: Firm, j: int, human: Human, at: datetime) -> Body:
    """A desk makes a contact of everybody who writes, and often knows no company."""
    told = "freshdesk" in firm.cards and (firm.n + j) % 10 < 7
    return {
        "id": firm.n * 10 + j + 1,
        "name": human.name,
        "email": human.email,
        "company_id": firm.n + 1 if told else None,
        "created_at": at.isoformat(),
        "updated_at": at.isoformat(),
    }


def _ticket(firm: Firm, t: int, j: int, human: Human, told: bool, at: datetime) -> Body:
    knows = told and "freshdesk" in firm.cards
    return {
        "id": firm.n * TICKETS + t + 1,
        "subject": f"Question {t}",
        "status": 5,
        "priority": 1,
        "type": "Question",
        "source": 1,
        "company_id": firm.n + 1 if knows else None,
        "requester_id": firm.n * 10 + j + 1,
        "requester": {"id": firm.n * 10 + j + 1, "email": human.email},
        "created_at": at.isoformat(),
        "updated_at": at.isoformat(),
    }


COMPANY = {
    "salesforce": _salesforce_company,
    "hubspot": _hubspot_company,
    "freshdesk": _freshdesk_company,
}
PERSON = {
    "salesforce": _salesforce_person,
    "hubspot": _hubspot_person,
    "freshdesk": _freshdesk_person,
}
