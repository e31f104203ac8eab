"""Which value survives; expected values are worked by hand from the order of sources."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.survivorship import Member, survive

T0 = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = {"sf": "crm", "hs": "crm", "stripe": "billing", "fd": "support", "mx": "usage"}


def member(
    source: str, values: dict[str, Any], day: int | None = 0, deleted: bool = False, n: int = 1
) -> Member:
    at = None if day is None else T0 + timedelta(days=day)
    return Member(f"{source}1:o:{n}", source, KINDS.get(source, "work"), f"{source}1", at, deleted,
                  values)  # fmt: skip


def values(entity: str, *members: Member) -> dict[str, Any]:
    return {name: answer["v"] for name, answer in survive(entity, members).items()}


def test_name_comes_from_the_crm_with_all_that_is_known_about_it() -> None:
    found = survive(
        "account",
        [
            member("fd", {"name": "acme"}, day=9),
            member("sf", {"name": "Acme GmbH"}, day=1),
            member("stripe", {"name": "ACME"}, day=2),
        ],
    )
    assert found["name"] == {
        "v": "Acme GmbH",
        "src": "sf",
        "rec": "sf1:o:1",
        "at": T0 + timedelta(days=1),
        "rule": "source_order",
        "also": [
            {"v": "ACME", "src": "stripe", "rec": "stripe1:o:1", "at": T0 + timedelta(days=2)},
            {"v": "acme", "src": "fd", "rec": "fd1:o:1", "at": T0 + timedelta(days=9)},
        ],
    }


@pytest.mark.parametrize(
    ("field", "sources", "winner"),
    [
        ("name", ("jira", "mx", "fd", "stripe", "sf"), "sf"),
        ("name", ("jira", "mx", "fd", "stripe"), "stripe"),
        ("name", ("jira", "mx", "fd"), "fd"),
        ("name", ("jira", "mx"), "mx"),
        ("industry", ("stripe", "sf", "fd"), "sf"),
        ("tier", ("fd", "hs"), "hs"),
        ("lifecycle", ("stripe", "hs"), "hs"),
        ("seats", ("sf", "stripe", "fd"), "stripe"),
        ("mrr", ("sf", "stripe", "fd"), "stripe"),
        ("renewal_at", ("fd", "sf"), "sf"),
    ],
)
def test_order_of_sources(field: str, sources: tuple[str, ...], winner: str) -> None:
    found = survive("account", [member(source, {field: source}) for source in sources])
    assert found[field]["v"] == winner


def test_ties_go_by_source_name_and_then_by_record_key() -> None:
    two = [member("sf", {"name": "S"}, day=9), member("hs", {"name": "H"}, day=1)]
    assert values("account", *two) == {"name": "H"}
    keyed = [Member(key, source, "crm", "c", T0, False, {"name": source})
             for key, source in [("a:o:1", "sf"), ("b:o:1", "hs")]]  # fmt: skip
    assert values("account", *keyed) == {"name": "hs"}
    same = [member("sf", {"name": "two"}, n=2), member("sf", {"name": "one"}, n=1)]
    assert values("account", *same) == {"name": "one"}


@pytest.mark.parametrize("blank", [None, "", []])
def test_a_blank_never_wins(blank: Any) -> None:
    found = survive("account", [member("sf", {"name": blank}), member("fd", {"name": "acme"})])
    assert found["name"]["v"] == "acme"
    assert found["name"]["also"] == []
    assert survive("account", [member("sf", {"name": blank})]) == {}


@pytest.mark.parametrize(("field", "value"), [("is_internal", False)])
def test_no_is_an_answer(field: str, value: Any) -> None:
    two = [member("sf", {field: value}), member("fd", {field: True})]
    assert values("contact", *two) == {field: value}


def test_zero_is_an_answer() -> None:
    assert values("account", member("sf", {"seats": 0})) == {"seats": 0}


def test_a_deleted_record_never_wins_while_another_lives() -> None:
    gone = member("sf", {"name": "Acme GmbH", "industry": "steel"}, deleted=True)
    found = survive("account", [gone, member("fd", {"name": "acme"})])
    assert found["name"]["v"] == "acme"
    assert found["name"]["also"] == []
    assert "industry" not in found


def test_values_survive_from_deleted_records_when_none_lives() -> None:
    gone = [
        member("fd", {"name": "acme"}, deleted=True),
        member("sf", {"name": "Acme GmbH"}, deleted=True),
    ]
    assert values("account", *gone) == {"name": "Acme GmbH"}


def test_domains_are_joined_with_the_crm_s_first_one_first() -> None:
    found = survive(
        "account",
        [
            member("fd", {"domains": ["acme.io", "acme.com"]}),
            member("sf", {"domains": ["acme.com"]}),
            member("hs", {"domains": ["acme.de", "acme.com"]}),
        ],
    )["domains"]
    assert found["v"] == ["acme.de", "acme.com", "acme.io"]
    assert (found["rule"], found["src"]) == ("union", "hs")
    assert [(also["src"], also["v"]) for also in found["also"]] == [
        ("sf", ["acme.com"]),
        ("fd", ["acme.io", "acme.com"]),
    ]


def test_the_address_used_to_log_in_is_first() -> None:
    found = values(
        "contact",
        member("fd", {"emails": ["c@a.de"]}),
        member("sf", {"emails": ["b@a.de"]}),
        member("mx", {"emails": ["a@a.de"]}),
    )
    assert found == {"emails": ["a@a.de", "b@a.de", "c@a.de"]}


def test_title_and_phone_are_the_most_recent() -> None:
    found = survive(
        "contact",
        [
            member("sf", {"title": "Buyer", "phones": ["+491"]}, day=1),
            member("fd", {"title": "CFO", "phones": ["+492"]}, day=5),
            member("hs", {"title": "Clerk"}, day=None),
        ],
    )
    assert (found["title"]["v"], found["title"]["rule"]) == ("CFO", "most_recent")
    assert [also["v"] for also in found["title"]["also"]] == ["Buyer", "Clerk"]
    assert found["phones"]["v"] == ["+492", "+491"]


def test_equally_recent_values_go_by_the_order_of_sources() -> None:
    two = [member("fd", {"title": "CFO"}), member("sf", {"title": "Buyer"})]
    assert values("contact", *two) == {"title": "Buyer"}


def test_fields_that_are_not_canonical_are_left_out() -> None:
    assert survive("account", [member("sf", {"shoe_size": 44})]) == {}


def test_an_unknown_entity_is_an_error() -> None:
    with pytest.raises(KeyError):
        survive("spaceship", [])


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["", "Acme", "ACME", None]),
        "phone": st.sampled_from(["+1", "+2", "+3"]),
        "seats": st.integers(0, 3),
        "domains": st.lists(st.sampled_from(["a.com", "b.com", "c.com"]), max_size=3),
    },
)
MEMBERS = st.lists(
    st.builds(
        member,
        st.sampled_from(["sf", "hs", "stripe", "fd", "mx", "jira"]),
        FIELDS,
        st.none() | st.integers(0, 2),
        st.booleans(),
        st.integers(1, 2),
    ),
    max_size=7,
    unique_by=lambda m: m.key,
)


@given(MEMBERS, st.randoms(use_true_random=False))
def test_the_order_of_members_does_not_matter(members: list[Member], random: Any) -> None:
    shuffled = members + members[:2]
    random.shuffle(shuffled)
    assert survive("account", shuffled) == survive("account", members)


@given(MEMBERS)
def test_surviving_values_survive_themselves(members: list[Member]) -> None:
    first = values("account", *members)
    assert values("account", member("sf", first)) == first


@given(MEMBERS)
def test_every_value_says_who_said_it(members: list[Member]) -> None:
    by_key = {m.key: m for m in members}
    alive = any(not m.deleted for m in members)
    for name, answer in survive("account", members).items():
        for seen in [answer, *answer["also"]]:
            said = by_key[seen["rec"]]
            assert (seen["src"], seen["at"]) == (said.source, said.modified_at)
            assert not (alive and said.deleted)
            held = said.values[name]
            assert held == seen["v"] or (name == "domains" and held[0] in seen["v"])
    for m in members:
        if not m.deleted:
            assert {n for n, v in m.values.items() if v not in (None, "", [])} <= set(
                survive("account", members)
            )
