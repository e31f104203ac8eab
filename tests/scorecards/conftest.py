"""A hub on real stores, and a tenant whose accounts are made of what a test gives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.bootstrap import Hub
from hub.embedded import Services
from tests.scorecards.desk import Desk
from tests.stage import build_hub


@pytest.fixture(scope="session")
def hub(services: Services) -> Iterator[Hub]:
    made = build_hub(services)
    yield made
    made.close()


@pytest.fixture
def desk(hub: Hub) -> Desk:
    return Desk(hub)
