"""One site for all these tests, which leave its one connection as they found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.embedded import Services
from hub.sandbox import Sandbox
from hub.web.app import create_app
from tests.stage import Stage, build_hub
from tests.web.site import Browser, Site


@pytest.fixture(scope="session")
def site(services: Services) -> Iterator[Site]:
    hub = build_hub(services)
    with Sandbox(["hubspot"], seed=4, accounts=10) as sandbox:
        stage = Stage(hub, sandbox)
        connection = stage.connect("hubspot")
        stage.sync(connection)
        app = create_app(hub.settings)
        yield Site(app, stage, connection)
        app.extensions["hub"].close()
    hub.close()


@pytest.fixture
def ada(site: Site) -> Browser:
    return site.browser()
