"""Which links shared claims offer, and which claims link nothing and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import cast

from mappings.claims import LINKING, Claim
from mappings.components import SIZE_CAP
from mappings.evidence import RULE, Decision, Edge, EdgeKind, Node

CROWD = f"more than {SIZE_CAP} live records share it"
GONE_CROWD = f"more than {SIZE_CAP} records that are gone share it"


@dataclass(slots=True)
class Offers:
    """Edges to be weighed: among the living, and with what is gone; and claims that link nothing.

    silent holds an edge of each live claimant with itself, so that what an account shows of its
    own claim does not hang on how many others were looked at. owners: the record to which a person
    gave a domain, by domain.
    """

    among_live: list[Edge]
    with_gone: list[Edge]
    silent: list[Edge]
    owners: dict[str, str] = field(default_factory=dict)


def offers(
    nodes: Iterable[Node], owned: Mapping[str, Decision], silenced: Mapping[Claim, str]
) -> Offers:
    """Weigh every linking claim of a set of nodes.

    owned: decisions on domains, by domain. silenced: claims that are known to link nothing, with
    the reason, since not all of their claimants are among the nodes.
    """
    found = Offers([], [], [])
    known = {node.key: node for node in nodes}
    for claim, claimants in _by_claim(known.values()).items():
        live = sorted((n for n in claimants if n.live), key=lambda n: n.key)
        gone = sorted(n.key for n in claimants if not n.live)
        decision = owned.get(claim.value) if claim.kind == "domain" else None
        owner = _living(known, decision.owner) if decision and decision.owner else None
        reason = silenced.get(claim) or silence(claim, live, owner)
        if reason:
            found.silent += [_silent(claim, node.key, reason) for node in live]
        elif owner is not None:
            _offer_owned(found, claim, owner, live, gone)
        else:
            _offer(found, claim, [node.key for node in live], gone)
    return found


def silence(claim: Claim, live: Sequence[Node], owner: Node | None = None) -> str | None:
    """Why a claim links nothing; None when it links. `live`: its living claimants."""
    if len(live) > SIZE_CAP:
        return CROWD
    if claim.kind == "domain" and owner is None:
        return _twice_in_one_place(live)
    if claim.kind == "xref" and sum(node.ref == claim.value for node in live) > 1:
        return "records of several connections go by it"
    return None


def _living(known: Mapping[str, Node], key: str) -> Node | None:
    """The record, or the one that its vendor merged it into; None when that is gone or unknown."""
    seen = set()
    while key in known and key not in seen:
        seen.add(key)
        node = known[key]
        if node.live:
            return node
        key = node.merged_into or ""
    return None


def _by_claim(nodes: Iterable[Node]) -> Mapping[Claim, list[Node]]:
    """Every record is a claimant of the xref to itself, once another one names it."""
    found: dict[Claim, list[Node]] = defaultdict(list)
    named: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        if node.ref:
            named[node.ref].append(node)
        for claim in node.claims:
            if claim.kind in LINKING:
                found[claim].append(node)
    for claim, claimants in found.items():
        if claim.kind == "xref":
            claimants += [n for n in named.get(claim.value, ()) if claim not in n.claims]
    return found


def _twice_in_one_place(live: Sequence[Node]) -> str | None:
    places = Counter((node.connection, node.object) for node in live)
    crowded = sorted(place for place, count in places.items() if count > 1)
    if not crowded:
        return None
    connection, name = crowded[0]
    return f"{places[crowded[0]]} live {name} records of connection {connection} claim it"


def _offer(found: Offers, claim: Claim, live: list[str], gone: list[str]) -> None:
    """All pairs of the living; each record that is gone follows the first living one."""
    found.among_live += [_edge(claim, a, b) for a, b in combinations(live, 2)]
    if len(gone) <= SIZE_CAP:
        pairs = [(live[0], key) for key in gone] if live else list(pairwise(gone))
        found.with_gone += [_edge(claim, a, b) for a, b in pairs]


def _offer_owned(
    found: Offers, claim: Claim, owner: Node, live: Sequence[Node], gone: list[str]
) -> None:
    """Whoever claims a domain that a person gave to an account is offered to that account alone."""
    found.owners[claim.value] = owner.key
    for node, reason in _refused(claim, owner, live):
        if reason:
            found.silent.append(_silent(claim, node.key, reason))
        else:
            found.among_live.append(_edge(claim, owner.key, node.key, "owned_domain"))
    if len(gone) <= SIZE_CAP:
        others = [key for key in gone if key != owner.key]
        found.with_gone += [_edge(claim, owner.key, key, "owned_domain") for key in others]


def _refused(claim: Claim, owner: Node, live: Sequence[Node]) -> Iterator[tuple[Node, str | None]]:
    others = [node for node in live if node.key != owner.key]
    for node in others:
        if (node.connection, node.object) == (owner.connection, owner.object):
            yield node, f"a person said that it belongs to {owner.key}"
            continue
        beside = [n for n in others if (n.connection, n.object) == (node.connection, node.object)]
        yield node, _twice_in_one_place(beside) if node.authoritative else None


def _silent(claim: Claim, key: str, reason: str) -> Edge:
    kind = cast(EdgeKind, claim.kind)
    return Edge(key, key, RULE[kind], kind, claim.value, "ambiguous", reason)


def _edge(claim: Claim, one: str, other: str, kind: EdgeKind | None = None) -> Edge:
    kind = kind or cast(EdgeKind, claim.kind)
    return Edge(min(one, other), max(one, other), RULE[kind], kind, claim.value)
