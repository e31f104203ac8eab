"""Identity on the command line."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Run
from tests.identity.ground import Ground
from tests.stage import Stage


@pytest.fixture
def ground(stage: Stage) -> Ground:
    return Ground(stage.store)


def pair(ground: Ground) -> tuple[str, str]:
    crm = ground.put("crm", "company", "1", name="Acme GmbH", domain="acme.de")
    return crm, ground.put("desk", "company", "2", name="ACME")


def test_a_dry_run_says_what_would_be_and_decides_nothing(run: Run, ground: Ground) -> None:
    crm, desk = pair(ground)
    first, second = ground.account(crm), ground.account(desk)

    said = run("identity", "same", crm, desk, "--dry-run", "--json")

    assert said.code == 0, said.err
    assert [account["id"] for account in said.json["accounts"]] == [first]
    assert f"{first} (Acme GmbH) would be" in run("identity", "same", crm, desk, "--dry-run").out
    assert ground.account(desk) == second
    assert run("identity", "decisions", "--json").json["items"] == []


def test_a_decision_is_made_listed_explained_and_undone(run: Run, ground: Ground) -> None:
    crm, desk = pair(ground)
    second = ground.account(desk)

    made = run("identity", "same", crm, desk, "--note", "asked them", "--json").json
    listed = run("identity", "decisions", "--of", crm, "--json").json["items"]
    told = run("accounts", "explain", second).out
    undone = run("identity", "undo", made["id"], "--json")

    assert [(one["id"], one["note"]) for one in listed] == [(made["id"], "asked them")]
    assert f"asked for as {second}" in told
    assert "asked them" in told
    assert undone.json["undone_by"]
    assert ground.account(desk) == second
    assert run("identity", "undo", made["id"]).code == 5


def test_why_not_ends_with_one_when_they_are_one(run: Run, ground: Ground) -> None:
    crm, desk = pair(ground)
    other = ground.put("desk", "company", "3", name="Support", domain="acme.de")

    apart = run("identity", "why-not", crm, desk)
    together = run("identity", "why-not", crm, other, "--json")

    assert apart.code == 0
    assert "(rule 6)" in apart.out.splitlines()[0]
    assert together.code == 1
    assert [link["value"] for link in together.json["links"]] == ["acme.de"]
    assert run("identity", "why-not", crm, "acc_no", "--json").problem["type"] == "not_found"


def test_records_are_split_off_and_a_domain_is_given(run: Run, ground: Ground) -> None:
    one = ground.put("crm", "company", "1", name="Acme", domain="acme.de")
    two = ground.put("crm", "company", "2", name="Acme Cars", domain="acme.de")
    desk = ground.put("desk", "company", "3", name="Help", domain="acme.de")

    given = run("identity", "give-domain", "acme.de", ground.account(one))
    assert given.code == 0, given.err
    assert ground.account(desk) == ground.account(one) != ground.account(two)
    assert run("identity", "split", ground.account(one), desk).code == 0
    assert ground.account(desk) != ground.account(one)
    assert run("identity", "split", ground.account(one), desk).code == 2
    assert run("identity", "give-domain", "gmail.com", one, "--json").problem["field"] == "domain"


def test_reviews_are_listed_shown_and_answered(run: Run, ground: Ground) -> None:
    crm, desk = pair(ground)
    [waiting] = run("identity", "reviews", "list", "--json").json["items"]

    shown = run("identity", "reviews", "show", waiting["id"])
    assert "If you say yes:" in shown.out
    assert run("identity", "reviews", "show", "rev_no").code == 3
    accepted = run("identity", "reviews", "accept", waiting["id"], "--json")

    assert accepted.code == 0, accepted.err
    assert ground.account(crm) == ground.account(desk)
    assert run("identity", "reviews", "list", "--json").json["items"] == []
    assert "A person said that" in run("identity", "explain", desk).out


def test_a_dismissed_review_is_decided(run: Run, ground: Ground) -> None:
    crm, desk = pair(ground)
    [waiting] = run("identity", "reviews", "list", "--json").json["items"]

    said = run("identity", "reviews", "dismiss", waiting["id"], "--note", "namesakes")

    assert said.out.strip() == f"{waiting['id']} is decided."
    assert ground.account(crm) != ground.account(desk)
    decided = run("identity", "reviews", "list", "--state", "decided", "--json").json["items"]
    assert [review["id"] for review in decided] == [waiting["id"]]


def test_measures_are_told_and_a_sample_is_labelled(run: Run, ground: Ground) -> None:
    ground.put("crm", "company", "1", name="Acme", domain="acme.de")
    ground.put("desk", "company", "2", name="Acme", domain="acme.de")

    assert "Nobody has counted" in run("identity", "measures").out
    [drawn] = run("identity", "sample", "--draw", "3", "--json").json
    labelled = run("identity", "label", drawn["id"], "right", "--json").json

    assert (labelled["labelled"], labelled["precision"]) == (1, 1)
    told = run("identity", "measures", "--recount").out
    assert "crm: 1 of 1, 100.0% linked to another source" in told
    assert "Precision: 1.000 (0.207 to 1.000), 1 right of 1 labelled links" in told
    assert run("identity", "label", "lab_no", "right").code == 3


def test_todays_rules_change_nothing_of_what_they_made(run: Run, ground: Ground) -> None:
    pair(ground)

    said = run("identity", "ruleset", "--json")

    assert (said.code, said.json["moves"], said.json["complete"]) == (0, 0, True)
    assert said.json["looked_at"] == 2
