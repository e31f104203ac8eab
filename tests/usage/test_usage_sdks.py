"""The real SDKs, told nothing but another address, and what the store holds afterwards."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from hub.store.client import Doc
from tests.usage.sdks.install import HERE, PLACE, is_made
from tests.usage.sending import Sender

ONCE = dict.fromkeys(("identify", "group", "page", "screen", "alias"), 1)
CROWD, START = 230, datetime(2026, 1, 5, 10, tzinfo=UTC)
SLACK = timedelta(seconds=30)
"""A time is put right by the time of sending, so the way to the hub is in it."""
PYTHON = (("segment-2.3", "plain"), ("segment-2.4", "gzip"), ("rudder", "gzip"))


def needs(name: str) -> pytest.MarkDecorator:
    """Skipped aloud where the SDK could not be had."""
    there = is_made(name) and (name != "node" or bool(shutil.which("node")))
    return pytest.mark.skipif(
        not there, reason=f"the SDK {name} is not in .hub/sdks: `python3 dev.py test` fetches it"
    )


def run(*command: str, **env: str) -> None:
    done = subprocess.run(
        command, env={**os.environ, **env}, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "sent"), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "packed"), [pytest.param(n, p, marks=needs(n)) for n, p in PYTHON]
)
def test_a_python_sdk_brings_each_event_once(sender: Sender, name: str, packed: str) -> None:
    module = "rudderstack" if name == "rudder" else "segment"
    given = (f"{module}.analytics", sender.url, sender.key, packed)
    script = str(HERE / "send_python.py")
    run(sys.executable, "-s", script, *given, PYTHONPATH=str(PLACE / name))
    assert_each_arrived_once(sender)


@needs("node")
def test_the_node_sdk_brings_each_event_once(sender: Sender) -> None:
    modules = str(PLACE / "node" / "node_modules")
    run("node", str(HERE / "send_node.js"), sender.url, sender.key, NODE_PATH=modules)
    assert_each_arrived_once(sender)


@needs("node")
@pytest.mark.browser
def test_analytics_js_brings_each_event_once_from_the_pages_of_its_key(
    sender: Sender, chromium: str
) -> None:
    """From another origin, so the browser asks first; a key of other pages brings nothing."""
    began = sender.hub.now()
    with site() as origin, visits(chromium, origin, sender) as visit:
        other = sender.another_key(origins=["https://app.acme.test"])[1]
        assert visit(other).startswith("failed")
        assert sender.rows() == []
        key = sender.another_key(origins=[origin])[1]
        assert visit(key) == "sent"
    rows = by_kind(sender)
    assert {kind: len(some) for kind, some in rows.items()} == {**ONCE, "track": 20}
    assert_calls(rows)
    assert sorted(body(row)["properties"]["n"] for row in rows["track"]) == list(range(20))
    for row in rows["track"]:
        assert (row["user"], row["group"]) == ("u-81", f"group-{body(row)['properties']['n'] % 3}")
    assert all(began - SLACK < row["at"] < sender.hub.now() + SLACK for row in sender.rows())
    assert key not in repr(sender.rows())


def assert_each_arrived_once(sender: Sender) -> None:
    rows = by_kind(sender)
    assert {kind: len(some) for kind, some in rows.items()} == {**ONCE, "track": CROWD}
    assert sender.book()["received"] == CROWD + 5
    assert_calls(rows)
    assert all(
        abs(row["at"] - START) < SLACK
        for kind, some in rows.items()
        for row in some
        if kind != "track"
    )
    assert Counter(row["user"] for row in rows["track"]) == Counter(
        map(str, range(1000, 1000 + CROWD))
    )
    for row in rows["track"]:
        n = int(row["user"]) - 1000
        assert (row["name"], row["group"]) == ("Report Exported", f"group-{n % 3}")
        assert body(row)["properties"] == {"n": n, "note": "Grüße"}
        assert abs(row["at"] - START - timedelta(hours=n)) < SLACK


def assert_calls(rows: dict[str, list[Doc]]) -> None:
    """The calls that come once: who, which group, and what they say."""
    [identify], [group], [page] = rows["identify"], rows["group"], rows["page"]
    [screen], [alias] = rows["screen"], rows["alias"]
    assert {row["user"] for row in (identify, group, screen)} == {"u-81"}
    said = body(identify)  # RudderStack's SDK says traits in the context.
    assert said.get("traits") or said["context"]["traits"] == {
        "email": "ana@acme.test",
        "name": "Ana Ruiz ✓",
    }
    assert group["group"] == "acme"
    assert body(group)["traits"] == {"name": "Acme GmbH", "employees": 240}
    assert (page["name"], body(page)["properties"]["path"]) == ("Home", "/docs")
    assert (screen["name"], body(screen)["properties"]["dark"]) == ("Start", True)
    assert body(alias)["previousId"]
    assert all(row["flags"] == [] for some in rows.values() for row in some)


def by_kind(sender: Sender) -> dict[str, list[Doc]]:
    found: dict[str, list[Doc]] = {}
    for row in sender.rows():
        found.setdefault(row["kind"], []).append(row)
    return found


def body(row: Doc) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bytes(row["body"]))
    return found


class Pages(SimpleHTTPRequestHandler):
    """The page, and the SDK as its package ships it."""

    def translate_path(self, path: str) -> str:
        name = Path(path.partition("?")[0]).name or "page.html"
        bundle = PLACE / "node" / "node_modules" / "@segment" / "analytics-next" / "dist" / "umd"
        return str((bundle if path.startswith("/sdk/") else HERE / "browser") / name)

    def log_message(self, format: str, *args: Any) -> None: ...


@contextmanager
def site() -> Iterator[str]:
    """A web site of somebody else on a port of its own; its origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Pages))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def visits(chromium: str, origin: str, sender: Sender) -> Iterator[Callable[[str], str]]:
    """Opens the page with a key until it says how it went."""

    def visit(key: str) -> str:
        told = {"writeKey": key, "cdnURL": sender.url}
        page = browser.new_context().new_page()
        page.add_init_script(f"window.told = {json.dumps(told)}")
        page.goto(origin)
        page.wait_for_function("document.title !== 'loading'", timeout=30_000)
        return page.title()

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield visit
        browser.close()
