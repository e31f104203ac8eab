"""Connecting in a real browser: to the vendor's consent page and back."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pydantic import SecretStr
from werkzeug.serving import make_server

from hub.embedded import Services
from hub.sandbox import Sandbox
from hub.web.app import create_app
from tests.stage import Quiet, Stage, build_hub
from tests.web.site import Site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(["asana"], seed=7, accounts=5) as running:
        yield running


@pytest.fixture
def site(services: Services, sandbox: Sandbox) -> Iterator[Site]:
    """The site on its own address, which the vendor sends the browser back to."""
    operator = sandbox["asana"].credentials()["operator"]
    apps = {"asana": {key: SecretStr(value) for key, value in operator.items()}}
    server = make_server("127.0.0.1", 0, None, threaded=True, request_handler=Quiet)  # type: ignore[arg-type]
    server.daemon_threads = True
    url = f"http://127.0.0.1:{server.server_port}"
    hub = build_hub(services, apps=apps, public_url=url)
    app = create_app(hub.settings)
    server.app = app
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(app, Stage(hub, sandbox), {})
    server.shutdown()
    thread.join()
    server.socket.close()
    app.extensions["hub"].close()
    hub.close()


@pytest.fixture
def page(site: Site, chromium: str) -> Iterator[Page]:
    with sync_playwright() as driver:
        browser: Browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(15_000)
        page.goto(site.stage.hub.settings.public_url + site.link())
        yield page
        browser.close()


def to_the_vendor(site: Site, page: Page) -> None:
    vendor = site.stage.sandbox["asana"]
    page.goto(f"{site.stage.hub.settings.public_url}/connections/new/asana")
    for key, value in vendor.credentials()["settings"].items():
        page.locator(f"#f-{key}").fill(value)
    page.get_by_role("button", name="Sign in to Asana").click()
    page.get_by_role("link", name="Continue to Asana").click()
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
