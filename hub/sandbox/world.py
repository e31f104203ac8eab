"""The seeded world: who the customers really are, and which vendor knows what of them.

Everything is computed from the seed and the moment when asked for, so that ten thousand companies
cost nothing until somebody looks. No vendor's record shapes live here.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

from hub.sandbox import companies, histories, ids, words
from hub.sandbox.truth import (
    Company,
    Deal,
    Issue,
    Person,
    Presence,
    Project,
    Task,
    Ticket,
    Touch,
    User,
)

DESKS = {"freshdesk": 65, "salesforce": 15, "hubspot": 10, "jira": 10}
CRMS = ("salesforce", "hubspot")
STANDS_IN = {"zendesk": "freshdesk", "sugarcrm": "salesforce"}
SHARED_PROJECTS = (
    Project("pr0", "Platform", "PLT", None, "software", "u8"),
    Project("pr1", "Mobile", "MOB", None, "software", "u9"),
    Project("pr3", "Support desk", "SUP", None, "service_desk", "u4"),
    Project("pr4", "Customer requests", "CREQ", None, "onboarding", "u0"),
)


@dataclass(frozen=True)
class World:
    """A world of `accounts` companies as it stands at `now` (aware UTC)."""

    seed_value: int
    accounts: int
    now: datetime
    _companies: dict[int, Company] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def seed(cls, seed: int = 7, accounts: int = 60, now: datetime | None = None) -> World:
        """Make a world; raises ValueError for a naive `now` or fewer than one account."""
        now = now or datetime.now(UTC)
        if now.tzinfo is None or accounts < 1:
            raise ValueError("a world needs an aware moment and at least one account")
        return cls(seed, accounts, now.astimezone(UTC).replace(second=0, microsecond=0))

    @cached_property
    def users(self) -> tuple[User, ...]:
        """The tenant's own people; the last has left."""
        return tuple(
            User(f"u{j}", name, _work_email(name), kind, zone, name != "Former Colleague")
            for j, (name, kind, zone) in enumerate(words.USERS)
        )

    def company(self, key: str) -> Company:
        """One company by its key; raises KeyError when the world has none."""
        i = int(key[1:6])
        if key[0] != "c" or i >= self.accounts:
            raise KeyError(key)
        if i not in self._companies:
            self._companies[i] = companies.make_company(self.seed_value, i, self.now)
        return self._companies[i]

    def companies(self) -> Iterator[Company]:
        """Every company in order."""
        for i in range(self.accounts):
            yield self.company(companies.company_key(i))

    def person(self, key: str) -> Person:
        """One person by key; raises KeyError."""
        pool = self._stranger(int(key[1:6])) if key[0] == "x" else self.company(key).people
        return {p.key: p for p in pool}[key]

    def user(self, key: str) -> User:
        """One of the tenant's people; raises KeyError."""
        return {u.key: u for u in self.users}[key]

    def id(self, vendor: str, kind: str, key: str) -> str:
        """The native id of a thing in a vendor; for companies ask the presence."""
        if kind == "project" and key.startswith("pr"):
            return ids.native_id(vendor, kind, 1_500_000 * 64 + int(key[2:]))
        return ids.native_id(vendor, kind, ids.number(key))

    def who(self, vendor: str, native_id: str) -> str | None:
        """Which company a vendor's company record really is; None for none of ours."""
        return self._truth(vendor).get(native_id)

    def companies_of(self, vendor: str) -> Iterator[tuple[Company, Presence]]:
        """Each record of a company that a vendor holds, dead ones included."""
        for i, company in enumerate(self.companies()):
            found = [p for p in company.presences if p.vendor == vendor]
            if vendor not in companies.KNOWN:
                other = companies.other_presence(self.seed_value, company, i, vendor)
                found = [other] if other else []
            for presence in found:
                yield company, presence

    def people_of(self, vendor: str) -> Iterator[tuple[Person, Presence | None, str]]:
        """Each person a vendor knows, with the company's record there and the person's id."""
        for company, presence in self._main_presences(vendor):
            for person in self._known_people(company, vendor):
                yield person, presence, self.id(vendor, "person", person.key)
        if self._role(vendor) in ("freshdesk", "hubspot"):
            for n in range(self._strangers):
                (person,) = self._stranger(n)
                yield person, None, self.id(vendor, "person", person.key)

    def users_of(self, vendor: str) -> Iterator[User]:
        """The tenant's people who have a seat in a vendor: all of them."""
        yield from self.users

    def deals_of(self, vendor: str) -> Iterator[Deal]:
        """Deals live in the CRM that sells to the company."""
        for company, _ in self._main_presences(vendor):
            if self._crm(company, vendor) == vendor:
                known = {p.key for p in self._known_people(company, vendor)}
                for deal in histories.deals(self._rng(company, "deals"), company, self.now):
                    yield replace(deal, people=tuple(p for p in deal.people if p in known))

    def tickets_of(self, vendor: str) -> Iterator[Ticket]:
        """Tickets live in the company's one desk; strangers write to Freshdesk."""
        for company, _ in self._main_presences(vendor):
            if self._desk(company, vendor) == vendor:
                people = self._known_people(company, vendor)
                rng = self._rng(company, "tickets")
                yield from histories.tickets(rng, company, people, self.now)
        if self._role(vendor) == "freshdesk":
            yield from self._letters_of_strangers()

    def issues_of(self, vendor: str) -> Iterator[Issue]:
        """Engineering issues: Jira only."""
        if vendor == "jira":
            for company, _ in self._main_presences(vendor):
                yield from histories.issues(self._rng(company, "issues"), company, self.now)

    def tasks_of(self, vendor: str) -> Iterator[Task]:
        """Project tasks: Asana only."""
        if vendor == "asana":
            for company, _ in self._main_presences(vendor):
                yield from histories.tasks(self._rng(company, "tasks"), company, self.now)

    def touches_of(self, vendor: str) -> Iterator[Touch]:
        """Calls, meetings and mails are kept in the CRM that sells to the company."""
        for company, _ in self._main_presences(vendor):
            if self._crm(company, vendor) == vendor:
                people = self._known_people(company, vendor)
                rng = self._rng(company, "touches")
                yield from histories.touches(rng, company, people, self.now)

    def projects_of(self, vendor: str) -> Iterator[Project]:
        """Jira's shared projects; Asana's shared one and an onboarding project per customer."""
        kinds = {"jira": ("software", "service_desk"), "asana": ("onboarding",)}.get(vendor, ())
        yield from (p for p in SHARED_PROJECTS if p.kind in kinds)
        if vendor == "asana":
            for company, presence in self._main_presences(vendor):
                code = f"ON{company.key[1:]}"
                name = f"Onboarding {presence.name}"
                yield Project(
                    f"{company.key}.r0", name, code, company.key, "onboarding", company.csm
                )

    def _main_presences(self, vendor: str) -> Iterator[tuple[Company, Presence]]:
        last = None
        for company, presence in self.companies_of(vendor):
            if company.key != last:
                yield company, company.presence(vendor) or presence
            last = company.key

    def _known_people(self, company: Company, vendor: str) -> list[Person]:
        absent = {"salesforce": 4, "hubspot": 3}.get(vendor)
        people = company.people[:1] if vendor == "asana" else company.people
        return [p for j, p in enumerate(people) if j % 5 != absent]

    def _desk(self, company: Company, vendor: str) -> str:
        live = [v for v in DESKS if self._is_live(company, v)]
        if STANDS_IN.get(vendor) == "freshdesk" or not live:
            return vendor
        return self._rng(company, "desk").choices(live, [DESKS[v] for v in live])[0]

    def _crm(self, company: Company, vendor: str) -> str | None:
        if STANDS_IN.get(vendor) == "salesforce":
            return vendor
        live = [v for v in CRMS if self._is_live(company, v)]
        return self._rng(company, "crm").choice(live) if live else None

    @staticmethod
    def _is_live(company: Company, vendor: str) -> bool:
        presence = company.presence(vendor)
        return presence is not None and not presence.deleted and not presence.merged_into

    @staticmethod
    def _role(vendor: str) -> str:
        return STANDS_IN.get(vendor, vendor)

    def _rng(self, company: Company, topic: str) -> random.Random:
        return random.Random(f"{self.seed_value}/{topic}/{company.key}")

    def _truth(self, vendor: str) -> Mapping[str, str]:
        if vendor not in self._known_ids:
            self._known_ids[vendor] = {p.id: c.key for c, p in self.companies_of(vendor)}
        return self._known_ids[vendor]

    @cached_property
    def _known_ids(self) -> dict[str, dict[str, str]]:
        return {}

    @property
    def _strangers(self) -> int:
        return max(2, self.accounts // 10)

    def _stranger(self, n: int) -> tuple[Person]:
        rng = random.Random(f"{self.seed_value}/stranger/{n}")
        first, last = rng.choice(words.FIRST), rng.choice(words.LAST)
        since = self.now - timedelta(days=rng.randint(20, 300))
        host = ("gmail.com", "unknown-sender.biz")[n % 2]
        person = Person(
            f"x{n:05d}.p0", None, first, last, f"{first} {last}",
            f"{companies.slug(first)}.{n}@{host}", (), None, None, None, None, None, None,
            False, False, since, since,
        )  # fmt: skip
        return (person,)

    def _letters_of_strangers(self) -> Iterator[Ticket]:
        for n in range(self._strangers):
            rng = random.Random(f"{self.seed_value}/letters/{n}")
            people = self._stranger(n)
            temper = histories.TEMPERS["good"]
            key = f"x{n:05d}.t0"
            letter = histories.ticket(
                rng, key, None, people, people[0].created_at, self.now, temper
            )
            yield replace(letter, spam=n % 2 == 1)


def _work_email(name: str) -> str:
    return f"{companies.slug(name).replace('-', '.')}@{words.HOME_DOMAIN}"
