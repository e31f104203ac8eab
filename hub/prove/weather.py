"""What a vendor's day is like: its edits, its troubles by the hour, and its limits. By the plan."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import requests

from hub.sandbox.parcels import Event
from hub.sandbox.quota import Window

HOUR_S, DAY_S = 3600.0, 86_400.0
FEW = 10
"""Calls that another app leaves us."""
Act = Callable[[Any, random.Random], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """One vendor's days. tables: of its sandbox, with the hub's objects they are read as.

    windows: its published limits. acts: what happens once besides the everyday edits. asks: the
    sandbox's handlers by which webhooks are asked for or renewed, where the hub does so.
    """

    vendor: str
    tables: Mapping[str, Sequence[str]]
    windows: tuple[Window, ...]
    acts: tuple[Act, ...] = ()
    asks: tuple[str, ...] = ()
    hours: float = 24.0
    least_step_h: float = 0.0

    @property
    def title(self) -> str:
        """The vendor, and how long if it is longer than a day."""
        days = round(self.hours / 24)
        return self.vendor if days == 1 else f"{self.vendor}, {days} days"


WEBHOOKS = {"duplicate": 0.2, "reorder": 0.3, "drop": 0.1, "unsent": 0.1}
"""How often a webhook comes twice, late, never, or only at another attempt."""


def trouble(vendor: Any, plan: Plan, hour: float, step_h: float) -> None:
    """Set the faults and limits of the step that begins at this hour of the first day."""

    def now(at: float, hours: float = 0.0) -> bool:
        """Whether this step is the one at an hour, or one of those that follow."""
        return at <= hour < at + max(hours, step_h)

    faults = vendor.faults
    faults.clear()
    for kind, chance in WEBHOOKS.items():
        faults.add(kind, probability=chance)
    if now(3):
        faults.add("limit", count=3, retry_after=20)
    if now(5, 1):
        faults.add("error", status=503)
    if now(8):
        faults.add("half", count=2)
        faults.add("error", count=4, status=500)
    if now(10, 1):
        faults.add("unsent")
    if now(15, 0.5):
        faults.add("error", path="token", status=503)
    if now(9, 3):
        vendor.quota.enforce(_crowded(plan.windows, vendor.moment()))
    if now(12):
        vendor.quota.enforce(_fresh(plan.windows))
    if now(14) and hasattr(vendor, "granting"):
        vendor.granting.end_access()
    if now(16) and plan.asks:
        vendor.unsubscribe(vendor.subscriptions()[0].id)


def _crowded(windows: Sequence[Window], now: datetime) -> list[Window]:
    """Another app of the tenant has used up the longest window, but for a few calls."""
    most = max(windows, key=lambda one: one.per_s)
    others = deque([now.timestamp()] * (most.calls - FEW))
    return [*_fresh(w for w in windows if w is not most), replace(most, fixed=True, times=others)]


def _fresh(windows: Iterable[Window]) -> list[Window]:
    """The same windows with all their calls left."""
    return [replace(window, times=deque()) for window in windows]


def beat(vendor: Any, hours: float, every_h: float) -> None:
    """The sign of life of the vendor's own webhooks, if it is time for one."""
    if every_h and hours % every_h == 0:
        vendor.emit([Event("heartbeat", None, key=s.id) for s in vendor.subscriptions()])


def _some(vendor: Any, table: str, rng: random.Random) -> str:
    id: str = rng.choice(vendor.table(table).ids())
    return id


def gone(table: str, quiet: bool = False) -> Act:
    """A record is deleted; `quiet`: and no webhook tells."""
    return lambda vendor, rng: vendor.table(table).delete(_some(vendor, table, rng), quiet=quiet)


def back(table: str) -> Act:
    """A record is deleted and, before anybody looks, restored."""

    def act(vendor: Any, rng: random.Random) -> None:
        id = _some(vendor, table, rng)
        vendor.table(table).delete(id)
        vendor.table(table).restore(id)

    return act


def merged(table: str, how: str = "merge") -> Act:
    """One of two records becomes a part of the other."""

    def act(vendor: Any, rng: random.Random) -> None:
        into, loser = rng.sample(vendor.table(table).ids(), 2)
        getattr(vendor, how)(table, into, [loser])

    return act


def forgotten(table: str, how: str) -> Act:
    """Somebody asks to be forgotten, or what is rare is removed by the vendor's own way."""
    return lambda vendor, rng: getattr(vendor, how)(_some(vendor, table, rng))


def erased(vendor: Any, rng: random.Random) -> None:
    """HubSpot's call for a deletion that privacy law asks for."""
    requests.post(
        f"{vendor.url}/crm/v3/objects/contacts/gdpr-delete",
        json={"objectId": _some(vendor, "contacts", rng)},
        headers={"Authorization": f"Bearer {vendor.token}"},
        timeout=10,
    ).raise_for_status()


PLANS = (
    Plan(
        "salesforce",
        {name: (name,) for name in ("Account", "Contact", "Opportunity", "Case", "Task", "Event")},
        (Window(15_000, DAY_S),),
        (merged("Contact"), merged("Account"), gone("Task", quiet=True), back("Opportunity")),
    ),
    Plan(
        "hubspot",
        {f"{word}s": (word,) for word in ("contact", "deal", "ticket")}
        | {"companies": ("company",)},
        (Window(100, 10.0), Window(250_000, DAY_S)),
        (merged("companies"), erased, back("contacts"), gone("contacts", quiet=True)),
    ),
    Plan(
        "freshdesk",
        {"companies": ("company",), "contacts": ("contact",), "tickets": ("ticket",)},
        (Window(50, 60.0),),
        (gone("contacts"), back("contacts"), gone("tickets"), back("tickets")),
    ),
    Plan(
        "jira",
        {"issues": ("issue", "request")},
        (Window(50, 1.0), Window(65_000, HOUR_S)),
        (gone("issues"), gone("issues", quiet=True)),
        ("make_hooks", "refresh_hooks"),
    ),
    Plan(
        "jira",
        {"issues": ("issue", "request")},
        (Window(50, 1.0), Window(65_000, HOUR_S)),
        asks=("make_hooks", "refresh_hooks"),
        hours=31 * 24.0,
        least_step_h=12.0,
    ),
    Plan(
        "asana",
        {"tasks": ("task",)},
        (Window(150, 60.0),),
        (gone("tasks"), back("tasks"), gone("tasks", quiet=True)),
        ("create_webhook",),
    ),
    Plan(
        "stripe",
        {f"{word}s": (word,) for word in ("customer", "subscription", "invoice")},
        (Window(25, 1.0),),
        (forgotten("customers", "remove"),),
    ),
    Plan(
        "zendesk",
        {"organizations": ("organization",), "tickets": ("ticket",), "users": ("user", "agent")},
        (Window(200, 60.0), Window(10, 60.0, path="/incremental/")),
        (
            forgotten("organizations", "remove_organization"),
            forgotten("users", "forget_user"),
            back("tickets"),
            gone("tickets", quiet=True),
        ),
        ("make_hook",),
    ),
    Plan(
        "sugarcrm",
        {
            name: (name,)
            for name in ("Accounts", "Contacts", "Opportunities", "Cases", "Calls", "Meetings")
        },
        (Window(20, 1.0),),
        (merged("Contacts", "find_duplicates"), gone("Cases", quiet=True)),
        ("make_hook",),
    ),
    Plan(
        "mixpanel",
        {"groups": ("group",)},
        (Window(60, HOUR_S, path="/export"), Window(60, HOUR_S, path="/api/query/")),
        (gone("users", quiet=True),),
    ),
)
