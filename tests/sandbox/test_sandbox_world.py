from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from hub.sandbox import World, ids

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
VENDORS = ("salesforce", "hubspot", "freshdesk", "jira", "asana", "zendesk")


@pytest.fixture(scope="module")
def world() -> World:
    return World.seed(7, 60, NOW)


def everything(world: World, vendor: str) -> list[object]:
    kinds = ("companies", "people", "users", "deals", "tickets", "issues", "tasks", "touches")
    return [list(getattr(world, f"{kind}_of")(vendor)) for kind in (*kinds, "projects")]


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_same_seed_makes_the_same_world_and_another_seed_another(vendor: str) -> None:
    first = everything(World.seed(7, 20, NOW), vendor)
    assert first == everything(World.seed(7, 20, NOW), vendor)
    assert first != everything(World.seed(8, 20, NOW), vendor)


def test_a_big_world_begins_like_a_small_one_and_makes_nothing_before_it_is_asked() -> None:
    big, small = World.seed(7, 10_000, NOW), World.seed(7, 60, NOW)
    assert big.company("c00042") == small.company("c00042")
    assert big.company("c09999").key == "c09999"
    with pytest.raises(KeyError):
        small.company("c00060")


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        World.seed(7, 60, datetime(2026, 3, 4))


def test_a_salesforce_id_carries_the_check_characters_of_the_published_example() -> None:
    assert ids.with_check("001A0000006Vm9u") == "001A0000006Vm9uIAC"


@pytest.mark.parametrize("vendor", VENDORS)
def test_ids_are_unique_within_a_vendor(world: World, vendor: str) -> None:
    found = [p.id for _, p in world.companies_of(vendor)]
    found += [id for *_, id in world.people_of(vendor)]
    for kind, plural in (("deal", "deals"), ("ticket", "tickets"), ("task", "tasks")):
        things = getattr(world, f"{plural}_of")(vendor)
        found += [world.id(vendor, kind, thing.key) for thing in things]
    found += [world.id(vendor, "issue", issue.key) for issue in world.issues_of(vendor)]
    found += [world.id(vendor, "touch", touch.key) for touch in world.touches_of(vendor)]
    found += [world.id(vendor, "project", project.key) for project in world.projects_of(vendor)]
    found += [world.id(vendor, "user", user.key) for user in world.users]
    assert Counter(found).most_common(1)[0][1] == 1


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_truth_table_tells_who_each_company_record_is(world: World, vendor: str) -> None:
    for company, presence in world.companies_of(vendor):
        assert world.who(vendor, presence.id) == company.key
    assert world.who(vendor, "nobody") is None


def test_the_mess_is_there(world: World) -> None:
    both = {
        v: {c.key: p for c, p in world.companies_of(v) if not p.deleted}
        for v in ("salesforce", "hubspot", "freshdesk")
    }
    shared = Counter(p.domain.lower() for p in both["salesforce"].values() if p.domain)
    assert max(shared.values()) == 2
    assert any(p.domain == "gmail.com" for p in both["hubspot"].values())
    assert any(p.domain and "." not in p.domain for p in both["freshdesk"].values())
    assert any(p.domain is None and p.customer_no for p in both["salesforce"].values())
    assert any((p.domain or "").endswith("onmicrosoft.com") for p in both["hubspot"].values())
    assert any((p.domain or "").startswith("support.") for p in both["freshdesk"].values())
    assert any(not p.name.isascii() for p in both["hubspot"].values())
    assert any(p.deleted for _, p in world.companies_of("hubspot"))
    names = {k: (p.name, both["freshdesk"][k].name) for k, p in both["salesforce"].items()
             if k in both["freshdesk"]}  # fmt: skip
    assert all(a != b for a, b in names.values())


def test_a_merged_record_names_its_survivor_and_a_duplicate_lives_on(world: World) -> None:
    (loser,) = [p for _, p in world.companies_of("salesforce") if p.merged_into]
    assert loser.deleted
    assert world.who("salesforce", loser.merged_into or "") == world.who("salesforce", loser.id)
    hubspot = Counter(c.key for c, p in world.companies_of("hubspot") if not p.deleted)
    assert sorted(hubspot.values())[-2:] == [1, 2]


def test_a_cross_reference_is_the_other_vendors_id_of_the_same_company(world: World) -> None:
    held = [(c, p) for v in VENDORS for c, p in world.companies_of(v) if p.xref]
    assert held
    for company, presence in held:
        assert world.who("salesforce", presence.xref["salesforce"]) == company.key


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_lives_in_a_vendor_names_only_people_that_it_knows(world: World, vendor: str) -> None:
    known = {person.key for person, *_ in world.people_of(vendor)}
    tickets, deals = list(world.tickets_of(vendor)), list(world.deals_of(vendor))
    assert {t.requester for t in tickets} <= known
    assert {p for d in deals for p in d.people} <= known
    assert {t.person for t in world.touches_of(vendor)} <= known


def test_each_ticket_lives_in_one_desk_only(world: World) -> None:
    desks = [{t.key for t in world.tickets_of(v)} for v in VENDORS[:4]]
    assert all(desks)
    assert sum(len(d) for d in desks) == len(set().union(*desks))


@pytest.mark.parametrize("vendor", VENDORS)
def test_nothing_happened_after_now(world: World, vendor: str) -> None:
    for ticket in world.tickets_of(vendor):
        moments = [ticket.opened_at, ticket.first_reply_at, ticket.solved_at, ticket.closed_at]
        moments += [ticket.rating.at] if ticket.rating else []
        assert max(m for m in moments if m) <= ticket.updated_at <= world.now
    for issue in world.issues_of(vendor):
        assert issue.opened_at <= issue.updated_at <= world.now
    for task in world.tasks_of(vendor):
        assert max(task.opened_at, task.updated_at, task.completed_at or NOW) <= world.now
    for company, _ in world.companies_of(vendor):
        assert company.created_at <= company.updated_at <= world.now


def test_bad_moods_have_worse_histories_than_good_ones(world: World) -> None:
    moods = {c.key: c.mood for c in world.companies()}
    open_urgent: Counter[str] = Counter()
    touched = {"good": NOW - timedelta(days=999), "bad": NOW - timedelta(days=999)}
    for vendor in VENDORS[:4]:
        for ticket in world.tickets_of(vendor):
            if (
                ticket.company
                and ticket.solved_at is None
                and ticket.priority in ("high", "urgent")
            ):
                open_urgent[moods[ticket.company]] += 1
        for touch in world.touches_of(vendor):
            mood = moods[touch.company]
            touched[mood] = max(touched.get(mood, touch.started_at), touch.started_at)
    assert open_urgent["bad"] > open_urgent["good"]
    assert touched["bad"] < NOW - timedelta(days=69) < NOW - timedelta(days=21) < touched["good"]


def test_an_issue_counts_the_reopenings_that_its_history_shows(world: World) -> None:
    reopened = 0
    for issue in world.issues_of("jira"):
        ends = [after for _, _, after in issue.transitions]
        assert (ends or ["to_do"])[-1] == issue.category
        assert (issue.done_at is not None) == (issue.category == "done")
        assert issue.reopens == [b for _, b, _ in issue.transitions].count("done")
        reopened += issue.reopens
    assert reopened > 0
