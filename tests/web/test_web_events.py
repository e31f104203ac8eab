"""The screens of product usage: the catalogue, one event, what comes in, and an account's use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from hub.store import usage_intake
from tests.stage import Stage
from tests.usage.senders import Source, group, identify, source, track
from tests.web.site import Browser, Site

DAY = timedelta(days=1)


@dataclass
class Product:
    """A tenant whose product sends, and a person who looks."""

    stage: Stage
    browser: Browser
    now: datetime

    def connect(self) -> Source:
        return source(self.stage, "Web app")


@pytest.fixture
def product(site: Site) -> Product:
    stage = Stage(site.stage.hub)
    person = site.person(stage.tenant_id, f"{stage.tenant_id}@acme.example")
    return Product(stage, site.browser(person), stage.hub.now())


def test_each_empty_page_says_what_to_do_next(product: Product) -> None:
    page = product.browser.page("/events")
    assert "Your product does not send yet" in page
    assert "/connections/new/product_usage" in page
    ours = product.connect()
    assert f'href="/connections/{ours.id}"' in product.browser.page("/events")
    assert "Nothing here" in product.browser.page("/events/latest")


def test_the_catalogue_says_what_came_and_what_is_odd(product: Product) -> None:
    ours = product.connect()
    ours.send(
        track("u", "Report Exported", product.now - DAY, properties={"rows": 1}),
        track("u", "Report Exported", product.now, properties={"rows": "1"}),
        track("u", "report exported", product.now),
        track("u", "", product.now),
    )
    ours.work()
    usage_intake.count(
        product.stage.store, ours.id, {"accepted": 4, "duplicate": 2, "rejected.future": 1}
    )
    words = product.browser.words("/events")
    assert "Report Exported" in words
    assert "rows was number, now text" in words
    assert "It seems to be the same as Report Exported. Try Report Exported" in words
    assert "1 without a name" in words
    assert "1 future" in words
    assert "Report Exported" not in product.browser.words("/events?q=nothing")


def test_one_event_shows_its_properties_and_latest_calls(product: Product) -> None:
    ours = product.connect()
    ours.send(track("ana", "Exported", product.now, properties={"format": "csv"}))
    ours.work()
    entry = product.stage.store.event_names.find_one({"name": "Exported"})
    assert entry is not None
    page = product.browser.page(f"/events/names/{entry['_id']}")
    assert "1 in all" in page
    assert "format" in page
    assert "<code>aaa</code>" in page
    assert "ana" in page
    assert product.browser.get("/events/names/none").status_code == 404


def test_what_comes_is_shown_as_it_was_sent_and_escaped(product: Product) -> None:
    ours = product.connect()
    ours.send(track("u", "<script>alert(1)</script>", product.now, group="<b>"))
    page = product.browser.page("/events/latest")
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "waits" in page
    assert "waits" not in product.browser.page("/events/latest?kind=page")


def test_an_account_shows_who_used_it_on_which_days_and_with_what(product: Product) -> None:
    ours = product.connect()
    ours.send(
        group("ana", "acme", product.now - 9 * DAY, name="Acme"),
        identify("ana", product.now, name="Ana Ruiz"),
        track("ana", "Opened", product.now),
        track("ana", "Opened", product.now - 3 * DAY),
        track("bea", "Exported", product.now - 40 * DAY, group="acme"),
    )
    ours.work()
    account = product.stage.store.accounts.find_one({"external_ids": "acme"})
    assert account is not None
    page = product.browser.page(f"/accounts/{account['_id']}/usage")
    day = product.now.date().isoformat()
    assert f"<title>{day}: 1</title>" in page
    assert "Active people by day: 3 in 90 days" in page
    words = product.browser.words(f"/accounts/{account['_id']}/usage")
    assert "In 7 days 1" in words
    assert "Ana Ruiz" in words
    assert words.index("Opened") < words.index("Exported"), "by use in the last 28 days"


def test_an_account_without_use_says_how_it_would_get_some(site: Site, ada: Browser) -> None:
    account = site.stage.store.accounts.find_one({"listed": True})
    assert account is not None
    assert "No use is known" in ada.page(f"/accounts/{account['_id']}/usage")


def test_a_source_shows_its_events_and_no_streams(product: Product) -> None:
    ours = product.connect()
    page = product.browser.page(f"/connections/{ours.id}")
    assert "Sync now" not in page
    assert "Streams" not in page
    assert f'href="/events?source={ours.id}"' in page
    assert "nothing heard yet" in product.browser.words("/connections")
