"""Connecting: tested before saved, the reason at its field, and nothing kept on failure."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from hub.embedded import Services
from hub.sandbox import Sandbox
from hub.web.app import create_app
from tests.stage import Stage, build_hub
from tests.web.site import Browser, Site, words


@pytest.fixture(scope="module")
def site(services: Services) -> Iterator[Site]:
    hub = build_hub(services)
    with Sandbox(["hubspot"], seed=7, accounts=5) as sandbox:
        app = create_app(hub.settings)
        yield Site(app, Stage(hub, sandbox), {})
        app.extensions["hub"].close()
    hub.close()


@pytest.fixture
def filled(site: Site) -> dict[str, str]:
    given = site.stage.sandbox["hubspot"].credentials()
    return {**given["settings"], **given["secrets"]}


def test_the_form_asks_for_every_declared_field(site: Site, ada: Browser) -> None:
    html = ada.page("/connections/new/hubspot")

    for field in site.stage.hub.plugins.connector("hubspot").fields:
        tag = re.search(rf'<(?:input|select|textarea)[^>]*name="{field.key}"[^>]*>', html)
        assert tag is not None
        assert ('type="password"' in tag[0]) is field.secret
    assert "private app" in words(html)


def test_wrong_credentials_keep_nothing_and_are_not_shown_again(
    site: Site, ada: Browser, filled: dict[str, str]
) -> None:
    answer = ada.post("/connections/new/hubspot", **{**filled, "access_token": "pat-wrong-one"})

    assert answer.status_code >= 400
    assert 'role="alert"' in answer.text or "field-error" in answer.text
    assert "pat-wrong-one" not in answer.text
    assert site.stage.store.connections.count({}) == 0
    assert site.stage.store.streams.count({}) == 0


def test_a_missing_field_is_named_at_the_field(ada: Browser) -> None:
    answer = ada.post("/connections/new/hubspot", base_url="")

    assert answer.status_code == 422
    assert re.search(r'name="access_token"[^>]*aria-invalid="true"', answer.text)


def test_a_vendor_that_is_down_is_said_at_once(ada: Browser, filled: dict[str, str]) -> None:
    down = {**filled, "base_url": "http://127.0.0.1:9"}

    answer = ada.post("/connections/new/hubspot", **down)

    assert answer.status_code == 502
    assert 'role="alert"' in answer.text


def test_an_unknown_connector_is_not_found(ada: Browser) -> None:
    assert ada.get("/connections/new/nosuch").status_code == 404


def test_connecting_reconnecting_and_removing(
    site: Site, ada: Browser, filled: dict[str, str]
) -> None:
    """One story, because each step needs the one before."""
    store = site.stage.store
    page = ada.post("/connections/new/hubspot", **filled)
    connection = store.connections.find_one({})
    home = f"/connections/{connection['_id']}"
    assert page.request.path == home
    assert filled["access_token"] not in page.text

    again = ada.post("/connections/new/hubspot", **filled)
    assert again.status_code == 409
    assert "connected already" in words(again.text)

    site.stage.sync(connection)
    wrong = ada.post(f"{home}/reconnect", access_token="pat-wrong-one")
    assert wrong.status_code >= 400
    right = ada.post(f"{home}/reconnect", **filled)
    assert "Reconnected" in words(right.text)

    counts = ada.words(f"{home}/remove")
    assert f"{store.records.count({}):,} records" in counts
    ada.post(f"{home}/remove", data="keep")
    assert store.connections.count({}) == 0
    assert store.records.count({}) > 0
    assert ada.get(home).status_code == 404
