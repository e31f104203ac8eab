"""Five vendors synced once, for every test of where values come from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.embedded import Services
from hub.sandbox import Sandbox
from tests.stage import Stage, build_hub

VENDORS = ("salesforce", "hubspot", "freshdesk", "jira", "asana")


@pytest.fixture(scope="session")
def stage(services: Services) -> Iterator[Stage]:
    """A tenant of twelve companies, whose tests leave what was synced as they found it."""
    hub = build_hub(services)
    with Sandbox(VENDORS, seed=7, accounts=12) as sandbox:
        made = Stage(hub, sandbox)
        for vendor in VENDORS:
            made.sync(made.connect(vendor))
        yield made
    hub.close()
