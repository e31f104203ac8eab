"""Precision and recall are counted right, the mess is as large as it says, the rules are good."""

from __future__ import annotations

from collections import Counter

import pytest

from hub.bench.crowd import SHARES, Crowd
from hub.bench.identity import measure
from hub.bench.pairs import Held, joined, score
from hub.embedded import Services
from tests.stage import build_hub

FIRMS = 120


def held(key: str, truth: str, home: str) -> Held:
    """A record of the system that its key begins with."""
    return Held(key, key[0], truth, "some", home)


def test_pairs_of_different_systems_are_counted() -> None:
    records = [
        held("a1", "acme", "one"),
        held("b1", "acme", "one"),
        held("c1", "acme", "two"),
        held("c2", "beta", "one"),
        held("a2", "beta", "three"),
        held("a3", "beta", "three"),
    ]

    found = score(records)

    # a1-b1 is right; a1-c2 and b1-c2 are wrong; a1-c1, b1-c1, c2-a2 and c2-a3 are missed; a2-a3
    # are of one system.
    assert (found.right.total(), found.wrong.total(), found.missed.total()) == (1, 2, 4)
    assert found.precision == pytest.approx(1 / 3)
    assert found.recall == pytest.approx(1 / 5)


def test_what_a_person_joins_counts_as_found() -> None:
    records = [held("a1", "acme", "one"), held("b1", "acme", "two"), held("c1", "acme", "three")]

    both = joined([("one", "two"), ("three", "two")])

    assert score(records).recall == 0
    assert score(records, both).recall == 1


@pytest.mark.parametrize("seed", [7, 8])
def test_the_mess_is_as_large_as_it_says(seed: int) -> None:
    crowd = Crowd(seed, 200)

    counts = Counter(firm.mess for firm in crowd.firms)

    assert {mess: counts[mess] / 200 for mess in SHARES} == SHARES
    by_host = Counter(
        card.host for firm in crowd.firms for card in firm.cards.values() if card.host
    )
    assert by_host["gmail.com"] > 0
    names = {firm.n: {card.name for card in firm.cards.values()} for firm in crowd.firms}
    renamed = [f for f in crowd.firms if f.mess == "renamed" and len(f.cards) > 1]
    assert all(len(names[firm.n]) > 1 for firm in renamed)
    assert any(
        not any(card.host for card in firm.cards.values())
        for firm in crowd.firms
        if firm.mess == "no domain"
    )


def test_the_rules_find_who_is_who_in_a_messy_crowd(services: Services) -> None:
    hub = build_hub(services)
    try:
        result = measure(hub, Crowd(7, FIRMS))
    finally:
        hub.close()

    assert result.accounts.precision >= 0.995
    assert result.accounts.recall >= 0.95
    assert result.contacts.precision == 1
    assert result.contacts.recall == 1
    assert result.tickets["wrong"] == 0
    assert result.tickets["right"] / result.tickets.total() >= 0.9
    assert result.reviewed.recall > result.accounts.recall
