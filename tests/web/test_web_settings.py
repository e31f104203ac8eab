"""People, API keys and the audit trail; plugins; and errors as pages."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from hub.embedded import Services
from hub.plugin_host import Loaded
from hub.web.app import create_app
from tests.web.site import Browser, Site, words


def test_a_key_is_shown_once_and_works_until_it_is_revoked(site: Site, ada: Browser) -> None:
    control = site.stage.hub.catalogue.control
    token = re.search(r"hub_[\w-]{20,}", ada.post("/settings/keys", name="warehouse").text)
    assert token is not None
    key = control.key_of(token[0])
    assert key["tenant_id"] == site.stage.tenant_id
    assert token[0] not in ada.page("/settings")

    ada.post(f"/settings/keys/{key['_id']}/revoke")

    assert control.key_of(token[0]) is None


def test_a_person_is_added_with_a_link_that_signs_in(site: Site, ada: Browser) -> None:
    page = ada.post("/settings/people", email="New@Acme.example", name="New")

    link = re.search(r"/sign-in/[\w-]+", page.text)
    assert link is not None
    client = site.app.test_client()
    client.get(link[0])
    assert "new@acme.example" in client.get("/settings").text


def test_nobody_removes_themselves(site: Site, ada: Browser) -> None:
    user = site.person()

    page = ada.post(f"/settings/people/{user['_id']}/remove")

    assert "cannot remove yourself" in words(page.text)
    assert site.stage.hub.catalogue.control.user(user["_id"])


def test_the_audit_says_who_did_what(ada: Browser) -> None:
    ada.post("/settings/keys", name="for-audit")

    text = ada.words("/settings")

    assert "ada@acme.example API key created name: for-audit" in text


def test_a_plugin_that_failed_is_listed_with_its_reason(site: Site, ada: Browser) -> None:
    report = site.app.extensions["hub"].plugins.report
    report.append(Loaded("broken", "plugins.broken", reason="ImportError: no module named x"))
    try:
        text = ada.words("/plugins")
        assert "ImportError: no module named x" in text
        assert "HubSpot" in text
    finally:
        report.pop()


def test_a_connector_shows_its_grade_and_each_rule_of_it(ada: Browser) -> None:
    """As kept beside the connector: Freshdesk signs nothing, which its declaration says."""
    assert "Freshdesk 5 streams, 1 webhook gold" in ada.words("/plugins")
    text = ada.words("/plugins/freshdesk")
    assert "From every cursor a new client reads exactly the rest resume passed silver" in text
    assert "A body with one byte changed is not believed forged exempt Freshdesk signs" in text
    assert "It was tried against a real account of the vendor todo" in text
    assert "asks no vendor" in ada.words("/plugins/product_usage")


def test_a_page_that_is_not_there(ada: Browser) -> None:
    answer = ada.get("/nowhere")

    assert answer.status_code == 404
    assert 'href="/"' in answer.text


def test_assets_may_be_kept_for_ever_under_their_hash_only(ada: Browser) -> None:
    path = re.search(r'href="(/assets/[0-9a-f]+/hub\.css)"', ada.page("/"))
    assert path is not None

    assert "immutable" in ada.get(path[1]).headers["Cache-Control"]
    old = re.sub(r"/assets/[0-9a-f]+/", "/assets/000000000000/", path[1])
    assert ada.get(old).headers["Cache-Control"] == "no-cache"
    assert ada.get("/assets/0/../gate.py").status_code == 404
    assert ada.get("/assets/0/vendor/vendor.json").status_code == 404


@pytest.fixture
def storeless(services: Services):
    """A site whose MongoDB is not there."""
    from tests.stage import build_hub

    hub = build_hub(services)
    uri = "mongodb://127.0.0.1:9/?replicaSet=hub&serverSelectionTimeoutMS=300"
    app = create_app(hub.settings.model_copy(update={"mongodb_uri": uri}))
    yield app
    app.extensions["hub"].close()
    hub.close()


@pytest.fixture
def bell_less(site: Site) -> Iterator[Site]:
    """The same site without Redis."""
    settings = site.stage.hub.settings.model_copy(update={"redis_url": "redis://127.0.0.1:9/0"})
    app = create_app(settings)
    yield Site(app, site.stage, site.connection)
    app.extensions["hub"].close()


def test_without_redis_pages_open_and_only_the_live_stream_ends(bell_less: Site) -> None:
    browser = bell_less.browser()

    assert '<tr id="acc_' in browser.page("/")
    assert browser.get("/live").text == ""


def test_a_store_that_is_down_is_said_and_the_page_comes_again_by_itself(storeless) -> None:
    answer = storeless.test_client().get("/sign-in/some-token")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert '<meta http-equiv="refresh" content="5">' in answer.text
