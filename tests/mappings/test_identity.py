"""Identity in cases worked by hand."""

from __future__ import annotations

import pytest

from mappings import identity
from mappings.identity import Claim, Edge, Node, partition
from mappings.language import Link


def node(
    key: str, *claims: str, live: bool = True, authoritative: bool = True, into: str | None = None
) -> Node:
    """A node of "connection:object:id" with claims such as "x:42", "d:acme.com", "e:a@acme.com"."""
    kinds = {"x": "external_id", "d": "domain", "e": "email"}
    held = frozenset(Claim(kinds[c[0]], c[2:]) for c in claims)  # type: ignore[arg-type]
    connection, name, _ = key.split(":")
    return Node(key, connection, name, authoritative, live, held, into)


def groups(*nodes: Node, entity: str = "account") -> set[frozenset[str]]:
    return set(partition(nodes, entity).components)


def sets(*components: str) -> set[frozenset[str]]:
    return {frozenset(component.split()) for component in components}


def only(found: list[Edge], state: str) -> Edge:
    (edge,) = [edge for edge in found if edge.state == state]
    return edge


def test_two_systems_with_one_domain_are_one_account() -> None:
    nodes = [node("sf:Account:1", "d:acme.com"), node("hs:company:7", "d:acme.com")]
    found = partition(nodes)
    assert found.components == [frozenset({"sf:Account:1", "hs:company:7"})]
    assert found.edges == [Edge("hs:company:7", "sf:Account:1", 4, "domain", "acme.com")]


def test_a_domain_claimed_twice_in_one_system_links_nothing() -> None:
    nodes = [
        node("hs:company:1", "d:acme.com"),
        node("hs:company:2", "d:acme.com"),
        node("sf:Account:1", "d:acme.com"),
    ]
    found = partition(nodes)
    assert len(found.components) == 3
    assert {edge.state for edge in found.edges} == {"ambiguous"}
    assert {key for edge in found.edges for key in (edge.a, edge.b)} == {n.key for n in nodes}
    assert "hs" in str(found.edges[0].reason)


def test_a_domain_is_unambiguous_again_when_one_claimant_is_gone() -> None:
    found = groups(
        node("hs:company:1", "d:acme.com"),
        node("hs:company:2", "d:acme.com", live=False, into="hs:company:1"),
        node("sf:Account:1", "d:acme.com"),
    )
    assert found == sets("hs:company:1 hs:company:2 sf:Account:1")


def test_another_object_of_the_same_connection_is_another_place() -> None:
    one = node("sf:Account:1", "d:acme.com", authoritative=False)
    other = node("sf:Partner:1", "d:acme.com", authoritative=False)
    assert groups(one, other) == sets("sf:Account:1 sf:Partner:1")


def test_a_vendor_merge_always_holds_and_needs_no_claim() -> None:
    loser = node("sf:Account:1", live=False, into="sf:Account:2")
    found = partition([loser, node("sf:Account:2")])
    assert found.components == [frozenset({"sf:Account:1", "sf:Account:2"})]
    assert (found.edges[0].rule, found.edges[0].a) == (1, "sf:Account:1")


def test_a_merge_into_a_record_not_seen_yet_is_no_edge() -> None:
    found = partition([node("sf:Account:1", live=False, into="sf:Account:2")])
    assert found.edges == []


def test_external_ids_compare_with_case() -> None:
    found = groups(node("sf:Account:1", "x:A1"), node("fd:company:1", "x:a1"))
    assert found == sets("sf:Account:1", "fd:company:1")


def test_the_stronger_rule_is_accepted_first() -> None:
    """fd:1 shares its id with sf:2 and its domain with hs:1, which shares an id with sf:1."""
    found = partition(
        [
            node("fd:company:1", "x:2", "d:acme.com", authoritative=False),
            node("hs:company:1", "x:1", "d:acme.com"),
            node("sf:Account:1", "x:1"),
            node("sf:Account:2", "x:2"),
        ]
    )
    assert set(found.components) == sets("fd:company:1 sf:Account:2", "hs:company:1 sf:Account:1")
    dropped = only(found.edges, "dropped")
    assert (dropped.kind, dropped.value) == ("domain", "acme.com")
    assert "connection sf" in str(dropped.reason)


def test_the_constraint_is_checked_on_the_component_and_not_on_the_pair() -> None:
    """No edge names both of sf's records; they would only meet through fd."""
    found = partition(
        [
            node("sf:Account:1", "d:one.com"),
            node("sf:Account:2", "d:two.com"),
            node("fd:company:1", "d:one.com", "d:two.com", authoritative=False),
        ]
    )
    assert set(found.components) == sets("sf:Account:1 fd:company:1", "sf:Account:2")


def test_two_records_of_a_source_that_is_not_authoritative_may_be_one() -> None:
    one = node("fd:company:1", "x:42", authoritative=False)
    other = node("fd:company:2", "x:42", authoritative=False)
    assert groups(one, other) == sets("fd:company:1 fd:company:2")


def test_a_component_never_grows_beyond_the_cap() -> None:
    chain = [
        node(f"c{i:03}:company:1", f"d:{i:03}.de", f"d:{i + 1:03}.de", authoritative=False)
        for i in range(60)
    ]
    found = partition(chain)
    assert max(map(len, found.components)) == 50
    assert "50" in str(only(found.edges, "dropped").reason)


