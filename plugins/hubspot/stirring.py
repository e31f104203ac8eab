"""Plausible edits in the sandbox's HubSpot account: what people do in a CRM on a day."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from plugins.hubspot import ledger
from plugins.hubspot.seeding import LOST, STAGES, WON, iso

Act = Callable[[Any, random.Random], None]


def stir(vendor: Any, rng: random.Random) -> None:
    """One edit through the vendor's tables."""
    act = rng.choices([one for one, _ in ACTS], [weight for _, weight in ACTS])[0]
    act(vendor, rng)


def _company(vendor: Any, rng: random.Random) -> None:
    table = vendor.table("companies")
    stage = rng.choice(("lead", "customer", "customer", "evangelist"))
    change = rng.choice(
        (
            {"lifecyclestage": stage},
            {"numberofemployees": str(rng.randint(5, 20_000))},
            {"annualrevenue": f"{rng.randint(10, 90_000) * 1000}.5"},
            {"phone": f"+49 30 555 0{rng.randint(100, 999)}"},
        )
    )
    table.patch(rng.choice(table.ids()), {"properties": change})


def _contact(vendor: Any, rng: random.Random) -> None:
    table = vendor.table("contacts")
    title = rng.choice(("Head of Öps", "CFO", 'IT "lead"', "Team\tLead", None))
    table.patch(rng.choice(table.ids()), {"properties": {"jobtitle": title}})


def _deal(vendor: Any, rng: random.Random) -> None:
    table = vendor.table("deals")
    if not len(table):
        return
    stage = rng.choice((*STAGES, WON, LOST))
    table.patch(rng.choice(table.ids()), {"properties": {"dealstage": stage}})


def _new_deal(vendor: Any, rng: random.Random) -> None:
    company = rng.choice(vendor.table("companies").ids())
    properties = {
        "dealname": f"Expansion {rng.randint(1, 999)} – Ω",
        "amount": f"{rng.randint(1, 900) * 100}.00",
        "deal_currency_code": "EUR",
        "pipeline": "default",
        "dealstage": STAGES[0],
        "dealtype": "existingbusiness",
        "closedate": iso(vendor.clock.now() + timedelta(days=40)),
    }
    native_id = ledger.create(vendor, "deals", properties)
    ledger.associate(vendor, "deals", native_id, "companies", company, primary=True)


def _ticket(vendor: Any, rng: random.Random) -> None:
    table = vendor.table("tickets")
    if not len(table):
        return
    stage = rng.choice("1234")
    closed = iso(vendor.clock.now()) if stage == "4" else None
    change = {"hs_pipeline_stage": stage, "closed_date": closed}
    table.patch(rng.choice(table.ids()), {"properties": change})


def _new_ticket(vendor: Any, rng: random.Random) -> None:
    contact = rng.choice(vendor.table("contacts").ids())
    properties = {
        "subject": rng.choice(("Export hängt", "Login fails", "請求書について")),
        "hs_pipeline": "0",
        "hs_pipeline_stage": "1",
        "hs_ticket_priority": rng.choice(("LOW", "MEDIUM", "HIGH", "URGENT")),
        "source_type": "EMAIL",
    }
    native_id = ledger.create(vendor, "tickets", properties)
    ledger.associate(vendor, "tickets", native_id, "contacts", contact)
    company = ledger.primary_company(vendor, contact)
    if company:
        ledger.associate(vendor, "tickets", native_id, "companies", company, primary=True)


def _move(vendor: Any, rng: random.Random) -> None:
    contact = rng.choice(vendor.table("contacts").ids())
    company = rng.choice(vendor.table("companies").ids())
    old = ledger.primary_company(vendor, contact)
    if old and old != company:
        ledger.dissociate(vendor, "contacts", contact, "companies", old)
    ledger.associate(vendor, "contacts", contact, "companies", company, primary=True)


def _come_and_go(vendor: Any, rng: random.Random) -> None:
    table = vendor.table("contacts")
    gone = [row["id"] for row in ledger.archive(vendor, "contacts")]
    if gone and rng.random() < 0.5:
        table.restore(rng.choice(gone))
    elif len(table) > 20:
        table.delete(rng.choice(table.ids()))


def _merge(vendor: Any, rng: random.Random) -> None:
    ids = vendor.table("contacts").ids()
    if len(ids) > 20:
        into, loser = rng.sample(ids, 2)
        vendor.merge("contacts", into, [loser])


ACTS: tuple[tuple[Act, int], ...] = (
    (_company, 30),
    (_contact, 25),
    (_deal, 15),
    (_new_deal, 4),
    (_ticket, 15),
    (_new_ticket, 5),
    (_move, 3),
    (_come_and_go, 3),
    (_merge, 2),
)
"""A privacy deletion is nobody's everyday edit: who wants one calls the API for it."""
