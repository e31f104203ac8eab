"""With every vendor connected, every link of the site leads to a page, whoever's data is on it."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape

import pytest

from hub.embedded import Services
from hub.sandbox import Sandbox
from hub.web.app import create_app
from tests.stage import Stage, build_hub
from tests.web.site import Browser, Site

OF_EACH = 4
"""Pages of one kind that are opened; there may be thousands."""
LINK = re.compile(r'<a\b[^>]*\bhref="(/[^"#]*)')
NAMES = re.compile(r"/(?:[a-z]{3}_[0-9a-f]{8,}[^/?]*|[^/?]*:[^/?]*)")


def crawl(browser: Browser) -> Counter[str]:
    """Pages that were opened, by kind; each must be there."""
    opened: Counter[str] = Counter()
    todo, seen = ["/"], {"/"}
    while todo:
        path = todo.pop(0)
        kind = NAMES.sub("/*", path.partition("?")[0])
        if opened[kind] == OF_EACH:
            continue
        opened[kind] += 1
        with browser.get(path) as answer:
            assert answer.status_code in (200, 302), f"{path}: {answer.status_code}"
            text = answer.text if answer.mimetype == "text/html" else ""
        found = {unescape(link) for link in LINK.findall(text)} - seen
        seen |= found
        todo += sorted(found)
    return opened


@pytest.mark.long
def test_every_link_leads_to_a_page_whichever_vendor_brought_what_it_shows(
    services: Services,
) -> None:
    hub = build_hub(services)
    vendors = sorted(n for n, c in hub.plugins.connectors.items() if n != "product_usage")
    with Sandbox(vendors, seed=7, accounts=12) as sandbox:
        stage = Stage(hub, sandbox)
        for vendor in vendors:
            connection = stage.connect(vendor)
            stage.sync(connection)
        stage.settle()
        app = create_app(hub.settings)
        opened = crawl(Site(app, stage, connection).browser())
        app.extensions["hub"].close()
    hub.close()
    print(opened)
    assert len(vendors) == 9
    assert len(opened) > 60
    assert opened["/review/*"] == opened["/connections/*"] == OF_EACH
