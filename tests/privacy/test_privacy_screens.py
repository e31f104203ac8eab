"""A person with a browser gives a copy, has somebody forgotten, and reads the proof."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from hub.bootstrap import Hub
from hub.store.client import Doc
from hub.web.app import create_app
from tests.privacy.desk import Desk, contact_of, request_of, sync_all
from tests.stage import Stage
from tests.web.site import Browser, Site


@pytest.fixture
def connection(stage: Stage, desk: Desk) -> Doc:
    desk.company("1", "Acme", "acme.example")
    ada = desk.person("501", "Ada Lovelace", "ada@acme.example", company="1")
    desk.ticket("900", ada, company="1")
    made = desk.connect(stage.tenant_id)
    sync_all(stage, [made])
    return made


@pytest.fixture(scope="module")
def app(hub: Hub) -> Iterator[Flask]:
    made = create_app(hub.settings)
    yield made
    made.extensions["hub"].close()


@pytest.fixture
def admin(app: Flask, stage: Stage, connection: Doc) -> Browser:
    return Site(app, stage, connection).browser()


def test_the_page_says_what_to_do_while_nobody_has_asked(admin: Browser) -> None:
    assert "Nobody has asked yet" in admin.words("/privacy")
    assert 'href="/privacy"' in admin.page("/settings")


def test_a_person_is_found_copied_and_erased(stage: Stage, connection: Doc, admin: Browser) -> None:
    contact = contact_of(stage, connection, "501")
    [account] = stage.store.accounts.find({"listed": True})
    assert f"/privacy/contact/{contact}" in admin.page(f"/accounts/{account['_id']}/people")
    assert f"/privacy/account/{account['_id']}" in admin.page(f"/accounts/{account['_id']}")
    copy = admin.get(f"/privacy/contact/{contact}/export.json")
    assert copy.json["records"][0]["values"]["full_name"] == "Ada Lovelace"
    assert copy.headers["Content-Disposition"].startswith("attachment")

    unsure = admin.post(f"/privacy/contact/{contact}", kind="erase")
    assert "cannot be undone" in unsure.text
    assert stage.store.privacy_requests.count({}) == 0

    admin.post(f"/privacy/contact/{contact}", kind="erase", sure="yes", reason="Ada Lovelace asked")
    [made] = stage.store.privacy_requests.find({})
    assert "waits for a worker" in admin.words(f"/privacy/requests/{made['_id']}")
    stage.settle()
    told = admin.words(f"/privacy/requests/{made['_id']}")
    assert "nothing found" in told
    assert "balanced" in told
    assert request_of(stage, made["_id"])["reason"] == "[erased] asked"
    assert admin.get(f"/privacy/contact/{contact}").status_code == 404

    admin.post(f"/privacy/requests/{made['_id']}/unsuppress")
    stage.settle()
    assert "Taken back" in admin.words(f"/privacy/requests/{made['_id']}")


def test_another_tenants_people_are_not_there(
    stage: Stage, connection: Doc, admin: Browser
) -> None:
    stranger = Stage(stage.hub)
    made = stranger.store.contacts
    made.insert({"_id": f"con_{stranger.tenant_id}", "flat": {}})
    for path in ("", "/export.json"):
        assert admin.get(f"/privacy/contact/con_{stranger.tenant_id}{path}").status_code == 404
