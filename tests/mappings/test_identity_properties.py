"""Identity against a naive oracle, and its invariants as properties."""

from __future__ import annotations

import itertools
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.identity import Claim, ClaimKind, Node, partition

AUTHORITATIVE = {"sf", "hs"}
KINDS: tuple[ClaimKind, ...] = ("external_id", "domain")
CLAIMS = [Claim(kind, value) for kind in KINDS for value in "abc"]


@st.composite
def worlds(draw: st.DrawFn) -> list[Node]:
    keys = [f"{c}:o:{i}" for c in ("sf", "hs", "fd", "zd") for i in range(3)]
    chosen = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=10, unique=True))
    nodes = []
    for key in chosen:
        held = draw(st.sets(st.sampled_from(CLAIMS), max_size=3))
        fate = draw(st.sampled_from(["live", "live", "live", "deleted", "merged"]))
        into = draw(st.sampled_from(keys)) if fate == "merged" else None
        guarded, claims = key[:2] in AUTHORITATIVE, frozenset(held)
        nodes.append(Node(key, key[:2], "o", guarded, fate == "live", claims, into))
    return nodes


def ambiguous(nodes: list[Node], claim: Claim) -> bool:
    places = [(n.connection, n.object) for n in nodes if n.live and claim in n.claims]
    return claim.kind == "domain" and len(places) != len(set(places))


def breaks(component: set[Node]) -> bool:
    held = [n.connection for n in component if n.live and n.authoritative]
    return len(held) != len(set(held)) or len(component) > 50


def oracle(nodes: list[Node]) -> set[frozenset[str]]:
    """The live part, from the words of the rules: sets of nodes, every pair, no union-find."""
    live = [n for n in nodes if n.live]
    parts = [{n} for n in live]
    wanted = sorted(
        (2 if c.kind == "external_id" else 4, c.kind, c.value, *sorted((a.key, b.key)))
        for a, b in itertools.combinations(live, 2)
        for c in a.claims & b.claims
        if not ambiguous(nodes, c)
    )
    for *_, a, b in wanted:
        one = next(part for part in parts if any(n.key == a for n in part))
        other = next(part for part in parts if any(n.key == b for n in part))
        if one is not other and not breaks(one | other):
            parts = [part for part in parts if part is not one and part is not other]
            parts.append(one | other)
    return {frozenset(n.key for n in part) for part in parts}


def living(components: list[frozenset[str]], nodes: list[Node]) -> set[frozenset[str]]:
    live = {n.key for n in nodes if n.live}
    return {component & live for component in components if component & live}


@given(worlds())
@settings(max_examples=50, deadline=None)
def test_living_components_are_the_oracle_s(nodes: list[Node]) -> None:
    assert living(partition(nodes).components, nodes) == oracle(nodes)


@given(worlds(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_order_and_repetition_do_not_matter(nodes: list[Node], random: Random) -> None:
    shuffled = nodes + nodes[: len(nodes) // 2]
    random.shuffle(shuffled)
    assert partition(shuffled) == partition(nodes)


@given(worlds())
@settings(max_examples=40, deadline=None)
def test_invariants_of_every_partition(nodes: list[Node]) -> None:
    found = partition(nodes)
    known = {n.key: n for n in nodes}
    home = {key: component for component in found.components for key in component}
    assert sorted(home) == sorted(known)
    assert sum(map(len, found.components)) == len(known)
    for n in nodes:
        if n.merged_into in known:
            assert home[n.key] is home[n.merged_into]
    for edge in found.edges:
        if edge.state == "accepted":
            assert home[edge.a] is home[edge.b]
        assert (edge.reason is None) == (edge.state == "accepted")
    for component in found.components:
        assert not breaks({known[key] for key in component})


@given(worlds())
@settings(max_examples=40, deadline=None)
def test_what_is_gone_has_no_say_in_what_lives(nodes: list[Node]) -> None:
    only_live = [n for n in nodes if n.live]
    whole = living(partition(nodes).components, nodes)
    assert whole == set(partition(only_live).components)


@given(worlds(), worlds())
@settings(max_examples=50, deadline=None)
def test_closed_sets_can_be_looked_at_apart(one: list[Node], other: list[Node]) -> None:
    def renamed(n: Node) -> Node:
        held = frozenset(Claim(c.kind, f"z{c.value}") for c in n.claims)
        into = f"z{n.merged_into}" if n.merged_into else None
        return replace(
            n, key=f"z{n.key}", connection=f"z{n.connection}", claims=held, merged_into=into
        )

    apart = [renamed(n) for n in other]
    together = set(partition(one + apart).components)
    assert together == set(partition(one).components) | set(partition(apart).components)
