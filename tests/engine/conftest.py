"""A hub on real stores, a tenant of its own for each test, and a vendor that obeys it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.bootstrap import Hub
from hub.embedded import Services
from tests.engine.toy import Toy
from tests.stage import Stage, build_hub


@pytest.fixture(scope="module")
def hub(services: Services) -> Iterator[Hub]:
    made = build_hub(services)
    yield made
    made.close()


@pytest.fixture
def stage(hub: Hub) -> Stage:
    return Stage(hub)


@pytest.fixture
def toy(hub: Hub) -> Toy:
    return Toy(hub)
