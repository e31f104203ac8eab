"""The portfolio shows what is stored, filters and sorts at the server, and says why."""

from __future__ import annotations

import re

import pytest

from hub.health.shown import half_up
from hub.store.client import Doc
from hub.web.screens import accounts
from tests.web.site import Browser, Site, words


def rows(html: str) -> list[str]:
    """Account ids in the order of the page."""
    return re.findall(r'<tr id="(acc_[0-9a-f]+)"', html)


def stored(site: Site) -> list[Doc]:
    return list(site.stage.store.accounts.find({"listed": True}))


def test_every_account_is_there_with_its_number_and_band(site: Site, ada: Browser) -> None:
    html = ada.page("/")

    assert sorted(rows(html)) == sorted(doc["_id"] for doc in stored(site))
    for doc in stored(site):
        row = re.search(rf'<tr id="{doc["_id"]}">.*?</tr>', html, re.S)
        assert row is not None
        text = words(row[0])
        assert doc["flat"]["name"] in text
        health = doc["health"]["health"]
        assert (str(int(half_up(health))) if health is not None else "–") in text
        band = {"green": "Healthy", "yellow": "Watch", "red": "At risk", "unknown": "Unknown"}
        assert band.get(doc["health"]["band"], "Churned") in text


def test_the_worst_come_first(site: Site, ada: Browser) -> None:
    health = {d["_id"]: d["sort"]["health"] for d in stored(site)}

    shown = [health[id] for id in rows(ada.page("/"))]

    assert shown == sorted(shown)


def test_sorting_by_name_and_back(site: Site, ada: Browser) -> None:
    names = {d["_id"]: d["sort"]["name"] for d in stored(site)}

    up = [names[id] for id in rows(ada.page("/?sort=name"))]
    down = [names[id] for id in rows(ada.page("/?sort=name&dir=desc"))]

    assert up == sorted(up)
    assert down == sorted(down, reverse=True)


def test_a_band_shows_its_own_only(site: Site, ada: Browser) -> None:
    for band in ("green", "yellow", "red", "unknown", "churned"):
        mine = {d["_id"] for d in stored(site) if d["sort"]["band"] == band}

        assert set(rows(ada.page(f"/?band={band}"))) == mine


def test_search_by_a_part_of_the_name_in_any_case(site: Site, ada: Browser) -> None:
    doc = next(d for d in stored(site) if len(d["flat"]["name"]) > 4)
    part = doc["flat"]["name"][1:5].upper()

    assert doc["_id"] in rows(ada.get("/", query_string={"q": part}).text)


def test_search_is_no_pattern(ada: Browser) -> None:
    assert rows(ada.page("/?q=.*")) == []
    assert "No account fits" in ada.words("/?q=.*")


def test_search_by_domain(site: Site, ada: Browser) -> None:
    doc = next(d for d in stored(site) if d["flat"].get("domains"))

    assert doc["_id"] in rows(ada.page(f"/?q={doc['flat']['domains'][0]}"))


def test_odd_parameters_are_the_usual_list(ada: Browser) -> None:
    usual = rows(ada.page("/"))

    assert rows(ada.page("/?sort=evil&dir=x&page=-3&band=pink")) == usual


def test_reasons_are_the_measures_own_words(site: Site, ada: Browser) -> None:
    doc = next(d for d in stored(site) if d["health"]["top_negative"])
    key = doc["health"]["top_negative"][0].split(" ")[0]
    measures = [m for d in doc["health"]["dimensions"] for m in d["measures"]]
    text = next(m["text"] for m in measures if m["key"] == key)

    assert text in ada.words("/")


@pytest.mark.parametrize("sort", accounts.SORTS)
@pytest.mark.parametrize("turned", ["asc", "desc"])
def test_every_order_is_read_by_its_index(site: Site, sort: str, turned: str) -> None:
    """Else each page would load and sort all accounts with their counters."""
    wish = accounts.Wish(sort=sort, turned=turned)

    plan = accounts.ordered(site.stage.store, wish).limit(5).explain()

    assert "'SORT'" not in str(plan["queryPlanner"]["winningPlan"])


def test_an_empty_portfolio_says_what_to_do(site: Site) -> None:
    tenant = site.stage.hub.catalogue.control.add_tenant("Empty", site.stage.hub.now())
    page = site.browser(site.person(tenant["_id"], "eve@empty.example")).page("/")

    assert "Connect a vendor" in words(page)
    assert 'href="/connections/new"' in page
