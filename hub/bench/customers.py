"""Customers in bulk: accounts with the health state of a few busy months, stored ready-made."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hub.health import facts, state
from hub.store.client import Doc
from hub.store.tenant import TenantStore

CONNECTION = "cnx_bench"
VARIANTS = 200
BATCH = 1_000
PEOPLE, TICKETS, TALKS, RATINGS, TASKS = 8, 15, 10, 8, 3
Part = facts.Contribution


def fill(store: TenantStore, count: int, today: date, seed: int = 1) -> None:
    """Store so many different accounts, each of them due to be scored."""
    rng = random.Random(seed)
    minted = datetime.combine(today, time(), UTC)
    store.accounts.insert_many(
        _account(n, state.rebuild(contributions(rng, today), today), minted) for n in range(count)
    )


def multiply(store: TenantStore, count: int) -> None:
    """Copy the accounts that are there, as they are scored, until there are so many."""
    scored = list(store.accounts.find({}))
    for first in range(len(scored), count, BATCH):
        numbers = range(first, min(first + BATCH, count))
        store.accounts.insert_many(_copy(scored[n % len(scored)], n) for n in numbers)


def _copy(account: Doc, number: int) -> Doc:
    key = f"{CONNECTION}:company:{number}"
    member = account["members"][0] | {"key": key, "native_id": str(number)}
    mine = {"_id": f"acc_{number:08d}", "anchor": key, "members": [member]}
    return {**account, **mine, "health": account["health"] | {"account": mine["_id"]}}


def contributions(rng: random.Random, today: date) -> list[Part]:
    """What the records of one customer of middling size add."""
    return [part for kind in _KINDS for part in kind(rng, today)]


def _account(number: int, built: Doc, minted: datetime) -> Doc:
    key = f"{CONNECTION}:company:{number}"
    member = {"key": key, "connection_id": CONNECTION, "source": "bench", "object": "company"}
    return {
        "_id": f"acc_{number:08d}",
        "version": 1,
        "anchor": key,
        "minted_at": minted,
        "merged_into": None,
        "members": [member | {"native_id": str(number), "name": None, "deleted": False}],
        "edges": [],
        "aliases": [],
        "profile": {},
        "flat": {"name": f"Customer {number}"},
        "external_ids": [],
        "deleted": False,
        "listed": True,
        "state": built,
        "score_due": True,
    }


def _at(today: date, ago: int) -> datetime:
    return datetime.combine(today - timedelta(days=ago), time(9), UTC)


def _use(rng: random.Random, today: date) -> Iterator[Part]:
    for _ in range(PEOPLE):
        days = [str(today - timedelta(days=n)) for n in range(60) if rng.random() < 0.6]
        yield facts.contact_usage(days)


def _tickets(rng: random.Random, today: date) -> Iterator[Part]:
    for n in range(TICKETS):
        opened, still = rng.randrange(100), rng.random() < 0.2
        values: dict[str, Any] = {
            "status": "open" if still else "solved",
            "priority": rng.choice(["low", "normal", "high"]),
            "type": rng.choice(["question", "incident"]),
            "opened_at": _at(today, opened),
            "solved_at": None if still else _at(today, opened // 2),
            "last_customer_message_at": _at(today, opened // 2),
            "reopen_count": int(rng.random() < 0.1),
        }
        yield facts.contribution("ticket", values, f"t{n}", False, [f"p{n % PEOPLE}"])


def _talks(rng: random.Random, today: date) -> Iterator[Part]:
    for n in range(TALKS):
        values = {"touch": True, "started_at": _at(today, rng.randrange(100))}
        yield facts.contribution("activity", values, f"a{n}", False, [f"p{n % PEOPLE}"])


def _ratings(rng: random.Random, today: date) -> Iterator[Part]:
    for n in range(RATINGS):
        label = rng.choice(["positive", "positive", "negative"])
        values = {"kind": "csat", "label": label, "responded_at": _at(today, rng.randrange(100))}
        yield facts.contribution("satisfaction", values, f"r{n}", False, [])


def _tasks(rng: random.Random, today: date) -> Iterator[Part]:
    for n in range(TASKS):
        due = str(today + timedelta(days=rng.randrange(-5, 20)))
        values = {"kind": "bug", "opened_at": _at(today, rng.randrange(60)), "due_on": due}
        yield facts.contribution("work_item", values | {"customer_visible": True}, f"w{n}", False)


def _billing(rng: random.Random, today: date) -> Iterator[Part]:
    money = {"minor": rng.randrange(10_000, 90_000), "currency": "EUR", "exponent": 2}
    paid = {"status": "active", "seats": 10, "mrr": money, "started_at": _at(today, 300)}
    yield facts.contribution("subscription", paid, "s1", False)
    owed = {"status": "open", "due_on": str(today + timedelta(days=rng.randrange(-3, 20)))}
    yield facts.contribution("invoice", owed, "i1", False)


_KINDS = (_use, _tickets, _talks, _ratings, _tasks, _billing)
