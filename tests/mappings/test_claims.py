"""What records claim: names, tax ids, cross-references, and the hints for a person."""

from __future__ import annotations

import pytest

from mappings.candidates import Entry, candidates, explain_candidate
from mappings.claims import Claim, claim_key, claim_of, claims
from mappings.identity import Node
from mappings.language import Link
from mappings.names import name_key
from mappings.normalise import external_id, registrable_domain, xref
from mappings.tax import tax_id


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Acme Co., Ltd.", "acme"),
        ("ACMÉ  S.A. de C.V.", "acme"),
        ("Acme Sp. z o.o.", "acme"),
        ("Müller & Söhne GmbH & Co. KG", "muller and sohne"),
        ("Straße AG", "strasse"),
        ("Maersk A/S", "maersk"),
        ("株式会社トヨタ", "トヨタ"),
        ("ООО Ромашка", "ромашка"),
        ("Acme (UK) Limited", "acme uk"),
        ("L’Oréal", "loreal"),
        ("3M", "3m"),
    ],
)
def test_a_name_loses_case_accents_marks_and_legal_forms(text: str, key: str) -> None:
    assert name_key(text) == key


@pytest.mark.parametrize(
    "text",
    ["Deutsche Bank", "Hotel Sacher", "Acme Group", "Acme Services", "Acme Holding", "Acme Store"],
)
def test_words_that_say_what_a_firm_does_stay(text: str) -> None:
    assert name_key(f"{text} GmbH") == text.lower()


@pytest.mark.parametrize("text", ["", "Test GmbH", "n/a", "Unknown", "-", "1234", "null", "?", "X"])
def test_what_is_no_name_has_no_key(text: str) -> None:
    assert name_key(text) is None


def test_a_name_that_is_only_a_legal_form_keeps_it() -> None:
    assert name_key("Co") == "co"


@pytest.mark.parametrize(
    ("text", "country", "claimed"),
    [
        ("DE 811 569 869", None, "DE:811569869"),
        ("DE811569869", "FR", "DE:811569869"),
        ("811.569.869", "DE", "DE:811569869"),
        ("12-3456780", "US", "US:123456780"),
        ("EL094014201", None, "GR:094014201"),
        ("811569869", None, None),
        ("000000000", "DE", None),
        ("123456789", "DE", None),
        ("test", "DE", None),
        ("n/a", "DE", None),
    ],
)
def test_a_tax_id_has_a_country_and_was_given_to_somebody(
    text: str, country: str | None, claimed: str | None
) -> None:
    assert tax_id(text, country) == claimed


@pytest.mark.parametrize(
    "text", ["0000", "-1", "null", "test", "unknown", "N/A", " ", "example.com"]
)
def test_constants_claim_nothing(text: str) -> None:
    assert external_id(text) is None
    assert xref(f"salesforce:Account:{text}") is None
    assert claims("contact", {"user_ids": [text]}) == frozenset()


@pytest.mark.parametrize(
    "host", ["acme.zendesk.com", "acme.atlassian.net", "acme.onmicrosoft.com", "example.com"]
)
def test_a_host_that_many_share_claims_nothing(host: str) -> None:
    assert registrable_domain(host) is None
    assert claims("account", {"domains": [host]}) == frozenset()


def test_an_account_with_a_domain_gives_no_hint_by_addresses() -> None:
    behind = {"emails": ["pay@acme.io"], "name": "Acme"}
    assert claims("account", behind) == {Claim("email_domain", "acme.io"), Claim("name", "acme")}
    named = claims("account", behind | {"domains": ["acme.eu"]}, people=["acme.io"])
    assert named == {Claim("domain", "acme.eu"), Claim("name", "acme")}


def test_a_person_s_user_ids_are_external_ids() -> None:
    held = claims("contact", {"user_ids": ["u-7"]}, "u-8")
    assert held == {Claim("external_id", "u-7"), Claim("external_id", "u-8")}


def test_only_a_link_by_cross_reference_claims_one() -> None:
    links = [Link("same", "xref", "sf:Account:1"), Link("account", "external_id", "C-1")]
    assert claims("account", {}, None, links) == {Claim("xref", "sf:Account:1")}


@pytest.mark.parametrize("kind", ["xref", "external_id", "tax_id", "domain", "email", "name"])
def test_a_claim_can_be_read_back_from_its_key(kind: str) -> None:
    claim = Claim(kind, "a:b")  # type: ignore[arg-type]
    assert claim_of(claim_key(claim)) == claim


def entry(account: str, key: str, *held: Claim, country: str | None = None) -> Entry:
    system = key.split(":")[0]
    node = Node(key, system, "o", system == "crm", True, frozenset(held))
    return Entry(account, node, country)


NAME, OTHER = Claim("name", "acme"), Claim("domain", "other.io")
DOMAIN, HINT = Claim("domain", "acme.io"), Claim("email_domain", "acme.io")


def test_equal_names_are_candidates_unless_country_domain_or_system_speaks_against_it() -> None:
    ours = entry("A", "crm:o:1", NAME, DOMAIN, country="DE")
    (found,) = candidates([ours, entry("B", "fd:o:2", NAME)])
    assert (found.rule, found.kind, found.a, found.b) == (6, "name", "crm:o:1", "fd:o:2")
    assert "acme" in explain_candidate(found)
    for against in (
        entry("B", "fd:o:2", NAME, country="FR"),
        entry("B", "fd:o:2", NAME, OTHER),
        entry("B", "crm:o:2", NAME),
        entry("A", "fd:o:2", NAME),
    ):
        assert candidates([ours, against]) == []


def test_a_conflicting_domain_of_any_record_of_the_account_counts() -> None:
    ours = entry("A", "crm:o:1", NAME, DOMAIN)
    theirs = [entry("B", "fd:o:2", NAME), entry("B", "zd:o:3", OTHER)]
    assert candidates([ours, *theirs]) == []


def test_addresses_point_to_the_one_account_with_their_domain() -> None:
    hinted = entry("B", "fd:o:2", HINT)
    (found,) = candidates([entry("A", "crm:o:1", DOMAIN), hinted])
    assert (found.rule, found.kind, found.value) == (5, "email_domain", "acme.io")
    assert "acme.io" in explain_candidate(found)
    disputed = [entry("A", "crm:o:1", DOMAIN), entry("C", "crm:o:9", DOMAIN), hinted]
    assert candidates(disputed) == []
    assert candidates([entry("A", "crm:o:1", DOMAIN), hinted], [DOMAIN]) == []


def test_the_stronger_hint_stands_for_a_pair() -> None:
    found = candidates([entry("A", "crm:o:1", DOMAIN, NAME), entry("B", "fd:o:2", HINT, NAME)])
    assert [one.rule for one in found] == [5]


def test_a_name_that_more_than_fifty_share_is_no_hint() -> None:
    many = [entry(f"A{n}", f"fd{n}:o:1", NAME) for n in range(51)]
    assert candidates(many) == []
    assert len(candidates(many[:50])) == 50 * 49 // 2
