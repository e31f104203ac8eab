"""The screens in a real browser: under the strict policy, small and wide, light and dark, live."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.identity.ground import Ground
from tests.stage import Quiet, Stage
from tests.web.site import Site

pytestmark = pytest.mark.browser
SERIOUS = ("error", "warning")


@dataclass
class Screen:
    """The site as a browser reaches it."""

    site: Site
    base: str
    browser: Browser

    def page(self, width: int = 1440, theme: str = "light") -> Page:
        """A signed-in page that notes what the browser complains about."""
        size = {"width": width, "height": 800}
        page = self.browser.new_context(viewport=size, color_scheme=theme).new_page()
        page.set_default_timeout(15_000)
        page.goto(self.base + self.site.link())
        return page


@pytest.fixture(scope="module")
def base(site: Site) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, site.app, threaded=True, request_handler=Quiet)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.socket.close()


@pytest.fixture(scope="module")
def screen(site: Site, base: str, chromium: str) -> Iterator[Screen]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield Screen(site, base, browser)
        browser.close()


def paths(site: Site) -> list[str]:
    account = site.stage.store.accounts.find_one(
        {"listed": True, "rollup.open_tickets": {"$gt": 0}}
    )
    record = site.stage.store.records.find_one({"entity": "ticket"})
    tabs = ("", "/timeline", "/people", "/usage", "/tickets", "/work", "/deals", "/identity")
    home = f"/connections/{site.connection['_id']}"
    return [
        "/",
        *(f"/accounts/{account['_id']}{tab}" for tab in tabs),
        f"/records/{record['_id']}",
        f"/lineage/account/{account['_id']}?field=name",
        f"/lineage/account/{account['_id']}?measure=ticket_load",
        "/connections",
        "/connections/new",
        "/connections/new/hubspot",
        home,
        f"{home}/reconnect",
        f"{home}/remove",
        "/events",
        "/events/latest",
        "/deliveries",
        "/quarantine",
        "/review",
        "/review/measures",
        "/review/sample",
        f"/identity/contacts/{site.stage.store.contacts.find_one({})['_id']}",
        f"/identity/merge?account={account['_id']}&q=a",
        f"/identity/why-not?a={account['_id']}&b={account['_id']}",
        "/mappings",
        "/mappings/hubspot/company",
        "/scorecards",
        "/privacy",
        "/scorecards/hub-default/1",
        "/scorecards/hub-default/1/edit",
        "/plugins",
        "/settings",
        "/help/mapping",
        "/help/architecture",
    ]


def test_every_page_fits_a_small_dark_screen_and_the_browser_has_no_complaint(
    screen: Screen,
) -> None:
    assert_well(screen, paths(screen.site), 360, "dark")


def test_pages_of_every_kind_fit_a_wide_light_screen(screen: Screen) -> None:
    """Lists, tabs, a form, a board of numbers and prose."""
    home = f"/connections/{screen.site.connection['_id']}"
    prose = ["/help/mapping", "/mappings/hubspot/company", "/scorecards/hub-default/1/edit"]
    assert_well(screen, [*paths(screen.site)[:2], home, "/deliveries", *prose], 1440, "light")


@pytest.mark.long
def test_every_page_fits_a_wide_light_screen(screen: Screen) -> None:
    assert_well(screen, paths(screen.site), 1440, "light")


def assert_well(screen: Screen, paths: list[str], width: int, theme: str) -> None:
    page, complaints = screen.page(width, theme), []
    page.on("console", lambda m: m.type in SERIOUS and complaints.append(m.text))
    page.on("pageerror", lambda e: complaints.append(str(e)))

    for path in paths:
        page.goto(screen.base + path)
        too_wide = page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        assert not too_wide, path
        assert page.locator("html").get_attribute("data-bs-theme") == theme
        assert page.locator("h1").count() == 1, path
        assert page.evaluate(UNNAMED) == [], path

    assert complaints == []
    page.context.close()


UNNAMED = """[...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea")]
  .filter(e => !(e.labels?.length || e.getAttribute("aria-label") || e.textContent.trim()))
  .map(e => e.outerHTML.slice(0, 120))"""
"""Controls without a name that a screen reader could say."""


def test_an_open_page_shows_what_moved_without_a_reload(screen: Screen) -> None:
    site = screen.site
    account = site.stage.store.accounts.find_one({"listed": True, "members.object": "company"})
    page = screen.page()
    page.goto(f"{screen.base}/accounts/{account['_id']}")
    expect(page.locator("[data-live-words]")).to_have_text("live")
    page.evaluate("window.notReloaded = true")
    page.locator("details.fact summary").first.click()

    vendor = site.stage.sandbox["hubspot"]
    native = next(m["native_id"] for m in account["members"] if m["object"] == "company")
    vendor.table("companies").patch(native, {"properties": {"name": "Renamed Live GmbH"}})
    site.stage.sync(site.connection, ["companies"])

    expect(page.locator("h1")).to_have_text("Renamed Live GmbH")
    assert page.evaluate("window.notReloaded") is True
    expect(page.locator("details.fact").first).to_have_attribute("open", "")
    page.context.close()


def test_the_theme_is_chosen_and_kept(screen: Screen) -> None:
    page = screen.page()
    for name in ("light", "dark"):
        page.locator("[data-theme-next]").click()
        expect(page.locator("[data-theme-name]")).to_have_text(name)
    page.goto(f"{screen.base}/connections")

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.context.close()


def test_the_keyboard_reaches_the_content_and_the_menu(screen: Screen) -> None:
    page = screen.page(360)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"

    summary = page.locator("#menu summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Connections")).to_be_visible()
    page.context.close()


def test_a_review_is_answered_by_keyboard(screen: Screen) -> None:
    site = screen.site
    stage = Stage(site.stage.hub)
    ground = Ground(stage.store)
    crm = ground.put("crm", "company", "1", name="Acme GmbH", domain="acme.de")
    desk = ground.put("desk", "company", "2", name="ACME")
    page = screen.browser.new_page()
    page.goto(screen.base + site.link(site.person(stage.tenant_id, "keys@acme.example")))
    page.goto(f"{screen.base}/review")

    page.get_by_label("Why, optional").focus()
    page.keyboard.type("their own words")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="They are one")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("are one.")
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    assert ground.account(crm) == ground.account(desk)
    page.close()


def test_a_delivery_appears_on_the_open_list(screen: Screen) -> None:
    site = screen.site
    page = screen.page()
    page.goto(f"{screen.base}/deliveries")
    expect(page.locator("[data-live-words]")).to_have_text("live")
    page.locator("input[name=q]").type("feed")
    row = {
        "_id": f"{site.connection['_id']}:c0ffee0000",
        "connection_id": site.connection["_id"],
        "endpoint_id": "end_1",
        "webhook": "private",
        "key": "k",
        "state": "pending",
        "received_at": site.stage.hub.now(),
        "due_at": site.stage.hub.now(),
        "method": "POST",
        "url": "http://hub.example/webhooks/hubspot/k",
        "headers": {},
        "body": b"[]",
    }
    site.stage.store.inbox.insert(row)

    site.stage.drain(site.connection)

    expect(page.locator("#live-rows")).to_contain_text("c0ffee0000")
    expect(page.locator("input[name=q]")).to_have_value("feed")
    page.context.close()
