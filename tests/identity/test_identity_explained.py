"""What is said of an identity: members, evidence on both sides, refusals with reasons, history."""

from __future__ import annotations

import pytest

from hub.errors import CorrectInput, NotFound
from hub.identity.explain import explain
from hub.identity.why_not import why_not
from tests.identity.ground import Ground


def test_a_link_names_the_fields_and_words_of_both_sides(ground: Ground) -> None:
    crm = ground.put("crm", "company", "1", name="Acme", domain="https://www.acme.de/shop")
    desk = ground.put("desk", "company", "2", name="ACME Ltd", domain="support.acme.de")

    told = explain(ground.store, "account", ground.account(crm), ground.vendors)

    assert [m["key"] for m in told["members"]] == sorted([crm, desk])
    [link] = told["edges"]
    assert (link["rule"], link["kind"], link["value"], link["state"]) == (
        4, "domain", "acme.de", "accepted",
    )  # fmt: skip
    sides = {side["record"]: side["fields"] for side in link["sides"]}
    assert sides == {
        crm: [{"field": "domains", "path": "domain", "value": "https://www.acme.de/shop"}],
        desk: [{"field": "domains", "path": "domain", "value": "support.acme.de"}],
    }
    assert "CRM company Acme (1)" in link["sentence"]
    assert "Desk company ACME Ltd (2)" in link["sentence"]
    assert "cnx" not in link["sentence"]


def test_what_links_nothing_says_why(ground: Ground) -> None:
    one = ground.put("crm", "company", "1", name="Acme Holding", domain="acme.de")
    ground.put("crm", "company", "2", name="Acme Cars", domain="acme.de")
    ground.put("desk", "company", "3", name="Acme", domain="acme.de")

    told = explain(ground.store, "account", ground.account(one), ground.vendors)

    assert len(told["members"]) == 1
    states = {(edge["state"], edge["value"]) for edge in told["edges"]}
    assert states == {("ambiguous", "acme.de")}
    assert "Our crm" in told["edges"][0]["reason"]
    claimants = [side["name"] for side in told["edges"][0]["sides"]]
    assert claimants == ["Acme Holding", "Acme Cars", "Acme"]


def test_a_constraint_that_dropped_a_link_is_named(ground: Ground) -> None:
    one = ground.put("crm", "company", "1", name="Acme", domain="acme.de", number="C-1")
    ground.put("crm", "company", "2", name="Beta", domain="beta.de", number="C-2")
    ground.put("desk", "company", "3", name="Acme", domain="beta.de", number="C-1")

    told = explain(ground.store, "account", ground.account(one), ground.vendors)

    dropped = [edge for edge in told["edges"] if edge["state"] == "dropped"]
    assert [edge["kind"] for edge in dropped] == ["domain"]
    assert "two live records of connection Our crm" in dropped[0]["reason"]


def test_an_old_id_answers_with_both_and_the_history_tells_of_the_merge(ground: Ground) -> None:
    crm = ground.put("crm", "company", "1", name="Acme", domain="acme.de")
    desk = ground.put("desk", "company", "2", name="Acme")
    first, second = ground.account(crm), ground.account(desk)
    assert first != second
    ground.put("desk", "company", "2", domain="acme.de")

    told = explain(ground.store, "account", second, ground.vendors)

    assert (told["id"], told["asked_id"], told["aliases"]) == (first, second, [second])
    [entry] = told["history"]
    assert entry["kind"] == "merged"
    assert entry["moves"] == [{"record": desk, "from": second}]
    assert entry["because"] == [
        "CRM company Acme (1) and Desk company Acme (2) share their domain (rule 4)."
    ]


def test_a_split_gives_the_old_id_back_and_is_told_on_both_sides(ground: Ground) -> None:
    crm = ground.put("crm", "company", "1", name="Acme", domain="acme.de")
    desk = ground.put("desk", "company", "2", name="Acme")
    first, second = ground.account(crm), ground.account(desk)
    ground.put("desk", "company", "2", domain="acme.de")
    ground.put("desk", "company", "2", domain="other.de")

    kinds = {
        one: [
            entry["kind"]
            for entry in explain(ground.store, "account", one, ground.vendors)["history"]
        ]
        for one in (first, second)
    }

    assert ground.account(desk) == second
    assert kinds == {first: ["split", "merged"], second: ["split", "merged"]}


def test_a_person_is_explained_like_an_account(ground: Ground) -> None:
    one = ground.put("crm", "person", "1", name="Ann", email="ann@acme.de")
    two = ground.put("desk", "person", "2", name="Ann B", email="Ann@ACME.de")

    told = explain(ground.store, "contact", ground.contact(one), ground.vendors)

    assert ground.contact(two) == told["id"]
    assert [edge["value"] for edge in told["edges"]] == ["ann@acme.de"]
    assert {s["name"] for s in told["edges"][0]["sides"]} == {"Ann", "Ann B"}


