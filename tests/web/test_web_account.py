"""An account page answers "says who?" for every value and every point."""

from __future__ import annotations

import html
import re

import pytest

from hub.store.client import Doc
from tests.web.site import Browser, Site, words


@pytest.fixture
def account(site: Site) -> Doc:
    wanted = {"listed": True, "rollup.open_tickets": {"$gt": 0}, "health.health": {"$ne": None}}
    found = site.stage.store.accounts.find_one(wanted)
    assert found is not None
    return found


def test_every_profile_field_names_its_source_and_record(account: Doc, ada: Browser) -> None:
    html = ada.page(f"/accounts/{account['_id']}")

    facts = re.findall(r'<details class="fact">.*?</details>', html, re.S)

    assert len(facts) == len(account["profile"])
    for fact, (_, entry) in zip(facts, account["profile"].items(), strict=True):
        assert "HubSpot" in words(fact)
        assert f'href="/records/{entry["rec"]}"' in fact


def test_shown_points_of_all_measures_sum_to_the_shown_health(account: Doc, ada: Browser) -> None:
    html = ada.page(f"/accounts/{account['_id']}")

    tenths = [
        round(float(points) * 10)
        for points in re.findall(r'<span class="m-points"><b>([\d.]+)</b>', html)
    ]

    assert len(tenths) == sum(len(d["measures"]) for d in account["health"]["dimensions"])
    total = sum(tenths) + 10 * account["health"]["cap_shown"]
    assert total == 10 * account["health"]["health_shown"]


def test_evidence_leads_to_pages_that_are_there(account: Doc, ada: Browser) -> None:
    html = ada.page(f"/accounts/{account['_id']}")
    section = html[html.index('id="health"') : html.index('id="recent-title"')]

    links = re.findall(r'href="(/[^"]+)"', section)

    assert links
    for link in links:
        ada.page(link.replace("&amp;", "&"))


@pytest.mark.parametrize("tab", ["timeline", "people", "tickets", "work", "deals", "identity"])
def test_every_tab_opens(account: Doc, ada: Browser, tab: str) -> None:
    assert account["flat"]["name"] in ada.words(f"/accounts/{account['_id']}/{tab}")


def test_open_tickets_are_as_many_as_the_portfolio_says(account: Doc, ada: Browser) -> None:
    html = ada.page(f"/accounts/{account['_id']}/tickets?state=open")

    body = html[html.index("<tbody>") :]
    assert body.count('<th scope="row">') == account["rollup"]["open_tickets"]


def test_a_merged_account_leads_to_the_one_that_lives(
    site: Site, account: Doc, ada: Browser
) -> None:
    store = site.stage.store
    store.accounts.insert({"_id": "acc_old_page", "merged_into": "acc_older_page", "listed": False})
    store.accounts.insert({"_id": "acc_older_page", "merged_into": account["_id"], "listed": False})

    answer = ada.get("/accounts/acc_old_page/people?page=2")

    assert answer.location == f"/accounts/{account['_id']}/people?page=2"


def test_merges_in_a_circle_end(site: Site, ada: Browser) -> None:
    store = site.stage.store
    store.accounts.insert({"_id": "acc_x", "merged_into": "acc_y", "listed": False})
    store.accounts.insert({"_id": "acc_y", "merged_into": "acc_x", "listed": False})

    assert ada.get("/accounts/acc_x").status_code == 404


def test_a_record_shows_the_vendors_own_words(site: Site, ada: Browser) -> None:
    record = site.stage.store.records.find_one({"entity": "ticket"})

    text = ada.words(f"/records/{record['_id']}")

    assert record["values"]["subject"] in text
    assert record["native_id"] in text
    assert "a sync" in text


def test_only_a_web_address_becomes_a_link(site: Site, account: Doc, ada: Browser) -> None:
    store = site.stage.store
    ticket = store.records.find_one({"account_id": account["_id"], "entity": "ticket"})
    mine = {"_id": ticket["_id"]}
    store.records.update(mine, {"$set": {"url": "javascript:alert(1)"}})
    try:
        for path in (f"/accounts/{account['_id']}/tickets", f"/records/{ticket['_id']}"):
            assert "javascript:" not in ada.page(path)
    finally:
        store.records.update(mine, {"$set": {"url": ticket.get("url")}})


def test_what_a_vendor_wrote_cannot_become_markup(site: Site, ada: Browser, account: Doc) -> None:
    store = site.stage.store
    evil = "<script>alert(1)</script>"
    mine = {"_id": account["_id"]}
    store.accounts.update(mine, {"$set": {"flat.name": evil, "profile.name.v": evil}})
    try:
        for path in ("/", f"/accounts/{account['_id']}"):
            assert evil not in ada.page(path)
            assert "&lt;script&gt;" in ada.page(path)
    finally:
        name = account["flat"]["name"]
        store.accounts.update(mine, {"$set": {"flat.name": name, "profile.name.v": name}})


def test_the_timeline_names_a_person_and_not_their_job(site: Site, ada: Browser) -> None:
    hung = {"entity": "contact", "account_id": {"$ne": None}, "life.deleted": {"$ne": True}}
    person = site.stage.store.records.find_one({**hung, "values.title": {"$ne": None}})
    path = f"/accounts/{person['account_id']}/timeline?kind=contact"

    titles = re.findall(r'href="/records/[^"]+">([^<]+)</a>', ada.page(path))

    assert html.escape(person["values"]["full_name"]) in titles
    assert person["values"]["full_name"] in ada.words(f"/records/{person['_id']}")


def test_a_record_says_what_brought_it_and_leads_to_its_mapping(site: Site, ada: Browser) -> None:
    store = site.stage.store
    ticket = store.records.find_one({"entity": "ticket"})
    mine, path = {"_id": ticket["_id"]}, f"/records/{ticket['_id']}"
    assert "/mappings/hubspot/ticket" in ada.page(path)
    for origin, said in (("events", "usage events"), ("run", "a sync"), ("other", "a read")):
        store.records.update(mine, {"$set": {"origin": {"kind": origin, "id": "x"}}})
        assert f"Brought by {said}" in ada.words(path)
    store.records.update(mine, {"$set": {"origin": ticket["origin"]}})