def test_a_value_shared_by_more_records_than_the_cap_links_nothing() -> None:
    many = [node(f"c{i:03}:company:1", "x:1", authoritative=False) for i in range(51)]
    found = partition(many)
    assert len(found.components) == 51
    assert {edge.state for edge in found.edges} == {"ambiguous"}
    assert len(found.edges) == 51
    assert len(partition(many[:50]).components) == 1


def test_a_record_that_is_gone_follows_but_never_joins() -> None:
    found = partition(
        [
            node("sf:Account:1", "d:one.com"),
            node("hs:company:1", "x:1", "d:one.com", live=False),
            node("fd:company:1", "x:1", authoritative=False),
        ]
    )
    assert set(found.components) == sets("fd:company:1 hs:company:1", "sf:Account:1")
    assert only(found.edges, "dropped").kind == "domain"


def test_a_deleted_record_goes_with_the_one_made_in_its_place() -> None:
    gone = node("sf:Account:1", "x:1", live=False)
    assert groups(gone, node("sf:Account:2", "x:1")) == sets("sf:Account:1 sf:Account:2")


def test_records_that_are_all_gone_stay_one() -> None:
    one = node("sf:Account:1", "d:acme.com", live=False)
    other = node("hs:company:1", "d:acme.com", live=False)
    assert groups(one, other) == sets("sf:Account:1 hs:company:1")


def test_contacts_meet_by_address_even_within_one_connection() -> None:
    one, other = node("sf:Contact:1", "e:a@acme.com"), node("sf:Contact:2", "e:a@acme.com")
    assert groups(one, other, entity="contact") == sets("sf:Contact:1 sf:Contact:2")


def test_claims_of_an_account() -> None:
    values = {"domains": ["www.acme.com", "gmail.com", "acme.com"], "emails": ["a@b.de"]}
    found = identity.claims("account", values, " Ab1 ")
    assert found == {Claim("domain", "acme.com"), Claim("external_id", "Ab1")}
    assert identity.claim_keys(found) == ("d:acme.com", "x:Ab1")


def test_claims_of_a_contact_leave_out_role_addresses() -> None:
    values = {"emails": ["Ann@Acme.com", "support@acme.com"], "domains": ["acme.com"]}
    found = identity.claims("contact", values, None)
    assert found == {Claim("email", "ann@acme.com")}
    assert identity.claim_keys(found) == ("e:ann@acme.com",)


@pytest.mark.parametrize("external", [None, "", "0", "null"])
def test_nothing_to_claim(external: str | None) -> None:
    assert identity.claims("account", {}, external) == frozenset()
    assert identity.claims("ticket", {"domains": ["acme.com"]}, "42") == frozenset()


def test_account_paths_are_in_order_of_trust() -> None:
    links = [
        Link("requester", "email", "ann@mail.acme.com"),
        Link("contact", "record", "contact:5"),
        Link("owner", "record", "user:1"),
        Link("requester", "record", "contact:4"),
        Link("account", "domain", "https://www.beta.de/"),
        Link("account", "external_id", " Ab1 "),
        Link("account", "record", "company:9"),
        Link("requester", "email", "bob@gmail.com"),
        Link("account", "record", "company:9"),
    ]
    assert identity.account_paths(links, "hs1") == (
        "r:hs1:company:9",
        "x:Ab1",
        "d:beta.de",
        "r:hs1:contact:4",
        "r:hs1:contact:5",
        "d:acme.com",
    )


def test_a_contact_s_own_addresses_are_tried_last() -> None:
    links = [Link("account", "record", "company:9")]
    own = ["ann@gmail.com", "ann@acme.com"]
    assert identity.account_paths(links, "hs1", own) == ("r:hs1:company:9", "d:acme.com")


def test_both_sides_meet_on_the_same_key() -> None:
    account = identity.claim_keys(identity.claims("account", {"domains": ["Acme.com"]}, " A "))
    child = [Link("account", "external_id", "A"), Link("contact", "email", "a@x.acme.com")]
    assert set(identity.account_paths(child, "fd1")) == set(account)


@pytest.mark.parametrize(
    ("edge", "words"),
    [
        (Edge("a:o:1", "a:o:2", 1, "merge", "a:o:2"), "The vendor merged a:o:1 into a:o:2."),
        (
            Edge("a:o:1", "b:o:2", 4, "domain", "acme.com"),
            "a:o:1 and b:o:2 both have the domain acme.com, so they are one.",
        ),
        (
            Edge("a:o:1", "b:o:2", 2, "external_id", "42", "dropped", "it is too big"),
            "a:o:1 and b:o:2 both have the external id 42, but this link was not made: "
            "it is too big.",
        ),
        (
            Edge("a:o:1", "b:o:2", 4, "email", "a@b.de", "ambiguous", "too many have it"),
            "a:o:1 and b:o:2 both have the e-mail address a@b.de, but this e-mail address links "
            "nothing: too many have it.",
        ),
    ],
)
def test_edges_are_explained_in_one_sentence(edge: Edge, words: str) -> None:
    assert identity.explain_edge(edge) == words
