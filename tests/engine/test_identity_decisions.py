"""What people decide about who is who: it beats the rules, and can be undone."""

from __future__ import annotations

from typing import Any

import pytest

from hub.errors import AlreadyThere, CorrectInput, NotFound
from hub.identity import decisions, reviews
from hub.store.client import Doc
from tests.engine.people import World


@pytest.fixture
def world(stage) -> World:
    return World(stage)


def members(world: World, account_id: str) -> set[str]:
    doc = world.store.accounts.find_one({"_id": account_id})
    assert doc is not None
    return {member["native_id"] for member in doc["members"]}


def test_two_accounts_that_a_person_calls_one_are_one_and_two_again_when_it_is_undone(
    world: World,
) -> None:
    world.company("crm", "1", name="Acme", domain="acme.io")
    world.company("desk", "2", name="Acme Europe", domain="acme.eu")
    before = world.accounts()
    a, b = world.account("crm", "1"), world.account("desk", "2")
    assert a != b
    said = decisions.same(world.hub, world.tenant_id, a, b, "usr_ann", "one contract")
    assert world.account("crm", "1") == world.account("desk", "2") == a
    assert world.find(b)["merged_into"] == a
    decisions.undo(world.hub, world.tenant_id, said["_id"], "usr_ben")
    assert world.accounts() == before


def test_a_split_holds_against_an_equal_domain_and_a_vendor_merge(world: World) -> None:
    world.company("crm", "1", domain="acme.io")
    world.company("crm", "3", domain="acme.org")
    world.company("desk", "2", domain="acme.io")
    world.merge("crm", "3", into="1")
    whole = world.account("crm", "1")
    assert members(world, whole) == {"1", "2", "3"}
    gone = [world.key("desk", "2"), world.key("crm", "3")]
    decisions.split(world.hub, world.tenant_id, whole, gone, "usr_ann")
    assert members(world, world.account("crm", "1")) == {"1"}
    assert world.account("crm", "1") == whole
    world.company("desk", "2", domain="acme.io", name="Acme again")
    assert world.account("desk", "2") != whole


def test_a_domain_given_to_an_account_links_who_claims_it_and_leads_people_there(
    world: World,
) -> None:
    world.company("crm", "1", domain="acme.io")
    world.company("crm", "2", domain="acme.io")
    world.company("desk", "7", domain="acme.io")
    world.person("desk", "9", email="ann@acme.io")
    assert world.record("desk", "9", "person")["account_id"] is None
    said = decisions.give_domain(
        world.hub, world.tenant_id, "www.acme.io", world.account("crm", "2"), "usr_ann"
    )
    owner = world.account("crm", "2")
    assert review(world, "ambiguous_domain")["state"] == "decided"
    assert world.account("desk", "7") == owner != world.account("crm", "1")
    assert world.record("desk", "9", "person")["account_id"] == owner
    decisions.undo(world.hub, world.tenant_id, said["_id"], "usr_ann")
    assert world.account("desk", "7") not in (owner, world.account("crm", "1"))
    assert review(world, "ambiguous_domain")["state"] == "open"
    assert world.record("desk", "9", "person")["account_id"] is None


def test_a_decision_against_an_earlier_one_is_refused_and_names_it(world: World) -> None:
    for native_id in "123":
        world.company("desk", native_id, domain=f"acme{native_id}.io")
    one, two, three = (world.key("desk", native_id) for native_id in "123")
    first = decisions.same(world.hub, world.tenant_id, one, two, "usr_ann")
    apart = decisions.not_same(world.hub, world.tenant_id, one, three, "usr_ann")
    with pytest.raises(AlreadyThere, match=apart["_id"]):
        decisions.same(world.hub, world.tenant_id, two, three, "usr_ben")
    with pytest.raises(AlreadyThere, match=first["_id"]):
        decisions.not_same(world.hub, world.tenant_id, one, two, "usr_ben")
    assert world.store.decisions.count({}) == 2
    decisions.undo(world.hub, world.tenant_id, apart["_id"], "usr_ben")
    decisions.same(world.hub, world.tenant_id, two, three, "usr_ben")
    assert world.account("desk", "1") == world.account("desk", "3")


