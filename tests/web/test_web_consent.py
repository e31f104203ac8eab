"""Connecting in a real browser: to the vendor's consent page and back."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pydantic import SecretStr
from werkzeug.serving import make_server

from hub.bootstrap import Hub
from hub.embedded import Services
from hub.sandbox import Sandbox
from hub.web.app import create_app
from plugins.jira.sandbox_granting import SECOND
from tests.stage import Quiet, Stage, build_hub
from tests.web.site import Site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(["asana", "jira"], seed=7, accounts=5) as running:
        yield running


@pytest.fixture(scope="module")
def served(services: Services, sandbox: Sandbox) -> Iterator[tuple[Flask, Hub]]:
    """The site on its own address, which the vendor sends the browser back to."""
    operator = {name: one.credentials()["operator"] for name, one in sandbox.vendors.items()}
    apps = {name: {k: SecretStr(v) for k, v in app.items()} for name, app in operator.items()}
    server = make_server("127.0.0.1", 0, None, threaded=True, request_handler=Quiet)  # type: ignore[arg-type]
    server.daemon_threads = True
    url = f"http://127.0.0.1:{server.server_port}"
    hub = build_hub(services, apps=apps, public_url=url)
    app = create_app(hub.settings)
    server.app = app
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield app, hub
    server.shutdown()
    thread.join()
    server.socket.close()
    app.extensions["hub"].close()
    hub.close()


@pytest.fixture
def site(served: tuple[Flask, Hub], sandbox: Sandbox) -> Site:
    """A tenant of its own for each test."""
    app, hub = served
    return Site(app, Stage(hub, sandbox), {})


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def page(site: Site, browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(15_000)
    expect.set_options(timeout=15_000)
    page.goto(site.stage.hub.settings.public_url + site.link())
    yield page
    context.close()


def to_the_vendor(site: Site, page: Page, name: str = "asana") -> None:
    assert site.stage.sandbox is not None
    vendor = site.stage.sandbox[name]
    page.goto(f"{site.stage.hub.settings.public_url}/connections/new/{name}")
    page.locator(".other-way summary").click()
    for key, value in vendor.credentials()["settings"].items():
        page.locator(f"#f-{key}").fill(value)
    page.get_by_role("button", name="Sign in to").click()
    page.get_by_role("link", name="Continue to").click()
    expect(page.get_by_role("heading", name="Customer hub wants to read your data")).to_be_visible()


def test_an_admin_allows_it_and_is_connected_without_a_token(site: Site, page: Page) -> None:
    to_the_vendor(site, page)
    page.get_by_role("link", name="Allow").click()
    expect(page.get_by_text("is connected. Its first sync has begun.")).to_be_visible()
    (connection,) = site.stage.store.connections.find({})
    assert connection["state"] == "active"
    assert "grant" in connection
    page.goto(f"{site.stage.hub.settings.public_url}/connections/{connection['_id']}/reconnect")
    page.get_by_role("button", name="Sign in to Asana").click()
    page.get_by_role("link", name="Continue to Asana").click()
    page.get_by_role("link", name="Allow").click()
    expect(page.get_by_text("Reconnected.")).to_be_visible()
    assert site.stage.store.connections.count({}) == 1


def test_an_admin_denies_it_and_nothing_is_connected(site: Site, page: Page) -> None:
    to_the_vendor(site, page)
    page.get_by_role("link", name="Deny").click()
    expect(page.get_by_text("Access was not granted, so nothing was connected.")).to_be_visible()
    assert site.stage.store.connections.count({}) == 0


def test_an_answer_that_nobody_asked_for_is_refused(site: Site, page: Page) -> None:
    page.goto(f"{site.stage.hub.settings.public_url}/connections/consent?state=x&code=y")
    expect(page.get_by_text("does not belong to a connection you began")).to_be_visible()


def test_one_of_several_sites_is_chosen_by_keyboard_and_connected(site: Site, page: Page) -> None:
    to_the_vendor(site, page, "jira")
    page.get_by_role("link", name="Allow").click()
    sites = page.get_by_role("group", name="Accounts of Jira")
    expect(sites.get_by_role("radio")).to_have_count(2)
    expect(sites.get_by_role("radio", checked=True)).to_have_count(0)
    connect = page.get_by_role("button", name="Connect", exact=True)
    connect.click()
    expect(sites).to_be_visible()
    assert site.stage.store.connections.count({}) == 0
    page.get_by_role("radio", name="sandbox", exact=True).focus()
    page.keyboard.press("ArrowDown")
    labs = page.get_by_role("radio", name="sandbox-labs")
    expect(labs).to_be_checked()
    expect(labs).to_have_accessible_description("https://labs.example")
    page.keyboard.press("Enter")
    expect(page.get_by_text("is connected. Its first sync has begun.")).to_be_visible()
    (connection,) = site.stage.store.connections.find({})
    assert connection["account"]["id"] == "labs.example"

    to_the_vendor(site, page, "jira")
    page.get_by_role("link", name="Allow").click()
    labs.check()
    connect.click()
    expect(page.get_by_role("alert")).to_contain_text("is connected already")
    expect(labs).to_be_checked()
    mine = {"tenant_id": site.stage.tenant_id, "choices.1.id": SECOND}
    assert site.stage.hub.catalogue.control.consents.count_documents(mine) == 1