def test_nobody_of_that_id_is_not_found(ground: Ground) -> None:
    with pytest.raises(NotFound):
        explain(ground.store, "account", "acc_nothing", ground.vendors)
    with pytest.raises(NotFound):
        why_not(ground.store, "acc_nothing", "acc_nothing", ground.vendors)


def verdict(ground: Ground, a: str, b: str) -> tuple[int | None, str]:
    found = why_not(ground.store, a, b, ground.vendors)["verdict"]
    return found["rule"], found["outcome"]


def test_why_not_names_the_first_rule_that_was_near(ground: Ground) -> None:
    one = ground.put("crm", "company", "1", name="Acme", domain="acme.de", number="C-1")
    two = ground.put("crm", "company", "2", name="Beta", domain="beta.de", number="C-2")
    third = ground.put("desk", "company", "3", name="Acme", domain="beta.de", number="C-1")

    found = why_not(ground.store, ground.account(one), two, ground.vendors)

    assert found["same"] is False
    assert (found["verdict"]["rule"], found["verdict"]["outcome"]) == (4, "dropped")
    assert "two live records of connection Our crm" in found["verdict"]["sentence"]
    rules = {rule["kind"]: rule for rule in found["rules"]}
    assert rules["external_id"]["outcome"] == "different"
    assert [c["value"] for c in rules["external_id"]["a"]] == ["C-1", "C-1"]
    assert [c["value"] for c in rules["external_id"]["b"]] == ["C-2"]
    assert verdict(ground, one, third) == (None, "linked")


def test_why_not_says_ambiguous_blocked_and_nothing(ground: Ground) -> None:
    one = ground.put("crm", "company", "1", name="Acme", domain="acme.de")
    two = ground.put("crm", "company", "2", name="Acme Cars", domain="acme.de")
    free = ground.put("crm", "company", "3", name="Gamma", domain="gmail.com")
    also = ground.put("desk", "company", "4", name="Epsilon", domain="gmail.com")
    bare = ground.put("desk", "company", "5", name="Delta")

    assert verdict(ground, one, two) == (4, "ambiguous")
    assert verdict(ground, free, also) == (4, "blocked")
    assert "free mail" in why_not(ground.store, free, also, ground.vendors)["verdict"]["sentence"]
    assert verdict(ground, one, bare) == (None, "nothing")


def test_records_of_one_account_are_joined_by_a_path_of_links(ground: Ground) -> None:
    one = ground.put("crm", "company", "1", name="Acme", domain="acme.de")
    mid = ground.put("desk", "company", "2", name="Acme", domain="acme.de", number="C-1")
    end = ground.put("desk", "company", "3", name="Acme 2", number="C-1")

    found = why_not(ground.store, one, end, ground.vendors)

    assert found["same"] is True
    ends = [{link["a"], link["b"]} for link in found["links"]]
    assert ends == [{one, mid}, {mid, end}]


def test_an_account_and_a_person_cannot_be_compared(ground: Ground) -> None:
    company = ground.put("crm", "company", "1", name="Acme")
    person = ground.put("crm", "person", "2", name="Ann", email="ann@acme.de")

    with pytest.raises(CorrectInput):
        why_not(ground.store, company, person, ground.vendors)


def test_a_hint_is_told_as_a_hint_and_no_link(ground: Ground) -> None:
    one = ground.put("crm", "company", "1", name="Acme GmbH", domain="acme.de")
    two = ground.put("desk", "company", "2", name="ACME")
    apart = ground.put("desk", "company", "3", name="Acme Ltd", domain="acme-support.io")

    assert verdict(ground, one, two) == (6, "candidate")
    rules = why_not(ground.store, one, apart, ground.vendors)["rules"]
    [name] = [rule for rule in rules if rule["kind"] == "name"]
    assert name["outcome"] == "different"
    assert "each has a domain of its own" in name["sentence"]


def test_peoples_addresses_lead_to_the_domain_of_the_other(ground: Ground) -> None:
    one = ground.put("crm", "company", "1", name="Acme Holding", domain="acme.de")
    two = ground.put("desk", "company", "2", name="Support customer")
    ground.put("desk", "person", "3", name="Ann", email="ann@acme.de", company="2")

    found = why_not(ground.store, one, two, ground.vendors)

    assert (found["verdict"]["rule"], found["verdict"]["outcome"]) == (5, "candidate")
    [rule] = [rule for rule in found["rules"] if rule["kind"] == "email_domain"]
    assert [c["record"] for c in rule["a"]] == [one]
    assert [c["record"] for c in rule["b"]] == [two]
