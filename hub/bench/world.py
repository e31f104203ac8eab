"""The vendor's records for measuring: about 2.2 KB and 55 leaves each, made from their number.

A world of `accounts` companies has 5 people to each, and tickets for the rest. Its name is four
letters and digits, so that a copy of stored data under another name has the same length.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PEOPLE = 5
START = datetime(2026, 1, 1, tzinfo=UTC)
STREAMS = ("companies", "people", "tickets")
DAYS = 90
"""Tickets were opened over so many days before `World.until`."""


@dataclass(frozen=True, slots=True)
class World:
    """How many of each there are, and until when tickets were opened."""

    name: str
    accounts: int
    tickets: int
    until: datetime

    @property
    def records(self) -> int:
        return self.accounts * (1 + PEOPLE) + self.tickets

    def count(self, stream: str) -> int:
        return {
            "companies": self.accounts,
            "people": self.accounts * PEOPLE,
            "tickets": self.tickets,
        }[stream]

    def page(self, stream: str, first: int, size: int) -> Iterator[str]:
        """Records number `first` on, as JSON text."""
        made = {"companies": self.company, "people": self.person, "tickets": self.ticket}[stream]
        for number in range(first, min(first + size, self.count(stream))):
            yield made(number)

    def company(self, number: int) -> str:
        return _COMPANY % {"w": self.name, "n": number}

    def person(self, number: int) -> str:
        return _PERSON % {"w": self.name, "n": number, "c": number % self.accounts}

    def ticket(self, number: int, updated: datetime | None = None) -> str:
        """An open ticket; every third is solved. `updated` moves its version on."""
        opened = self.until - timedelta(seconds=(number * 7919) % (DAYS * 86400))
        company = number % self.accounts
        return _TICKET % {
            "w": self.name,
            "n": number,
            "c": company,
            "p": company + self.accounts * (number % PEOPLE),
            "opened": opened.isoformat(timespec="milliseconds"),
            "updated": (updated or opened).isoformat(timespec="milliseconds"),
            "status": "solved" if number % 3 == 0 else "open",
        }


def _filler(leaves: int, width: int) -> str:
    """What every vendor sends besides, and no mapping reads."""
    return json.dumps(
        {f"field_{i:02}": "lorem ipsum dolor sit amet"[:width] for i in range(leaves)}
    )


_COMPANY = (
    '{"id": "%(w)s-a%(n)d", "name": "Company %(n)d of %(w)s", "domains": ["%(w)sc%(n)d.com"],'
    ' "industry": "Machinery", "employees": 120, "country": "DE", "phone": "+49 30 123456",'
    ' "revenue": "1250000.50", "status": "active", "created_at": "2024-03-01T08:00:00Z",'
    ' "updated_at": "2026-01-05T08:00:00Z", "custom": ' + _filler(45, 26) + "}"
)
_PERSON = (
    '{"id": "%(w)s-p%(n)d", "name": "Person %(n)d", "email": "p%(n)d@%(w)sc%(c)d.com",'
    ' "company_id": "%(w)s-a%(c)d", "title": "Head of Operations", "phone": "+49 30 654321",'
    ' "created_at": "2024-04-01T08:00:00Z", "updated_at": "2026-01-06T08:00:00Z", "custom": '
    + _filler(45, 26)
    + "}"
)
_TICKET = (
    '{"id": "%(w)s-t%(n)d", "subject": "The export of order %(n)d fails", "status": "%(status)s",'
    ' "priority": "normal", "type": "incident", "company_id": "%(w)s-a%(c)d",'
    ' "requester_id": "%(w)s-p%(p)d", "opened_at": "%(opened)s", "first_reply_at": "%(opened)s",'
    ' "updated_at": "%(updated)s", "tags": ["export", "orders"], "channel": "email",'
    ' "description": "'
    + "The nightly export stops with an error. " * 12
    + '", "custom": '
    + _filler(38, 22)
    + "}"
)
