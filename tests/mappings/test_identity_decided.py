"""Customers with people's decisions, cross-references and tax ids, against a naive oracle."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.identity import Claim, Decision, Node, explain_edge, partition
from tests.engine.identity_oracle import Row, Said, customers

SYSTEMS = {"sf": True, "hs": True, "fd": False, "zd": False}
KEYS = [f"{system}:o:{number}" for system in SYSTEMS for number in range(1, 4)]
some_keys = st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True)


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    made = []
    for key in draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=9, unique=True)):
        fate = draw(st.sampled_from(["live", "live", "live", "deleted", "merged"]))
        peers = [other for other in KEYS if other[:2] == key[:2] and other != key]
        made.append(
            Row(
                key,
                key[:2],
                SYSTEMS[key[:2]],
                live=fate == "live",
                into=draw(st.sampled_from(peers)) if fate == "merged" else None,
                number=draw(st.sampled_from([None, None, "N1", "N2"])),
                tax=draw(st.sampled_from([None, None, "DE:1", "FR:1"])),
                domains=draw(st.frozensets(st.sampled_from(["a.io", "b.io", "c.io"]), max_size=2)),
                same_as=draw(st.sampled_from([None, None, None, *KEYS])),
                ref=key,
            )
        )
    return made


@st.composite
def said(draw: st.DrawFn) -> list[Said]:
    """Up to four decisions that may contradict one another; each domain is given at most once."""
    made: list[Said] = []
    for number in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["same", "not_same", "domain"]))
        one = Said(f"dec_{number}", kind, draw(some_keys), draw(some_keys))
        if kind == "not_same":
            one.right = [key for key in one.right if key not in one.left]
        if kind == "domain":
            one = Said(
                one.id, kind, domain=f"{'abcd'[number]}.io", owner=draw(st.sampled_from(KEYS))
            )
        made.append(one)
    return made


def nodes(found: list[Row]) -> list[Node]:
    return [
        Node(
            row.key,
            row.system,
            "o",
            row.guarded,
            row.live,
            frozenset(
                [Claim("domain", domain) for domain in row.domains]
                + [Claim("external_id", row.number)] * bool(row.number)
                + [Claim("tax_id", row.tax)] * bool(row.tax)
                + [Claim("xref", row.same_as)] * bool(row.same_as)  # type: ignore[list-item]
            ),
            row.into,
            row.ref,
        )
        for row in found
    ]


def ruled(decisions: list[Said]) -> list[Decision]:
    return [
        Decision(d.id, d.kind, (*d.left,), (*d.right,), d.domain or None, d.owner or None)  # type: ignore[arg-type]
        for d in decisions
    ]


@given(rows(), said())
@settings(max_examples=50, deadline=None)
def test_living_customers_are_the_oracle_s(found: list[Row], decisions: list[Said]) -> None:
    live = {row.key for row in found if row.live}
    components = partition(nodes(found), decisions=ruled(decisions)).components
    assert {c & live for c in components if c & live} == customers(found, decisions)


@given(rows(), said(), st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_the_order_of_records_and_decisions_does_not_matter(
    found: list[Row], decisions: list[Said], random: Random
) -> None:
    before = partition(nodes(found), decisions=ruled(decisions))
    random.shuffle(found)
    random.shuffle(decisions)
    assert partition(nodes(found + found[:2]), decisions=ruled(decisions)) == before


@given(rows(), said())
@settings(max_examples=20, deadline=None)
def test_nothing_joins_what_a_person_keeps_apart_and_every_edge_has_its_sentence(
    found: list[Row], decisions: list[Said]
) -> None:
    done = partition(nodes(found), decisions=ruled(decisions))
    for one in decisions:
        if one.kind == "not_same":
            assert not any(c & set(one.left) and c & set(one.right) for c in done.components)
    for edge in done.edges:
        told = explain_edge(edge)
        assert edge.a in told
        assert told.endswith(".")
        assert edge.reason is None or edge.reason in told
