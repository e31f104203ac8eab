"""Which records are one customer, by deterministic rules that can be explained.

Rules: 0 a person said so, 1 the vendor merged them, 2 a cross-reference or equal external id,
3 equal tax id of one country, 4 equal registrable domain (accounts) or e-mail address (contacts),
5 the domain of a person's e-mail address leads to an account, 6 equal name. Rules 5 and 6 link no
two accounts by themselves: `mappings.candidates` shows them to a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from mappings import normalise
from mappings.claims import Claim, ClaimKind, LinkLike, claim_key, claim_keys, claim_of, claims
from mappings.components import SIZE_CAP, Components
from mappings.evidence import (
    RULE,
    Decision,
    DecisionKind,
    Edge,
    EdgeKind,
    EdgeState,
    Node,
    Partition,
    explain_edge,
)
from mappings.leads import account_paths
from mappings.offers import Offers, offers

__all__ = [
    "GONE",
    "RULE",
    "RULESET",
    "SIZE_CAP",
    "Claim",
    "ClaimKind",
    "Decision",
    "DecisionKind",
    "Edge",
    "EdgeKind",
    "EdgeState",
    "LinkLike",
    "Node",
    "Partition",
    "account_paths",
    "claim_key",
    "claim_keys",
    "claim_of",
    "claims",
    "explain_edge",
    "partition",
]

RULESET: Final = f"2.{normalise.VERSION}"
"""Revision of these rules and normal forms: what another one resolved is due again."""

GONE: Final = "only a record that no longer lives connects them"


def partition(
    nodes: Sequence[Node],
    entity: str = "account",
    decisions: Iterable[Decision] = (),
    silenced: Mapping[Claim, str] | None = None,
) -> Partition:
    """Components of a set of nodes that is closed over linking claims, merges and decisions.

    What people said comes first, then the vendors' merges, and both hold whatever the constraints
    say, save that nothing joins what a person keeps apart. Then edges between live records are
    accepted greedily in the order (rule, kind, value, keys), then those that touch a record that
    is gone, which may follow a live component but never join two: what is gone has no say in what
    lives. Constraints: for accounts one live record of an authoritative connection; `SIZE_CAP`
    records. silenced: claims that link nothing, decided outside (`mappings.offers.offers`).
    """
    known = {node.key: node for node in nodes}
    said = sorted(decisions)
    parts = _components(known, entity, said)
    edges = [_hold(parts, edge) for edge in sorted(_same(known, said), key=_order)]
    edges += [_hold(parts, edge) for edge in sorted(_merges(known), key=_order)]
    owned = {d.domain: d for d in said if d.kind == "domain" and d.domain}
    found = offers(known.values(), owned, silenced or {})
    among_live, with_gone = found.among_live, found.with_gone
    edges += [_judge(parts, edge, False, found) for edge in sorted(among_live, key=_order)]
    edges += [_judge(parts, edge, True, found) for edge in sorted(with_gone, key=_order)]
    return Partition(parts.all(), edges + sorted(found.silent, key=_order))


def _components(known: Mapping[str, Node], entity: str, said: Sequence[Decision]) -> Components:
    living = frozenset(key for key, node in known.items() if node.live)
    guarded = {
        key: node.connection
        for key, node in known.items()
        if entity == "account" and node.authoritative and node.live
    }
    return Components(known, living, guarded, [d for d in said if d.kind == "not_same"])


def _same(known: Mapping[str, Node], said: Iterable[Decision]) -> Iterator[Edge]:
    for decision in said:
        if decision.kind == "same":
            a, b = _first(known, decision.left), _first(known, decision.right)
            if a and b and a != b:
                yield Edge(min(a, b), max(a, b), RULE["same"], "same", decision.id)


def _first(known: Mapping[str, Node], keys: Sequence[str]) -> str | None:
    present = [key for key in keys if key in known]
    return next((key for key in present if known[key].live), present[0] if present else None)


def _merges(known: Mapping[str, Node]) -> Iterator[Edge]:
    for node in known.values():
        if node.merged_into in known and node.merged_into != node.key:
            into = str(node.merged_into)
            yield Edge(node.key, into, RULE["merge"], "merge", into)


def _order(edge: Edge) -> tuple[int, str, str, str, str]:
    return edge.rule, edge.kind, edge.value, edge.a, edge.b


def _hold(parts: Components, edge: Edge) -> Edge:
    """A person's word or a vendor's merge: only a person can forbid it."""
    reason = parts.forbidden(edge.a, edge.b)
    if reason:
        return replace(edge, state="dropped", reason=reason)
    parts.join(edge.a, edge.b)
    return edge


def _judge(parts: Components, edge: Edge, touches_gone: bool, found: Offers) -> Edge:
    if parts.together(edge.a, edge.b):
        return edge
    gone = GONE if touches_gone and parts.both_live(edge.a, edge.b) else None
    reason = parts.forbidden(edge.a, edge.b) or gone or parts.refusal(edge.a, edge.b)
    reason = reason or _given_away(parts, edge, found)
    if reason:
        return replace(edge, state="dropped", reason=reason)
    parts.join(edge.a, edge.b)
    return edge


def _given_away(parts: Components, edge: Edge, found: Offers) -> str | None:
    """A domain that was given to one does not bring along another that was refused it."""
    if edge.kind != "owned_domain":
        return None
    owner = found.owners[edge.value]
    other = edge.b if edge.a == owner else edge.a
    refused = (s.a for s in found.silent if (s.kind, s.value) == ("domain", edge.value))
    for key in refused:
        if parts.together(key, other) and not parts.together(key, owner):
            return f"a person said that it belongs to {owner}, and {key} claims it too"
    return None
