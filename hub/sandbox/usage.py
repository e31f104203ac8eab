"""The tenant's own product in small: what the people of the seeded world do in it.

It speaks as the tracking SDKs do, to the hub's own address and with a write key. Who does what on
which day hangs on the seed and the day alone, so that a day told twice is the same events again.
Some of it is a mess, as it is in life: one name in two manners, a number as text.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import requests

from hub.sandbox.truth import Company, Person
from hub.sandbox.world import World

Call = dict[str, Any]
HISTORY_DAYS = 60
BATCH, AT_ONCE = 500, 4
ADDRESS_FILE = "usage.json"
"""In the sandbox's folder: where to speak to and with which key; without it the product is mute."""
USERS = {"active", "trial", "onboarding"}
NAMES = (
    "Dashboard Opened",
    "Dashboard Opened",
    "Report Viewed",
    "Report Viewed",
    "Report Exported",
    "Alert Created",
    "Invite Sent",
    "Integration Connected",
)


class Habit(NamedTuple):
    """How a mood shows: who uses it at all, how often on a working day, and until when."""

    people: float
    days: float
    quiet_since: tuple[int, int]


HABITS = {
    "good": Habit(0.9, 0.65, (0, 0)),
    "fair": Habit(0.6, 0.4, (0, 6)),
    "bad": Habit(0.45, 0.3, (8, 50)),
}


def calls(world: World, today: date, days: int = HISTORY_DAYS) -> Iterator[Call]:
    """Everything that was sent in the last `days`, company by company."""
    for company in world.companies():
        users = list(_users(world, company))
        if not users:
            continue
        first = datetime.combine(today - timedelta(days=days), time(8), UTC)
        yield _call("group", f"g-{company.key}", first, "", **_group(company))
        for person in users:
            yield from _introduced(company, person, first)
            for ago in range(days - 1, -1, -1):
                yield from _day(world, company, person, today - timedelta(days=ago), ago)


def now_and_then(world: World, rng: random.Random, at: datetime) -> Call:
    """Something that somebody does just now."""
    active = [c for c in world.companies() if c.mood != "bad" and list(_users(world, c))]
    company = rng.choice(active)
    person = rng.choice(list(_users(world, company)))
    return _track(company, person, at, f"l-{rng.getrandbits(64):016x}", rng)


def group_id(company: Company) -> str:
    """The product knows a customer by the customer number, where sales has given one."""
    numbers = [p.customer_no for p in company.presences if p.customer_no]
    return numbers[0] if numbers else f"w-{company.key}"


class Product:
    """The product as a sender: first its history, a part at each tick, then life as it goes.

    It is mute until somebody leaves an address and a key in its folder.
    """

    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self._file = folder / ADDRESS_FILE
        self._left: list[list[Call]] | None = None

    def tick(self, rng: random.Random, at: datetime) -> int:
        """Send what is next; returns how many calls. What is not taken is sent at the next tick."""
        try:
            there = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return 0
        if self._left is None:
            self._left = list(_batches(calls(self._world, at.date())))
        return self._send(there, rng, at)

    def _send(self, there: Mapping[str, str], rng: random.Random, at: datetime) -> int:
        assert self._left is not None
        now = self._left[:AT_ONCE] or [[now_and_then(self._world, rng, at)]]
        count = 0
        for batch in now:
            if not _post(there["address"], there["key"], batch):
                break
            count += len(batch)
            del self._left[:1]
        return count


def _post(address: str, key: str, batch: list[Call]) -> bool:
    """Whether a batch was taken, sent as the SDKs send it."""
    body = {"batch": batch, "sentAt": datetime.now(UTC).isoformat()}
    try:
        answer = requests.post(f"{address}/v1/batch", json=body, auth=(key, ""), timeout=30)
    except requests.RequestException:
        return False
    return answer.status_code == 200


def _batches(some: Iterable[Call]) -> Iterator[list[Call]]:
    found: list[Call] = []
    for call in some:
        found.append(call)
        if len(found) == BATCH:
            yield found
            found = []
    if found:
        yield found


def _users(world: World, company: Company) -> Iterator[Person]:
    """Who of a customer uses the product at all."""
    if company.lifecycle not in USERS:
        return
    habit = HABITS[company.mood]
    for person in company.people:
        chance = _rng(world, person.key, "user").random()
        if chance < habit.people and not person.left and not person.internal:
            yield person


def _introduced(company: Company, person: Person, at: datetime) -> Iterator[Call]:
    traits = {"name": person.full_name, "email": person.email, "title": person.title}
    yield _call("identify", f"i-{person.key}", at, person.key, traits=traits)
    yield _call("group", f"j-{person.key}", at, person.key, groupId=group_id(company), traits={})


def _group(company: Company) -> dict[str, Any]:
    traits = {
        "name": company.name,
        "website": company.website,
        "plan": company.tier,
        "employees": company.employees,
    }
    return {"groupId": group_id(company), "traits": {k: v for k, v in traits.items() if v}}


def _day(world: World, company: Company, person: Person, day: date, ago: int) -> Iterator[Call]:
    habit = HABITS[company.mood]
    rng = _rng(world, person.key, day.isoformat())
    quiet = _rng(world, company.key, "quiet").randint(*habit.quiet_since)
    often = habit.days * (0.15 if day.weekday() > 4 else 1)
    if ago < quiet or rng.random() > often:
        return
    for n in range(rng.choice((1, 1, 1, 2))):
        at = datetime.combine(day, time(0), UTC) + timedelta(minutes=rng.randint(1, 8 * 60))
        yield _track(company, person, at, f"t-{person.key}-{day}-{n}", rng)


def _track(
    company: Company, person: Person, at: datetime, event_id: str, rng: random.Random
) -> Call:
    name = rng.choice(NAMES)
    rows: Any = rng.randint(1, 5000)
    if name == "Report Exported":
        odd = rng.random()
        name = "report_exported" if odd < 0.03 else name
        rows = str(rows) if odd > 0.97 else rows
    properties = {"rows": rows} if "xport" in name else {}
    context = {"groupId": group_id(company)} if rng.random() < 0.7 else {}
    return _call(
        "track", event_id, at, person.key, event=name, properties=properties, context=context
    )


def _call(kind: str, event_id: str, at: datetime, user: str, **parts: Any) -> Call:
    named = {"userId": user} if user else {}
    return {"type": kind, "messageId": event_id, "timestamp": at.isoformat(), **named, **parts}


def _rng(world: World, *what: str) -> random.Random:
    return random.Random(f"{world.seed_value}:usage:{':'.join(what)}")