def test_a_preview_says_what_would_be_and_changes_nothing(world: World) -> None:
    world.company("crm", "1", domain="acme.io", name="Acme")
    world.company("desk", "2", domain="acme.eu", name="Acme EU")
    a, b = world.account("crm", "1"), world.account("desk", "2")
    before = world.everything()
    found = decisions.preview(world.hub, world.tenant_id, "same", a=a, b=b)
    assert world.everything() == before
    assert found["allowed"]
    (merged,) = found["accounts"]
    assert (merged["id"], merged["before"]) == (a, sorted([a, b]))
    decisions.same(world.hub, world.tenant_id, a, b, "usr_ann")
    assert members(world, a) == {m["native_id"] for m in merged["members"]}


def test_a_preview_tells_of_a_contradiction_an_undoing_and_what_would_be_refused(
    world: World,
) -> None:
    world.company("crm", "1", domain="acme.io")
    world.company("crm", "2", domain="acme.io")
    world.company("desk", "7", domain="acme.io")
    hub, tenant = world.hub, world.tenant_id
    one, two, desk = world.key("crm", "1"), world.key("crm", "2"), world.key("desk", "7")
    apart = decisions.not_same(hub, tenant, one, desk, "u")
    found = decisions.preview(hub, tenant, "same", a=one, b=desk)
    assert (found["allowed"], found["decision"]) == (False, apart["_id"])
    found = decisions.preview(hub, tenant, "domain", domain="acme.io", account_id=one)
    assert [(e["kind"], e["state"]) for e in found["refused"] if e["a"] != e["b"]] == [
        ("owned_domain", "dropped")
    ]
    found = decisions.preview(hub, tenant, "domain", domain="acme.io", account_id=two)
    assert [sorted(m["key"] for m in g["members"]) for g in found["accounts"]] == [
        sorted([two, desk])
    ]
    given = decisions.give_domain(hub, tenant, "acme.io", two, "u")
    found = decisions.preview(hub, tenant, "undo", decision_id=given["_id"])
    assert world.account("desk", "7") == world.account("crm", "2")
    assert {tuple(m["key"] for m in g["members"]) for g in found["accounts"]} == {(desk,)}


def test_bad_input_is_refused_with_the_field(world: World) -> None:
    world.company("crm", "1", domain="acme.io")
    world.company("desk", "2", domain="acme.io")
    whole, hub, tenant = world.account("crm", "1"), world.hub, world.tenant_id
    refused: list[tuple[type[Exception], Any]] = [
        (NotFound, lambda: decisions.same(hub, tenant, whole, "acc_none", "u")),
        (AlreadyThere, lambda: decisions.same(hub, tenant, whole, world.key("desk", "2"), "u")),
        (CorrectInput, lambda: decisions.not_same(hub, tenant, whole, whole, "u")),
        (CorrectInput, lambda: decisions.split(hub, tenant, whole, [], "u")),
        (CorrectInput, lambda: decisions.split(hub, tenant, whole, ["x:y:z"], "u")),
        (CorrectInput, lambda: decisions.give_domain(hub, tenant, "gmail.com", whole, "u")),
        (NotFound, lambda: decisions.undo(hub, tenant, "dec_none", "u")),
    ]
    for error, call in refused:
        with pytest.raises(error):
            call()
    assert world.store.decisions.count({}) == 0


def test_a_decision_is_audited_and_on_the_timeline(world: World) -> None:
    world.company("crm", "1", domain="acme.io")
    world.company("desk", "2", domain="acme.eu")
    a, b = world.account("crm", "1"), world.account("desk", "2")
    said = decisions.same(world.hub, world.tenant_id, a, b, "usr_ann", "one contract")
    decisions.undo(world.hub, world.tenant_id, said["_id"], "usr_ben")
    audit = world.hub.catalogue.control.audit.find({"tenant_id": world.tenant_id}).sort("at", 1)
    told = [(entry["who"], entry["what"]) for entry in audit]
    assert told[-2:] == [("usr_ann", "decision"), ("usr_ben", "decision undone")]
    events = list(world.store.events.find({"account_id": a, "decision": said["_id"]}))
    assert sorted(event["what"] for event in events) == ["decision", "decision undone"]


def review(world: World, kind: str) -> Doc:
    found = list(world.store.reviews.find({"kind": kind, "state": {"$ne": "gone"}}))
    assert len(found) == 1, found
    return found[0]


