"""A hub on real stores, a tenant for each test, and help desks that obey it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.bootstrap import Hub
from hub.embedded import Services
from tests.privacy.desk import Desk
from tests.stage import Stage, build_hub


@pytest.fixture(scope="session")
def hub(services: Services) -> Iterator[Hub]:
    made = build_hub(services)
    yield made
    made.close()


@pytest.fixture
def stage(hub: Hub) -> Stage:
    return Stage(hub)


@pytest.fixture
def desk(hub: Hub) -> Desk:
    return Desk(hub)
