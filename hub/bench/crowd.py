"""A seeded crowd of firms whose truth is known, and the mess in which three systems know them.

Each firm has at most one kind of mess; their shares are exact for any size and seed. Names,
countries and people's names are the sandbox world's.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from hub.sandbox import companies, words

SHARES = {
    "renamed": 0.15,
    "no domain": 0.12,
    "subdomain": 0.10,
    "shared domain": 0.08,
    "free mail": 0.05,
    "merged": 0.05,
    "namesake": 0.04,
}
"""What is wrong with how many firms; the rest is known well."""
CLEAN = "nothing wrong"
SYSTEMS = {"salesforce": 0.85, "hubspot": 0.78, "freshdesk": 0.82}
"""How many firms a system knows; each firm is known to one at least."""
HOSTS = ("", "www.", "support.", "eu.shop.", "info.")
NUMBERED = 0.95
"""How many records carry the tenant's own customer number, unless said otherwise."""
REFERRED = 0.25
"""How many HubSpot companies hold the id of their Salesforce account."""
PEOPLE, TICKETS = 3, 3
KNOWN_PEOPLE = 0.8
TOLD_COMPANY = 0.7
"""How many tickets and desk contacts say which company they are of."""


@dataclass(frozen=True, slots=True)
class Card:
    """How one system knows one firm. refers: it holds the id that Salesforce has for it. former:
    there is an older record that the vendor merged into it."""

    name: str
    host: str | None
    number: str | None
    refers: bool = False
    former: bool = False


@dataclass(frozen=True, slots=True)
class Human:
    """One person of a firm, and the systems that know them."""

    name: str
    email: str
    systems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Firm:
    """One real customer. tickets: the people who wrote to the desk, with whether the ticket says
    of which company it is."""

    n: int
    mess: str
    name: str
    country: str
    cards: dict[str, Card] = field(default_factory=dict)
    people: tuple[Human, ...] = ()
    tickets: tuple[tuple[int, bool], ...] = ()


class Crowd:
    """`numbered`: the share of records that carry the tenant's own customer number; `miskeyed`:
    the share of those numbers that are another firm's."""

    def __init__(
        self, seed: int, size: int, numbered: float = NUMBERED, miskeyed: float = 0.0
    ) -> None:
        self.seed, self.size = seed, size
        self.numbered, self.miskeyed = numbered, miskeyed
        self.firms = [self._firm(n, mess) for n, mess in enumerate(self._deal())]

    def _deal(self) -> list[str]:
        """Which mess each firm has. Those that share a domain stand in pairs."""
        counts = {mess: round(share * self.size) for mess, share in SHARES.items()}
        pairs = counts.pop("shared domain") // 2
        dealt = [mess for mess, count in counts.items() for _ in range(count)]
        dealt += [CLEAN] * (self.size - len(dealt) - 2 * pairs)
        random.Random(f"{self.seed}/mess").shuffle(dealt)
        return ["shared domain"] * (2 * pairs) + dealt

    def _firm(self, n: int, mess: str) -> Firm:
        rng = random.Random(f"{self.seed}/firm/{n}")
        twin = n - 1 if mess == "namesake" and n else n
        place = random.Random(f"{self.seed}/place/{twin}").choice(words.PLACES)
        name = companies.name_of(twin)
        known = [s for s, share in SYSTEMS.items() if rng.random() < share]
        known = known or [rng.choice([*SYSTEMS])]
        bare = set(known) if rng.random() < 0.5 else {rng.choice(known)}
        cards = {s: self._card(rng, n, mess, name, place[0], s, s in bare) for s in known}
        people = tuple(self._people(rng, n, mess, known))
        tickets = tuple(
            (rng.randrange(PEOPLE), rng.random() < TOLD_COMPANY) for _ in range(TICKETS)
        )
        return Firm(n, mess, name, place[0], cards, people, tickets)

    def _card(
        self,
        rng: random.Random,
        n: int,
        mess: str,
        name: str,
        country: str,
        system: str,
        is_bare: bool,
    ) -> Card:
        host: str | None = self.domain(n, mess)
        if mess == "renamed" and system != "salesforce":
            name = f"{rng.choice(words.STEMS)} {rng.choice(('Group', 'Labs', 'Services'))} {n}"
        if mess == "no domain" and is_bare:
            host = None
        if mess == "subdomain":
            host = rng.choice(HOSTS) + str(host)
        if mess == "free mail":
            host = "gmail.com" if system == "hubspot" else None
        legal = f" {words.LEGAL[country]}" if system == "salesforce" else ""
        whose = rng.randrange(self.size) if rng.random() < self.miskeyed else n
        number = f"C-{whose:05d}" if rng.random() < self.numbered else None
        refers = system == "hubspot" and rng.random() < REFERRED
        return Card(name + legal, host, number, refers, mess == "merged" and system == "salesforce")

    def domain(self, n: int, mess: str) -> str:
        """The domain that the firm really has, or shares with the other of its pair."""
        owner = n - n % 2 if mess == "shared domain" else n
        name = companies.slug(companies.name_of(owner)) or "yamada"
        return f"{name}-{owner}.{('com', 'io', 'de', 'co.uk', 'net')[owner % 5]}"

    def _people(self, rng: random.Random, n: int, mess: str, known: list[str]) -> Iterator[Human]:
        for j in range(PEOPLE):
            first, last = rng.choice(words.FIRST), rng.choice(words.LAST)
            local = f"{companies.slug(first)}.{companies.slug(last)}{n}x{j}"
            at = "gmail.com" if mess == "free mail" else self.domain(n, mess)
            systems = [s for s in known if rng.random() < KNOWN_PEOPLE]
            desk = ["freshdesk"] if "freshdesk" not in systems else []
            yield Human(f"{first} {last}", f"{local}@{at}", (*systems, *desk))
