"""What identity weighs: records as nodes, links between them as edges, and people's decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from mappings.claims import Claim

EdgeKind = Literal[
    "same", "merge", "xref", "external_id", "tax_id", "domain", "owned_domain", "email"
]
EdgeState = Literal["accepted", "dropped", "ambiguous"]
DecisionKind = Literal["same", "not_same", "domain"]

RULE: Final[Mapping[EdgeKind, int]] = {
    "same": 0,
    "merge": 1,
    "xref": 2,
    "external_id": 2,
    "tax_id": 3,
    "domain": 4,
    "owned_domain": 4,
    "email": 4,
}
WORDS: Final[Mapping[EdgeKind, str]] = {
    "xref": "cross-reference",
    "external_id": "external id",
    "tax_id": "tax id",
    "domain": "domain",
    "owned_domain": "domain",
    "email": "e-mail address",
}


@dataclass(frozen=True, slots=True)
class Node:
    """One source record. `key` and `merged_into` are "connection:object:native id".

    authoritative: the source keeps one record for each customer, so that two live ones of a
    connection are two customers. live: neither deleted nor merged away. ref: what an xref to this
    record says, "<connector>:<object>:<native id>".
    """

    key: str
    connection: str
    object: str
    authoritative: bool
    live: bool
    claims: frozenset[Claim]
    merged_into: str | None = None
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """Evidence that two records are one. For kind merge `a` was absorbed by `b`, else a <= b.

    value: what they share; of kind same the decision's id. reason: why it was dropped, or why its
    value links nothing; None when accepted. An ambiguous edge says so of one record: a == b.
    """

    a: str
    b: str
    rule: int
    kind: EdgeKind
    value: str
    state: EdgeState = "accepted"
    reason: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Decision:
    """What a person said of record keys.

    same: the first known live record of `left` and of `right` are one. not_same: nothing of `left`
    may be with anything of `right`. domain: `domain` belongs to the account of the record `owner`.
    """

    id: str
    kind: DecisionKind
    left: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    domain: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Partition:
    """Components ordered by their smallest key, and every edge that was weighed, in order."""

    components: list[frozenset[str]]
    edges: list[Edge]


def explain_edge(edge: Edge) -> str:
    """One sentence in plain words that says what speaks for an edge and what became of it."""
    said = _said(edge)
    if edge.state == "accepted":
        return f"{said}, so they are one." if edge.kind not in ("same", "merge") else f"{said}."
    if edge.state == "dropped":
        return f"{said}, but this link was not made: {edge.reason}."
    return f"{said}, but this {WORDS[edge.kind]} links nothing: {edge.reason}."


def _said(edge: Edge) -> str:
    if edge.kind == "same":
        return f"A person said that {edge.a} and {edge.b} are one"
    if edge.kind == "merge":
        return f"The vendor merged {edge.a} into {edge.b}"
    what = f"the {WORDS[edge.kind]} {edge.value}"
    if edge.a == edge.b:
        return f"{edge.a} has {what}"
    if edge.kind == "owned_domain":
        return f"A person said that {what} belongs to the account of {edge.a} and {edge.b}"
    return f"{edge.a} and {edge.b} both have {what}"
