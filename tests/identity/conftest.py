"""A tenant of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.bootstrap import Hub
from hub.embedded import Services
from tests.identity.ground import Ground
from tests.stage import Stage, build_hub


@pytest.fixture(scope="module")
def hub(services: Services) -> Iterator[Hub]:
    made = build_hub(services)
    yield made
    made.close()


@pytest.fixture
def ground(hub: Hub) -> Ground:
    return Ground(Stage(hub).store)
