"""The reference page in a real browser: it draws itself with nothing but what the hub serves."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server

from hub.bootstrap import Hub
from tests.api.conftest import site_of
from tests.stage import Quiet

pytestmark = pytest.mark.browser


@pytest.fixture
def site(hub: Hub) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, site_of(hub), threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_reference_is_drawn_from_this_host_alone(site: str, chromium: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        asked: list[str] = []
        errors: list[str] = []
        page.on("requestfinished", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{site}/api/docs")
        page.get_by_role("heading", name="Customer hub API").first.wait_for(timeout=20_000)
        page.get_by_text("Explain an account's health").first.wait_for(state="attached")
        browser.close()
    assert errors == []
    assert f"{site}/api/v1/openapi.json" in asked
    assert all(url.startswith((site, "blob:", "data:")) for url in asked)
