"""Accounts, people and records through the API, checked against the vendor's own tables."""

from __future__ import annotations

from datetime import datetime

from tests.api.conftest import Api
from tests.stage import Stage


def test_every_living_company_is_an_account_with_what_the_vendor_says(
    api_client: Api, stage: Stage
) -> None:
    assert stage.sandbox is not None
    vendor = stage.sandbox["hubspot"].table("companies")
    companies = {i: vendor.get(i)["properties"]["name"] for i in vendor.ids()}
    accounts = api_client.all("/accounts")
    shown = {}
    for account in accounts:
        for member in api_client.get(f"/accounts/{account['id']}")["members"]:
            if not member["deleted"]:
                shown[member["native_id"]] = member["name"]
    assert shown == companies


def test_pages_hold_each_row_once_in_the_asked_order(api_client: Api) -> None:
    whole = api_client.all("/accounts", sort="name", limit=200)
    paged = api_client.all("/accounts", sort="name", limit=5)
    turned = api_client.all("/accounts", sort="-name", limit=5)
    assert len(whole) > 5
    assert [a["id"] for a in paged] == [a["id"] for a in whole]
    assert [a["id"] for a in turned] == [a["id"] for a in reversed(whole)]
    names = [(a["name"] or "").casefold() for a in whole]
    assert names == sorted(names)


def test_pages_do_not_repeat_a_row_when_another_is_added_before_it(
    api_client: Api, stage: Stage
) -> None:
    first = api_client.get("/accounts", sort="name", limit=5)
    seen = {row["id"] for row in first["items"]}
    model = stage.store.accounts.find_one({"_id": first["items"][0]["id"]})
    assert model is not None
    added = {**model, "_id": "acc_added", "sort": {**model["sort"], "name": "\0"}}
    stage.store.accounts.insert(added)
    try:
        second = api_client.get("/accounts", sort="name", limit=5, cursor=first["next"])
    finally:
        stage.store.accounts.delete({"_id": "acc_added"})
    again = {row["id"] for row in second["items"]}
    assert again
    assert not seen & again
    assert "acc_added" not in again


def test_unknown_values_sort_last_and_pages_go_through_them(api_client: Api) -> None:
    for sort in ("last_touch", "-last_touch", "mrr", "-open_tickets", "health"):
        rows = [row["id"] for row in api_client.all("/accounts", sort=sort, limit=3)]
        assert len(rows) == len(set(rows)) == len(api_client.all("/accounts", limit=200))


def test_filters_narrow_the_list(api_client: Api) -> None:
    every = api_client.all("/accounts")
    band = every[0]["band"]
    expected = {row["id"] for row in every if row["band"] == band}
    assert {row["id"] for row in api_client.all("/accounts", band=band)} == expected
    named = next(row for row in every if row["domains"])
    found = api_client.all("/accounts", domain=f"www.{named['domains'][0]}")
    assert named["id"] in {row["id"] for row in found}
    part = named["name"][1:4].upper()
    assert named["id"] in {row["id"] for row in api_client.all("/accounts", q=part)}
    assert api_client.all("/accounts", q="no such .* name") == []


def test_every_profile_value_says_who_says_so(api_client: Api, stage: Stage) -> None:
    account = api_client.get(f"/accounts/{api_client.all('/accounts')[0]['id']}")
    keys = {member["key"] for member in account["members"]}
    assert account["profile"]["name"]["value"] == account["name"]
    for value in account["profile"].values():
        assert value["source"] == "hubspot"
        assert value["record"] in keys
        assert value["rule"] in ("source_order", "most_recent", "union")


def test_health_adds_up_and_is_told_in_words(api_client: Api) -> None:
    row = next(a for a in api_client.all("/accounts") if a["health"] is not None)
    health = api_client.get(f"/accounts/{row['id']}/health")
    points = sum(m["points_shown"] for d in health["dimensions"] for m in d["measures"])
    assert round(points + health["cap_shown"]) == health["health_shown"] == row["health"]
    assert health["words"][0].startswith(f"Health {row['health']} of 100")


