"""A domain that a person gave to one account does not make it one with another that shares it."""

from __future__ import annotations

from mappings.identity import Claim, Decision, Node, partition

DOMAIN = Claim("domain", "northgale.com")


def node(key: str, number: str) -> Node:
    connection, object, _ = key.split(":")
    claims = frozenset({DOMAIN, Claim("external_id", number)})
    return Node(key, connection, object, False, True, claims)


GROUP = [node("desk:company:1", "C-1"), node("shop:customer:1", "C-1")]
NORDIC = [node("desk:company:2", "C-2"), node("mail:list:2", "C-2")]
GIVEN = Decision("dec_1", "domain", domain="northgale.com", owner="desk:company:1")


def parts(*nodes: Node) -> set[frozenset[str]]:
    return set(partition(nodes, "account", [GIVEN]).components)


def test_what_hangs_with_a_refused_claimant_stays_with_it() -> None:
    both = {frozenset(node.key for node in side) for side in (GROUP, NORDIC)}

    assert parts(*GROUP, *NORDIC) == both
    assert parts(*reversed([*GROUP, *NORDIC])) == both


def test_a_claimant_that_hangs_with_nobody_goes_to_the_owner() -> None:
    loose = Node("crm:account:9", "crm", "account", True, True, frozenset({DOMAIN}))

    found = parts(*GROUP, *NORDIC, loose)

    assert frozenset({*(n.key for n in GROUP), loose.key}) in found


def test_a_second_record_of_the_owner_itself_is_no_hindrance() -> None:
    twin = node("desk:company:3", "C-1")
    loose = Node("crm:account:9", "crm", "account", True, True, frozenset({DOMAIN}))

    [found] = parts(*GROUP, twin, loose)

    assert len(found) == 4


def test_the_refusal_names_both() -> None:
    edges = partition([*GROUP, *NORDIC], "account", [GIVEN]).edges

    [dropped] = [edge for edge in edges if edge.state == "dropped"]
    assert dropped.kind == "owned_domain"
    assert "desk:company:1" in str(dropped.reason)
    assert "desk:company:2" in str(dropped.reason)
