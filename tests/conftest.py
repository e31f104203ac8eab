"""Real stores for every test process, only the loopback network, and nobody's own settings."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck
from hypothesis import settings as property_settings

from hub.embedded import Embedded, Services

for _name in [n for n in os.environ if n.startswith("HUB_")]:
    _machine = ("HUB_MONGOD", "HUB_REDIS_SERVER", "HUB_CHROMIUM", "HUB_VENDOR_SPECS")
    if _name not in _machine and not _name.startswith("HUB_TEST_"):
        del os.environ[_name]
for _name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
    os.environ.pop(_name, None)  # These beat `session.verify`, so a fake vendor's CA would not do.

# A machine that is busy with something else is no fault of the code.
property_settings.register_profile(
    "hub", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
property_settings.load_profile("hub")

# As it is unless a test or an application sets it up, but a traceback takes no seconds to draw.
_plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], _plain])

DEAR = ("stack", "browser")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """The browser to drive; None when this machine has none."""
    return os.environ.get("HUB_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`dev.py test --long` runs what takes long, too."""
    parser.addoption("--long", action="store_true", help="run the tests marked long, too")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long ones are for --long; without a browser, its tests are skipped aloud.

    Files that start whole stacks, and then browsers, go first: else one process is left alone with
    them at the end.
    """
    if not config.getoption("--long"):
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("long")]
    dear = {mark: {i.path for i in items if i.get_closest_marker(mark)} for mark in DEAR}
    items.sort(key=lambda item: [item.path not in dear[mark] for mark in DEAR])
    if find_chromium():
        return
    skip = pytest.mark.skip(reason="no Chromium here: install it or name it with HUB_CHROMIUM")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser; only for tests marked `browser`."""
    found = find_chromium()
    assert found, "mark this test `browser`"
    return found


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """The stores of this test process as something that can be killed and frozen.

    Who kills or freezes one brings it back before the test ends.
    """
    stores = Embedded(tmp_path_factory.mktemp("stores"))
    stores.start()
    yield stores
    stores.stop()


@pytest.fixture(scope="session")
def services(embedded: Embedded) -> Services:
    """Where the stores of this test process listen."""
    return embedded.services


@pytest.fixture(scope="session")
def mongodb_uri(services: Services) -> str:
    return services.mongodb_uri


@pytest.fixture(scope="session")
def redis_url(services: Services) -> str:
    return services.redis_url
