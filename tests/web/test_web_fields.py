"""From a field that the vendor has to a value in the profile, on the screen alone."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

import pytest

from hub.engine import replay
from hub.store.client import Doc
from tests.web.site import Browser, Site, words

PAGE = "/mappings/hubspot/company"
FIELDS = f"{PAGE}/fields"


@pytest.fixture
def company(site: Site) -> Iterator[Doc]:
    """A company of HubSpot's; what is done to the mapping is taken back."""
    store = site.stage.store
    store.drift.delete({})
    bodies = {"object": "company", "raw": {"$exists": True}}
    yield next(doc for doc in store.records.find(bodies) if b'"customer_no":"' in doc["raw"])
    store.overlays.delete({})
    store.drift.delete({})
    replay.remap(site.stage.hub, site.stage.tenant_id, site.connection["_id"], "company")
    site.stage.settle()


def text_of(page: str) -> str:
    found = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.S)
    assert found is not None
    return html.unescape(found[1]).lstrip("\n")


def test_a_custom_field_is_picked_tried_put_live_and_mapped_anew_without_code(
    site: Site, ada: Browser, company: Doc
) -> None:
    told = ada.words(FIELDS)
    assert "Customer No properties.customer_no text" in told
    links = re.findall(r'href="([^"]+pick=[^"]+)"', ada.page(FIELDS))
    link = next(one for one in links if "customer_no" in one)
    text = text_of(ada.page(html.unescape(link).partition("#")[0]))
    assert text == "custom:\n  customer_no: customer_no\n"
    assert "would change" in words(ada.post(PAGE, do="preview", text=text).text)
    assert "Version 1 is live." in words(ada.post(PAGE, do="activate", text=text).text)
    ada.post(f"{PAGE}/replay")
    replay.remap(site.stage.hub, site.stage.tenant_id, site.connection["_id"], "company")
    one = site.stage.store.records.find_one({"_id": company["_id"]}) or {}
    assert one["custom"]["customer_no"] == json.loads(company["raw"])["properties"]["customer_no"]
    assert "read custom.customer_no" in ada.words(FIELDS)


def test_fields_are_found_by_title_and_path_and_a_page_without_any_says_what_to_do(
    ada: Browser,
) -> None:
    assert "Industry" in ada.words(f"{FIELDS}?show=all&q=industry")
    assert "No such field" in ada.words(f"{FIELDS}?q=nonesuch")
    assert "Connect Freshdesk" in ada.words("/mappings/freshdesk/company/fields")
    assert "Machines" in ada.words("/mappings")
    assert ada.get("/mappings/hubspot/none/fields").status_code == 404
    assert "no such field to pick" in ada.words(f"{PAGE}?pick=updatedAt")


def test_a_notice_opens_the_editor_filled_in_and_is_dismissed(
    site: Site, ada: Browser, company: Doc
) -> None:
    assert "Nothing drifts" in ada.words("/mappings/drift")
    ada.post(PAGE, do="activate", text="# mine\ncustom:\n  gone: gone\n")
    page = ada.page("/mappings/drift")
    assert "no longer sent" in words(page)
    link = next(h for h in re.findall(r'href="([^"]+suggest=[^"]+)"', page))
    assert text_of(ada.page(link.partition("#")[0])) == "custom:\n  gone: null\n"
    assert "1 notice of schema drift" in ada.words(PAGE)
    elsewhere = link.partition("#")[0].replace("/company", "/contact")
    assert "about another record" in ada.words(elsewhere)
    notice = re.search(r'action="(/mappings/drift/[^"]+)"', page)
    assert notice is not None
    assert "Dismissed." in words(ada.post(notice[1], do="dismiss").text)
    assert "Nothing drifts" in ada.words("/mappings/drift")
    assert "dismissed by ada@acme.example" in ada.words("/mappings/drift?state=dismissed")
    assert "Version 2" in words(ada.post(notice[1], do="accept").text)
    assert "drift accepted" in ada.words("/settings")
    assert "no such notice" in words(ada.post("/mappings/drift/drf_none", do="accept").text)
