"""One click from a value or a point to where it comes from, and every step leads on."""

from __future__ import annotations

import html
import re

import pytest

from hub.health.closes import measures_of
from hub.settings import ROOT
from hub.store.client import Doc
from hub.web.screens import drawing
from tests.web.site import Browser, Site, words


@pytest.fixture
def account(site: Site) -> Doc:
    wanted = {"listed": True, "rollup.open_tickets": {"$gt": 0}, "health.health": {"$ne": None}}
    found = site.stage.store.accounts.find_one(wanted)
    assert found is not None
    return found


def links(page: str, start: str) -> list[str]:
    return [html.unescape(link) for link in re.findall(rf'href="({start}[^"]*)"', page)]


def test_every_field_and_every_point_of_an_account_is_one_click_away(
    account: Doc, ada: Browser
) -> None:
    found = links(ada.page(f"/accounts/{account['_id']}"), "/lineage/account/")

    fields = {link.partition("field=")[2] for link in found if "field=" in link}
    measures = {link.partition("measure=")[2] for link in found if "measure=" in link}
    assert fields == set(account["profile"])
    assert measures == {m["key"] for m in measures_of(account["health"])}
    for link in found:
        ada.page(link)


def test_the_page_shows_the_body_the_run_and_the_line(
    site: Site, account: Doc, ada: Browser
) -> None:
    page = ada.page(f"/lineage/account/{account['_id']}?field=name")

    lines = (ROOT / "plugins/hubspot/mapping.yaml").read_text().splitlines()
    number = lines.index("    name: properties.name") + 1
    name = account["flat"]["name"]
    assert f"<mark>    &#34;name&#34;: &#34;{html.escape(name)}&#34;," in page
    assert f"hubspot/mapping.yaml:{number}" in words(page)
    assert "A sync run of companies" in words(page)
    assert links(page, f"/records/{account['profile']['name']['rec']}")
    assert links(page, f"/connections/{site.connection['_id']}")


def test_a_point_shows_the_tickets_that_count(site: Site, account: Doc, ada: Browser) -> None:
    page = ada.page(f"/lineage/account/{account['_id']}?measure=ticket_load")

    mine = {"account_id": account["_id"], "entity": "ticket", "life.deleted": {"$ne": True}}
    [load] = [m for m in measures_of(account["health"]) if m["key"] == "ticket_load"]
    opened = int(load["text"].split(" ")[0])
    assert len(set(re.findall(r"/records/([^\"]+)", page))) == opened
    assert f"of {site.stage.store.records.count(mine)} looked at" in words(page) or not opened
    for link in links(page, "/lineage/record/"):
        ada.page(link)


def test_a_person_and_a_record_tell_theirs(site: Site, account: Doc, ada: Browser) -> None:
    people = ada.page(f"/accounts/{account['_id']}/people")
    assert "Where it comes from" in ada.words(links(people, "/lineage/contact/")[0])
    record = ada.page(f"/records/{account['profile']['name']['rec']}")
    for link in links(record, "/lineage/record/"):
        ada.page(link)


def test_what_is_named_like_a_secret_is_not_shown(site: Site, account: Doc, ada: Browser) -> None:
    store, key = site.stage.store, account["profile"]["name"]["rec"]
    before = store.records.find_one({"_id": key})
    assert before is not None
    raw = bytes(before["raw"]).replace(b'"properties":{', b'"properties":{"api_token":"hush-hush",')
    store.records.update({"_id": key}, {"$set": {"raw": raw}})
    try:
        page = ada.page(f"/lineage/account/{account['_id']}?field=name")
    finally:
        store.records.update({"_id": key}, {"$set": {"raw": before["raw"]}})
    assert "api_token" in page
    assert "hush-hush" not in page


def test_an_unknown_field_says_which_was_meant(account: Doc, ada: Browser) -> None:
    answer = ada.get(f"/lineage/account/{account['_id']}?field=nmae")
    assert answer.status_code == 422
    assert "did you mean 'name'" in words(answer.text)


def test_another_tenant_sees_nothing(site: Site, account: Doc) -> None:
    control = site.stage.hub.catalogue.control
    other = control.add_tenant("Other", site.stage.hub.now())["_id"]
    eve = site.browser(site.person(other, "eve@other.example"))
    assert eve.get(f"/lineage/account/{account['_id']}?field=name").status_code == 404
    record = account["profile"]["name"]["rec"]
    assert eve.get(f"/lineage/record/{record}?field=name").status_code == 404


def test_a_curve_is_drawn_with_worse_below_better() -> None:
    """Two points, 0 at the left top and 4 at the right bottom; 2 lies half way down."""
    shape = {"points": [[0, 100], [4, 0]]}
    chart = drawing.curve(shape, 2.0, 50.0)
    assert chart is not None
    assert chart.corners == [(12.0, 12.0), (308.0, 98.0)]
    assert chart.at == (160.0, 55.0)
    beyond = drawing.curve(shape, 9.0, 0.0)
    assert beyond is not None
    assert beyond.at == (308.0, 98.0)
    assert drawing.curve(None, 1.0, 1.0) is None
