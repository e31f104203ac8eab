"""Which records are one customer, by deterministic rules that can be explained.

Rules: 1 the vendor merged them, 2 equal external id, 4 equal registrable domain (accounts) or
e-mail address (contacts), 5 the domain of a person's e-mail address leads to an account. The
numbers 0, 3 and 6 belong to people's decisions, tax ids and names.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import Any, Literal, Protocol

from mappings import normalise
from mappings.components import SIZE_CAP, Components

ClaimKind = Literal["external_id", "domain", "email"]
EdgeKind = Literal["merge", "external_id", "domain", "email"]
EdgeState = Literal["accepted", "dropped", "ambiguous"]

RULE: Mapping[EdgeKind, int] = {"merge": 1, "external_id": 2, "domain": 4, "email": 4}
_PREFIX: Mapping[ClaimKind, str] = {"external_id": "x", "domain": "d", "email": "e"}
_GONE = "only a record that no longer lives connects them"
_CROWD = f"more than {SIZE_CAP} live records share it"


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """One normalised text by which a record can be recognised."""

    kind: ClaimKind
    value: str


@dataclass(frozen=True, slots=True)
class Node:
    """One source record. `key` and `merged_into` are "connection:object:native id".

    authoritative: the source keeps one record for each customer, so that two live ones of a
    connection are two customers. live: neither deleted nor merged away.
    """

    key: str
    connection: str
    object: str
    authoritative: bool
    live: bool
    claims: frozenset[Claim]
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """Evidence that two records are one. For kind merge `a` was absorbed by `b`, else a < b.

    reason: why it was dropped, or why its value links nothing; None when accepted.
    """

    a: str
    b: str
    rule: int
    kind: EdgeKind
    value: str
    state: EdgeState = "accepted"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Partition:
    """Components ordered by their smallest key, and every edge that was weighed, in order."""

    components: list[frozenset[str]]
    edges: list[Edge]


class LinkLike(Protocol):
    """What is read of `mappings.language.Link`."""

    @property
    def kind(self) -> str: ...
    @property
    def by(self) -> str: ...
    @property
    def value(self) -> str: ...


def claims(
    entity: str, values: Mapping[str, Any], external_id: str | None = None
) -> frozenset[Claim]:
    """What a mapped record claims: accounts by external id and domains, contacts by external id
    and the addresses that are a person's. Other entities claim nothing.
    """
    if entity not in ("account", "contact"):
        return frozenset()
    found = set(_domains(values) if entity == "account" else _addresses(values))
    own = normalise.external_id(external_id) if external_id else None
    return frozenset(found | {Claim("external_id", own)} if own else found)


def _domains(values: Mapping[str, Any]) -> Iterator[Claim]:
    for text in values.get("domains") or ():
        domain = normalise.registrable_domain(text)
        if domain:
            yield Claim("domain", domain)


def _addresses(values: Mapping[str, Any]) -> Iterator[Claim]:
    for text in values.get("emails") or ():
        address = normalise.email(text)
        if address and not normalise.is_role_address(address):
            yield Claim("email", address)


def claim_keys(found: Iterable[Claim]) -> tuple[str, ...]:
    """Claims as watch keys, sorted: "x:<external id>", "d:<domain>", "e:<e-mail address>"."""
    return tuple(sorted(f"{_PREFIX[claim.kind]}:{claim.value}" for claim in found))


def partition(nodes: Sequence[Node], entity: str = "account") -> Partition:
    """Components of a set of nodes that is closed over shared claims and merges.

    The vendors' merges always hold. Then edges between live records are accepted greedily in the
    order (rule, kind, value, keys), then those that touch a record that is gone, which may follow
    a live component but never join two: what is gone has no say in what lives.
    Constraints: for accounts one live record of an authoritative connection; `SIZE_CAP` records.
    """
    known = {node.key: node for node in nodes}
    parts = _components(known, entity)
    edges = sorted(_merges(known), key=_order)
    for edge in edges:
        parts.join(edge.a, edge.b)
    offered, silent = _offers(known.values())
    live = {key for key, node in known.items() if node.live}
    among_live = [edge for edge in offered if edge.a in live and edge.b in live]
    with_gone = [edge for edge in offered if not (edge.a in live and edge.b in live)]
    edges += [_judge(parts, edge, False) for edge in sorted(among_live, key=_order)]
    edges += [_judge(parts, edge, True) for edge in sorted(with_gone, key=_order)]
    return Partition(parts.all(), edges + sorted(silent, key=_order))


def _components(known: Mapping[str, Node], entity: str) -> Components:
    living = frozenset(key for key, node in known.items() if node.live)
    guarded = {
        key: node.connection
        for key, node in known.items()
        if entity == "account" and node.authoritative and node.live
    }
    return Components(known, living, guarded)


def _merges(known: Mapping[str, Node]) -> Iterator[Edge]:
    for node in known.values():
        if node.merged_into in known and node.merged_into != node.key:
            into = str(node.merged_into)
            yield Edge(node.key, into, RULE["merge"], "merge", into)


def _offers(nodes: Iterable[Node]) -> tuple[list[Edge], list[Edge]]:
    """Edges to be weighed, and the edges of claims that link nothing."""
    claimants: dict[Claim, list[Node]] = defaultdict(list)
    for node in nodes:
        for claim in node.claims:
            claimants[claim].append(node)
    offered: list[Edge] = []
    silent: list[Edge] = []
    for claim, found in claimants.items():
        live = [node for node in found if node.live]
        reason = _ambiguity(claim, live)
        if reason:
            silent += _silent(claim, live, reason)
        else:
            gone = sorted(node.key for node in found if not node.live)
            offered += _pairs(claim, sorted(node.key for node in live), gone)
    return offered, silent


def _ambiguity(claim: Claim, live: Sequence[Node]) -> str | None:
    if claim.kind == "domain":
        places = Counter((node.connection, node.object) for node in live)
        crowded = sorted(place for place, count in places.items() if count > 1)
        if crowded:
            connection, name = crowded[0]
            return f"{places[crowded[0]]} live {name} records of connection {connection} claim it"
    return _CROWD if len(live) > SIZE_CAP else None


def _silent(claim: Claim, live: Sequence[Node], reason: str) -> list[Edge]:
    """A chain and not all pairs, so that each claimant shows the reason at bounded size."""
    keys = sorted(node.key for node in live)
    return [
        replace(_edge(claim, a, b), state="ambiguous", reason=reason) for a, b in pairwise(keys)
    ]


def _pairs(claim: Claim, live: list[str], gone: list[str]) -> list[Edge]:
    """All pairs of the living; each record that is gone follows the first living one."""
    followers = [(live[0], key) for key in gone] if live else list(pairwise(gone))
    return [_edge(claim, a, b) for a, b in [*combinations(live, 2), *followers]]


def _edge(claim: Claim, one: str, other: str) -> Edge:
    return Edge(min(one, other), max(one, other), RULE[claim.kind], claim.kind, claim.value)


def _order(edge: Edge) -> tuple[int, str, str, str, str]:
    return edge.rule, edge.kind, edge.value, edge.a, edge.b


def _judge(parts: Components, edge: Edge, touches_gone: bool) -> Edge:
    if parts.together(edge.a, edge.b):
        return edge
    gone = _GONE if touches_gone and parts.both_live(edge.a, edge.b) else None
    reason = gone or parts.refusal(edge.a, edge.b)
    if reason:
        return replace(edge, state="dropped", reason=reason)
    parts.join(edge.a, edge.b)
    return edge


def explain_edge(edge: Edge) -> str:
    """One sentence in plain words that says what speaks for an edge and what became of it."""
    if edge.kind == "merge":
        return f"The vendor merged {edge.a} into {edge.b}."
    what = {"external_id": "external id", "domain": "domain", "email": "e-mail address"}[edge.kind]
    shared = f"{edge.a} and {edge.b} both have the {what} {edge.value}"
    if edge.state == "accepted":
        return f"{shared}, so they are one."
    if edge.state == "dropped":
        return f"{shared}, but this link was not made: {edge.reason}."
    return f"{shared}, but this {what} links nothing: {edge.reason}."


_PEOPLE = ("requester", "contact", "reporter")


def account_paths(
    links: Iterable[LinkLike], connection: str, emails: Iterable[str] = ()
) -> tuple[str, ...]:
    """The watch keys that may lead a record to its account, in the order to be tried.

    Account by record, by external id, by domain; the people it names by record; then the domain
    behind an e-mail address (rule 5; free mail and shared hosts lead nowhere). `emails` are a
    contact's own addresses, tried last. Keys: "r:<connection>:<object>:<native id>", "x:", "d:".
    """
    found = list(links)
    direct = [link for link in found if link.kind == "account"]
    people = [link for name in _PEOPLE for link in found if link.kind == name]
    paths = [
        *(f"r:{connection}:{link.value}" for link in direct if link.by == "record"),
        *(f"x:{link.value.strip()}" for link in direct if link.by == "external_id"),
        *_domain_keys(link.value for link in direct if link.by == "domain"),
        *(f"r:{connection}:{link.value}" for link in people if link.by == "record"),
        *_domain_keys(link.value for link in [*direct, *people] if link.by == "email"),
        *_domain_keys(link.value for link in people if link.by == "domain"),
        *_domain_keys(emails),
    ]
    return tuple(dict.fromkeys(paths))


def _domain_keys(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        domain = normalise.registrable_domain(text)
        if domain:
            yield f"d:{domain}"
