"""Who is one customer, worked out naively from the words of the rules, over all records at once.

Sets of keys and loops over all pairs: no index, no window, no union-find, nothing of the hub's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

CAP = 50


@dataclass
class Row:
    """A live or gone account record in plain words."""

    key: str
    system: str
    guarded: bool
    live: bool = True
    into: str | None = None
    number: str | None = None
    tax: str | None = None
    domains: frozenset[str] = frozenset()
    same_as: str | None = None
    ref: str = ""


@dataclass
class Said:
    """A decision in force."""

    id: str
    kind: str
    left: list[str] = field(default_factory=list)
    right: list[str] = field(default_factory=list)
    domain: str = ""
    owner: str = ""


def customers(rows: Sequence[Row], said: Sequence[Said]) -> set[frozenset[str]]:
    """The living records of each customer.

    Merges and decisions reach through records that are gone; what else is gone has no say.
    """
    known = {row.key: row for row in rows}
    parts = [{row.key} for row in rows]
    for a, b in [*_wished(known, said), *_merged(known)]:
        parts = _join(parts, a, b, lambda one, other: not _torn(one | other, said))
    for _, kind, value, a, b in sorted(_links(rows, known, said)):
        vain = _in_vain(value, rows, known, said) if kind == "owned_domain" else Vain()
        parts = _join(
            parts,
            a,
            b,
            lambda one, other, v=vain: _may(one, other, known, said) and v.lets(one, other),  # type: ignore[misc]
        )
    live = {row.key for row in rows if row.live}
    return {frozenset(part & live) for part in parts if part & live}


def _join(
    parts: list[set[str]], a: str, b: str, allowed: Callable[[set[str], set[str]], bool]
) -> list[set[str]]:
    one = next(part for part in parts if a in part)
    other = next(part for part in parts if b in part)
    if one is other or not allowed(one, other):
        return parts
    return [part for part in parts if part is not one and part is not other] + [one | other]


def _torn(part: set[str], said: Iterable[Said]) -> bool:
    return any(
        part & set(one.left) and part & set(one.right) for one in said if one.kind == "not_same"
    )


def _may(one: set[str], other: set[str], known: dict[str, Row], said: Iterable[Said]) -> bool:
    """What a person put together against a constraint is not held against others that join."""
    kept = [{r.system for k in part if (r := known[k]).live and r.guarded} for part in (one, other)]
    return not kept[0] & kept[1] and len(one | other) <= CAP and not _torn(one | other, said)


def _wished(known: dict[str, Row], said: Iterable[Said]) -> Iterator[tuple[str, str]]:
    for one in sorted(said, key=lambda s: s.id):
        if one.kind == "same":
            ends = [_first(side, known) for side in (one.left, one.right)]
            if all(ends):
                yield ends[0], ends[1]  # type: ignore[misc]


def _first(side: Sequence[str], known: dict[str, Row]) -> str | None:
    here = [key for key in side if key in known]
    return next((key for key in here if known[key].live), here[0] if here else None)


def _merged(known: dict[str, Row]) -> list[tuple[str, str]]:
    pairs = [(r.into, r.key) for r in known.values() if r.into in known and r.into != r.key]
    return [(loser, into) for into, loser in sorted(pairs)]  # type: ignore[misc, arg-type]


def _links(
    rows: Sequence[Row], known: dict[str, Row], said: Sequence[Said]
) -> Iterator[tuple[int, str, str, str, str]]:
    live = [row for row in rows if row.live]
    owners = {one.domain: _survivor(one.owner, known) for one in said if one.kind == "domain"}
    for one, other in combinations(live, 2):
        a, b = sorted((one.key, other.key))
        for ref in _refs(one) & _refs(other):
            holders = [r for r in live if ref in _refs(r)]
            twins = [r for r in holders if r.ref == ref]
            if len(holders) <= CAP and len(twins) < 2 and _is_named(ref, holders):
                yield 2, "xref", ref, a, b
        if one.number and one.number == other.number:
            yield 2, "external_id", one.number, a, b
        if one.tax and one.tax == other.tax:
            yield 3, "tax_id", one.tax, a, b
        for domain in one.domains & other.domains:
            claimants = [r for r in live if domain in r.domains]
            if not owners.get(domain) and _once_each(claimants):
                yield 4, "domain", domain, a, b
    for domain in owners:
        vain = _in_vain(domain, rows, known, said)
        for row in rows if vain.owner else ():
            if row.live and domain in row.domains and row.key not in {vain.owner, *vain.keys}:
                a, b = sorted((row.key, vain.owner))
                yield 4, "owned_domain", domain, a, b


@dataclass
class Vain:
    """A given domain's owner, and who claims it in vain: others of the owner's system, and those of
    a system with one record for each customer where several claim it."""

    owner: str = ""
    keys: set[str] = field(default_factory=set)

    def lets(self, one: set[str], other: set[str]) -> bool:
        """Whoever is with one that was refused stays with that one."""
        joining = one if self.owner in other else other
        return not joining & self.keys


def _in_vain(domain: str, rows: Sequence[Row], known: dict[str, Row], said: Iterable[Said]) -> Vain:
    [owner] = [_survivor(one.owner, known) for one in said if one.domain == domain]
    if owner is None:
        return Vain()
    others = [r for r in rows if r.live and domain in r.domains and r.key != owner.key]
    systems = [row.system for row in others]
    keys = {
        row.key
        for row in others
        if row.system == owner.system or (row.guarded and systems.count(row.system) > 1)
    }
    return Vain(owner.key, keys)


def _refs(row: Row) -> set[str]:
    return {row.ref, row.same_as or row.ref}


def _is_named(ref: str, holders: Iterable[Row]) -> bool:
    return any(row.same_as == ref for row in holders)


def _once_each(claimants: Sequence[Row]) -> bool:
    systems = [row.system for row in claimants]
    return len(systems) == len(set(systems)) and len(systems) <= CAP


def _survivor(key: str, known: dict[str, Row]) -> Row | None:
    seen: set[str] = set()
    while key in known and key not in seen:
        seen.add(key)
        if known[key].live:
            return known[key]
        key = known[key].into or ""
    return None