def test_internal_state_is_never_sent(api_client: Api) -> None:
    row = api_client.all("/accounts")[0]
    for path in ("", "/identity", "/health"):
        shown = api_client.get(f"/accounts/{row['id']}{path}")
        assert not {"state", "tenant_id", "sort", "flat", "anchor"} & shown.keys()


def test_a_merged_id_answers_with_who_lives_on_and_names_both(
    api_client: Api, stage: Stage
) -> None:
    row = api_client.all("/accounts")[0]
    stage.store.accounts.insert({"_id": "acc_old", "merged_into": "acc_older", "listed": False})
    stage.store.accounts.insert({"_id": "acc_older", "merged_into": row["id"], "listed": False})
    try:
        shown = api_client.get("/accounts/acc_old")
        health = api_client.get("/accounts/acc_old/health")
    finally:
        stage.store.accounts.delete({"_id": {"$in": ["acc_old", "acc_older"]}})
    assert (shown["id"], shown["asked_id"]) == (row["id"], "acc_old")
    assert (health["account_id"], health["asked_id"]) == (row["id"], "acc_old")


def test_the_timeline_is_whole_and_latest_first(api_client: Api, stage: Stage) -> None:
    moments = list(stage.store.records.find({"moments.1": {"$exists": True}}))
    account = next(doc["account_id"] for doc in moments if doc.get("account_id"))
    mine = {"account_id": account}
    expected = sum(len(doc.get("moments", ())) for doc in stage.store.records.find(mine))
    expected += stage.store.events.count(mine)
    entries = api_client.all(f"/accounts/{account}/timeline", limit=2)
    assert len({entry["id"] for entry in entries}) == len(entries) == expected > 2
    times = [datetime.fromisoformat(entry["at"]) for entry in entries]
    assert times == sorted(times, reverse=True)
    tickets = api_client.all(f"/accounts/{account}/timeline", kind="ticket")
    assert {entry["kind"] for entry in tickets} <= {"ticket"}
    assert len(tickets) == sum(1 for entry in entries if entry["kind"] == "ticket")


def test_people_of_an_account_are_those_the_store_hangs_on_it(
    api_client: Api, stage: Stage
) -> None:
    person = next(c for c in api_client.all("/contacts") if c["account_id"])
    mine = api_client.all("/contacts", account_id=person["account_id"])
    count = stage.store.contacts.count({"listed": True, "account_ids": person["account_id"]})
    assert len(mine) == count > 0
    email = person["values"]["emails"][0].upper()
    assert person["id"] in {c["id"] for c in api_client.all("/contacts", email=email)}
    shown = api_client.get(f"/contacts/{person['id']}")
    assert shown["profile"]["emails"]["value"] == person["values"]["emails"]


def test_tickets_and_deals_are_the_vendors(api_client: Api, stage: Stage) -> None:
    assert stage.sandbox is not None
    vendor = stage.sandbox["hubspot"]
    tickets = api_client.all("/tickets", limit=7)
    assert {t["native_id"] for t in tickets} == set(vendor.table("tickets").ids())
    deals = api_client.all("/opportunities", limit=7)
    assert {d["native_id"] for d in deals} == set(vendor.table("deals").ids())
    assert api_client.all("/work-items") == []
    shown = api_client.get(f"/tickets/{tickets[0]['id']}")
    assert shown == tickets[0]
    won = api_client.all("/opportunities", status="won")
    assert {d["values"]["status"] for d in won} == {"won"}
    assert len(won) == sum(1 for d in deals if d["values"]["status"] == "won")


def test_a_ticket_is_no_opportunity(api_client: Api) -> None:
    ticket = api_client.all("/tickets")[0]
    api_client.get(f"/opportunities/{ticket['id']}", expect=404)


def test_since_is_by_the_moment_a_record_moved(api_client: Api) -> None:
    tickets = api_client.all("/tickets")
    middle = tickets[len(tickets) // 2]["moved_at"]
    later = api_client.all("/tickets", since=middle)
    assert {t["id"] for t in later} == {t["id"] for t in tickets if t["moved_at"] >= middle}