def test_equal_names_wait_for_a_person_and_a_no_is_kept_until_it_is_undone(world: World) -> None:
    world.company("crm", "1", name="Acme GmbH", domain="acme.io")
    world.company("desk", "2", name="ACME")
    found = review(world, "candidate")
    assert (found["state"], found["rule"], found["value"]) == ("open", 6, "acme")
    said = decisions.dismiss(world.hub, world.tenant_id, found["_id"], "usr_ann")
    assert review(world, "candidate")["state"] == "decided"
    world.company("desk", "2", name="Acme Ltd")
    assert review(world, "candidate")["state"] == "decided"
    decisions.undo(world.hub, world.tenant_id, said["_id"], "usr_ann")
    assert review(world, "candidate")["state"] == "open"
    decisions.accept(world.hub, world.tenant_id, found["_id"], "usr_ann")
    assert world.account("crm", "1") == world.account("desk", "2")
    assert reviews.one(world.store, found["_id"])["state"] == "decided"


def test_a_candidate_is_gone_when_its_reason_is(world: World) -> None:
    world.company("crm", "1", name="Acme", domain="acme.io")
    world.company("desk", "2", name="Acme")
    found = review(world, "candidate")
    world.company("desk", "2", name="Acme", domain="other.io")
    assert reviews.one(world.store, found["_id"])["state"] == "gone"
    world.company("desk", "2", name="Acme")
    assert reviews.one(world.store, found["_id"])["state"] == "open"


def test_the_addresses_of_an_account_s_people_point_to_the_account_with_their_domain(
    world: World,
) -> None:
    world.company("crm", "1", name="Acme", domain="acme.io")
    world.company("desk", "2", name="Somebody")
    world.person("desk", "9", email="ann@acme.io", company="2")
    found = review(world, "candidate")
    assert (found["rule"], found["value"], found["state"]) == (5, "acme.io", "open")
    world.person("desk", "9", email="ann@gmail.com", company="2")
    assert reviews.one(world.store, found["_id"])["state"] == "gone"


def test_a_link_that_a_constraint_stops_waits_for_a_person(world: World) -> None:
    world.company("crm", "1", domain="one.io")
    world.company("crm", "2", domain="two.io")
    world.company("desk", "3", domain="one.io", more="two.io")
    found = review(world, "dropped")
    assert {found["a"], found["b"]} == {world.key("crm", "2"), world.key("desk", "3")}
    assert "connection" in found["reason"]
    world.company("desk", "3", domain="one.io")
    assert reviews.one(world.store, found["_id"])["state"] == "gone"


def test_a_disputed_domain_waits_and_recovers_when_one_claim_goes(world: World) -> None:
    world.company("desk", "7", domain="acme.io")
    world.company("crm", "1", domain="acme.io")
    assert world.account("desk", "7") == world.account("crm", "1")
    world.company("crm", "2", domain="acme.io")
    found = review(world, "ambiguous_domain")
    assert len(found["accounts"]) == 3
    assert world.account("desk", "7") != world.account("crm", "1")
    decisions.dismiss(world.hub, world.tenant_id, found["_id"], "usr_ann")
    assert review(world, "ambiguous_domain")["state"] == "decided"
    world.company("crm", "2", domain="acme.org")
    assert world.account("desk", "7") == world.account("crm", "1")
    assert reviews.one(world.store, found["_id"])["state"] == "gone"
    world.company("crm", "2", domain="acme.io")
    assert reviews.one(world.store, found["_id"])["state"] == "decided"


def test_people_can_be_called_one_person(world: World) -> None:
    world.company("crm", "5", domain="acme.io")
    world.person("crm", "1", email="ann@acme.io")
    world.person("desk", "2", email="ann@acme.eu")
    a = world.record("crm", "1", "person")["contact_id"]
    b = world.record("desk", "2", "person")["contact_id"]
    said = decisions.same(world.hub, world.tenant_id, a, b, "usr_ann")
    assert world.record("desk", "2", "person")["contact_id"] == a
    told = world.store.events.find_one({"decision": said["_id"]})
    assert told is not None
    assert told["account_id"] == world.account("crm", "5")
    decisions.undo(world.hub, world.tenant_id, said["_id"], "usr_ann")
    assert world.record("desk", "2", "person")["contact_id"] == b
