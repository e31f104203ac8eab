"""Mappings on the screen: every line, and an overlay from a first try until it is withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

import pytest

from hub import overlays
from hub.engine import replay
from hub.settings import ROOT
from tests.web.site import Browser, Site, words

PAGE = "/mappings/hubspot/company"
LEGAL = "# The legal name counts.\nfields:\n  tier: properties.name\n"
PICKED = "custom:\n  city: city\n"


@pytest.fixture
def clean(site: Site) -> Iterator[None]:
    """Leaves the connector's own mapping and what it makes."""
    yield
    store = site.stage.store
    store.overlays.delete({})
    replay.remap(site.stage.hub, site.stage.tenant_id, site.connection["_id"], "company")
    site.stage.settle()


def test_every_line_of_the_connectors_file_is_shown(ada: Browser) -> None:
    text = ada.words(PAGE)
    lines = (ROOT / "plugins/hubspot/mapping.yaml").read_text().splitlines()
    number = lines.index("    name: properties.name") + 1
    assert f"hubspot/mapping.yaml:{number} name: properties.name" in text
    assert "None yet: the connector's own mapping counts." in text
    assert "/mappings/hubspot/company" in ada.page("/mappings")


def test_a_check_names_the_line_and_the_nearest_name(ada: Browser) -> None:
    answer = ada.post(PAGE, do="check", text="fields:\n  tier: a\n  indsutry: b\n")
    assert "your overlay:3: fields.indsutry" in words(answer.text)
    assert "did you mean 'industry'" in words(answer.text)
    assert "not YAML" in words(ada.post(PAGE, do="activate", text="{{").text)
    assert "None yet" in ada.words(PAGE)


def test_a_try_says_what_would_change_and_changes_nothing(site: Site, ada: Browser) -> None:
    bodies = {"object": "company", "raw": {"$exists": True}}
    companies = site.stage.store.records.count(bodies)
    before = list(site.stage.store.records.find(bodies, {"values": 1}).sort("_id", 1))

    text = words(ada.post(PAGE, do="preview", text=LEGAL).text)

    assert f"Of the last {companies} stored records: {companies} would change, 0 stay" in text
    assert list(site.stage.store.records.find(bodies, {"values": 1}).sort("_id", 1)) == before
    assert site.stage.store.overlays.count({}) == 0
    assert "Custom.city empty →" in words(ada.post(PAGE, do="preview", text=PICKED).text)


@pytest.mark.usefixtures("clean")
def test_live_replayed_and_withdrawn(site: Site, ada: Browser) -> None:
    store, hub = site.stage.store, site.stage.hub
    bodies = {"object": "company", "raw": {"$exists": True}}
    companies = store.records.count(bodies)

    said = words(ada.post(PAGE, do="activate", text=LEGAL).text)
    assert "Version 1 is live." in said
    assert f"{companies} stored records still say what they said" in said
    assert "overlay 1:3 yours tier: properties.name" in said
    assert f"Map {companies} anew" in said
    one = store.records.find_one(bodies)
    assert one is not None
    assert "tier" not in one["values"]

    ada.post(f"{PAGE}/replay")
    replay.remap(hub, site.stage.tenant_id, site.connection["_id"], "company")
    site.stage.settle()
    one = store.records.find_one(bodies)
    assert one is not None
    assert one["values"]["tier"] == one["values"]["name"]
    assert "All of them are mapped by what is live." in ada.words(PAGE)

    ada.post(PAGE, do="activate", text="fields:\n  tier: null\n")
    live = [v["version"] for v in overlays.versions(store, "hubspot", "company") if v["active"]]
    assert live == [2]
    assert LEGAL.splitlines()[0] in words(ada.page(f"{PAGE}?version=1"))
    assert "own mapping counts again" in words(ada.post(f"{PAGE}/withdraw").text)
    assert "No overlay" in words(ada.post(f"{PAGE}/withdraw").text)
    trail = ada.words("/settings")
    assert "mapping overlay activated" in trail
    assert "mapping overlay withdrawn" in trail


@pytest.mark.usefixtures("clean")
def test_a_remap_stops_at_its_deadline_and_goes_on_later(site: Site, ada: Browser) -> None:
    ada.post(PAGE, do="activate", text=LEGAL)
    ids = (site.stage.hub, site.stage.tenant_id, site.connection["_id"], "company")
    assert replay.remap(*ids, deadline=monotonic() - 1) == 0
    [waiting] = overlays.waiting(site.stage.hub, site.stage.store, "hubspot", "company")
    assert replay.remap(*ids) == waiting["old"] > 0


def test_another_tenants_overlay_is_not_seen(site: Site, ada: Browser) -> None:
    control = site.stage.hub.catalogue.control
    other = control.add_tenant("Mapped", site.stage.hub.now())["_id"]
    eve = site.browser(site.person(other, "eve@mapped.example"))
    eve.post(PAGE, do="activate", text=LEGAL)
    assert "None yet" in ada.words(PAGE)
    assert "Version 1" in eve.words(PAGE)
