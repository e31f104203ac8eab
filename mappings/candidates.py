"""Accounts that may be one, for a person to look at: hints never link by themselves.

Rule 5: the addresses of an account without a domain lead to another account's domain. Rule 6: equal
name in one country (or where a side names none), unless both have domains and share none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

from mappings.claims import Claim
from mappings.components import SIZE_CAP
from mappings.evidence import Node
from mappings.offers import silence

HintKind = Literal["email_domain", "name"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A live record of an account. country: ISO 3166-1 alpha-2, where it names one."""

    account: str
    node: Node
    country: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """Two records of two accounts and what they share. For rule 5 either may be the one with the
    domain; a < b."""

    rule: int
    kind: HintKind
    value: str
    a: str
    b: str


@dataclass(slots=True)
class _Side:
    """What an account is known by, over all of its records."""

    domains: set[str] = field(default_factory=set)
    guarded: set[str] = field(default_factory=set)


def candidates(entries: Iterable[Entry], crowded: Iterable[Claim] = ()) -> list[Candidate]:
    """The best hint for each pair of accounts, ordered.

    `entries`: every live record of each account that is to be compared. crowded: claims whose
    claimants are too many to be all among them.
    """
    known = {entry.node.key: entry for entry in entries}
    sides = _sides(known.values())
    held = _held(known.values())
    best: dict[tuple[str, str], Candidate] = {}
    ignored = set(crowded)
    for found in sorted([*_by_domain(held, ignored), *_by_name(held, ignored)]):
        one, other = known[found.a].account, known[found.b].account
        pair = (min(one, other), max(one, other))
        if one != other and pair not in best and _may(sides[one], sides[other]):
            best[pair] = found
    return sorted(best.values())


def _sides(entries: Iterable[Entry]) -> Mapping[str, _Side]:
    sides: dict[str, _Side] = defaultdict(_Side)
    for entry in entries:
        side = sides[entry.account]
        side.domains.update(c.value for c in entry.node.claims if c.kind == "domain")
        if entry.node.authoritative:
            side.guarded.add(entry.node.connection)
    return sides


def _held(entries: Iterable[Entry]) -> Mapping[Claim, list[Entry]]:
    held: dict[Claim, list[Entry]] = defaultdict(list)
    for entry in entries:
        for claim in entry.node.claims:
            held[claim].append(entry)
    return held


def _may(one: _Side, other: _Side) -> bool:
    """Two customers of one authoritative connection are two; so are two with different domains."""
    if one.guarded & other.guarded:
        return False
    return not one.domains or not other.domains or bool(one.domains & other.domains)


def _by_domain(held: Mapping[Claim, list[Entry]], ignored: set[Claim]) -> Iterator[Candidate]:
    for claim, hinted in held.items():
        if claim.kind != "email_domain" or claim in ignored or len(hinted) > SIZE_CAP:
            continue
        domain = Claim("domain", claim.value)
        owners = held.get(domain, [])
        if domain in ignored or silence(domain, [owner.node for owner in owners]):
            continue
        for one in hinted:
            for owner in owners:
                yield _candidate(5, "email_domain", claim.value, one, owner)


def _by_name(held: Mapping[Claim, list[Entry]], ignored: set[Claim]) -> Iterator[Candidate]:
    for claim, named in held.items():
        if claim.kind != "name" or claim in ignored or len(named) > SIZE_CAP:
            continue
        for one, other in combinations(named, 2):
            if one.country is None or other.country is None or one.country == other.country:
                yield _candidate(6, "name", claim.value, one, other)


def _candidate(rule: int, kind: HintKind, value: str, one: Entry, other: Entry) -> Candidate:
    keys = one.node.key, other.node.key
    return Candidate(rule, kind, value, min(keys), max(keys))


def explain_candidate(found: Candidate) -> str:
    """What speaks for a pair, as a sentence."""
    if found.kind == "name":
        return f"{found.a} and {found.b} have the same name, {found.value!r}."
    return f"The e-mail addresses at one of {found.a} and {found.b} are of the other's domain, " + (
        f"{found.value}."
    )
